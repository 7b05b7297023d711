"""Limits and budgets of branches of accounts, and of some users: the engine and the twin agree."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

import pytest

from twin import engine, twin
from twin.asks import Bound
from twin.bounds import BRANCHES
from twin.budgets import Grant
from twin.limits import Bounds
from twin.model import TwinJob
from twin.test_limits import _asks

if TYPE_CHECKING:
    from collections.abc import Callable

CAPACITY = 8
BACKFILLS = ("none", "easy", "reservations", "conservative")
USERS = ((), (), (1, 2, 5, 6))


def _crowd(random: Random, count: int) -> list[TwinJob]:
    """Many more jobs than there is room for, of all users."""
    submits = sorted(random.choice([0, 5, 9, random.randrange(60)]) for _ in range(count))
    return [
        TwinJob(
            submit,
            random.choice([1, 8, 20]),
            random.choice([5, 10, 20]),
            random.choice([1, 1, 2, 3]),
            user=random.randrange(8),
        )
        for submit in submits
    ]


def _limit(random: Random) -> Bound:
    """Jobs or units of a branch: all together, each account, or each user."""
    most = random.choice([{"jobs": 1}, {"jobs": 2}, {"gpus": 3}])
    branch, users = random.choice(BRANCHES), random.choice(USERS)
    per = random.choice(["all", "account", "user"])
    return Bound("branch", per, accounts=branch, users=users, **most)


def _budget(random: Random) -> Grant:
    """GPU-time of a branch, of each kind of budget."""
    kind = random.choice(["stop", "stop", "last", "go_on", "unsafe"])
    more = {
        "stop": {"period": random.randint(20, 60), "carry_over": 0.5},
        "last": {"period": 50, "when_spent": "last"},
        "go_on": {"when_spent": "go_on", "overuse": ((0.3, 30, None), (0.6, 90, 1))},
        "unsafe": {"safe": False, "refund": (), "period": 40},
    }
    branch, users = random.choice(BRANCHES), random.choice(USERS)
    per, amount = random.choice(["all", "account", "user"]), random.randint(40, 90)
    return Grant("branch", per, amount, accounts=branch, users=users, **more[kind])


def _who_waited_longer(random: Random, number: int, bounds: Callable[[Random], Bounds]) -> bool:
    """Whether anybody started later for the bounds, under which engine and twin agree."""
    jobs = _crowd(random, 25)
    named = jobs, CAPACITY, random.choice(["fcfs", "wfp3"]), BACKFILLS[number % 4]
    limits = replace(bounds(random), jobs=_asks(jobs))
    found = engine.simulate(*named, bounds=limits)
    assert found == twin.simulate(*named, bounds=limits)
    free = engine.simulate(*named)
    never = 10**9
    return any(
        never if one.start is None else one.start > other.start
        for one, other in zip(found, free, strict=True)
        if other.start is not None
    )


@pytest.mark.parametrize("what", ["limits", "budgets"])
def test_branches_agree_and_hold_somebody_back(what: str) -> None:
    def bounds(random: Random) -> Bounds:
        if what == "limits":
            return Bounds((_limit(random), Bound("other", "user", jobs=4)), [])
        return Bounds((), [], grants=(_budget(random),))

    random = Random(f"branches {what}")
    held = sum(_who_waited_longer(random, number, bounds) for number in range(32))
    assert held > 15, held
