"""What a log's status says of how its jobs ended."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from simulator.errors import InputError
from simulator.streams import Streams
from simulator.workload.load_scaling import add_users
from simulator.workload.readers import by_content, swf
from workload.logs import row, write


def _read(folder: Path, *rows: str, **options: int) -> swf.Recorded:
    return swf.read(write(folder, *rows), outcomes="replay", **options)


def test_a_failed_job_fails_again(tmp_path: Path) -> None:
    found = _read(tmp_path, row(status=0, run_time=70.5), row(job_id=2))
    assert found.jobs.fails_after.tolist() == [71, -1]
    assert found.jobs.run_time.tolist() == [71, 100]
    assert not len(found.jobs.cancelled_at)
    assert "failed" in {step.name for step in found.steps}


def test_a_job_taken_back_before_its_start_is_so_again(tmp_path: Path) -> None:
    rows = [
        row(submit=10, wait=30, run_time=0, allocated=0, status=5, walltime=500),
        row(job_id=2, submit=10, wait=30, run_time=-1, allocated=0, status=5, walltime=500),
    ]
    jobs = _read(tmp_path, *rows).jobs
    assert jobs.cancelled_at.tolist() == [40, 40]
    assert jobs.run_time.tolist() == [500, 500]
    assert jobs.gpus.tolist() == [4, 4]


def test_a_job_stopped_in_mid_run_ends_as_far_into_a_run(tmp_path: Path) -> None:
    jobs = _read(tmp_path, row(status=5, wait=5, run_time=60)).jobs
    assert jobs.fails_after.tolist() == [60]
    assert not len(jobs.cancelled_at)


def test_what_is_not_known_is_dropped_and_counted(tmp_path: Path) -> None:
    rows = [
        row(wait=-1, run_time=0, status=5),
        row(job_id=2, wait=9, run_time=0, status=5, walltime=-1),
        row(job_id=3),
    ]
    found = _read(tmp_path, *rows)
    assert found.jobs.job_id.tolist() == [3]
    assert {step.name: step.count for step in found.steps}["missing_run_time"] == 2
    filled = _read(tmp_path, *rows, missing_walltime=77)
    assert filled.jobs.run_time.tolist() == [77, 100]


def test_they_are_ignored_unless_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path, row(status=0), row(job_id=2, status=5, wait=3, run_time=0))
    jobs = swf.read(path).jobs
    assert not len(jobs.fails_after)
    assert not len(jobs.cancelled_at)
    assert jobs.run_time.tolist() == [100, 0]


def test_a_copied_user_takes_his_jobs_back_as_long_after(tmp_path: Path) -> None:
    week = 604_800
    rows = [row(job_id=n, submit=n * week, wait=50, run_time=0, status=5) for n in range(6)]
    jobs = _read(tmp_path, *rows).jobs
    more, _ = add_users(jobs, 2.0, Streams(1, 0))
    assert len(more) == 12
    assert np.all(more.cancelled_at - more.submit == 50)


def test_a_log_that_does_not_say_is_refused(shared: Path) -> None:
    with pytest.raises(InputError, match="does not tell jobs that failed"):
        by_content.read(shared / "traces/gpu/lumos_data_thetagpu.csv.gz", outcomes="replay")
