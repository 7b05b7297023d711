from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from simulator.streams import Streams
from simulator.workload.columns import Jobs
from simulator.workload.models import Classes
from simulator.workload.readers import swf
from simulator.workload.swf_writer import write_swf
from simulator.workload.transform import classify

from .logs import make_jobs, row, write
from .made import made


def same(one: Jobs, other: Jobs) -> None:
    for column in fields(Jobs):
        mine, yours = getattr(one, column.name), getattr(other, column.name)
        if isinstance(mine, np.ndarray):
            np.testing.assert_array_equal(mine, yours, err_msg=column.name)
            assert mine.dtype == yours.dtype
        else:
            assert mine == yours


def again(jobs: Jobs, path) -> Jobs:
    write_swf(jobs, path, capacity=512, epoch=1_798_398_000, time_zone="Asia/Almaty")
    return classify(swf.read(path), Classes(by="queue"))[0]


@pytest.mark.parametrize("name", ["log.swf", "log.swf.gz"])
def test_made_jobs_come_back_with_their_people(name, tmp_path):
    jobs, _ = made(Streams(1, 0), duration="1w")
    path = tmp_path / name
    same(jobs, again(jobs, path))
    read = swf.read(path)
    assert (read.capacity, read.epoch, read.time_zone) == (512, 1_798_398_000, "Asia/Almaty")
    assert [entry.name for entry in tmp_path.iterdir()] == [name]


def test_recorded_jobs_come_back_with_their_numbers(tmp_path):
    path = write(
        tmp_path,
        row(job_id=5, submit=3, user=77, account=-1),
        row(job_id=9, submit=4, user=3, account=2, preceding=5, think_time=60, run_time=0),
    )
    jobs = replace(swf.read(path).jobs, classes=("science",))
    write_swf(jobs, tmp_path / "out.swf")
    same(replace(swf.read(tmp_path / "out.swf").jobs, classes=("science",)), jobs)


def test_a_real_log_comes_back(shared, tmp_path):
    jobs = swf.read(shared / "traces/norm/kth-5000.swf.gz").jobs
    write_swf(jobs, tmp_path / "out.swf.gz")
    same(swf.read(tmp_path / "out.swf.gz").jobs, jobs)


def test_nothing_is_left_beside_when_writing_fails(tmp_path):
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError, match="taken"):
        write_swf(make_jobs([1]), tmp_path / "taken")
    assert [entry.name for entry in tmp_path.iterdir()] == ["taken"]
