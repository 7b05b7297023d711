"""What a run is about, a pool or nodes, behind one face: time passes, units go and come back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from simulator.engine.advance_kernel import advance
from simulator.engine.advance_nodes_kernel import advance_nodes
from simulator.engine.pyss_kernel import advance_pyss
from simulator.engine.verbs_kernel import announce, give_back, reconsider, take, withdraw
from simulator.engine.verbs_nodes_kernel import give_node_back, reconsider_nodes, take_node
from simulator.kernels.addresses import Handed
from simulator.kernels.grid import UNITS, Grid, longer_held, longer_plan
from simulator.kernels.state import (
    AT_HORIZON,
    HELD_FULL,
    HOLDS,
    LOG_FULL,
    OUTAGES,
    PLAN_FULL,
    Ints,
    Program,
    State,
    longer_log,
)
from simulator.kernels.words import words_of
from simulator.results.schema import CAUSES


@dataclass(frozen=True, slots=True)
class Outage:
    """One absence of units, or of nodes."""

    kind: str
    """maintenance, loss or failure."""
    start: int
    end: int
    """FAR: for good."""
    units: int
    """How many units go."""
    known_from: int
    """When plans learn of it; FAR: not before it starts."""
    end_known: bool
    """Once it has started, plans know when the units come back."""
    requeues: int
    """How often a job that it kills may go back to the queue; 0: it is lost. FAR: always."""
    nodes: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    """Which nodes; none on a pool."""

    @property
    def cause(self) -> int:
        """Why the jobs end that it kills: a place in ``results.schema.CAUSES``."""
        return CAUSES.index(self.kind)


class World(Protocol):
    """A machine, its jobs and its rule in mid-run."""

    state: State
    program: Program
    era: int
    """How many reforms have taken effect."""

    @property
    def to_come_back(self) -> int:
        """Jobs that have run and are to be submitted again."""

    def advance(self, horizon: int, rounds: int) -> bool:
        """Handle every instant before ``horizon``; false if ``rounds`` were used up before."""

    def announce(self, now: int, owner: int, outage: Outage, start: int) -> None:
        """Let plans know of an outage from ``start`` on."""

    def withdraw(self, now: int, owner: int) -> None:
        """Let plans forget what this owner announced, if it did."""

    def take(self, now: int, outage: Outage) -> int:
        """Let its units go; returns how many went."""

    def give_back(self, now: int, outage: Outage, units: int) -> None:
        """Let the units that went come back."""


class Pool:
    """A pool of interchangeable units."""

    @property
    def to_come_back(self) -> int:
        """Jobs that have run and are to be submitted again: who is stopped here is so at once."""
        return 0

    def __init__(self, state: State, program: Program, *, pyss: bool = False) -> None:
        self.state = state
        self.program = program
        self.era = 0
        self._advance = advance_pyss if pyss else advance
        self._state_handed = Handed()

    @property
    def state_at(self) -> State:
        """The state as it is best handed to kernels."""
        return self._state_handed(self.state)

    def advance(self, horizon: int, rounds: int) -> bool:
        """Handle every instant before ``horizon``; false if ``rounds`` were used up before."""
        while True:
            reason = self._advance(self.state_at, self.program, horizon, rounds)
            if reason != LOG_FULL:
                return bool(reason == AT_HORIZON)
            self.state = longer_log(self.state)

    def announce(self, now: int, owner: int, outage: Outage, start: int) -> None:
        """Let plans know of an outage from ``start`` on."""
        announce(self.state_at, now, owner, start, outage.end, outage.units)
        if start > now and self.state.counters[HOLDS] > 0:
            reconsider(self.state_at, self.program, start)

    def withdraw(self, now: int, owner: int) -> None:
        """Let plans forget what this owner announced, if it did."""
        withdraw(self.state_at, now, owner)

    def take(self, now: int, outage: Outage) -> int:
        """Let its units go, or as many as there are, killing the jobs that started last."""
        return int(
            take(self.state_at, self.program, now, outage.units, outage.requeues > 0, outage.cause)
        )

    def give_back(self, now: int, outage: Outage, units: int) -> None:
        """Let the units that went come back."""
        give_back(self.state_at, now, units)


class Nodes:
    """Nodes with their GPUs."""

    @property
    def to_come_back(self) -> int:
        """Jobs that have run and are to be submitted again: who is stopped here is so at once."""
        return 0

    def __init__(self, state: State, grid: Grid, program: Program) -> None:
        self.state = state
        self.grid = grid
        self.program = program
        self.era = 0
        self._state_handed, self._grid_handed = Handed(), Handed()

    @property
    def state_at(self) -> State:
        """The state as it is best handed to kernels."""
        return self._state_handed(self.state)

    @property
    def grid_at(self) -> Grid:
        """The grid likewise."""
        return self._grid_handed(self.grid)

    def advance(self, horizon: int, rounds: int) -> bool:
        """Handle every instant before ``horizon``; false if ``rounds`` were used up before."""
        while True:
            at = self.state_at, self.grid_at
            reason = advance_nodes(*at, self.program, horizon, rounds)
            if reason == LOG_FULL:
                self.state = longer_log(self.state)
            elif reason == PLAN_FULL:
                self.grid = longer_plan(self.grid)
            elif reason == HELD_FULL:
                self.grid = longer_held(self.grid)
            else:
                return bool(reason == AT_HORIZON)

    def announce(self, now: int, owner: int, outage: Outage, start: int) -> None:
        """Let plans know of an outage from ``start`` on."""
        entry = int(self.state.counters[OUTAGES])
        self.grid.away[entry] = words_of(outage.nodes, len(self.grid.closings))
        announce(self.state_at, now, owner, start, outage.end, outage.units)
        if start > now and self.state.counters[HOLDS] > 0:
            reconsider_nodes(self.state_at, self.grid_at, self.program, entry)

    def withdraw(self, now: int, owner: int) -> None:
        """Let plans forget what this owner announced, if it did."""
        entries = int(self.state.counters[OUTAGES])
        kept = np.flatnonzero(self.state.outages.owner[:entries] != owner)
        self.grid.away[: len(kept)] = self.grid.away[kept]
        withdraw(self.state_at, now, owner)

    def take(self, now: int, outage: Outage) -> int:
        """Let its nodes go, killing all jobs on them."""
        up = self.grid.closings[outage.nodes] == 0
        for node in outage.nodes:
            world = self.state_at, self.grid_at, self.program
            take_node(*world, now, int(node), outage.requeues, outage.cause)
        return int(self.grid.site.gpus[outage.nodes[up]].sum() * self.grid.totals[UNITS])

    def give_back(self, now: int, outage: Outage, units: int) -> None:
        """End the outage for its nodes; those that are in no other one come back."""
        for node in outage.nodes:
            give_node_back(self.state_at, self.grid_at, now, int(node))
