"""The heap of ends against a sorted list."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kernels.states import entry
from simulator.kernels import heap

TIMES = st.lists(st.integers(0, 5), max_size=40)


def _filled(times: list[int]) -> tuple[np.ndarray, np.ndarray]:
    time, position = np.zeros(len(times) + 1, np.int64), np.zeros(len(times) + 1, np.int64)
    for count, when in enumerate(times):
        entry(heap.push)(time, position, count, when, count)
    return time, position


def _drained(time: np.ndarray, position: np.ndarray, count: int) -> list[tuple[int, int]]:
    taken = []
    for left in range(count, 0, -1):
        when = int(time[0])
        taken.append((when, int(entry(heap.pop)(time, position, left))))
    return taken


@given(TIMES)
def test_entries_come_out_by_time_then_position(times: list[int]) -> None:
    time, position = _filled(times)
    assert _drained(time, position, len(times)) == sorted((t, p) for p, t in enumerate(times))


@given(TIMES.filter(bool), st.data())
def test_an_entry_can_be_taken_out_from_anywhere(times: list[int], data: st.DataObject) -> None:
    time, position = _filled(times)
    gone = data.draw(st.integers(0, len(times) - 1))
    entry(heap.remove)(time, position, len(times), gone)
    expected = sorted((t, p) for p, t in enumerate(times) if p != gone)
    assert _drained(time, position, len(times) - 1) == expected
