"""Jobs for which a clause of the passes is lifted by who looks on."""

from __future__ import annotations

from simulator.kernels.compiling import kernel
from simulator.kernels.state import Ints
from simulator.rules.slurm.state_kernel import LET_IN, LOOKED, Site


@kernel
def is_let_in(site: Site, job: int) -> bool:
    """Whether neither plans nor closed partitions count for the job at its turn."""
    return site.rules[LET_IN] == job + 1


@kernel
def is_looked_at(site: Site, job: int) -> bool:
    """Whether each pass looks at the job, whoever it has looked at before."""
    return site.rules[LOOKED] == job + 1


@kernel
def left_out(site: Site, order: Ints, looked: int, waiting: int) -> int:
    """The job that is to be looked at and stands behind those whom a pass has; −1: none."""
    job = site.rules[LOOKED] - 1
    for index in range(looked, waiting if job >= 0 else 0):
        if order[index] == job:
            return job
    return -1


@kernel
def put_first(order: Ints, waiting: int, job: int) -> None:
    """Let a job stand first, if it stands in line."""
    for place in range(waiting):
        if order[place] == job:
            for index in range(place, 0, -1):
                order[index] = order[index - 1]
            order[0] = job
            return
