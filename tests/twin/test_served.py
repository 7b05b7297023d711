"""Orders that serve somebody: the engine and the twin, with its ledger, give the same schedule."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from simulator.engine.accounts import served
from simulator.engine.run import replay
from simulator.kernels.accounts import Accounts
from simulator.rules.accounts.entities import entities_of
from simulator.rules.models import Rule
from twin import engine, twin
from twin.ledger import Ledger
from twin.model import TwinJob

CAPACITY = 24
ORDERINGS: dict[str, dict[str, Any]] = {
    "least_usage": {"ordering": {"kind": "least_usage"}},
    "of accounts": {"ordering": {"kind": "least_usage", "serve": "account"}},
    "of classes": {"ordering": {"kind": "least_usage", "serve": "class"}},
    "sliding": {
        "ordering": "least_usage",
        "accounting": {"fade": {"kind": "sliding", "window": "10min"}},
    },
    "at ticks": {"ordering": {"kind": "least_usage", "period": "60s"}},
    "as slurm": {
        "ordering": {"kind": "least_usage", "period": "60s"},
        "accounting": {"fade": {"kind": "slurm", "half_life": "1h"}},
    },
    "max_min": {"ordering": "max_min"},
    "max_min of classes": {"ordering": {"kind": "max_min", "serve": "class"}},
    "drf": {"ordering": "drf"},
}
BACKFILLS: dict[str, dict[str, Any]] = {
    "none": {"backfill": "none"},
    "easy": {"backfill": "easy"},
    "k2": {"backfill": "reservations", "k": 2},
    "conservative": {"backfill": "conservative"},
    "earlier": {"backfill": "conservative", "replan": "earlier"},
}


def _jobs(seed: int, count: int = 60) -> list[TwinJob]:
    """A busy little machine; sizes and times seldom make two users' usage equal."""
    draw = np.random.default_rng(seed)
    submit = np.sort(draw.integers(0, count * 9, count)) + draw.integers(0, 500)
    run_time = draw.integers(0, 200, count)
    walltime = np.maximum(1, run_time + draw.integers(-20, 100, count))
    columns = submit, run_time, walltime, draw.integers(1, CAPACITY + 1, count)
    users = draw.integers(0, 8, count)
    return [TwinJob(*map(int, row)) for row in zip(*columns, users, strict=True)]


def _ledger(jobs: list[TwinJob], rule: Rule) -> Ledger:
    columns = engine.columns(jobs)
    accounts: Accounts = served(columns, CAPACITY, rule)
    fade: Any = rule.accounting.fade
    return Ledger(
        rule.ordering,
        entities_of(columns, rule.accounts).cut(rule.ordering.serve),
        accounts.asks,
        accounts.capacity,
        accounts.charge[:, 0].tolist(),
        [job.submit for job in jobs],
        [job.walltime for job in jobs],
        fade=fade.kind,
        span=getattr(fade, "half_life", 0) or getattr(fade, "window", 0),
        period=getattr(rule.ordering, "period", 0),
    )


def _agree(seed: int, settings: dict[str, Any], backfill: dict[str, Any]) -> None:
    jobs = _jobs(seed)
    stage = {"kind": backfill["backfill"]} | {
        key: value for key, value in backfill.items() if key != "backfill"
    }
    rule = Rule.model_validate({**settings, "backfill": stage})
    found = replay(engine.columns(jobs), CAPACITY, rule).jobs["start"].to_pylist()
    wanted = twin.simulate(jobs, CAPACITY, _ledger(jobs, rule), **backfill)
    assert found == [outcome.start for outcome in wanted]


@pytest.mark.parametrize("backfill", BACKFILLS.values(), ids=BACKFILLS)
@pytest.mark.parametrize("settings", ORDERINGS.values(), ids=ORDERINGS)
def test_served_orders_agree(settings: dict[str, Any], backfill: dict[str, Any]) -> None:
    for seed in range(6):
        _agree(seed, settings, backfill)
