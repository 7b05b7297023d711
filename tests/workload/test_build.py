from __future__ import annotations

import hashlib

import pytest
from pydantic import TypeAdapter

from simulator.errors import InputError
from simulator.streams import Streams
from simulator.workload.build import build
from simulator.workload.models import Workload

from .logs import row, write
from .made import CLASSES

MODELS = TypeAdapter(Workload)
HEADER = ("; MaxProcs: 100", "; UnixStartTime: 843480031", "; TimeZoneString: Europe/Stockholm")


def built(base, *, capacity=None, epoch=None, time_zone=None, **settings):
    return build(
        MODELS.validate_python({"kind": "log", "trace": "log.swf"} | settings),
        capacity=capacity,
        streams=Streams(1, 0),
        base=base,
        epoch=epoch,
        time_zone=time_zone,
    )


def names(result):
    return [step.name for step in result.steps]


def test_a_log_brings_its_own_machine_and_calendar(tmp_path):
    path = write(tmp_path, *HEADER, row(), row(job_id=2, submit=9, queue=2))
    result = built(tmp_path, classes={"by": "queue"})
    assert (result.capacity, result.epoch, result.time_zone) == (100, 843480031, "Europe/Stockholm")
    assert result.files == {"log.swf": hashlib.sha256(path.read_bytes()).hexdigest()}
    assert result.jobs.classes == ("1", "2")
    assert names(result) == ["classes"]


def test_the_scenario_overrules_the_calendar(tmp_path):
    write(tmp_path, *HEADER, row())
    result = built(tmp_path, epoch=5, time_zone="UTC")
    assert (result.epoch, result.time_zone) == (5, "UTC")


def test_a_calendar_that_nobody_states_is_an_assumption(tmp_path):
    write(tmp_path, row())
    result = built(tmp_path)
    assert (result.capacity, result.time_zone) == (None, "Asia/Almaty")
    assert result.epoch == 1_799_002_800  # 2027-01-04 00:00 at UTC+5
    assert names(result) == ["time_zone", "epoch"]


def test_steps_come_in_the_order_in_which_they_were_taken(tmp_path):
    lines = [row(job_id=n, submit=n * 86_400, user=n % 9) for n in range(60)]
    write(tmp_path, *HEADER, *lines, row(job_id=99, run_time=-1))
    result = built(
        tmp_path,
        keep={"users": list(range(8))},
        drop={"users": [0]},
        window={"duration": "50d"},
        classes={"by": "user", "members": {"first": [1]}},
        scale={"by": "users", "load": 2},
    )
    assert names(result) == [
        "missing_run_time", "window", "keep", "drop", "classes", "users_scaled",
    ]  # fmt: skip


def test_scaling_by_machine_resizes_it(tmp_path):
    write(tmp_path, *HEADER, row())
    result = built(tmp_path, scale={"by": "machine", "load": 1.25})
    assert result.capacity == 80
    assert names(result) == ["machine_resized"]


REFUSED = {
    "scale and capacity": (
        [*HEADER, row()],
        {"capacity": 50, "scale": {"by": "machine", "load": 1.25}},
        "scale by machine and a cluster of 50 contradict each other",
    ),
    "scale of nothing": (
        [row()],
        {"scale": {"by": "machine", "load": 1.25}},
        "scale by machine needs the machine's size",
    ),
    "zone": (
        ["; TimeZoneString: Mars/Olympus", row()],
        {},
        "the log's TimeZoneString 'Mars/Olympus' is no known time zone",
    ),
    "missing": ([row()], {"trace": "none.swf"}, "there is no file"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_built_is_refused(case, tmp_path):
    lines, settings, message = REFUSED[case]
    write(tmp_path, *lines)
    with pytest.raises(InputError, match=message):
        built(tmp_path, **settings)


def test_a_foreign_zone_is_no_obstacle_if_the_scenario_states_one(tmp_path):
    write(tmp_path, "; TimeZoneString: Mars/Olympus", row())
    assert built(tmp_path, time_zone="UTC").time_zone == "UTC"


def test_a_catalogue_entry_knows_the_machine_that_its_log_does_not_state(
    shared, tmp_path, monkeypatch
):
    monkeypatch.setenv("ADIL_SHARED", str(shared))
    result = built(tmp_path, trace="metacentrum")
    assert result.capacity == 806
    assert "machine_size" in names(result)


def test_synthetic_jobs_need_a_machine(tmp_path):
    settings = {"kind": "synthetic", "duration": "1w", "load": 0.5, "classes": CLASSES}
    workload = MODELS.validate_python(settings)
    common = {"streams": Streams(1, 0), "base": tmp_path, "epoch": None, "time_zone": None}
    with pytest.raises(
        InputError, match=r"needs the size of the machine \(give cluster.capacity\)"
    ):
        build(workload, capacity=None, **common)
    result = build(workload, capacity=64 * 8, **common)
    assert result.epoch == 1_799_002_800
    assert (result.capacity, result.files) == (None, {})
    assert names(result) == ["synthetic"]
