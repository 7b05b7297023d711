"""A copy of a machine in mid-run, on which a pass can be tried without anybody noticing."""

from __future__ import annotations

from typing import Any

import numpy as np

from simulator.engine.world import Nodes, Pool
from simulator.kernels.state import BUSY, HEAD, POINTS, TAIL, Ints

_OF_STATE = ("columns", "withdrawals")
_OF_ACCOUNTS = (
    "tree", "prices", "of_job", "charge", "asks", "capacity", "fixed", "resets", "numbers", "terms",
    "code",
)  # fmt: skip
_OF_LIMITS = ("group", "most_jobs", "most_units", "most_work", "most_waiting", "timed", "inside")
_OF_GRID = ("site", "requests", "looks", "kinds", "members", "speeds", "period", "write", "restart")
_NEVER_CHANGES = frozenset((*_OF_STATE, *_OF_ACCOUNTS, *_OF_LIMITS, *_OF_GRID))
"""Parts of a state or a grid that no kernel writes to: a copy shares them. Who lifts something in
a copy puts another array in their place."""


def copied(world: Pool | Nodes) -> Pool | Nodes:
    """The same machine, jobs and rule at the same instant.

    The log of attempts and the list of nodes that they got only grow. What a pass in the copy adds
    stands behind what there is, where nobody reads it and the run itself will write: they are
    shared. So the copy is of no use any more once ``world`` has gone on.
    """
    state, counters = world.state, world.state.counters
    head, tail, busy, points = counters[[HEAD, TAIL, BUSY, POINTS]].tolist()
    filled = {
        "queue": (head, tail),
        "running": (0, busy),
        "profile": (0, points),
    }
    state = _copy(state, leave=(*filled, "log"))._replace(
        **{name: _part_of(getattr(state, name), *ends) for name, ends in filled.items()}
    )
    if isinstance(world, Nodes):
        grid, held = _copy(world.grid, leave=("held",)), world.grid.held
        grid = grid._replace(held=held._replace(first=held.first.copy()))
        return Nodes(state, grid, world.program)
    return Pool(state, world.program)


def _copy(part: Any, leave: tuple[str, ...] = ()) -> Any:
    """Of a tuple of arrays and tuples all fields but those to ``leave`` and those shared."""
    if not isinstance(part, tuple):
        return part.copy()
    fields: Any = part
    return fields._replace(
        **{
            name: _copy(value)
            for name, value in zip(fields._fields, fields, strict=True)
            if name not in _NEVER_CHANGES and name not in leave
        }
    )


def _part_of(columns: Any, start: int, end: int) -> Any:
    """Columns as long as these, of which only [start, end) are copied: nobody reads the rest."""

    def part(column: Ints) -> Ints:
        found = np.empty_like(column)
        found[start:end] = column[start:end]
        return found

    return columns._replace(
        **{name: part(column) for name, column in zip(columns._fields, columns, strict=True)}
    )
