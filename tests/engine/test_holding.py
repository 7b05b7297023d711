"""What quotas and budgets promise holds at every instant of a busy run, from its results alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice, takewhile
from typing import Any

import numpy as np
import pytest
from twin.engine import columns
from twin.model import TwinJob

from simulator.cluster.models import CapacityLoss
from simulator.engine.budgets import happenings
from simulator.engine.charges import Calendar
from simulator.engine.run import Outcome, replay
from simulator.rules.limits.budget_models import Budget
from simulator.rules.models import Rule
from simulator.workload.columns import Jobs

CAPACITY = 32
CLASSES = ("open", "start-up", "state")
RULES: dict[str, dict[str, Any]] = {
    "easy": {},
    "conservative": {"backfill": "conservative"},
    "preempting": {"preemption": {"ranks": [["state"], ["start-up"], ["open"]]}},
}
LOSSES = [
    CapacityLoss.model_validate({"at": f"{3 + 7 * n}h", "units": 20, "duration": "2h"})
    for n in range(8)
]


def _table(*rows: tuple[int, int, int, int, int]) -> Jobs:
    """(submit, run time, walltime, units, user) of each; users 0 and 3 are of the first class."""
    table = columns([TwinJob(*row[:4], user=row[4]) for row in rows])
    code = np.array([user % 3 for *_, user in rows], np.int32)
    return replace(table, job_class=code, classes=CLASSES)


def _jobs(seed: int, count: int = 1500) -> Jobs:
    draw = np.random.default_rng(seed)
    submit = np.sort(draw.integers(0, 60 * 3600, count))
    walltime = draw.integers(60, 7200, count)
    run = np.maximum((walltime * draw.uniform(0.1, 1.2, count)).astype(int), 1)
    size = draw.choice([1, 1, 2, 4, 8], count)
    user = draw.integers(0, 6, count)
    rows = zip(*(each.tolist() for each in (submit, run, walltime, size, user)), strict=True)
    return _table(*rows)


def _held(outcome: Outcome, jobs: Jobs, group: np.ndarray) -> np.ndarray:
    """(events, groups) units held behind each start and end, at one instant ends first."""
    table = outcome.attempts
    position = table["position"].to_numpy()
    start, end = table["start"].to_numpy(), table["end"].to_numpy()
    time = np.r_[start, end]
    is_start = np.r_[np.ones(len(start), int), np.zeros(len(end), int)]
    who, units = np.r_[position, position], jobs.gpus[np.r_[position, position]]
    order = np.lexsort((is_start, time))
    change = np.zeros((len(order), group.max() + 1), np.int64)
    sign = np.where(is_start[order] == 1, 1, -1)
    change[np.arange(len(order)), group[who[order]]] = sign * units[order]
    return np.cumsum(change, axis=0)


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("seed", range(3))
def test_quotas_are_never_exceeded_and_floors_stay_free(name: str, seed: int) -> None:
    jobs = _jobs(seed)
    members = {
        "open": {"gpus": 12, "borrow": 2},
        "start-up": {"gpus": 8, "lend": 4},
        "state": {"gpus": 12, "lend": 0},
    }
    rule = Rule.model_validate({**RULES[name], "quotas": {"shares": {"members": members}}})
    outcome = replay(jobs, CAPACITY, rule, losses=LOSSES)
    held = _held(outcome, jobs, jobs.job_class)
    most, floors, lent = np.array([14, 20, 28]), np.array([0, 4, 12]), 12 + 4
    assert (held <= most).all()
    beyond = np.maximum(held - floors, 0).sum(axis=1)
    assert (beyond <= lent).all()
    # They bind: each ceiling is reached, and all that is lent is held at some time.
    assert held[:, 0].max() == 14
    assert beyond.max() == lent
    assert set(outcome.jobs["state"].to_pylist()) == {"completed", "killed"}


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("seed", range(3))
def test_budgets_are_never_overspent(name: str, seed: int) -> None:
    """At each end of a period: what was used of it, lost work that is refunded left out."""
    jobs, hour = _jobs(seed), 3600
    budget = {"per": "user", "grant": "60 GPU-h", "overdraft": "6 GPU-h", "period": "12h"}
    rule = Rule.model_validate({**RULES[name], "budgets": {"hours": budget}})
    outcome = replay(jobs, CAPACITY, rule, losses=LOSSES)
    table = outcome.attempts
    start, user = table["start"].to_numpy(), jobs.user[table["position"].to_numpy()]
    paid = table["gpu_seconds"].to_numpy() - table["lost_gpu_seconds"].to_numpy()
    periods = int(start.max()) // (12 * hour) + 1
    used = np.zeros((6, periods), np.int64)
    np.add.at(used, (user, start // (12 * hour)), paid)
    debt = np.zeros(6, np.int64)
    for period in range(periods):
        granted = 60 * hour - debt
        assert (used[:, period] <= granted + 6 * hour).all()
        # Of a period that has ended all is paid that it has started, whatever it gives back later:
        # the debt is no smaller than what was used beyond.
        debt = np.maximum(used[:, period] - granted, 0)
    assert used.max() > 60 * hour * 0.9
    assert (np.array(outcome.jobs["wait"].to_pylist()) > 12 * hour).any()
    assert table["lost_gpu_seconds"].to_numpy().sum() > 0


@pytest.mark.parametrize("name", RULES)
def test_budgets_are_never_overspent_by_who_outruns_his_walltime(name: str) -> None:
    """From the attempts alone: nobody has used more than was granted, but for a second of the jobs
    that were killed for it in one."""
    jobs, granted = _jobs(5), 160 * 3600
    budget = {"per": "user", "grant": "160 GPU-h", "refund": []}
    said = {"overrun": "allow", "budgets": {"hours": budget}}
    table = replay(jobs, CAPACITY, Rule.model_validate({**RULES[name], **said})).attempts
    position, cause = table["position"].to_numpy(), np.array(table["cause"].to_pylist())
    start, end = table["start"].to_numpy(), table["end"].to_numpy()
    user, gpus, late = jobs.user[position], jobs.gpus[position], cause == "budget"
    used = np.bincount(user, (end - start) * gpus)
    last = np.array([gpus[(user == who) & late].sum() for who in range(6)])
    assert (used < granted + np.maximum(last, 1)).all()
    assert (used >= granted * 0.9).all()
    ran = end - start
    assert (ran[late] >= jobs.walltime[position][late]).all()
    assert late.any()
    assert (ran > jobs.walltime[position])[~late].any()


@pytest.mark.parametrize("name", RULES)
def test_budgets_that_are_charged_meanwhile_end_jobs_in_the_very_second(name: str) -> None:
    """From the attempts alone: what each user had used of its period when its jobs were killed."""
    jobs, hour, granted = _jobs(4), 3600, 40 * 3600
    budget = {"per": "user", "grant": "40 GPU-h", "period": "12h", "debt": 0.0, "safe": False}
    rule = Rule.model_validate({**RULES[name], "budgets": {"hours": budget}})
    outcome = replay(jobs, CAPACITY, rule, losses=LOSSES)
    table = outcome.attempts
    position, cause = table["position"].to_numpy(), np.array(table["cause"].to_pylist())
    start, end = table["start"].to_numpy(), table["end"].to_numpy()
    user, gpus = jobs.user[position], jobs.gpus[position]

    def used(who: int, until: int) -> int:
        """In the period that the second before ``until`` is in."""
        since = (until - 1) // (12 * hour) * 12 * hour
        seconds = np.minimum(end, until) - np.maximum(start, since)
        return int((np.maximum(seconds, 0) * gpus)[user == who].sum())

    killed = np.flatnonzero(cause == "budget")
    assert len({(user[each], end[each]) for each in killed}) > 10
    for each in killed:
        who, when = int(user[each]), int(end[each])
        # At the beginning of its own period it would be the grant of the one before.
        assert used(who, when) >= granted > used(who, when - 1) or when % (12 * hour) == 1
        assert not ((user == who) & (start < when) & (end > when)).any()


def test_what_costs_more_by_its_quality_of_service_spends_more() -> None:
    jobs = _table(*((0, 100, 100, 1, user) for user in range(3)))
    qos = {"dear": {"classes": ["state"], "usage_factor": 2.0}}
    budget = {"hours": {"per": "user", "grant": "150 GPU-s"}}
    outcome = replay(jobs, CAPACITY, Rule.model_validate({"qos": qos, "budgets": budget}))
    assert outcome.jobs["state"].to_pylist() == ["completed", "completed", "refused"]
    assert outcome.jobs["refused_by"].to_pylist() == ["", "", "hours"]


def test_named_holders_have_grants_of_their_own() -> None:
    jobs = _table((0, 100, 100, 1, 0), (0, 100, 100, 1, 2))
    budget = {"per": "class", "grant": "99 GPU-s", "grants": {"state": "100 GPU-s"}}
    outcome = replay(jobs, CAPACITY, Rule.model_validate({"budgets": {"hours": budget}}))
    assert outcome.jobs["state"].to_pylist() == ["refused", "completed"]


def test_periods_of_the_calendar_begin_at_its_midnights() -> None:
    zone = "Asia/Almaty"
    epoch = int(datetime(2027, 1, 4, tzinfo=UTC).timestamp()) - 5 * 3600
    quarterly = Budget.model_validate({"grant": "1 GPU-h", "period": "quarterly", "parts": 2})
    found = list(islice(happenings(quarterly, Calendar(epoch, zone)), 4))
    april = 87 * 86_400
    assert [(each.time, each.kind) for each in found] == [
        (0, "renew"),
        (april // 2, "release"),
        (april, "renew"),
        (april + 91 * 86_400 // 2, "release"),
    ]


def test_nothing_happens_behind_the_end() -> None:
    back = [{"after": "2d", "used": 0.5}, {"after": "5d", "used": 0.9}]
    said = {"grant": "1 GPU-h", "period": "weekly", "start": "1d", "end": "13d", "pull_back": back}
    budget = Budget.model_validate(said)
    # Instant 0 is a Thursday; weeks begin on Sunday.
    found = list(takewhile(lambda each: each.time < 20 * 86_400, happenings(budget, Calendar())))
    days = [(each.time // 86_400, each.kind) for each in found]
    assert days == [
        (1, "renew"),
        (3, "renew"),
        (5, "pull_back"),
        (8, "pull_back"),
        (10, "renew"),
        (12, "pull_back"),
        (13, "expire"),
    ]
