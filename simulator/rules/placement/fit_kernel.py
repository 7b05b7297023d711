"""By how full the nodes are: the lowest score goes first."""

from __future__ import annotations

from simulator.kernels.compiling import kernel


@kernel
def best(free: int) -> int:
    """Fewest GPUs free first."""
    return free


@kernel
def worst(free: int) -> int:
    """Most GPUs free first."""
    return -free


@kernel
def first() -> int:
    """All alike, so that node numbers decide."""
    return 0
