"""Orders that were found by regression over simulated schedules: F1 to F4, lowest first."""

from __future__ import annotations

import math

from simulator.kernels.compiling import kernel


@kernel
def f1(gpus: int, walltime: int, since: int) -> float:
    """n·log₁₀(r) + 870·log₁₀(s); ``since`` is s, seconds from the first submit, plus 1."""
    return -(gpus * math.log10(max(walltime, 1)) + 870.0 * math.log10(since))


@kernel
def f2(gpus: int, walltime: int, since: int) -> float:
    """n·√r + 25,600·log₁₀(s)."""
    return -(gpus * math.sqrt(max(walltime, 1)) + 25_600.0 * math.log10(since))


@kernel
def f3(gpus: int, walltime: int, since: int) -> float:
    """n·r + 6,860,000·log₁₀(s)."""
    return -(float(gpus) * max(walltime, 1) + 6_860_000.0 * math.log10(since))


@kernel
def f4(gpus: int, walltime: int, since: int) -> float:
    """r·√n + 530,000·log₁₀(s)."""
    return -(max(walltime, 1) * math.sqrt(gpus) + 530_000.0 * math.log10(since))
