"""The order made anew: at every pass, or at ticks alone."""

from __future__ import annotations

from simulator.kernels.accounts import LAST_TICK, NEXT_TICK
from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.queue import sort
from simulator.kernels.state import (
    BUSY,
    CHANGED,
    ENDS,
    FAR,
    HEAD,
    NOW,
    TAIL,
    Program,
    State,
)
from simulator.kernels.usage import make_up, tick_usage
from simulator.rules.ordering.dispatch_kernel import FIRST_SHARES, FIRST_TURNS, key_of, priority
from simulator.rules.ordering.shares_kernel import sample, weigh
from simulator.rules.ordering.standing_kernel import tick_turns
from simulator.rules.ordering.turns_kernel import take_turns


@kernel
def _rekey(state: State, program: Program) -> bool:
    """Give each waiting job its key of NOW; returns whether the order has changed."""
    queue, counters = state.queue, state.counters
    if len(state.limits.overuse.by) > 0:
        for place in range(counters[HEAD], counters[TAIL]):
            queue.key[place] = priority(state, program, queue.position[place])
    else:
        for place in range(counters[HEAD], counters[TAIL]):
            queue.key[place] = key_of(state, program, queue.position[place], 0)
    return sort(state)


@kernel_apart
def reorder(state: State, program: Program) -> None:
    """Make the order anew at NOW, from what everybody has had until now."""
    if program.accounting:
        make_up(state, program)
    if program.ordering >= FIRST_TURNS:
        take_turns(state, program)
        return
    if program.ordering >= FIRST_SHARES:
        weigh(state, program, program.ordering - FIRST_SHARES)
    _rekey(state, program)


@kernel
def next_tick(state: State, program: Program) -> int:
    """When the next tick is an instant of its own: FAR if there is nobody to order."""
    counters = state.counters
    if program.period == 0 or (counters[BUSY] == 0 and counters[HEAD] == counters[TAIL]):
        return FAR
    return state.accounts.clock[NEXT_TICK]


@kernel
def _weigh_at(state: State, program: Program, when: int) -> None:
    clock = state.accounts.clock
    if program.accounting:
        tick_usage(state, program)
    if program.ordering < FIRST_TURNS:
        sample(state, program.ordering - FIRST_SHARES, when)
        weigh(state, program, program.ordering - FIRST_SHARES)
    else:
        tick_turns(state, program, program.ordering - FIRST_TURNS, when - clock[LAST_TICK])
    clock[LAST_TICK] = when
    clock[NEXT_TICK] = when + program.period


@kernel_apart
def catch_up(state: State, program: Program) -> None:
    """Make up for ticks before NOW at which nothing ran and nobody waited: as one long one."""
    counters = state.counters
    now = counters[NOW]
    if state.accounts.clock[NEXT_TICK] >= now:
        return
    last = now - 1 - (now - 1 - program.phase) % program.period
    counters[NOW] = last
    _weigh_at(state, program, last)
    counters[NOW] = now


@kernel_apart
def begin_ticks(state: State, program: Program) -> None:
    """Weigh everybody at NOW, in mid-run; the next tick is one of those since the beginning.

    The quantum that is under way is settled at NOW, as a whole one.
    """
    clock, now, turns = state.accounts.clock, state.counters[NOW], program.ordering >= FIRST_TURNS
    clock[LAST_TICK] = now - program.period if turns else now
    _weigh_at(state, program, now)
    if not turns:
        _rekey(state, program)
    under_way = now - (now - program.phase) % program.period
    clock[NEXT_TICK] = under_way + program.period
    if turns:
        clock[LAST_TICK] = under_way


@kernel_apart
def tick(state: State, program: Program) -> None:
    """Phase 3: if a tick is due at NOW, weigh everybody and order the queue anew."""
    counters = state.counters
    if state.accounts.clock[NEXT_TICK] != counters[NOW]:
        return
    _weigh_at(state, program, counters[NOW])
    # Turns are taken at the pass.
    if program.ordering < FIRST_TURNS and not _rekey(state, program):
        return
    # Another order is as if somebody had left: the whole queue must be looked at.
    counters[CHANGED] = max(counters[CHANGED], ENDS)
