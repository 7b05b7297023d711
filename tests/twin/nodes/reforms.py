"""Crowds on nodes whose rule is reformed: everything that a reform may change, drawn at random."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from twin import idle, owners
from twin.asks import Bound
from twin.budgets import Grant
from twin.limits import Bounds
from twin.nodes import scenarios
from twin.nodes.model import Node, NodeJob, Rule
from twin.nodes.test_limits import _asks
from twin.preemption import ORDERS, RANKS, Preemption
from twin.reforming import Change
from twin.reserved import Reservation
from twin.saves import Saves

if TYPE_CHECKING:
    from random import Random

    from twin.asks import Asks

NODES = [Node(4, cpus=8), Node(4, cpus=8), Node(2, cpus=4), Node(8, cpus=8)]
GPUS = 18
SAVES = dict.fromkeys([None, 0, 1, 2], Saves(4, 1, 1))
IDLE = ("idle", "wanted", "idle ranks")
KINDS = ("none", "ranks", "told", *IDLE, "reclaim", "either", "suspend", "kept")
"""How jobs stop others: by rank, with a grace, idle ones alone or beside ranks, owners, or by
suspending them; or places that are kept."""


def crowd(random: Random, count: int) -> list[NodeJob]:
    """Many more jobs than there is room for, in bursts, those of high ranks later."""
    submits = sorted(random.choice([0, 0, 3, 9, 9, random.randrange(50)]) for _ in range(count))
    jobs = [
        NodeJob(
            submit,
            random.choice([1, 3, 8, 20, 40, 40]),
            random.choice([5, 10, 30, 45, 45]),
            nodes=random.choice([1, 1, 1, 2, 3]),
            gpus=random.choice([0, 1, 2, 3, 4, 4]),
            cpus=random.choice([0, 0, 3]),
            exclusive=random.random() < 0.1,
            user=random.randrange(8),
            rank=random.choice([0, 0, 1, 2, None] if submit > 3 else [1, 2, 2, None]),
            use=random.choice(idle.USES),
        )
        for submit in submits
    ]
    jobs = [replace(job, **owners.early_ends(random, job.submit)) for job in jobs]
    # The class of somebody, and what somebody uses, is known.
    return [*jobs[:-1], replace(jobs[-1], use=idle.USES[-1], rank=0)]


def short_of_cpus(random: Random, job: NodeJob) -> NodeJob:
    """One that asks for CPUs above all, which is what suspended jobs free; early ones are long and
    of low ranks."""
    early, gpus = job.submit < 6, 0 if random.random() < 0.7 else min(job.gpus, 1)
    job = replace(job, gpus=gpus, cpus=random.choice([2, 3, 4, 4]), nodes=min(job.nodes, 2))
    return replace(job, run_time=30, walltime=40, rank=random.choice([1, 2])) if early else job


def stage(random: Random, kind: str) -> Preemption | None:
    """How jobs stop others."""
    hows = scenarios.HOW
    times = random.choice([0, 0, 4]), random.choice([0, 0, 4]), random.choice([None, 1, 3])
    fates = ("requeue", *random.choices(hows, k=RANKS - 1))
    if kind in ("none", "kept"):
        return None
    if kind == "suspend":
        return Preemption(("suspend",) * RANKS, random.choice(ORDERS), *times)
    if kind in ("ranks", "told"):
        grace = random.choice([1, 3, 6, 12]) if kind == "told" else 0
        return Preemption(fates, random.choice(ORDERS), *times, grace)
    if kind == "reclaim":
        return owners.stage(random, hows)
    if kind == "either":
        fates = tuple(random.choices(hows, k=RANKS))
        return replace(owners.stage(random, hows), beside=True, how=fates)
    found = {"idle": "always", "wanted": "wanted", "idle ranks": "ranks"}[kind]
    return idle.stage(random, found, hows)


def limits(random: Random, asks: list[Asks], kind: str) -> Bounds | None:
    """What holds jobs back beside such a stage."""
    owned = kind in ("reclaim", "either")
    if not owned and random.random() < 0.5:
        return None
    bounds = random.choice(
        [
            (),
            (Bound("few", "user", jobs=2),),
            (Bound("flood", "account", gpus=7), Bound("long", "class", walltime=30)),
            (Bound("work", "user", work=90), Bound("line", "account", eligible=2)),
        ]
    )
    reserved = ()
    if random.random() < 0.3:
        start, length, kept = random.randint(0, 50), random.randint(5, 30), random.randint(2, 9)
        whom = {"classes": ("r0",)} if random.random() < 0.5 else {"accounts": (0, 1)}
        days = Reservation("days", kept, GPUS - kept, start, length, 50, **whom)
        reserved = (days,)
    lent = (owners.cohort(random, GPUS),) if owned or random.random() < 0.2 else ()
    grants = (grant(random),) if random.random() < 0.6 else ()
    if not (bounds or reserved or lent or grants):
        return None
    passes = grants or any(each.work for each in bounds)
    holds = "job" if passes else random.choice(["job", "job", "queue"])
    return Bounds(bounds, asks, holds, lent, grants, reserved)


def grant(random: Random) -> Grant:
    """A budget; those of all rules have one name, and most are of the same holders."""
    found = Grant(
        "hours",
        random.choice(["account", "account", "all"]),
        random.randint(20, 300),
        random.choice([(), (), ("r0", "r1")]),
        random.choice([0, 0, 10]),
        random.choice([None, None, 60]),
        safe=random.random() < 0.6,
    )
    if random.random() < 0.2:
        return replace(found, refund=(), half_life=random.choice([5, 20]), every=15)
    period = random.choice([None, 20, 45])
    found = replace(found, period=period, parts=random.choice([1, 1, 2]) if period else 1)
    if period:
        carried = random.choice([0.0, 0.5, 1.0])
        found = replace(found, carry_over=carried, pull_back=((8, 0.5, 0.5),))
    if found.safe:
        causes = random.choice([(), ("preemption",), ("maintenance", "failure", "preemption")])
        last = random.choice(["stop", "stop", "last"])
        return replace(found, refund=causes, when_spent=last)
    return replace(found, refund=())


def stages(
    random: Random, asks: list[Asks], kind: str, overrun: str, *, aside: bool
) -> dict[str, Any]:
    """Those of a rule, but for its order; ``aside``: jobs may be suspended."""
    backfill = random.choice(["none", "easy"] if aside else scenarios.BACKFILLS)
    found: dict[str, Any] = {
        "backfill": backfill,
        "k": random.choice([1, 2, 4]),
        "placement": random.choice(scenarios.PLACEMENTS),
        "avoid_head": backfill == "easy" and random.random() < 0.5,
        "preemption": stage(random, kind),
    }
    if kind == "kept":
        found |= {"backfill": "conservative", "replan": "earlier", "avoid_head": False}
    # Nobody whom limits touch is told before.
    bounds = None if kind == "told" else limits(random, asks, kind)
    if found["preemption"] and aside:
        found["preemption"] = replace(found["preemption"], grace=0)
    if bounds and (aside or overrun == "allow"):
        # Nobody knows what work they have left, or when they end.
        bounds = replace(bounds, bounds=bounds.bounds[:1], reserved=())
        bounds = replace(bounds, bounds=tuple(each for each in bounds.bounds if not each.work))
    if bounds and kind == "kept":
        bounds = replace(bounds, holds="job")
    if bounds and (bounds.bounds or bounds.cohorts or bounds.grants or bounds.reserved):
        found["bounds"] = bounds
        if found["preemption"] and found["preemption"].grace:
            found["preemption"] = replace(found["preemption"], grace=0)
    return found


def eras(random: Random, kind: str) -> list[str]:
    """Two or three kinds of rules, that one among them, and first where it leaves jobs that have
    been told to stop, or stand still; beside suspended jobs few can be."""
    others = random.choices(KINDS, k=random.choice([1, 1, 2]))
    place = 0 if kind in ("told", "suspend") else random.choice([0, 1])
    kinds = [*others[:place], kind, *others[place:]]
    if "suspend" not in kinds:
        return kinds
    first = kinds.index("suspend")
    left = random.choices(("none", "ranks", "suspend"), k=max(len(kinds) - first - 1, 1))
    return [*kinds[:first], "suspend", *left]


def _change(random: Random, at: int, said: dict[str, Any]) -> Change:
    order = random.choice(["fcfs", "sjf", "wfp3"])
    return Change(at, {"order": order, **said}, keep_budgets=random.random() < 0.7)


def reformed(random: Random, kinds: list[str], most: int) -> dict[str, Any]:
    """A crowd and the rules that follow one another; arguments of the twin's ``simulate``."""
    jobs = crowd(random, random.randint(12, most))
    if "suspend" in kinds:
        jobs = [short_of_cpus(random, job) for job in jobs]
    asks = _asks(jobs, scenarios.Small(jobs, NODES, Rule()))
    overrun = random.choice(["kill", "kill", "allow"])
    aside = ["suspend" in kinds[: place + 1] for place in range(len(kinds))]
    first = stages(random, asks, kinds[0], overrun, aside=aside[0])
    later = [random.choice([overrun, "kill", "allow"]) for _ in kinds[1:]]
    # While jobs come, and most of them run.
    last = max(min(jobs[-1].submit, 40), len(kinds))
    times = sorted(random.sample(range(1, last + 1), len(kinds) - 1))
    changes = [
        _change(random, at, stages(random, asks, kind, end, aside=still) | {"overrun": end})
        for at, kind, still, end in zip(times, kinds[1:], aside[1:], later, strict=True)
    ]
    bounds = first.pop("bounds", None)
    rule = Rule(random.choice(["fcfs", "sjf"]), **first, overrun=overrun)
    arguments = {"jobs": jobs, "nodes": NODES, "rule": rule, "checkpoints": SAVES}
    return arguments | {"changes": changes, "bounds": bounds}
