"""A victim on nodes stops."""

from __future__ import annotations

from simulator.kernels.checkpoints import keep_work
from simulator.kernels.compiling import kernel_apart
from simulator.kernels.grid import BOOKED, Grid
from simulator.kernels.running import interrupt
from simulator.kernels.state import FAILED, PREEMPTED, Program, State
from simulator.rules.preemption.how_kernel import CANCEL, CHECKPOINT
from simulator.rules.preemption.idle_kernel import cause_of
from simulator.rules.preemption.victims_kernel import note_stopped


@kernel_apart
def stop_on_nodes(state: State, grid: Grid, program: Program, position: int) -> None:
    """End the attempt of a victim that has left its nodes already."""
    rights = state.rights
    how = rights.how[position]
    rights.times[position] += 1
    kept = keep_work(state, grid, position) if how == CHECKPOINT else 0
    reason = FAILED if how == CANCEL else PREEMPTED
    interrupt(state, program, position, reason, cause_of(program), kept)
    if how != CANCEL:
        grid.totals[BOOKED] += grid.requests.nodes[position]
        note_stopped(state, position)
