"""Sets of nodes as bits, 64 to a word: bit b of word w is node 64·w + b."""

from __future__ import annotations

from typing import Any

import numpy as np

from simulator.kernels.compiling import instruction, kernel
from simulator.kernels.state import Ints


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
def has(row: Ints, number: int) -> bool:
    """Whether the set holds the number."""
    return bool((row[number >> 6] >> (number & 63)) & 1)
