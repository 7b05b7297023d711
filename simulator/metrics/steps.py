"""Step functions of time, such as the GPUs running: exact sums, no sampling."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from simulator.metrics.arrays import Ints, order_of


@dataclass(frozen=True)
class Steps:
    """``values[k]`` holds from ``times[k]`` (s, ascending) until the next; 0 before the first."""

    times: Ints
    values: Ints

    @classmethod
    def of_intervals(cls, starts: Ints, ends: Ints, sizes: Ints) -> Steps:
        """The sum of ``sizes[i]`` over each [starts[i], ends[i])."""
        times = np.concatenate([starts, ends])
        order = order_of(times)
        return cls(times[order], np.cumsum(np.concatenate([sizes, -sizes])[order]))

    @staticmethod
    def aligned(*parts: Steps) -> tuple[Ints, list[Ints]]:
        """The times at which any of the parts steps, and the values of each part from then on."""
        times = np.concatenate([part.times for part in parts])
        order = np.argsort(times, kind="stable")
        values, offset = [], 0
        for part in parts:
            steps = np.zeros_like(times)
            steps[offset : offset + len(part.times)] = np.diff(part.values, prepend=0)
            offset += len(part.times)
            values.append(np.cumsum(steps[order]))
        return times[order], values

    @cached_property
    def _areas(self) -> Ints:
        """Area from the first time up to each time."""
        areas = np.zeros(len(self.times), np.int64)
        np.cumsum(self.values[:-1] * np.diff(self.times), out=areas[1:])
        return areas

    def area_until(self, instants: Ints) -> Ints:
        """Area under the steps up to these instants."""
        if not len(self.times):
            return np.zeros_like(instants)
        index = np.searchsorted(self.times, instants, side="right") - 1
        beyond = self.values[index] * (instants - self.times[index])
        return np.where(index >= 0, self._areas[index] + beyond, 0)

    def area(self, begin: int, end: int) -> int:
        """Area under the steps over [begin, end)."""
        first, last = self.area_until(np.array([begin, end], np.int64))
        return int(last - first)
