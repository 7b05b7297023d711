"""Orders that serve somebody: the engine and the twin, with its ledger, give the same schedule."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from zlib import crc32

import numpy as np
import pytest
from pairs import pairs, pairs_few_or_all

from simulator.cluster.machine import Machine
from simulator.engine.accounts import served
from simulator.engine.run import replay
from simulator.kernels.accounts import Accounts
from simulator.rules.accounts.entities import entities_of
from simulator.rules.models import Rule
from simulator.rules.ordering.dispatch_kernel import JOB_ORDERS
from simulator.workload.columns import Jobs
from twin import engine, twin
from twin.ledger import Ledger
from twin.model import TwinJob
from twin.preemption import Preemption, Queues

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
BINS = [{"gpus": 4, "boost": "1min"}, {"gpus": 12, "boost": "3min"}]
STEPS = {"kind": "steps", "period": "10min", "left": 0.5, "least": 50.0}
WFP3 = "(wait / max(walltime, 1)) ** 3 * gpus"
EVERYTHING = """
    log10(1 + age) * (1 if gpus < 8 and not free > 12 else 0.5 + load) - exp(-usage) * nodes
    + sqrt(max(held, running)) / (1 + waiting) - abs(share - entitled) ** 1.5 + min(capacity, 3)
    - floor(queued / 3) + log(busy + 1) + 1e-3 * (now - submit) / max(gpus, 1) - pow(usage, 0.3)
"""
ORDERINGS: dict[str, dict[str, Any]] = {
    **{kind: {"ordering": kind} for kind in JOB_ORDERS},
    "least_usage": {"ordering": {"kind": "least_usage"}},
    "of accounts": {"ordering": {"kind": "least_usage", "serve": "account"}},
    "of classes": {"ordering": {"kind": "least_usage", "serve": "class"}},
    "sliding": {
        "ordering": "least_usage",
        "accounting": {"fade": {"kind": "sliding", "window": "10min"}},
    },
    "never fading": {"ordering": "least_usage", "accounting": {"fade": "none"}},
    "tumbling": {
        "ordering": "least_usage",
        "accounting": {"fade": {"kind": "tumbling", "window": "5min"}},
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
    "formula of the job": {"ordering": {"kind": "formula", "expression": WFP3}},
    "formula that stands": {
        "ordering": {"kind": "formula", "expression": "-sqrt(gpus) * walltime ** 1.1 - submit"}
    },
    "formula of everything": {"ordering": {"kind": "formula", "expression": EVERYTHING}},
    "formula at ticks": {
        "ordering": {"kind": "formula", "expression": EVERYTHING, "period": "60s"}
    },
    "formula of jobs at ticks": {
        "ordering": {"kind": "formula", "expression": f"{WFP3} - load", "period": "60s"}
    },
    "finish_time": {"ordering": "finish_time"},
    "finish_time of accounts": {"ordering": {"kind": "finish_time", "serve": "account"}},
    "size_bins": {"ordering": {"kind": "size_bins", "bins": BINS}},
    "openpbs": {"ordering": "openpbs", "accounting": {"fade": STEPS}},
    "openpbs of accounts": {"ordering": {"kind": "openpbs", "serve": "account"}},
    "least_usage in steps": {"ordering": "least_usage", "accounting": {"fade": STEPS}},
    "kueue_afs": {"ordering": {"kind": "kueue_afs", "period": "60s", "half_life": "5min"}},
    "kueue_afs of classes": {
        "ordering": {
            "kind": "kueue_afs",
            "serve": "class",
            "period": "45s",
            "half_life": "1h",
            "weights": {"gpus": 0.5, "cpus": 0.25, "memory": 1e6},
        }
    },
    "las": {"ordering": {"kind": "las", "thresholds": ["1000 GPU-s", "3000 GPU-s"]}},
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


def busy_jobs(seed: int, count: int = 60) -> list[TwinJob]:
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


def _queues(rule: Rule, units: int) -> Queues | None:
    if rule.ordering.kind != "las":
        return None
    thresholds = tuple(each * units for each in rule.ordering.thresholds)
    return Queues(thresholds, max(rule.ordering.round, 1))


def ledger_of(columns: Jobs, machine: int | Machine, rule: Rule) -> Ledger:
    """The ledger of a served order, for jobs as the machine holds them."""
    accounts: Accounts = served(columns, machine, rule)
    asks, capacity = accounts.asks, accounts.capacity
    units = machine.slices if isinstance(machine, Machine) else 1
    if rule.ordering.kind in JOB_ORDERS:
        asks, capacity = columns.gpus[:, np.newaxis], np.full(1, CAPACITY)
    fade: Any = rule.accounting.fade
    return Ledger(
        rule.ordering,
        entities_of(columns, rule.accounts).cut(getattr(rule.ordering, "serve", "user")),
        asks,
        capacity,
        accounts.charge[:, 0].tolist() or [0] * len(columns),
        columns.submit.tolist(),
        columns.walltime.tolist(),
        nodes=() if columns.shape is None else columns.shape.nodes.tolist(),
        units=units,
        fade=fade.kind,
        span=getattr(fade, "half_life", 0)
        or getattr(fade, "window", 0)
        or getattr(fade, "period", 0),
        left=getattr(fade, "left", 0.0),
        least=getattr(fade, "least", 0.0) * 1e6,
        queues=_queues(rule, units),
        fixed=accounts.fixed,
        period=rule.ordering.between_ticks() if hasattr(rule.ordering, "between_ticks") else 0,
        terms=accounts.terms,
    )


def _agree(
    jobs: list[TwinJob],
    settings: dict[str, Any],
    backfill: dict[str, Any],
    preemption: Preemption | None = None,
) -> None:
    stage = {"kind": backfill["backfill"]} | {
        key: value for key, value in backfill.items() if key != "backfill"
    }
    rule = Rule.model_validate({**settings, "backfill": stage})
    found = replay(engine.columns(jobs), CAPACITY, rule).jobs["start"].to_pylist()
    wanted = twin.simulate(
        jobs,
        CAPACITY,
        ledger_of(engine.columns(jobs), CAPACITY, rule),
        preemption=preemption,
        **backfill,
    )
    assert found == [outcome.start for outcome in wanted]


def _seed(*what: object) -> int:
    """Other jobs for each rule, the same every time."""
    return crc32(repr(what).encode()) % 1000


@pytest.mark.parametrize(
    ("settings", "backfill", "count"), pairs_few_or_all(ORDERINGS, BACKFILLS, 30, 60)
)
def test_served_orders_agree(
    settings: dict[str, Any], backfill: dict[str, Any], count: int
) -> None:
    jobs = busy_jobs(_seed(settings, backfill), count)
    _agree(jobs, settings, backfill)


@pytest.mark.parametrize(
    ("name", "backfill"),
    pairs(
        ["stride", "lottery", "htcondor", "max_min", "kueue_afs"],
        dict(list(BACKFILLS.items())[:4]),
    ),
)
def test_served_orders_agree_beside_preemption(name: str, backfill: dict[str, Any]) -> None:
    """What an order remembers goes on in a pass that stops jobs."""
    seed = _seed(name, backfill)
    draw = np.random.default_rng(seed)
    ranks = draw.integers(0, 3, 60).tolist()
    jobs = [replace(job, rank=rank) for job, rank in zip(busy_jobs(seed), ranks, strict=True)]
    preemption = Preemption()
    settings = {**ORDERINGS[name], "preemption": preemption.settings()}
    _agree(jobs, settings, backfill, preemption)


LAS: dict[str, tuple[dict[str, Any], Preemption]] = {
    "two queues": ({"thresholds": ["1500 GPU-s"]}, Preemption()),
    "three queues": (
        {"thresholds": ["400 GPU-s", "2000 GPU-s"]},
        Preemption(order="lowest_rank"),
    ),
    "in rounds": (
        {"thresholds": ["300 GPU-s", "900 GPU-s"], "round": "40s"},
        Preemption(order="longest_served", at_most=3),
    ),
    "not at once": ({"thresholds": ["500 GPU-s"]}, Preemption(after=20, exempt=30)),
    "with grace": ({"thresholds": ["400 GPU-s", "1200 GPU-s"]}, Preemption(grace=60)),
    "with grace, in rounds": (
        {"thresholds": ["700 GPU-s"], "round": "40s"},
        Preemption(order="longest_served", grace=25),
    ),
    "cancelled": ({"thresholds": ["800 GPU-s"]}, Preemption(("cancel",) * 3)),
}
"""Orders and stages; a preempted job begins anew, and has attained more."""


def las_settings(order: dict[str, Any], stage: Preemption) -> dict[str, Any]:
    """As a scenario has them: the queues are the ranks."""
    said = {
        key: value
        for key, value in stage.settings().items()
        if key in ("order", "at_most", "grace")
    }
    times = {"after": f"{stage.after}s", "exempt": f"{stage.exempt}s", "how": stage.how[0]}
    return {"ordering": {"kind": "las", **order}, "preemption": {**said, **times}}


@pytest.mark.parametrize(
    ("las", "backfill", "seeds"), pairs_few_or_all(LAS, dict(list(BACKFILLS.items())[:4]), 1, 2)
)
def test_las_with_preemption_agrees(
    las: tuple[dict[str, Any], Preemption], backfill: dict[str, Any], seeds: int
) -> None:
    order, stage = las
    for seed in range(seeds):
        _agree(busy_jobs(seed), las_settings(order, stage), backfill, stage)
