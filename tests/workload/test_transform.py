from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from simulator.errors import InputError
from simulator.workload.models import Classes, Filter, Window
from simulator.workload.readers import swf
from simulator.workload.transform import classify, select

from .logs import row, write

WEEK = 604_800


@pytest.fixture
def recorded(tmp_path):
    return swf.read(
        write(
            tmp_path,
            "; Queue: 1 low",
            "; Queue: 2 high",
            row(job_id=1, submit=100, user=1, account=1, queue=1, allocated=1, run_time=10),
            row(job_id=2, submit=200, user=2, account=1, queue=2, allocated=4, run_time=20),
            row(job_id=3, submit=300, user=3, account=2, queue=2, allocated=8, run_time=30),
            row(job_id=4, submit=400, user=1, account=-1, queue=1, partition=7, run_time=40),
        )
    )


@pytest.mark.parametrize(
    ("settings", "left"),
    [
        ({"users": [1]}, [1, 4]),
        ({"users": ["1", 3]}, [1, 3, 4]),
        ({"accounts": ["unknown"]}, [4]),
        ({"queues": ["high"]}, [2, 3]),
        ({"partitions": [7]}, [4]),
        ({"min_size": 4}, [2, 3, 4]),
        ({"max_size": 4}, [1, 2, 4]),
        ({"min_run_time": "20s", "max_run_time": "30s"}, [2, 3]),
        ({"queues": ["high"], "min_size": 8}, [3]),
    ],
)
def test_keep_and_drop_divide_the_jobs(settings, left, recorded):
    wanted = Filter.model_validate(settings)
    kept, steps = select(recorded, wanted, None, None)
    assert kept.jobs.job_id.tolist() == left
    assert [(step.name, step.count) for step in steps] == [("keep", 4 - len(left))]
    dropped, _ = select(recorded, None, wanted, None)
    assert sorted([*kept.jobs.job_id, *dropped.jobs.job_id]) == [1, 2, 3, 4]
    assert len(kept.queue) == len(kept.jobs)


def test_the_window_opens_with_the_first_submission_and_shifts_nothing(recorded):
    window = Window.model_validate({"start": "100s", "duration": "200s"})
    piece, steps = select(recorded, None, None, window)
    assert piece.jobs.submit.tolist() == [200, 300]
    assert (steps[0].name, steps[0].count) == ("window", 2)


def test_an_unknown_name_and_an_empty_rest_are_refused(recorded):
    with pytest.raises(InputError, match=r"no queue 'hihg' \(did you mean 'high'"):
        select(recorded, Filter(queues=("hihg",)), None, None)
    with pytest.raises(InputError, match="no job of 4 is left"):
        select(recorded, Filter(min_size=100), None, None)


def test_classes_by_members(recorded):
    members = {"first": [1], "second": [3]}
    classes = Classes.model_validate({"by": "user", "members": members, "others": "rest"})
    jobs, step = classify(recorded, classes)
    assert [jobs.classes[code] for code in jobs.job_class] == ["first", "rest", "second", "first"]
    assert step.count == 4


def test_each_queue_a_class_of_its_own(recorded):
    jobs, _ = classify(recorded, Classes(by="queue"))
    assert jobs.classes == ("low", "high")
    assert jobs.job_class.tolist() == [0, 1, 1, 0]
    assert jobs.job_class.dtype == np.int32


def test_others_may_be_one_of_the_classes(recorded):
    classes = Classes(by="user", members={"a": ("1",), "b": ("2",)}, others="b")
    assert classify(recorded, classes)[0].job_class.tolist() == [0, 1, 1, 0]


def test_an_unknown_member_is_refused(recorded):
    with pytest.raises(InputError, match=r"the log has no account '9' .*known: 1, 2, unknown"):
        classify(recorded, Classes(by="account", members={"a": ("9",)}))


@pytest.mark.parametrize(
    ("model", "settings", "message"),
    [
        (Filter, {}, "it describes no jobs"),
        (Filter, {"users": []}, "at least 1 item"),
        (Filter, {"min_size": 8, "max_size": 4}, "min_size 8 exceeds max_size 4"),
        (Filter, {"size": 8}, "Extra inputs"),
        (Window, {"duration": 0}, "greater than 0"),
        (Classes, {"by": "colour"}, "'user', 'account', 'queue' or 'partition'"),
        (Classes, {"by": "user", "members": {"a": [1], "b": ["1"]}}, "user 1 is in 'a' and in 'b'"),
    ],
)
def test_settings_that_make_no_sense_are_refused(model, settings, message):
    with pytest.raises(ValidationError, match=message):
        model.model_validate(settings)
