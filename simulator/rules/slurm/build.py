"""The arrays that Slurm's passes work on, made once for a machine and a list of jobs."""

from __future__ import annotations

import numpy as np

from simulator.kernels.state import Ints
from simulator.kernels.words import Words
from simulator.rules.slurm.state_kernel import SETS, Did, Live, Plan, Scratch

NEVER = -(2**40)
"""Before any pass."""
NO_LIMIT = 2**40
"""Longer than any job."""


def ints(*shape: int) -> Ints:
    """Zeros."""
    return np.zeros(shape, dtype=np.int64)


def sets(rows: int, nodes: int) -> Words:
    """Empty sets of nodes."""
    return np.zeros((rows, max((nodes + 63) // 64, 1)), dtype=np.uint64)


def set_of(nodes: int, *members: frozenset[int] | tuple[int, ...]) -> Words:
    """A table of sets of nodes."""
    table = sets(len(members), nodes)
    for row, each in enumerate(members):
        for node in each:
            table[row, node >> 6] |= np.uint64(1) << np.uint64(node & 63)
    return table


def members(table: Words, row: int) -> tuple[int, ...]:
    """The nodes of a set, ascending."""
    return tuple(
        word * 64 + bit
        for word in range(table.shape[1])
        for bit in range(64)
        if int(table[row, word]) >> bit & 1
    )


def live(has: Ints, slots: int) -> Live:
    """Nothing runs; room for so many jobs at once."""
    nodes = has.shape[1]
    return Live(
        free=has.copy(),
        completing=sets(1, nodes),
        row=ints(slots),
        end=ints(slots),
        begun=ints(slots),
        order=ints(slots),
        nodes=sets(slots, nodes),
        counts=ints(1),
    )


def plan(jobs: int, nodes: int) -> Plan:
    """A map with room for a reservation of each of so many jobs: it adds two records at most."""
    records = 2 * jobs + 2
    return Plan(ints(records), ints(records), ints(records), sets(records, nodes), ints(1))


def did(jobs: int, nodes: int, slots: int) -> Did:
    """Room for what becomes of so many jobs, and for as many victims as can run."""
    return Did(
        row=ints(jobs),
        outcome=ints(jobs),
        start=ints(jobs),
        end=ints(jobs),
        tries=ints(jobs),
        nodes=sets(jobs, nodes),
        victim=ints(slots),
        stopped_for=ints(slots),
        counts=ints(2),
    )


def scratch(
    jobs: int, nodes: int, slots: int, users: int, partitions: int, kind: Ints | None = None
) -> Scratch:
    """Room to work in; ``kind`` by job, each its own if not given."""
    kind = np.arange(jobs) if kind is None else kind
    return Scratch(
        sets=sets(SETS, nodes),
        offers=ints(nodes),
        free=ints(3, nodes),
        order=ints(jobs),
        half=ints(jobs),
        slots=ints(slots),
        gone=ints(slots),
        usable=ints(slots),
        seen=ints(users),
        closed=ints(partitions),
        kind=kind,
        fits=ints(jobs),
        asked=ints(jobs),
        rounds=ints(1),
    )
