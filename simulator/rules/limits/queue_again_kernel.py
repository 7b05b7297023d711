"""Many jobs queued at once that limits let go, in time that grows with their number."""

from __future__ import annotations

from simulator.kernels.compiling import kernel_apart
from simulator.kernels.limits import NONE
from simulator.kernels.queue import behind_by_key, insert, make_room, move, put
from simulator.kernels.state import TAIL, Program, State
from simulator.rules.ordering.dispatch_kernel import priority


@kernel_apart
def queue_again(state: State, program: Program, first: int) -> None:
    """Queue all of a chain by ``Limits.next``, which begins with ``first``, as ``insert`` would.

    Most stand in the chain as they will in the queue, since they left it in that order: those are
    merged with it, and only the others inserted one by one.
    """
    following_of, position, rest = state.limits.next, first, NONE
    last, last_key, count = NONE, 0.0, 0
    by_key = len(state.limits.balances.behind) == 0
    while position != NONE:
        following = following_of[position]
        key = priority(state, program, position)
        in_order = last == NONE or key < last_key or (key == last_key and position > last)
        if by_key and in_order:
            if last != NONE:
                following_of[last] = position
            last, last_key, count = position, key, count + 1
        else:
            following_of[position] = rest
            rest = position
        position = following
    if last != NONE:
        following_of[last] = NONE
        _merge(state, program, first, count)
    while rest != NONE:
        following = following_of[rest]
        insert(state, rest, priority(state, program, rest))
        rest = following


@kernel_apart
def _merge(state: State, program: Program, first: int, count: int) -> None:
    """Queue a chain of so many jobs that has the order of the queue."""
    write = make_room(state, first, priority(state, program, first), count)
    read, tail, position = write + count, state.counters[TAIL], first
    while position != NONE:
        key = priority(state, program, position)
        while read < tail and behind_by_key(state, read, position, key):
            move(state, write, read)
            write, read = write + 1, read + 1
        put(state, write, position, key)
        write, position = write + 1, state.limits.next[position]
