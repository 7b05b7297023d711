"""Jobs of which some leave their units idle, and what must hold of those stopped for it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from twin.owners import stage as reclaiming
from twin.preemption import ORDERS, RANKS, Idle, Preemption

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from twin import model
    from twin.nodes import model as nodes

USES = (-1, 0, 20, 99, 100, 900)
"""Thousandths; what is below 100 is idle."""
KINDS = ("always", "wanted", "ranks", "reclaim")
"""Idle jobs are stopped always, or when wanted; always beside ranks, or owners that reclaim."""


def stage(random: Random, kind: str, how: Sequence[str], *, grace: bool = True) -> Preemption:
    """The stage: idle jobs are stopped, and where the kind says so others too."""
    fate = random.choice(("cancel", *how))
    some = random.choice([1, 2, 3])
    idle = Idle(
        random.choice([1, 3, 5, 8]),
        wanted=kind == "wanted",
        how=fate,
        at_most=random.choice([None, some]) if fate == "cancel" else some,
    )
    if kind == "reclaim":
        return replace(reclaiming(random, [each for each in how if each != "cancel"]), idle=idle)
    if kind == "always":
        return Preemption(idle=idle, ranks=False)
    told = random.choice([0, 0, 1, 4]) if grace else 0
    if kind == "wanted":
        order, after = random.choice(ORDERS[:-1]), random.choice([0, 0, 3])
        return Preemption(order=order, after=after, grace=told, idle=idle, ranks=False)
    fates = ("requeue", *random.choices(how, k=RANKS - 1))
    times = random.choice([0, 0, 4]), random.choice([0, 0, 4])
    return Preemption(fates, random.choice(ORDERS), *times, None, told, idle=idle)


def check_idle(
    jobs: Sequence[model.TwinJob | nodes.NodeJob],
    sizes: Sequence[int],
    rule: Preemption,
    attempts: Sequence[Sequence[tuple[Any, ...]]],
    stops: Sequence[tuple[int, int]],
) -> int:
    """Assert what the rule promises, where nobody has another right; how many were stopped so.

    ``attempts``: (start, end, reason, …) of each job; ``stops``: (position, number of the attempt)
    of those that ended for idleness.
    """
    idle = rule.idle
    assert idle is not None
    count = dict.fromkeys(range(len(jobs)), 0)
    for position, number in stops:
        start, end, reason, *_ = attempts[position][number]
        assert 0 <= jobs[position].use < idle.below
        assert sizes[position] > 0
        assert reason == ("failed" if idle.how == "cancel" else "preempted")
        count[position] += 1
        if not idle.wanted:
            assert end - start == idle.after
            continue
        assert end - start >= idle.after
        assert rule.grace or any(
            begun == end and sizes[other] > 0
            for other, theirs in enumerate(attempts)
            for begun, *_ in theirs
        )
    for position, times in count.items():
        assert idle.at_most is None or times <= idle.at_most
        assert idle.how != "cancel" or times <= 1
        leaves_idle = 0 <= jobs[position].use < idle.below and sizes[position] > 0
        if leaves_idle and not idle.wanted and times < (idle.at_most or 1):
            assert all(end - start <= idle.after for start, end, *_ in attempts[position])
    return len(stops)


def stops_of(table: Any) -> list[tuple[int, int]]:
    """(position, number of the attempt) of each that ended for idleness, of the engine's table."""
    rows = table.select(["position", "attempt", "cause"]).to_pylist()
    return [(row["position"], row["attempt"]) for row in rows if row["cause"] == "idle"]
