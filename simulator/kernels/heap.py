"""A binary heap of (time, position), kept in two arrays."""

from __future__ import annotations

from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.state import Ints


@kernel
def _rise(time: Ints, position: Ints, hole: int, when: int, who: int) -> None:
    """Put an entry where there is a hole, or above it."""
    while hole > 0:
        parent = (hole - 1) >> 1
        if time[parent] < when or (time[parent] == when and position[parent] < who):
            break
        time[hole] = time[parent]
        position[hole] = position[parent]
        hole = parent
    time[hole] = when
    position[hole] = who


@kernel
def push(time: Ints, position: Ints, count: int, when: int, who: int) -> None:
    """Add an entry to a heap of ``count``."""
    _rise(time, position, count, when, who)


@kernel
def _sink(time: Ints, position: Ints, count: int, hole: int, when: int, who: int) -> None:
    """Put an entry where there is a hole, or below it."""
    while True:
        child = 2 * hole + 1
        if child >= count:
            break
        right = child + 1
        if right < count and (
            time[right] < time[child]
            or (time[right] == time[child] and position[right] < position[child])
        ):
            child = right
        if when < time[child] or (when == time[child] and who < position[child]):
            break
        time[hole] = time[child]
        position[hole] = position[child]
        hole = child
    time[hole] = when
    position[hole] = who


@kernel
def pop(time: Ints, position: Ints, count: int) -> int:
    """Take the least entry out of a heap of ``count`` and return its position."""
    least = position[0]
    last = count - 1
    _sink(time, position, last, 0, time[last], position[last])
    return least


@kernel_apart
def remove(time: Ints, position: Ints, count: int, who: int) -> None:
    """Take the entry of this position out, wherever it is, by looking at all."""
    hole = 0
    while position[hole] != who:
        hole += 1
    last = count - 1
    when, mover = time[last], position[last]
    if hole == last:
        return
    # The mover may belong above the hole or below it.
    parent = (hole - 1) >> 1
    if hole > 0 and (when < time[parent] or (when == time[parent] and mover < position[parent])):
        _rise(time, position, hole, when, mover)
    else:
        _sink(time, position, last, hole, when, mover)
