from __future__ import annotations

import numpy as np
import pytest

from simulator.workload.readers import swf
from simulator.workload.statistics import describe, gini, jain

from .logs import make_jobs

DAY = 86_400


def test_hours_weekdays_and_days_are_local():
    # 1970-01-01 was a Thursday; 23:30 UTC is already Friday in Almaty (then UTC+6).
    jobs = make_jobs([0, 23 * 3600 + 1800, 2 * DAY], run_time=100, gpus=3)
    found = describe(jobs, 10, 0, "Asia/Almaty")
    assert np.flatnonzero(found.by_hour).tolist() == [5, 6]
    assert found.by_weekday.tolist() == [0, 0, 0, 1, 1, 1, 0]
    assert found.by_day.tolist() == [300, 300, 300]
    assert found.by_hour.sum() == found.by_weekday.sum() == 3


def test_the_table():
    jobs = make_jobs([0, 1000], run_time=500, gpus=4, user=[0, 1], users=("a", "b"))
    rows = dict(describe(jobs, 8, 0, "UTC").rows)
    assert rows["jobs"] == "2"
    assert rows["offered load"] == "0.500"
    assert rows["used of the walltime, mean"] == "50.0%"
    assert rows["sizes that are powers of two"] == "100.0%"
    assert rows["Jain index of work over users"] == "1.000"
    assert "Gini of work over accounts" not in rows
    assert dict(describe(jobs, None, 0, "UTC").rows)["machine size"] == "not stated by the log"


def test_one_job_alone():
    found = describe(make_jobs([5], run_time=0), 8, 0, "UTC")
    assert dict(found.rows)["offered load"] == "undefined: one instant"
    assert found.sizes[0].work_share == 0


def test_size_classes_cover_all_jobs():
    jobs = make_jobs(range(6))
    jobs.gpus[:] = [1, 2, 3, 4, 1024, 2048]
    found = describe(jobs, None, 0, "UTC").sizes
    assert [(size.label, size.jobs) for size in found] == [
        ("1", 1), ("2", 1), ("3–4", 2), ("513–1024", 1), ("> 1024", 1),
    ]  # fmt: skip
    assert sum(size.work_share for size in found) == pytest.approx(1)


def test_gini_and_jain_by_hand():
    assert gini(np.array([1.0, 1, 1, 1])) == 0
    assert gini(np.array([0.0, 0, 0, 1])) == 0.75
    assert gini(np.array([1.0, 3])) == 0.25
    assert jain(np.array([0.0, 0, 0, 1])) == 0.25
    assert jain(np.array([1.0, 3])) == 0.8


def test_a_real_log_has_its_published_numbers(shared):
    log = swf.read(shared / "traces/swf/KTH-SP2-1996-full28489.swf.gz")
    found = describe(log.jobs, log.capacity, log.epoch, log.time_zone)
    rows = dict(found.rows)
    assert rows["offered load"] == "0.689"
    assert rows["Gini of work over users"] == "0.865"
    assert rows["Jain index of work over users"] == "0.117"
    assert rows["sizes that are powers of two"] == "73.4%"
    assert rows["busiest / quietest hour"] == "14:00 / 05:00"
    profile = found.by_weekday / found.by_weekday.sum() * 7
    assert profile == pytest.approx([1.1, 1.24, 1.29, 1.3, 1.1, 0.43, 0.55], abs=0.03)
