"""Who is preempted first: the lowest key, then who started last, then the higher position."""

from __future__ import annotations

from simulator.kernels.compiling import kernel

YOUNGEST, OLDEST, LONGEST_SERVED, CHEAPEST, SMALLEST, LARGEST = range(6)
VICTIMS = ("youngest", "oldest", "longest_served", "cheapest", "smallest", "largest")
"""Words of the setting ``order``; a place is its opcode."""


@kernel
def victim_key(order: int, start: int, ran: int, served: int, gpus: int, kept: int) -> int:
    """``ran`` seconds in this attempt, ``served`` before, ``kept`` of work that is saved."""
    if order == OLDEST:
        return start
    if order == LONGEST_SERVED:
        return -(served + ran)
    if order == CHEAPEST:
        return gpus * (ran - kept)
    if order == SMALLEST:
        return gpus
    if order == LARGEST:
        return -gpus
    return 0
