"""Which pass is made: one with preemption only while a waiting job outranks a running one, or
where owners reclaim."""

from __future__ import annotations

from simulator.kernels.compiling import kernel
from simulator.kernels.state import DUE, RECLAIM, STARTED, Program, State
from simulator.rules.backfill.dispatch_kernel import scheduling_pass
from simulator.rules.preemption.pool_kernel import preempting_pass
from simulator.rules.preemption.victims_kernel import outranked


@kernel
def pass_on_pool(state: State, program: Program) -> None:
    """Phase 4 over a queue that is not empty."""
    if program.preemption == RECLAIM or (program.preemption and outranked(state)):
        preempting_pass(state, program)
        return
    started = state.counters[STARTED]
    scheduling_pass(state, program)
    if program.preemption and state.counters[STARTED] > started and outranked(state):
        state.counters[DUE] = 1
