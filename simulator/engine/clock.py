"""SimPy's clock with the kernels beneath it."""

from __future__ import annotations

from collections.abc import Callable

import simpy
from simpy.core import EmptySchedule

from simulator.engine.advance_kernel import advance
from simulator.engine.pyss_kernel import advance_pyss
from simulator.kernels.state import (
    ARRIVED,
    BUSY,
    FAR,
    HEAD,
    LOG_FULL,
    SLICE_USED,
    TAIL,
    Program,
    State,
    longer_log,
)

SLICE = 1_000_000
"""Rounds between two looks at the keyboard: a fraction of a second."""


class Clock(simpy.Environment):
    """A ``simpy.Environment`` whose time is handled by kernels up to SimPy's next event.

    SimPy owns what is rare: maintenance, losses, snapshots. The kernels own arrivals, completions
    and passes. At an instant that both have, completions come first, then all of SimPy's events of
    that instant, in SimPy's order, then arrivals and the pass. It ends when no job is left, or when
    those that are left can never start, or at ``until``.
    """

    def __init__(
        self,
        state: State,
        program: Program,
        *,
        pyss: bool = False,
        until: int = FAR,
        on_progress: Callable[[int], None] | None = None,
    ) -> None:
        super().__init__(initial_time=0)
        self.state = state
        self.program = program
        self._advance = advance_pyss if pyss else advance
        self._until = until
        self._on_progress = on_progress

    def step(self) -> None:
        """Let the kernels work up to SimPy's next event, then handle that event."""
        event_at = self.peek()
        # SimPy's empty queue is at infinity, which no integer is.
        horizon = FAR if event_at == float("inf") else int(event_at)
        if horizon not in (FAR, event_at):
            raise ValueError(f"an event at {event_at}: times are whole units of the clock")
        self._run_kernels(min(horizon, self._until))
        if horizon >= self._until or self._nothing_left():
            raise EmptySchedule
        super().step()

    def _run_kernels(self, horizon: int) -> None:
        while True:
            reason = self._advance(self.state, self.program, horizon, SLICE)
            if reason == LOG_FULL:
                self.state = longer_log(self.state)
            if self._on_progress is not None:
                self._on_progress(int(self.state.counters[ARRIVED]))
            if reason not in (LOG_FULL, SLICE_USED):
                return

    def _nothing_left(self) -> bool:
        counters = self.state.counters
        return bool(
            counters[ARRIVED] == len(self.state.columns.submit)
            and counters[HEAD] == counters[TAIL]
            and counters[BUSY] == 0
        )
