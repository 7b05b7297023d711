"""Sets of nodes as rows of words of 64 bits: whole-node tests cost a word for 64 nodes.

A set is given as its table and its row: tables are never cut into rows, which would cost a
reference each.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulator.kernels.compiling import kernel

Words = NDArray[np.uint64]

_ONE, NOTHING, _LOW = np.uint64(1), np.uint64(0), np.int64(63)


@kernel
def has(words: Words, row: int, bit: int) -> bool:
    """Whether a bit is in a set."""
    return (words[row, bit >> 6] >> np.uint64(bit & _LOW)) & _ONE != NOTHING


@kernel
def put(words: Words, row: int, bit: int) -> None:
    """Put a bit into a set."""
    words[row, bit >> 6] |= _ONE << np.uint64(bit & _LOW)


@kernel
def drop(words: Words, row: int, bit: int) -> None:
    """Take a bit out of a set."""
    words[row, bit >> 6] &= ~(_ONE << np.uint64(bit & _LOW))


@kernel
def clear(words: Words, row: int) -> None:
    """Empty a set."""
    for word in range(words.shape[1]):
        words[row, word] = NOTHING


@kernel
def copy(into: Words, row: int, other: Words, at: int) -> None:
    """Make a set equal to another."""
    for word in range(into.shape[1]):
        into[row, word] = other[at, word]


@kernel
def join(into: Words, row: int, other: Words, at: int) -> None:
    """Add another set."""
    for word in range(into.shape[1]):
        into[row, word] |= other[at, word]


@kernel
def meet(into: Words, row: int, other: Words, at: int) -> None:
    """Keep what is in another set too."""
    for word in range(into.shape[1]):
        into[row, word] &= other[at, word]


@kernel
def take_out(into: Words, row: int, other: Words, at: int) -> None:
    """Take another set out."""
    for word in range(into.shape[1]):
        into[row, word] &= ~other[at, word]


@kernel
def touch(one: Words, row: int, other: Words, at: int) -> bool:
    """Whether two sets have a bit in common."""
    for word in range(one.shape[1]):
        if one[row, word] & other[at, word] != NOTHING:
            return True
    return False


@kernel
def within(one: Words, row: int, other: Words, at: int) -> bool:
    """Whether a set lies within another."""
    for word in range(one.shape[1]):
        if one[row, word] & ~other[at, word] != NOTHING:
            return False
    return True


@kernel
def alike(one: Words, row: int, other: Words, at: int) -> bool:
    """Whether two sets are equal."""
    for word in range(one.shape[1]):
        if one[row, word] != other[at, word]:
            return False
    return True


@kernel
def size(words: Words, row: int) -> int:
    """How many bits are in a set."""
    count = 0
    for word in range(words.shape[1]):
        rest = words[row, word]
        while rest != NOTHING:
            rest &= rest - _ONE
            count += 1
    return count
