"""The arrays that Slurm's passes work on, made once for a machine and a list of jobs."""

from __future__ import annotations

import numpy as np

from simulator.distinct import distinct
from simulator.kernels.state import Ints
from simulator.kernels.words import Words
from simulator.rules.slurm.state_kernel import (
    FIT_SETS,
    KEPT_NUMBERS,
    OF,
    SETS,
    Asks,
    Did,
    Fits,
    Kept,
    Live,
    Plan,
    Scratch,
)

NEVER = -(2**40)
"""Before any pass."""
NO_LIMIT = 2**40
"""Longer than any job."""
ROWS = 64
"""For so many asks at most it is kept where they fit."""


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
    found = []
    for word, signed in enumerate(table[row].tolist()):
        bits = signed & (1 << 64) - 1
        while bits:
            lowest = bits & -bits
            found.append(word * 64 + lowest.bit_length() - 1)
            bits ^= lowest
    return tuple(found)


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
        counts=ints(2),
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


def fits(ask: Ints, nodes: int) -> Fits:
    """Nothing is known yet; ``ask`` by job, numbers from 0 on without gaps."""
    asks = int(ask.max(initial=-1)) + 1
    rows = min(max(asks, 1), ROWS)
    return Fits(
        ask=ask,
        row=ints(asks),
        owner=np.full(rows, -1, np.int64),
        made=np.full((2, rows), -1, np.int64),
        sets=sets(FIT_SETS * rows, nodes),
        node=ints(rows, nodes),
        place=ints(rows, nodes),
        coming=ints(rows),
        next=ints(1),
    )


def numbered(*columns: Ints) -> Ints:
    """A number by row of these columns, the same for rows that are the same; from 0 on."""
    return distinct(*columns).which


def kept(asks: Asks) -> Kept:
    """Nothing is kept yet."""
    jobs = len(asks.nodes)
    wish = numbered(
        asks.partition, asks.nodes, asks.cpus, asks.memory, asks.gpus, asks.limit, asks.qos
    )
    never = np.full(jobs, -1, np.int64)
    found = Kept(ints(KEPT_NUMBERS), ints(jobs), wish, never, never.copy(), ints(jobs))
    found.numbers[OF] = -1
    return found


def scratch(asks: Asks, nodes: int, users: int, partitions: int) -> Scratch:
    """Room to work in."""
    jobs = len(asks.nodes)
    return Scratch(
        sets=sets(SETS, nodes),
        offers=ints(nodes),
        free=ints(3, nodes),
        order=ints(jobs),
        half=ints(jobs),
        slots=ints(jobs),
        gone=ints(jobs),
        usable=ints(jobs),
        seen=ints(users),
        closed=ints(partitions),
        fits=fits(numbered(asks.cpus, asks.memory, asks.gpus), nodes),
        kept=kept(asks),
        until=ints(1),
    )
