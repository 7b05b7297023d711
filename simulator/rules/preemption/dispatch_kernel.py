"""Which pass is made: one with preemption only while a waiting job outranks a running one, or
idle GPUs are to be had, or where owners reclaim."""

from __future__ import annotations

from simulator.kernels.compiling import kernel
from simulator.kernels.state import DUE, STARTED, WAKE, WANTED, Program, State
from simulator.rules.backfill.dispatch_kernel import scheduling_pass
from simulator.rules.preemption.idle_kernel import next_wanted
from simulator.rules.preemption.pool_kernel import preempting_pass
from simulator.rules.preemption.victims_kernel import outranked, somebody_may_be_stopped


@kernel
def pass_on_pool(state: State, program: Program) -> None:
    """Phase 4 over a queue that is not empty."""
    if program.preemption and somebody_may_be_stopped(state, program):
        preempting_pass(state, program)
        return
    started = state.counters[STARTED]
    scheduling_pass(state, program)
    if program.preemption == WANTED:
        state.counters[WAKE] = next_wanted(state, program)
    elif program.preemption and state.counters[STARTED] > started and outranked(state):
        state.counters[DUE] = 1
