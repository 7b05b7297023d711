"""Orders that serve somebody: the engine and the twin, with its ledger, give the same schedule."""

from __future__ import annotations

from dataclasses import replace
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
SLURM = {"accounting": {"fade": {"kind": "slurm", "half_life": "1h"}}}
DEEP = {
    "tree": {
        "class0": {"share": "60%", "priority": 3},
        "account0": {"parent": "class0", "share": 3, "users": {"user0": 2, "user1": 1}},
        "account1": {
            "parent": "class0",
            "share": 1,
            "users": {"user2": "parent", "user3": 5, "idle": 2},
        },
        "class1": {"share": 2},
        "org": {"parent": "class1", "share": 5, "users": {"idle": 1}},
        "account2": {
            "parent": "org",
            "users": {"user4": 1, "user5": 1},
            "priorities": {"user4": 1},
        },
        "account3": {"parent": "class1", "share": 0, "users": {"user6": "70%", "user7": "30%"}},
        "root": {"users": {"admin": 1}},
    }
}
"""A tree of what ``engine.columns`` names."""
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
    "fair_tree": {"ordering": {"kind": "fair_tree", "period": "60s"}, **SLURM},
    "fair_tree as documented": {
        "ordering": {"kind": "fair_tree", "period": "60s", "mode": "documented"},
        **SLURM,
    },
    "fair_tree of a deep tree": {
        "ordering": {"kind": "fair_tree", "period": "60s"},
        "accounts": DEEP,
        **SLURM,
    },
    "fair_tree at every pass": {"ordering": {"kind": "fair_tree", "period": 0}, "accounts": DEEP},
    "classic": {"ordering": {"kind": "classic_fair_share", "period": "60s"}, **SLURM},
    "classic of a deep tree": {
        "ordering": {"kind": "classic_fair_share", "period": 0, "dampening": 3.0},
        "accounts": DEEP,
        # Whole numbers: whoever has had nothing ties with the account, but for rounding.
        "accounting": {"fade": "none"},
    },
    "depth_oblivious": {
        "ordering": {"kind": "depth_oblivious", "period": "60s"},
        "accounts": DEEP,
        **SLURM,
    },
    "multifactor": {
        "ordering": {
            "kind": "multifactor",
            "period": "60s",
            "max_age": "10min",
            "weights": {"age": 300, "fair_share": 1000, "job_size": 200, "assoc": 100},
            "nice": {"class0": 40},
        },
        "accounts": DEEP,
        **SLURM,
    },
    "multifactor, all turned round": {
        "ordering": {
            "kind": "multifactor",
            "period": "60s",
            "weights": {"age": 90000, "fair_share": 500, "job_size": 400, "tres": {"gpu": 50}},
            "share_rule": "depth_oblivious",
            "favor_small": True,
            "size_by_time": True,
            "age_from": "submit",
        },
        **SLURM,
    },
    "max_min": {"ordering": "max_min"},
    "max_min of classes": {"ordering": {"kind": "max_min", "serve": "class"}},
    "drf": {"ordering": "drf"},
    "stride": {"ordering": "stride"},
    "stride of classes": {"ordering": {"kind": "stride", "serve": "class"}},
    "lottery": {"ordering": "lottery"},
    "htcondor": {"ordering": {"kind": "htcondor", "half_life": "10min"}},
    "htcondor of accounts": {
        "ordering": {"kind": "htcondor", "serve": "account", "factor": {"account1": 100.0}},
    },
    "kueue_drs": {
        "ordering": {
            "kind": "kueue_drs",
            "serve": "account",
            "quota": {"account0": 12, "account1": 0},
            "lends": {"account0": 4},
            "weight": {"account2": 3.0, "account3": 0.0},
        },
    },
    "kai": {
        "ordering": {
            "kind": "kai",
            "serve": "account",
            "deserved": {"account0": 6, "account1": 0, "account2": 2, "account3": 2},
            "over_quota_weight": {"account2": 3.0},
            "tier": {"account1": 1},
        },
        "accounting": {"fade": {"kind": "sliding", "window": "10min"}},
    },
    "kai of users": {"ordering": {"kind": "kai", "deserved": {}, "k": 0.5}},
    "karma": {"ordering": {"kind": "karma", "quantum": "60s", "credits": 50}},
    "karma of accounts": {
        "ordering": {"kind": "karma", "serve": "account", "quantum": "200s", "public": 0.0},
    },
    "alpha_fair": {"ordering": {"kind": "alpha_fair", "window": "100s"}},
    "alpha_fair of accounts": {
        "ordering": {"kind": "alpha_fair", "serve": "account", "window": "30s", "alpha": 0.0},
    },
    "lottery of accounts": {"ordering": {"kind": "lottery", "serve": "account"}},
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
    found = [TwinJob(*map(int, row)) for row in zip(*columns, users, strict=True)]
    if seed % 2:
        found[::4] = [replace(job, fails_after=job.run_time // 2) for job in found[::4]]
        found[1::4] = [replace(job, cancelled_at=job.submit + 90) for job in found[1::4]]
    return found


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
        period=rule.ordering.between_ticks(),
        fixed=accounts.fixed,
        terms=accounts.terms,
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
