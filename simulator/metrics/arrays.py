"""The array types that metrics share, and the sum by group."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import polars as pl
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Codes = tuple[list[str], Ints]
"""Names, sorted, and each row's place among them."""


def codes_of(words: pl.Series) -> Codes:
    """A column of words, none missing, as codes."""
    names = words.unique().cast(pl.String).sort()
    codes = words.cast(pl.Enum(names)).to_physical().to_numpy()
    return names.to_list(), codes.astype(np.int64)


def among(words: Codes, wanted: Collection[str]) -> Mask:
    """Which rows have one of these words."""
    names, codes = words
    return np.array([name in wanted for name in names], np.bool_)[codes]


def ascending(*parts: Ints) -> Ints:
    """Every number that is in any of the parts, once, ascending. (``np.unique`` hashes first.)"""
    numbers = np.sort(np.concatenate(parts))
    return numbers[np.append(True, numbers[1:] != numbers[:-1])] if len(numbers) else numbers


def sum_by(group: Ints, amounts: Ints | Floats, count: int) -> Floats:
    """Σ of amounts of each of ``count`` groups, given by row; exact for sums under 2^53."""
    return np.bincount(group, weights=amounts, minlength=count).astype(np.float64, copy=False)
