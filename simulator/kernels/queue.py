"""The waiting jobs, kept in order."""

from __future__ import annotations

from simulator.kernels.compiling import kernel, kernel_apart, shift
from simulator.kernels.limit_book import stands_behind
from simulator.kernels.state import FIRST_NEW, HEAD, TAIL, State


@kernel
def move(state: State, to: int, origin: int) -> None:
    """Let the job at one place stand at another."""
    queue = state.queue
    queue.position[to] = queue.position[origin]
    queue.gpus[to] = queue.gpus[origin]
    queue.walltime[to] = queue.walltime[origin]
    queue.key[to] = queue.key[origin]


@kernel
def _shift(state: State, to: int, origin: int, count: int) -> None:
    queue = state.queue
    shift(queue.position, to, origin, count)
    shift(queue.gpus, to, origin, count)
    shift(queue.walltime, to, origin, count)
    shift(queue.key, to, origin, count)


@kernel_apart
def _to_front(state: State) -> None:
    """Move the queue to the front of its arrays, which have room for every job."""
    counters = state.counters
    head, tail = counters[HEAD], counters[TAIL]
    _shift(state, 0, head, tail - head)
    counters[HEAD] = 0
    counters[TAIL] = tail - head


@kernel
def insert(state: State, position: int, key: float) -> None:
    """Put a job in its place by (key descending, position ascending), or so among those behind."""
    behind = state.limits.balances.behind
    if len(behind) > 0:
        behind[position] = stands_behind(state, position)
    put(state, make_room(state, position, key, 1), position, key)


@kernel
def put(state: State, place: int, position: int, key: float) -> None:
    """Let a job of this key stand at a place."""
    queue = state.queue
    queue.position[place] = position
    queue.gpus[place] = state.columns.gpus[position]
    queue.walltime[place] = state.columns.walltime[position]
    queue.key[place] = key


@kernel
def make_room(state: State, position: int, key: float, count: int) -> int:
    """Let all that go behind a job of this key stand so many places further down; returns the first
    of the places that are for new jobs."""
    counters = state.counters
    if counters[TAIL] + count > len(state.queue.position):
        _to_front(state)
    low, high = counters[HEAD], counters[TAIL]
    tail = high
    # Most jobs come last: look there before searching.
    if high > low and _after(state, high - 1, position, key):
        low = high
    while low < high:
        middle = (low + high) >> 1
        if _after(state, middle, position, key):
            low = middle + 1
        else:
            high = middle
    if low < tail:
        _shift(state, low + count, low, tail - low)
    counters[TAIL] = tail + count
    counters[FIRST_NEW] = min(counters[FIRST_NEW], low - counters[HEAD])
    return low


@kernel
def _after(state: State, place: int, position: int, key: float) -> bool:
    """Whether a job of this key and position goes behind the one at ``place``."""
    behind = state.limits.balances.behind
    if len(behind) > 0 and behind[position] != behind[state.queue.position[place]]:
        return bool(behind[position] > 0)
    return behind_by_key(state, place, position, key)


@kernel
def behind_by_key(state: State, place: int, position: int, key: float) -> bool:
    """The same where nobody stands behind by a budget."""
    other = state.queue.key[place]
    return other > key or (other == key and state.queue.position[place] < position)


@kernel
def _sink_to(state: State, hole: int, place: int) -> None:
    """Let the job at ``place`` stand at ``hole``, and those between one place further down."""
    queue = state.queue
    position, key = queue.position[place], queue.key[place]
    gpus, walltime = queue.gpus[place], queue.walltime[place]
    for to in range(place, hole, -1):
        move(state, to, to - 1)
    queue.position[hole] = position
    queue.gpus[hole] = gpus
    queue.walltime[hole] = walltime
    queue.key[hole] = key


@kernel_apart
def _sort_by_standing(state: State) -> bool:
    """As ``sort``, where some stand behind."""
    queue, counters = state.queue, state.counters
    moved = False
    for place in range(counters[HEAD] + 1, counters[TAIL]):
        position, key, hole = queue.position[place], queue.key[place], place
        while hole > counters[HEAD] and not _after(state, hole - 1, position, key):
            hole -= 1
        if hole < place:
            moved = True
            _sink_to(state, hole, place)
    return moved


@kernel_apart
def sort(state: State) -> bool:
    """Restore the order after keys have changed; returns whether anybody moved.

    By insertion: from one pass to the next a moving order changes little, and then this takes
    time in proportion to the queue.
    """
    if len(state.limits.balances.behind) > 0:
        return _sort_by_standing(state)
    queue, counters = state.queue, state.counters
    moved = False
    for place in range(counters[HEAD] + 1, counters[TAIL]):
        position, key = queue.position[place], queue.key[place]
        if behind_by_key(state, place - 1, position, key):
            continue
        moved = True
        gpus, walltime = queue.gpus[place], queue.walltime[place]
        hole = place
        while hole > counters[HEAD] and not behind_by_key(state, hole - 1, position, key):
            move(state, hole, hole - 1)
            hole -= 1
        queue.position[hole] = position
        queue.gpus[hole] = gpus
        queue.walltime[hole] = walltime
        queue.key[hole] = key
    return moved


@kernel_apart
def close_gap(state: State, kept: int, place: int) -> None:
    """Move [place, TAIL) down to ``kept``: what lay between has started."""
    counters = state.counters
    gap = place - kept
    if gap == 0:
        return
    if kept - counters[HEAD] < counters[TAIL] - place:
        # Fewer stand before the gap than behind it: move those up instead.
        _shift(state, counters[HEAD] + gap, counters[HEAD], kept - counters[HEAD])
        counters[HEAD] += gap
        return
    _shift(state, kept, place, counters[TAIL] - place)
    counters[TAIL] -= gap


@kernel
def take_out(state: State, position: int) -> None:
    """Take a job out of the queue, wherever it stands."""
    place = state.counters[HEAD]
    while state.queue.position[place] != position:
        place += 1
    close_gap(state, place, place + 1)


@kernel
def keep(state: State, kept: int, place: int) -> None:
    """During a walk: the job at ``place`` stays, behind those kept so far."""
    if kept != place:
        move(state, kept, place)
