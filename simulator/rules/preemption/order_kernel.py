"""Who is preempted first: the lowest key, then who started last, then the higher position."""

from __future__ import annotations

from simulator.kernels.compiling import kernel

VICTIMS = (
    "youngest", "oldest", "longest_served", "cheapest", "smallest", "largest", "lowest_rank",
)  # fmt: skip
"""Words of the setting ``order``; a place is its opcode."""
YOUNGEST, OLDEST, LONGEST_SERVED, CHEAPEST, SMALLEST, LARGEST, LOWEST_RANK = range(len(VICTIMS))


@kernel
def victim_key(
    order: int, start: int, ran: int, served: int, gpus: int, kept: int, rank: int
) -> int:
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
    if order == LOWEST_RANK:
        return -rank
    return 0
