from __future__ import annotations

import numpy as np
import pytest

from simulator.errors import InputError
from simulator.streams import Streams
from simulator.workload.load_scaling import add_users, resize
from simulator.workload.readers import swf

from .logs import make_jobs

WEEK = 604_800


@pytest.fixture
def jobs():
    rng = np.random.default_rng(0)
    submit = np.sort(rng.integers(1000, 1000 + 9 * WEEK, 4000))
    user = rng.integers(0, 40, 4000).tolist()
    return make_jobs(submit, user=user, users=tuple(f"u{n}" for n in range(40)))


def work(jobs):
    return int((jobs.gpus * jobs.run_time).sum())


@pytest.mark.parametrize("load", [0.4, 1.0, 1.3, 2.0, 2.75])
def test_work_is_multiplied(load, jobs):
    scaled, step = add_users(jobs, load, Streams(1, 0))
    assert work(scaled) / work(jobs) == pytest.approx(load, rel=0.03)
    assert f"× {work(scaled) / work(jobs):.3f}" in step.what
    assert np.all(np.diff(scaled.submit) >= 0)
    assert len(np.unique(scaled.job_id)) == len(scaled)
    assert scaled.submit.max() <= jobs.submit.max()


def test_the_recorded_jobs_stay_and_copies_keep_hour_weekday_and_pace(jobs):
    scaled, _ = add_users(jobs, 2.0, Streams(1, 0))
    old = np.isin(scaled.job_id, jobs.job_id)
    np.testing.assert_array_equal(scaled.take(old).submit, jobs.submit)
    for name in ("u0", "u17"):
        mine = jobs.submit[jobs.user == jobs.users.index(name)]
        copy = scaled.submit[scaled.user == scaled.users.index(f"{name}+1")]
        assert len(copy) == len(mine)
        np.testing.assert_array_equal(np.sort((mine - 1000) % WEEK), np.sort((copy - 1000) % WEEK))
        assert not np.array_equal(np.sort(copy), mine)


def test_fewer_users_keep_all_their_jobs(jobs):
    scaled, step = add_users(jobs, 0.5, Streams(1, 0))
    kept = np.unique(scaled.user)
    assert step.count == len(kept) < 40
    assert len(scaled) == np.isin(jobs.user, kept).sum()


def test_load_one_changes_nothing(jobs):
    scaled, _ = add_users(jobs, 1.0, Streams(1, 0))
    np.testing.assert_array_equal(scaled.job_id, jobs.job_id)


def test_replications_copy_other_users(jobs):
    one, two = (add_users(jobs, 1.3, Streams(1, n))[0] for n in (0, 1))
    assert one.users != two.users


def test_one_user_cannot_be_halved_and_a_short_log_not_copied():
    alone = make_jobs([0, 10, 3 * WEEK])
    with pytest.raises(InputError, match=r"no nearer to load × 1.5 than × 1.000"):
        add_users(alone, 1.5, Streams(1, 0))
    with pytest.raises(InputError, match="less than two weeks"):
        add_users(make_jobs([0, WEEK]), 2.0, Streams(1, 0))
    assert len(add_users(alone, 2.0, Streams(1, 0))[0]) == 6


def test_copies_depend_on_copies(shared, tmp_path):
    jobs = swf.read(shared / "traces/norm/kth-5000.swf.gz").jobs
    scaled, _ = add_users(jobs, 1.5, Streams(1, 0))
    assert work(scaled) / work(jobs) == pytest.approx(1.5, rel=0.02)


def test_another_machine():
    size, step = resize(100, 1.3)
    assert size == 77
    assert step.what == "units instead of 100: load × 1.299"
    assert resize(100, 0.5)[0] == 200
