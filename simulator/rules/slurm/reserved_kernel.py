"""Advance reservations: ``job_test_resv()`` and ``find_resv_end()``."""

from __future__ import annotations

from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.words import Words, clear, join
from simulator.rules.slurm.state_kernel import Asks, Booked, Site


@kernel
def length_of(site: Site, asks: Asks, job: int) -> int:
    """Seconds that a job is planned for: its limit, at most its partition's."""
    return min(asks.limit[job], site.longest[asks.partition[job]])


@kernel_apart
def nodes_booked(booked: Booked, start: int, length: int, sets: Words, into: int) -> bool:
    """The nodes of reservations that a job would meet, into a set; whether there are any.

    A walltime that ends exactly as a reservation begins is allowed.
    """
    clear(sets, into)
    found = False
    for index in range(booked.start.shape[0]):
        if booked.start[index] < start + length and booked.end[index] > start:
            join(sets, into, booked.nodes, index)
            found = True
    return found


@kernel
def next_end(booked: Booked, start: int, resolution: int) -> int:
    """The earliest end of any reservation that ends at or after an instant, rounded up; 0: none."""
    best = 0
    for index in range(booked.end.shape[0]):
        if booked.end[index] >= start:
            end = (booked.end[index] + resolution - 1) // resolution * resolution
            if best == 0 or end < best:
                best = end
    return best
