"""No backfilling: the head starts when it fits, and nobody overtakes it."""

from __future__ import annotations

from simulator.kernels import profile
from simulator.kernels.compiling import kernel
from simulator.kernels.running import start
from simulator.kernels.state import FAR, FREE, HEAD, NOW, OUTAGES, TAIL, Program, State


@kernel
def none_pass(state: State, program: Program) -> None:
    """Start heads while they fit; a head that would reach into a known outage does not."""
    queue, counters = state.queue, state.counters
    planned = counters[OUTAGES] > 0
    if planned:
        profile.build(state)
    while counters[HEAD] < counters[TAIL]:
        head = counters[HEAD]
        gpus, walltime = queue.gpus[head], queue.walltime[head]
        if gpus > counters[FREE] or (planned and not profile.fits_now(state, gpus, walltime)):
            return
        if planned:
            now = counters[NOW]
            profile.change(state, now, now + max(walltime, 1), -gpus)
        state.progress.place[queue.position[head]] = FAR
        start(state, program, queue.position[head])
        counters[HEAD] = head + 1
