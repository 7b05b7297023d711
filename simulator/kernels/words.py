"""Sets as bits, 64 to a word: bit b of word w is number 64·w + b.

Tables of sets have a row a set, and are never cut into rows, which would cost a reference each.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.kernels.compiling import instruction, kernel
from simulator.kernels.state import Ints

Words = NDArray[np.uint64]

_ONE, NOTHING, _LOW = np.uint64(1), np.uint64(0), np.int64(63)


def _zeros_below(word: int) -> int:
    return (int(word) & -int(word)).bit_length() - 1 if word else 64


def _ones(word: int) -> int:
    return (int(word) % (1 << 64)).bit_count()


zeros_below: Any = instruction("cttz", True, plain=_zeros_below)
"""How many bits of a word that is not 0 are below its lowest one."""
ones: Any = instruction("ctpop", plain=_ones)
"""How many bits of a word are set."""


def words_for(count: int) -> int:
    """Words that hold so many bits; at least one."""
    return max(1, int(np.ceil(count / 64)))


def words_of(members: Ints, count: int) -> Ints:
    """The set of these numbers, each below ``count``, as words."""
    packed = np.zeros(64 * words_for(count), np.uint8)
    packed[members] = 1
    return np.packbits(packed, bitorder="little").view(np.int64)


@kernel
def has(words: Ints | Words, row: int, bit: int) -> bool:
    """Whether a bit is in a set."""
    return bool((np.int64(words[row, bit >> 6]) >> (bit & 63)) & 1)


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
def first_in(words: Words, row: int, bit: int) -> int:
    """The first bit of a set at a number or behind it; 64 times the words if there is none."""
    word, words_each = bit >> 6, words.shape[1]
    if word < words_each:
        left = np.int64(words[row, word] >> np.uint64(bit & _LOW))
        if left != 0:
            return bit + zeros_below(left)
        word += 1
    while word < words_each:
        left = np.int64(words[row, word])
        if left != 0:
            return word * 64 + zeros_below(left)
        word += 1
    return 64 * words_each


@kernel
def first_out(words: Words, row: int, bit: int) -> int:
    """The first number that is not in a set, at a number or behind it."""
    word, words_each = bit >> 6, words.shape[1]
    if word < words_each:
        left = np.int64(~words[row, word] >> np.uint64(bit & _LOW))
        if left != 0:
            return bit + zeros_below(left)
        word += 1
    while word < words_each:
        left = np.int64(~words[row, word])
        if left != 0:
            return word * 64 + zeros_below(left)
        word += 1
    return 64 * words_each


@kernel
def in_common(one: Words, row: int, other: Words, at: int) -> int:
    """How many bits two sets have in common."""
    count = 0
    for word in range(one.shape[1]):
        count += ones(np.int64(one[row, word] & other[at, word]))
    return count


@kernel
def size(words: Words, row: int) -> int:
    """How many bits are in a set."""
    count = 0
    for word in range(words.shape[1]):
        count += ones(np.int64(words[row, word]))
    return count
