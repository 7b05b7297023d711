"""What happenings may do to nodes under Slurm's clocks: stop all that runs on one."""

from __future__ import annotations

from simulator.engine.verbs_nodes_kernel import tenant
from simulator.kernels.checkpoints import keep_work
from simulator.kernels.compiling import kernel_entry
from simulator.kernels.grid import Grid
from simulator.kernels.running import interrupt
from simulator.kernels.state import FAILED, NOW, REQUEUED, Program, State
from simulator.rules.slurm.ends_kernel import be_gone, go_back
from simulator.rules.slurm.run_kernel import SECOND, TICK, Slurm


@kernel_entry
def empty_node(
    state: State,
    grid: Grid,
    slurm: Slurm,
    program: Program,
    now: int,
    node: int,
    requeues: int,
    cause: int,
) -> None:
    """Stop the jobs on a node; ``now`` is in seconds.

    They are submitted anew, as who is preempted, or are lost if they have gone back ``requeues``
    times.
    """
    state.counters[NOW], slurm.clock.now[TICK] = now, now * slurm.clock.setting[SECOND]
    while True:
        position = tenant(state, grid, node)
        if position < 0:
            return
        if state.progress.requeues[position] < requeues:
            kept = keep_work(state, grid, position)
            interrupt(state, program, position, REQUEUED, cause, kept)
            go_back(state, grid, slurm, position)
        else:
            interrupt(state, program, position, FAILED, cause, 0)
            be_gone(state, grid, slurm, position)
