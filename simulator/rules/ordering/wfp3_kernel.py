"""WFP3: who has waited long for what they asked, the larger the sooner."""

from __future__ import annotations

from simulator.kernels.compiling import kernel


@kernel
def wfp3(wait: int, walltime: int, gpus: int) -> float:
    """(wait / walltime)³ · GPUs, multiplied from the left."""
    ratio = wait / max(walltime, 1)
    return ratio * ratio * ratio * gpus
