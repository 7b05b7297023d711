"""A daily and weekly cycle of arrivals: a clock that runs fast in busy hours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from simulator.workload.calendar import HOUR, hours_and_weekdays

if TYPE_CHECKING:
    from simulator.workload.columns import Ints, Reals
    from simulator.workload.synthetic.models import Cycle


class BusyClock:
    """Share of all arrivals that have come by each instant, and its inverse.

    A Poisson process of constant rate on this clock is one with the cycle on the real clock.
    """

    def __init__(self, cycle: Cycle, duration: int, epoch: int, time_zone: str) -> None:
        self.edges = np.append(np.arange(0, duration, HOUR), duration)
        hour, weekday = hours_and_weekdays(self.edges[:-1], epoch, time_zone)
        rate = np.array(cycle.hours)[hour] * np.array(cycle.weekdays)[weekday]
        arrived = np.append(0.0, np.cumsum(rate * np.diff(self.edges)))
        self.total = float(arrived[-1])
        """Weighted seconds; 0 where the whole duration lies in hours of weight 0."""
        self.share = arrived / self.total if self.total else arrived

    def shares(self, instants: Ints) -> Reals:
        """What part of the arrivals has come by these seconds (n,)."""
        return np.asarray(np.interp(instants, self.edges, self.share), np.float64)

    def instants(self, share: Reals) -> Ints:
        """Seconds at which these shares (n,), ascending in [0, 1), of the arrivals have come."""
        return np.asarray(np.interp(share, self.share, self.edges), np.int64)
