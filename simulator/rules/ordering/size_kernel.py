"""By size."""

from __future__ import annotations

from simulator.kernels.compiling import kernel


@kernel
def smallest(gpus: int) -> float:
    """Fewest GPUs first."""
    return -float(gpus)


@kernel
def largest(gpus: int) -> float:
    """Most GPUs first."""
    return float(gpus)
