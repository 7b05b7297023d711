"""Jobs of the generator that are needed by a time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from simulator.streams import Streams
from simulator.workload.load_scaling import add_users
from simulator.workload.synthetic.deadlines import needed_by
from simulator.workload.synthetic.models import Deadlines
from workload.made import CLASSES, made

SOME = {"share": 0.3, "factor": 2.0, "slack": "4h", "spread": 1.0}


def test_worked_by_hand() -> None:
    submit, run_time = np.array([100, 200, 300]), np.array([10, 11, 12])
    uniform = np.array([[0.2, 0.5], [0.49, 0.8413447460685429], [0.5, 0.5]])
    factor = Deadlines(share=0.5, factor=1.5)
    assert needed_by(factor, submit, run_time, uniform).tolist() == [115, 217, -1]
    # At the median the slack counts once; one deviation above, e^0.5 times: 11 + 98.92 up to 110.
    slack = Deadlines.model_validate({"share": 0.5, "slack": "60s", "spread": 0.5})
    assert needed_by(slack, submit, run_time, uniform).tolist() == [170, 310, -1]


def test_as_many_as_said_and_none_before_its_run_time_is_over() -> None:
    jobs, _ = made(Streams(3, 0), deadlines=SOME)
    has, n = jobs.needed_by >= 0, len(jobs)
    assert np.mean(has) == pytest.approx(0.3, abs=5 * (0.3 / n) ** 0.5)
    slack = (jobs.needed_by - jobs.submit - 2 * jobs.run_time)[has]
    assert np.all(slack >= 1)
    assert np.median(slack) == pytest.approx(4 * 3600, rel=0.15)
    assert np.std(np.log(slack)) == pytest.approx(1, abs=0.1)


def test_they_change_no_other_column_and_shift_no_other_class() -> None:
    ends = {"fail": 0.2, "cancel": 0.1}
    plain, _ = made(Streams(3, 0), endings=ends)
    every, _ = made(Streams(3, 0), endings=ends, deadlines=SOME)
    one = CLASSES | {"science": CLASSES["science"] | {"deadlines": SOME}}
    mixed, _ = made(Streams(3, 0), endings=ends, classes=one)
    none = CLASSES | {"national": CLASSES["national"] | {"deadlines": {"share": 0.0}}}
    without, _ = made(Streams(3, 0), endings=ends, deadlines=SOME, classes=none)
    assert not len(plain.needed_by)
    for name in ("submit", "run_time", "walltime", "gpus", "user", "fails_after", "cancelled_at"):
        assert np.array_equal(getattr(plain, name), getattr(every, name))
    science = mixed.job_class == mixed.classes.index("science")
    for jobs in (mixed, without):
        assert np.array_equal(jobs.needed_by[science], every.needed_by[science])
        assert np.all(jobs.needed_by[~science] == -1)


def test_a_copied_user_needs_his_jobs_as_long_after() -> None:
    jobs, _ = made(Streams(3, 0), deadlines=SOME)
    more, _ = add_users(jobs, 2.0, Streams(1, 0))
    copied = more.job_id > len(jobs)
    origin = more.job_id[copied] - (len(jobs) + 1) - 1
    has = jobs.needed_by[origin] >= 0
    after = more.needed_by[copied] - more.submit[copied]
    assert np.array_equal(after[has], (jobs.needed_by - jobs.submit)[origin][has])
    assert np.all(more.needed_by[copied][~has] == -1)
    assert np.any(more.submit[copied] != jobs.submit[origin])


def test_they_travel_with_their_jobs() -> None:
    jobs, _ = made(Streams(3, 0), deadlines=SOME)
    turned = replace(jobs, submit=jobs.submit[::-1].copy()).ordered()
    assert np.array_equal(turned.needed_by, jobs.needed_by[turned.job_id - 1])
