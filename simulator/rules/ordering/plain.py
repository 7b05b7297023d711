"""What an order sees, in plain NumPy: each order is written down a second time, slowly and plainly,
on this view, and the kernels are checked against it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

Ints = NDArray[np.int64]
Reals = NDArray[np.float64]


def _none() -> Reals:
    return np.empty(0)


@dataclass(slots=True)
class View:
    """Jobs by position, entities by row, at one instant."""

    now: int
    submit: Ints
    eligible: Ints
    walltime: Ints
    gpus: Ints
    """Units of the machine."""
    of_job: Ints
    """Entity of each job."""
    asks: Ints
    """(jobs, resources): what each job holds when it runs: units, CPUs, bytes."""
    capacity: Ints
    """(resources,)."""
    parent: Ints
    """(entities,): −1 for the whole; parents before children, siblings side by side."""
    share: Reals
    """As written; −1 for ``parent``."""
    part: Reals
    """Of the shares of all siblings."""
    entitled: Reals
    """Product of the parts up to the whole."""
    user: NDArray[np.int8]
    """1: a user."""
    held: Ints
    """(entities, resources)."""
    usage: Reals
    """In millionths of a charge-second."""
    fixed: Reals = field(default_factory=_none)
    """By position: what is known of a job's priority from the first, or a number drawn for it."""


class KeyOrder(Protocol):
    """An order that gives each waiting job a key."""

    def keys(self, view: View, waiting: Ints) -> Reals:
        """Keys of these positions: the larger goes first, equal ones by position."""


class TurnOrder(Protocol):
    """An order by turns."""

    def standing(self, view: View, entity: int, more: Reals, position: int) -> float:
        """How well served an entity is: the lowest goes next.

        ``more``: what its turns so far would add to what it holds, by resource. ``position``: its
        next job.
        """


def by_keys(order: KeyOrder, view: View, waiting: Sequence[int]) -> list[int]:
    """The waiting jobs, best first."""
    positions = np.array(sorted(waiting), np.int64)
    keys = order.keys(view, positions)
    return [int(positions[row]) for row in np.argsort(-keys, kind="stable")]


def by_turns(order: TurnOrder, view: View, waiting: Sequence[int]) -> list[int]:
    """The waiting jobs as their entities' turns come; equal standings: the first submitted job."""
    left: dict[int, list[int]] = {}
    for position in sorted(waiting):
        left.setdefault(int(view.of_job[position]), []).append(position)
    more = {entity: np.zeros(len(view.capacity)) for entity in left}
    line: list[int] = []
    while left:
        turn = min(
            left,
            key=lambda who: (order.standing(view, who, more[who], left[who][0]), left[who][0]),
        )
        position = left[turn].pop(0)
        line.append(position)
        more[turn] += view.asks[position]
        if not left[turn]:
            del left[turn]
    return line
