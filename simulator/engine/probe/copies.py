"""Copies of a machine in mid-run, on which passes can be tried without anybody noticing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np

from simulator.engine.probe.rows_kernel import copy_rows, gather_rows
from simulator.engine.world import Nodes, Pool
from simulator.kernels.accounts import MET_STARTS
from simulator.kernels.grid import ROWS, Grid
from simulator.kernels.state import (
    BUSY,
    HEAD,
    HOLDS,
    POINTS,
    STARTED,
    STOPPED,
    TAIL,
    Bytes,
    Ints,
    Program,
    State,
)
from simulator.kernels.suspensions import ASIDE
from simulator.rules.backfill.dispatch_kernel import HELD

World = Pool | Nodes

SHARED, BY_JOB, OF_ONE_JOB, IN_PART, WHOLE = range(5)
"""How a copy comes by an array: it is that of the run, since no pass writes to it; of its own, with
a row a job; so too, but nobody writes to it but who lifts something for the job that is looked at;
in part, as far as it is filled; it is copied whole, being short."""

_NAMES = {
    SHARED: """
        columns withdrawals log
        suspensions.position suspensions.start suspensions.end
        accounts.tree accounts.prices accounts.of_job accounts.charge accounts.asks
        accounts.capacity accounts.resets accounts.numbers accounts.terms accounts.code
        rights.how rights.idle
        limits.most_jobs limits.most_units limits.most_work limits.most_waiting limits.timed
        limits.balances.rate limits.bookings.inside limits.lines.members limits.floods.times
        grid.site grid.members grid.speeds grid.mix.kinds grid.mix.useless
        grid.saves.period grid.saves.write grid.saves.restart
        grid.held.node grid.held.mask grid.kept.first
        grid.requests.nodes grid.requests.gpus grid.requests.slices grid.requests.exclusive
    """,
    BY_JOB: """
        progress.start progress.eligible progress.sequence progress.requeues progress.place
        progress.planned progress.suspended
        accounts.kind accounts.fixed accounts.room.next
        rights.times rights.served rights.reclaimed rights.reaped
        limits.next limits.by limits.refused_by limits.balances.behind limits.overuse.by
        suspensions.left suspensions.rest suspensions.since suspensions.times
        notices grid.saves.saved grid.held.first
    """,
    OF_ONE_JOB: """
        limits.group grid.requests.cpus grid.requests.memory grid.requests.allowed grid.looks
        grid.kinds
    """,
    IN_PART: """
        queue running profile accounts.room.line rights.victims rights.keys rights.stopped
        suspensions.line grid.plan grid.kept.node
    """,
}
"""By the names of arrays, or of tuples that hold them; all others are copied whole. The log of
attempts, that of suspensions that are over, the list of nodes that attempts got and the times of
floods only grow: what a pass in a copy adds stands behind what there is, where nobody reads it and
the run itself will write."""

_KINDS = {name: kind for kind, names in _NAMES.items() for name in names.split()}

Make = Callable[[str, int, Any], Any]
"""Given an array's name, how a copy comes by it, and the array."""


@cache
def _named(of: Any, name: str, kind: int) -> tuple[tuple[str, int], ...]:
    """The name of each field of a tuple by that name, and how a copy comes by what is in it."""
    names = [f"{name}.{field}" if name else field for field in of._fields]
    return tuple((each, _KINDS.get(each, kind)) for each in names)


def made_of(part: Any, name: str, make: Make, kind: int = WHOLE) -> Any:
    """The same state or grid, or part of one by that name, with each array as ``make`` makes it; a
    part that is shared is the same."""
    if kind == SHARED:
        return part
    if not isinstance(part, tuple):
        return make(name, kind, part)
    of: Any = type(part)
    named = zip(_named(of, name, kind), part, strict=True)
    return of._make(made_of(value, each, make, how) for (each, how), value in named)


def _filled(state: State, grid: Grid | None, program: Program) -> dict[str, tuple[int, int]]:
    """By name, which part of the arrays that are copied in part is filled."""
    counters = state.counters.tolist()
    turns = counters[TAIL] - counters[HEAD]
    if program.remembers:
        # Whose turns were the first of the last pass, as many as have started in it.
        turns = max(turns, counters[STARTED] - int(state.accounts.clock[MET_STARTS]))
    filled = {
        "queue": (counters[HEAD], counters[TAIL]),
        "running": (0, counters[BUSY]),
        "profile": (0, counters[POINTS]),
        "accounts.room.line": (0, turns),
        "rights.stopped": (0, counters[STOPPED]),
        "suspensions.line": (0, int(state.suspensions.counts[ASIDE])),
    }
    if grid is not None:
        places = program.backfill == HELD or counters[HOLDS] > 0
        filled["grid.plan"] = (0, int(grid.totals[ROWS]))
        filled["grid.kept.node"] = (0, len(grid.kept.node) if places else 0)
    return filled


class Arrays:
    """The arrays of a machine that copies do not share, sorted by how they come by them."""

    def __init__(self, state: State, grid: Grid | None, make: Make | None = None) -> None:
        """Of this machine, or of one with all arrays made anew by ``make``."""
        self.whole: list[Ints] = []
        self.bytes: list[Bytes] = []
        self.of_one_job: list[Any] = []
        self.in_part: dict[str, list[Any]] = {name: [] for name in _NAMES[IN_PART].split()}
        self.by_job: tuple[Ints, ...] = ()
        by_job: list[Ints] = []

        def sort(name: str, kind: int, array: Any) -> Any:
            if make is not None:
                array = make(name, kind, array)
            if kind == WHOLE:
                (self.bytes if array.dtype == np.int8 else self.whole).append(_flat(array))
            elif kind == BY_JOB:
                by_job.append(_flat(array))
            elif kind == IN_PART:
                part = name if name in self.in_part else name.rpartition(".")[0]
                self.in_part[part].append(array)
            elif array.size:
                self.of_one_job.append(array)
            return array

        self.state: State = made_of(state, "", sort)
        self.grid: Grid | None = None if grid is None else made_of(grid, "grid", sort)
        self.by_job = tuple(by_job)


def _flat(array: Any) -> Any:
    """All of it in one row, as bits."""
    flat = array.reshape(-1)
    return flat if array.dtype == np.int8 else flat.view(np.int64)


_BLOCKS = ("queue", "running", "profile")


def _block(columns: list[Any]) -> Any:
    """Room for columns as long as these, side by side: its own columns."""
    return np.empty((len(columns), len(columns[0])), np.int64).T


class Copy:
    """A machine beside that of a run, which can be set to what another one is.

    What is copied whole lies side by side, so that it takes one step to set all of it; so do the
    columns that have a row a job. Of these no row is set but those that are asked for.
    """

    def __init__(self, run: Arrays, program: Program, *, lifts: bool) -> None:
        """Nothing is set yet. ``lifts``: something may be lifted for a job in it."""
        filled = [column for column in run.by_job if len(column)]
        self._rows = np.empty((len(filled), len(run.state.columns.submit)), np.int64)
        self._whole = np.empty(sum(map(len, run.whole)), np.int64)
        self._bytes = np.empty(sum(map(len, run.bytes)), np.int8)
        left: dict[Any, Any] = {np.dtype(np.int64): self._whole, np.dtype(np.int8): self._bytes}
        lines: Iterator[Any] = iter(self._rows)
        blocks = {name: _block(run.in_part[name]) for name in _BLOCKS}
        columns: dict[str, Iterator[Any]] = {name: iter(block.T) for name, block in blocks.items()}

        def own(name: str, kind: int, array: Any) -> Any:
            if array.size == 0 or (kind == OF_ONE_JOB and not lifts):
                return array
            if kind == BY_JOB:
                return next(lines).view(array.dtype)
            if kind == IN_PART and (block := name.rpartition(".")[0]) in columns:
                return next(columns[block]).view(array.dtype)
            if kind != WHOLE:
                return np.empty_like(array)
            bits = np.dtype(np.int8 if array.dtype == np.int8 else np.int64)
            mine, left[bits] = left[bits][: array.size], left[bits][array.size :]
            return mine.view(array.dtype).reshape(array.shape)

        self.arrays = Arrays(run.state, run.grid, own)
        self._state, self._grid = self.arrays.state, self.arrays.grid
        self._parts = self.arrays.in_part | {name: [block] for name, block in blocks.items()}
        self.world: World = (
            Pool(self._state, program)
            if self._grid is None
            else Nodes(self._state, self._grid, program)
        )

    def admit(self, run: Arrays, jobs: slice | Ints | int) -> None:
        """Know what these jobs ask for, as in the run."""
        for mine, theirs in zip(self.arrays.of_one_job, run.of_one_job, strict=True):
            mine[jobs] = theirs[jobs]

    def gather(self, run: Arrays, program: Program, rows: Ints) -> World:
        """Be what the run is, in these rows of jobs."""
        np.concatenate(run.whole, out=self._whole)
        np.concatenate(run.bytes, out=self._bytes)
        gather_rows(self._rows, run.by_job, rows)
        mine = self.arrays.in_part
        for name, (start, end) in _filled(run.state, run.grid, program).items():
            if start < end:
                for ours, theirs in zip(mine[name], run.in_part[name], strict=True):
                    ours[start:end] = theirs[start:end]
        return self._as_made(program)

    def repeat(self, other: Copy, program: Program, rows: Ints) -> World:
        """Be what another copy is, in these rows of jobs."""
        self._whole[:] = other._whole
        self._bytes[:] = other._bytes
        copy_rows(self._rows, other._rows, rows)
        filled = _filled(other.arrays.state, other.arrays.grid, program)
        for name, (start, end) in filled.items():
            if start < end:
                for ours, theirs in zip(self._parts[name], other._parts[name], strict=True):
                    ours[start:end] = theirs[start:end]
        return self._as_made(program)

    def _as_made(self, program: Program) -> World:
        self.world.state, self.world.program = self._state, program
        if isinstance(self.world, Nodes) and self._grid is not None:
            self.world.grid = self._grid
        return self.world
