"""The one machine on which all passes of a story are tried."""

from __future__ import annotations

import numpy as np

from simulator.engine.probe.copies import Arrays, Copy, World
from simulator.engine.probe.turns_kernel import into_order
from simulator.engine.world import Nodes
from simulator.kernels.accounts import MET_ENDS, MET_STARTS, MET_WITHDRAWALS
from simulator.kernels.grid import Grid
from simulator.kernels.state import (
    DONE,
    LOGGED,
    REFUSED,
    STARTED,
    TAKEN_BACK,
    WITHDRAWN,
    Ints,
    State,
)

_GOES_ON = np.ones((2, 9), bool)
"""By whether there are limits, and by phase: a pass may look at what is known of the job."""
_GOES_ON[:, [DONE, REFUSED, WITHDRAWN]] = False
# Who was taken back while a limit held it stands in the list of those that it holds until that is
# gone through.
_GOES_ON[1, WITHDRAWN] = True


class Scratch:
    """A machine to try passes on, set anew for each trial to what the run is at one instant.

    It is made once, as long as the run is. From then on two things are set and no more: what is
    short, whole; and the rows of jobs that have come and are not over, since no pass touches any
    other, or looks at it: but limits at those that were taken back while they were held, and an
    order that remembers at those of whom it has not met the end. So
    ``follow`` the run from instant to instant, in the order of time, and use what ``raw`` and
    ``in_order`` return until the next call of either, or until the run goes on. The run sees
    nothing of it.
    """

    def __init__(self) -> None:
        self._of: tuple[State, Grid | None, int] | None = None
        """What it was made for."""
        self._known = 0
        """Jobs before this position have come."""
        self._open: Ints = np.empty(0, np.int64)
        """Positions of those of them that go on, ascending."""

    def follow(self, world: World, when: int, position: int) -> None:
        """The run is at this instant, after its phase 1, and it is asked about the job at the
        position, for which alone something may be lifted."""
        grid = world.grid if isinstance(world, Nodes) else None
        of = world.state, grid, position
        if self._of is None or any(a is not b for a, b in zip(self._of, of, strict=True)):
            self._of = of
            self._make(Arrays(world.state, grid), world, position)
        self._world, self._when, self._order_is_made = world, when, False
        come = int(np.searchsorted(world.state.columns.submit, when, "right"))
        rows = np.concatenate([self._open, np.arange(self._known, come)])
        goes_on = _GOES_ON[int(world.program.limited > 0)]
        self._open = rows[goes_on[world.state.progress.phase[rows]]]
        self._tried.admit(
            self._source, self._open if self._known == 0 else slice(self._known, come)
        )
        self._known = come
        self._rows = self._open
        if world.program.remembers:
            self._rows = np.concatenate([self._open, *_not_met(world.state)])

    def _make(self, run: Arrays, world: World, position: int) -> None:
        self._source = run
        self._position = position
        self._ordered = Copy(run, world.program, lifts=False)
        self._tried = Copy(run, world.program, lifts=True)
        self._known, self._open = 0, np.empty(0, np.int64)

    def raw(self) -> World:
        """The machine as the run is at the instant."""
        self._tried.admit(self._source, self._position)
        return self._tried.gather(self._source, self._world.program, self._rows)

    def in_order(self) -> World:
        """The same after its arrivals, with its queue in the order of the pass to come."""
        program = self._world.program
        if not self._order_is_made:
            world = self._ordered.gather(self._source, program, self._rows)
            into_order(world.state_at, program, self._when)
            self._order_is_made = True
        self._tried.admit(self._source, self._position)
        return self._tried.repeat(self._ordered, program, self._rows)


def _not_met(state: State) -> tuple[Ints, Ints, Ints]:
    """Who has started, ended or been taken back since an order that remembers last took note."""
    log, clock, counters = state.log, state.accounts.clock, state.counters
    return (
        log.began[clock[MET_STARTS] : counters[STARTED]],
        log.position[clock[MET_ENDS] : counters[LOGGED]],
        state.withdrawals.position[clock[MET_WITHDRAWALS] : counters[TAKEN_BACK]],
    )
