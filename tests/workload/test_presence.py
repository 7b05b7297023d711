"""Organisations that come and go: when they are there, and that the load is met all the same."""

from __future__ import annotations

import numpy as np
import pytest

from simulator.streams import Streams

from .made import made

DAY = 86_400
WEEKS = 26
LIGHT = {"run_time": {"a1": 40, "b1": 0.2, "a2": 60, "b2": 0.15}, "walltime": {"longest": "1d"}}
MANY = {"demand": 1, "accounts": 60, "users": 60, "zipf": 0.0, "projects": {"lasting": "28d"}}


def _made(seed: int = 1, **group: object):
    return made(Streams(seed, 0), duration=f"{WEEKS}w", classes={"few": MANY | group}, **LIGHT)[0]


def test_each_submits_while_it_is_there() -> None:
    jobs, streams = _made(), Streams(1, 0)
    for code, name in enumerate(jobs.accounts):
        drawn = streams.take("projects", f"few/{name}").random()
        begin = int(drawn * (28 + 7 * WEEKS) * DAY) - 28 * DAY
        mine = jobs.submit[jobs.account == code]
        assert (mine >= begin).all()
        # An instant is a whole second, cut.
        assert (mine < begin + 28 * DAY).all()
        there = (max(begin, 0), min(begin + 28 * DAY, 7 * WEEKS * DAY))
        if there[1] - there[0] == 28 * DAY and len(mine) > 50:
            assert mine.max() - mine.min() > 24 * DAY


def test_the_load_is_met_and_is_as_high_at_the_beginning() -> None:
    work, early = [], []
    for seed in range(8):
        jobs = _made(seed, accounts=200, users=200)
        work.append((jobs.gpus * jobs.run_time).sum() / (512 * 7 * WEEKS * DAY))
        early.append((jobs.submit < 28 * DAY).mean())
    assert np.mean(work) == pytest.approx(0.9, rel=0.03)
    assert np.mean(early) == pytest.approx(28 / (7 * WEEKS), rel=0.1)


def test_jobs_are_those_of_the_same_user_who_is_always_there() -> None:
    always = _made(projects=None)
    jobs = _made()
    for user in ("few-u1", "few-u7"):
        one, other = (
            np.flatnonzero(each.user == each.users.index(user)) for each in (jobs, always)
        )
        count = min(len(one), len(other))
        assert count > 20
        for name in ("gpus", "run_time", "walltime"):
            first, second = getattr(jobs, name)[one], getattr(always, name)[other]
            assert (first[:count] == second[:count]).all()
