"""No backfilling: the head starts when it fits, and nobody overtakes it."""

from __future__ import annotations

from simulator.kernels import profile
from simulator.kernels.compiling import kernel_apart
from simulator.kernels.running import start
from simulator.kernels.state import FREE, HEAD, NOW, OUTAGES, TAIL, Program, State
from simulator.rules.limits.held_back_kernel import LEFT, STOP, verdict


@kernel_apart
def none_pass(state: State, program: Program) -> None:
    """Start heads while they fit; a head that would reach into a known outage does not."""
    queue, counters = state.queue, state.counters
    planned = counters[OUTAGES] > 0
    if planned:
        profile.build(state.profile, state.running, state.outages, counters)
    while counters[HEAD] < counters[TAIL]:
        head = counters[HEAD]
        says = verdict(state, program, queue.position[head])
        if says == STOP:
            return
        if says == LEFT:
            counters[HEAD] = head + 1
            continue
        gpus, walltime = queue.gpus[head], queue.walltime[head]
        if gpus > counters[FREE] or (
            planned and not profile.fits_now(state.profile, state.counters, gpus, walltime)
        ):
            return
        if planned:
            now = counters[NOW]
            profile.change(state.profile, state.counters, now, now + max(walltime, 1), -gpus)
        start(state, program, queue.position[head])
        counters[HEAD] = head + 1
