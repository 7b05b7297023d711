"""Job arrays of the generator, and what of them stands in results."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from twin.engine import columns
from twin.model import TwinJob

from simulator.engine.run import replay
from simulator.rules.models import Rule
from simulator.streams import Streams
from simulator.workload.columns import Jobs
from simulator.workload.load_scaling import add_users
from simulator.workload.synthetic.arrays import by_first_job
from workload.made import CLASSES, made

ARRAYS: dict[str, Any] = {"share": 0.2, "size": {"least": 3, "most": 11}}
MEAN = 1 + 0.2 * (7 - 1)


def _sizes(jobs: Jobs) -> np.ndarray:
    return np.unique(jobs.array[jobs.array >= 0], return_counts=True)[1]


def test_as_many_submissions_as_said_are_arrays_and_the_load_stays() -> None:
    plain, _ = made(Streams(3, 0))
    jobs, _ = made(Streams(3, 0), arrays=ARRAYS)
    sizes = _sizes(jobs)
    submissions = len(sizes) + int(np.count_nonzero(jobs.array < 0))
    assert len(sizes) / submissions == pytest.approx(0.2, abs=5 * (0.16 / submissions) ** 0.5)
    assert (sizes.min(), sizes.max()) == (3, 11)
    assert sizes.mean() == pytest.approx(7, abs=5 * 2.6 / len(sizes) ** 0.5)
    assert len(jobs) / len(plain) == pytest.approx(1, abs=0.05)
    assert not len(plain.array)


def test_jobs_of_an_array_are_alike_and_come_at_once_side_by_side() -> None:
    types = {"gpu_types": {"a": 1, "b": 1}}
    jobs, _ = made(Streams(3, 0), arrays=ARRAYS, endings={"fail": 0.3}, requests=types)
    alike = ("submit", "run_time", "walltime", "gpus", "user", "account", "job_class")
    assert jobs.shape is not None
    asked = [getattr(jobs, name) for name in alike] + [jobs.shape.gpu_type]
    first = np.searchsorted(jobs.job_id, jobs.array)
    within = jobs.array >= 0
    for column in asked:
        assert np.array_equal(column[within], column[first[within]])
    assert np.array_equal(jobs.array[first[within]], jobs.job_id[first[within]])
    apart = np.flatnonzero(within & (jobs.array != np.r_[-1, jobs.array[:-1]]))
    assert len(apart) == len(_sizes(jobs))
    assert len(np.unique(jobs.fails_after[jobs.array == jobs.array[apart[0]]])) > 1


def test_nobody_else_changes() -> None:
    """Arrays of one class: of the other the jobs are the same, and the kinds of the first too."""
    plain, _ = made(Streams(3, 0))
    one = CLASSES | {"science": CLASSES["science"] | {"arrays": ARRAYS}}
    jobs, _ = made(Streams(3, 0), classes=one)
    others, same = (each.job_class == each.classes.index("national") for each in (jobs, plain))
    for name in ("submit", "run_time", "walltime", "gpus", "user"):
        assert np.array_equal(getattr(jobs, name)[others], getattr(plain, name)[same])
    assert np.all(jobs.array[others] == -1)
    assert len(_sizes(jobs)) > 100
    science = jobs.users[jobs.user[~others][0]]
    mine, before = (each.user == each.users.index(science) for each in (jobs, plain))
    submissions = np.flatnonzero(mine & ((jobs.array < 0) | (jobs.array == jobs.job_id)))
    drawn = min(len(submissions), int(np.count_nonzero(before)))
    assert drawn > 50
    kth = plain.gpus[before][:drawn]
    assert np.array_equal(jobs.gpus[submissions][:drawn], kth)


def test_copies_of_users_bring_arrays_of_their_own() -> None:
    jobs, _ = made(Streams(3, 0), capacity=64, sizes={1: 1}, arrays=ARRAYS)
    scaled, _ = add_users(jobs, 2.0, Streams(3, 0))
    assert len(_sizes(scaled)) == 2 * len(_sizes(jobs))
    assert np.array_equal(np.unique(_sizes(scaled)), np.unique(_sizes(jobs)))


def test_arrays_are_named_by_their_first_job() -> None:
    found = by_first_job(np.array([-1, 7, 7, -1, 2]), np.array([10, 20, 30, 40, 50]))
    assert found.tolist() == [-1, 20, 20, -1, 50]


def test_results_say_of_which_array_a_job_is() -> None:
    jobs = [TwinJob(0, 5, 5, 1, array=4), TwinJob(0, 5, 5, 1), TwinJob(1, 5, 5, 1, array=4)]
    assert replay(columns(jobs), 4, Rule()).jobs["array"].to_pylist() == [4, None, 4]
    assert "array" not in replay(columns([TwinJob(0, 5, 5, 1)]), 4, Rule()).jobs.column_names
