"""OpenPBS's fairshare: those who wait, ranked by where their branches of the tree part."""

from __future__ import annotations

from simulator.kernels.accounts import Accounts
from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.state import HEAD, TAIL, State


@kernel
def _depth(accounts: Accounts, entity: int) -> int:
    depth = 0
    while accounts.tree.parent[entity] >= 0:
        entity = accounts.tree.parent[entity]
        depth += 1
    return depth


@kernel
def _compared(accounts: Accounts, one: int, other: int) -> int:
    """−1 if one goes before the other, 1 the other way round, 0 for neither.

    Upwards, so that what is higher in the tree decides last.
    """
    tree, usage = accounts.tree, accounts.had.usage
    lower = _depth(accounts, one) - _depth(accounts, other)
    while lower > 0:
        one, lower = tree.parent[one], lower - 1
    while lower < 0:
        other, lower = tree.parent[other], lower + 1
    answer = 0
    while one != other:
        mine, theirs = tree.entitled[one], tree.entitled[other]
        if mine <= 0.0 or theirs <= 0.0:
            answer = int(mine <= 0.0) - int(theirs <= 0.0)
        elif usage[one] / mine < usage[other] / theirs:
            answer = -1
        elif usage[one] / mine > usage[other] / theirs:
            answer = 1
        one, other = tree.parent[one], tree.parent[other]
    return answer


@kernel
def _gather(state: State) -> int:
    """List those who wait in ``Room.heap``; returns how many."""
    accounts, counters = state.accounts, state.counters
    rank, heap, found = accounts.room.rank, accounts.room.heap, 0
    for place in range(counters[HEAD], counters[TAIL]):
        rank[accounts.of_job[state.queue.position[place]]] = -1
    for place in range(counters[HEAD], counters[TAIL]):
        entity = accounts.of_job[state.queue.position[place]]
        if rank[entity] < 0:
            rank[entity] = 0
            heap[found] = entity
            found += 1
    return found


@kernel
def _sort(accounts: Accounts, count: int) -> None:
    """Sort ``Room.heap`` by insertion at falling distances."""
    heap = accounts.room.heap
    distance = 1
    while distance < count:
        distance = 3 * distance + 1
    while distance > 1:
        distance //= 3
        for place in range(distance, count):
            entity, hole = heap[place], place
            while hole >= distance and _compared(accounts, heap[hole - distance], entity) > 0:
                heap[hole] = heap[hole - distance]
                hole -= distance
            heap[hole] = entity


@kernel_apart
def weigh_openpbs(state: State) -> None:
    """Rank those who wait; who is equal has the same rank."""
    accounts = state.accounts
    heap, value = accounts.room.heap, accounts.had.value
    count, rank = _gather(state), 0.0
    _sort(accounts, count)
    for place in range(count):
        if place > 0 and _compared(accounts, heap[place - 1], heap[place]) != 0:
            rank += 1.0
        value[heap[place]] = -rank
