"""By requested walltime."""

from __future__ import annotations

from simulator.kernels.compiling import kernel


@kernel
def sjf(walltime: int) -> float:
    """Shortest first."""
    return -float(walltime)


@kernel
def ljf(walltime: int) -> float:
    """Longest first."""
    return float(walltime)
