"""The distinct rows of a table of whole numbers."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
_ROOM = 2**62
_DENSE = 8
"""Values that may be missing for each that is there, where values are counted and not sorted."""


class Distinct(NamedTuple):
    """k distinct rows of c columns, in lexical order."""

    rows: Ints
    """(k, c)"""
    which: Ints
    """(n,) the number of each row among the distinct ones."""
    counts: Ints
    """(k,) how often each is there."""


def distinct(*columns: NDArray[np.integer]) -> Distinct:
    """The distinct rows of columns of equal length n.

    What ``np.unique(…, axis=0)`` finds, in a tenth of the time: rows are packed into one number,
    and numbers from a narrow range are counted instead of sorted.
    """
    key = np.zeros(len(columns[0]), np.int64)
    width = 1
    for column in columns:
        codes, many = _codes(column)
        if many == 1:
            continue
        if width > _ROOM // many:
            key, _ = _ranked(key, width)
            width = int(key.max()) + 1
        key, width = key * many + codes, width * many
    which, first = _ranked(key, width)
    rows = np.stack([column[first].astype(np.int64) for column in columns], axis=1)
    return Distinct(rows, which, np.bincount(which, minlength=len(first)))


def _codes(column: NDArray[np.integer]) -> tuple[Ints, int]:
    """Numbers from 0 on in the order of the column's, and how many there may be."""
    if not len(column):
        return column.astype(np.int64), 1
    least, most = int(column.min()), int(column.max())
    if most - least < _ROOM // max(len(column), 1):
        return column.astype(np.int64) - least, most - least + 1
    values, codes = np.unique(column, return_inverse=True)
    return codes.reshape(-1).astype(np.int64), len(values)


def _ranked(key: Ints, width: int) -> tuple[Ints, Ints]:
    """The rank of each key below ``width`` among the distinct ones, and where each first stands."""
    if width > _DENSE * len(key) + 1024:
        _, first, which = np.unique(key, return_index=True, return_inverse=True)
        return which.reshape(-1).astype(np.int64), first
    place = np.full(width, -1, np.int64)
    place[key[::-1]] = np.arange(len(key))[::-1]  # the last write stays
    there = place >= 0
    rank = np.cumsum(there) - 1
    return rank[key], place[there]
