"""Which run of neighbouring nodes is taken: by bits, and node by node."""

from __future__ import annotations

import random

import numpy as np
import pytest

from simulator.rules.slurm import choose_kernel

RUN = choose_kernel._shortest_in_word
shortest = getattr(RUN, "py_func", RUN)


@pytest.fixture(autouse=True)
def uncompiled(monkeypatch):
    """An instruction of the processor is none of Python's."""

    def zeros_below(word):
        return (int(word) & -int(word)).bit_length() - 1

    monkeypatch.setattr(choose_kernel, "zeros_below", zeros_below)


def plain(bits, want):
    """The first of the shortest runs that are long enough, else of the longest."""
    runs, first = [], 0
    while bits >> first:
        length = 0
        while bits >> first + length & 1:
            length += 1
        if length:
            runs.append((length, first))
        first += length or 1
    enough = [run for run in runs if run[0] >= want]
    length = min(enough)[0] if enough else max(runs)[0]
    return min(first for run, first in runs if run == length)


def sets(draw):
    dense = draw.choice([0.05, 0.4, 0.8, 0.97, 1])
    return sum((draw.random() < dense) << node for node in range(64))


@pytest.mark.parametrize("want", [1, 2, 3, 7, 40, 63, 64])
def test_it_is_the_first_of_the_shortest_that_are_enough_else_of_the_longest(want):
    draw = random.Random(want)
    for bits in filter(None, (sets(draw) for _ in range(100))):
        assert shortest(np.uint64(bits), want) == plain(bits, want)


def test_of_nothing_there_is_no_run():
    assert shortest(np.uint64(0), 1) == -1
