"""Karma: a quantum's lending and borrowing.

``Had.own`` holds credits, NaN before an entity has come, and in row 0 the account of the public;
``Had.value`` the targets in units, and while a quantum is being settled the demands.
"""

from __future__ import annotations

import math

from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.state import HEAD, TAIL, State

# Places in ``Accounts.numbers``.
PUBLIC, CREDITS = range(2)


@kernel
def _note_demands(state: State) -> None:
    """Set ``Had.value`` to what each entity holds and waits for."""
    accounts, counters = state.accounts, state.counters
    had = accounts.had
    for entity in range(len(had.value)):
        had.value[entity] = had.held[entity, 0] if accounts.tree.children[entity] == 0 else 0
    for place in range(counters[HEAD], counters[TAIL]):
        had.value[accounts.of_job[state.queue.position[place]]] += state.queue.gpus[place]


@kernel
def _welcome(state: State) -> float:
    """Give newcomers the mean of all credits; returns what all who are there are entitled to."""
    accounts = state.accounts
    own, entitled = accounts.had.own, accounts.tree.entitled
    credits, there, total = 0.0, 0, 0.0
    for entity in range(1, len(own)):
        if not math.isnan(own[entity]):
            credits += own[entity]
            there += 1
    for entity in range(1, len(own)):
        if math.isnan(own[entity]) and accounts.had.value[entity] > 0.0:
            own[entity] = credits / there if there > 0 else accounts.numbers[CREDITS]
            own[0] -= own[entity]
            credits += own[entity]
            there += 1
        if not math.isnan(own[entity]):
            total += entitled[entity]
    return total


@kernel
def _goes_before(state: State, one: int, other: int) -> bool:
    room = state.accounts.room
    if room.heap_key[one] != room.heap_key[other]:
        return room.heap_key[one] < room.heap_key[other]
    return room.heap[one] < room.heap[other]


@kernel_apart
def _sink(state: State, place: int, count: int) -> None:
    room = state.accounts.room
    while True:
        least, child = place, 2 * place + 1
        if child < count and _goes_before(state, child, least):
            least = child
        if child + 1 < count and _goes_before(state, child + 1, least):
            least = child + 1
        if least == place:
            return
        room.heap[place], room.heap[least] = room.heap[least], room.heap[place]
        room.heap_key[place], room.heap_key[least] = room.heap_key[least], room.heap_key[place]
        place = least


@kernel_apart
def _one_by_one(state: State, count: int, amount: int, sign: int) -> None:
    """Let ``amount`` slices change hands, each by whoever is first among ``count`` in the heap.

    ``sign``: 1 for lenders, the poorest first, who earn 1; −1 for borrowers, the richest first, who
    pay 1. ``Room.rank`` says how many slices each has to give, or may have.
    """
    had, room = state.accounts.had, state.accounts.room
    for place in range(count):
        room.heap_key[place] = sign * had.own[room.heap[place]]
    for place in range(count // 2 - 1, -1, -1):
        _sink(state, place, count)
    for _ in range(amount):
        entity = room.heap[0]
        had.own[entity] += sign
        if sign < 0:
            had.value[entity] += 1.0
        room.rank[entity] -= 1
        room.heap_key[0] += 1.0
        if room.rank[entity] == 0:
            count -= 1
            room.heap[0], room.heap_key[0] = room.heap[count], room.heap_key[count]
        _sink(state, 0, count)


@kernel_apart
def _trade(state: State, public: int) -> None:
    """Lend and borrow: ``Room.rank`` is positive for what is lent, negative for what is wanted."""
    had, room = state.accounts.had, state.accounts.room
    supply, wanted, lenders = 0, 0, 0
    for entity in range(1, len(had.own)):
        if room.rank[entity] > 0:
            supply += room.rank[entity]
            room.heap[lenders] = entity
            lenders += 1
        wanted -= min(room.rank[entity], 0)
    amount = min(wanted, supply + public)
    lent = min(amount, supply)
    _one_by_one(state, lenders, lent, 1)
    had.own[0] += amount - lent
    borrowers = 0
    for entity in range(1, len(had.own)):
        if room.rank[entity] < 0:
            room.rank[entity] = -room.rank[entity]
            room.heap[borrowers] = entity
            borrowers += 1
    _one_by_one(state, borrowers, amount, -1)


@kernel
def _guaranteed(state: State, entity: int, shared: int, total: float) -> int:
    """Whole slices that an entity has of ``shared``; rounding errors cost nobody a slice."""
    return int(shared * state.accounts.tree.entitled[entity] / total + 1e-9)


@kernel_apart
def tick_karma(state: State, quanta: int) -> None:
    """Set the targets of the quantum that begins; nobody wanted anything in those before it."""
    accounts = state.accounts
    had, room, capacity = accounts.had, accounts.room, accounts.capacity[0]
    _note_demands(state)
    total = _welcome(state)
    if total == 0.0 or quanta == 0:
        return
    shared = capacity - int(accounts.numbers[PUBLIC] * capacity)
    public = capacity
    for entity in range(1, len(had.own)):
        if not math.isnan(had.own[entity]):
            public -= _guaranteed(state, entity, shared, total)
    for entity in range(1, len(had.own)):
        room.rank[entity] = 0
        if math.isnan(had.own[entity]):
            had.value[entity] = 0.0
            continue
        free = public * accounts.tree.entitled[entity] / total
        had.own[entity] += quanta * free
        had.own[0] -= quanta * free
        guaranteed = _guaranteed(state, entity, shared, total)
        demand = int(had.value[entity])
        had.value[entity] = min(demand, guaranteed)
        if demand < guaranteed:
            room.rank[entity] = guaranteed - demand
        else:
            room.rank[entity] = -min(demand - guaranteed, int(had.own[entity]))
    _trade(state, public)
