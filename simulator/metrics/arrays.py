"""The array types that metrics share, and the sum by group."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Codes = tuple[list[str], Ints]
"""Names, sorted, and each job's row among them."""


def sum_by(group: Ints, amounts: Ints | Floats, count: int) -> Floats:
    """Σ of amounts of each of ``count`` groups, given by row; exact for sums under 2^53."""
    return np.bincount(group, weights=amounts, minlength=count).astype(np.float64, copy=False)
