"""What an order sees, in plain NumPy: each order is written down a second time, slowly and plainly,
on this view, and the kernels are checked against it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

Ints = NDArray[np.int64]
Reals = NDArray[np.float64]


def _none() -> Reals:
    return np.empty(0)


def _nobody() -> Ints:
    return np.empty(0, np.int64)


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
    up: int = 0
    """Units up."""
    free: int = 0
    """Units up and held by nobody."""
    busy: int = 0
    """Jobs running."""
    queued: int = 0
    """Jobs waiting."""
    running: Ints = field(default_factory=_nobody)
    """Jobs running, by entity."""
    waiting: Ints = field(default_factory=_nobody)
    nodes: Ints = field(default_factory=_nobody)
    """Nodes that each job asks for."""
    units: int = 1
    """Units of a GPU."""
    active: Ints = field(default_factory=_nobody)
    """Positions of the running jobs."""
    entered: Ints = field(default_factory=_nobody)
    """Positions of the jobs that have started since the last tick, once for each start."""
    attained: Reals = field(default_factory=_none)
    """By position: GPU-seconds that a job has run, in all attempts."""
    fixed: Reals = field(default_factory=_none)
    """By position: what is known of a job's priority from the first, or a number drawn for it."""
    terms: Reals = field(default_factory=_none)
    """(entities, terms): what the order has agreed with each."""
    own: Reals = field(default_factory=_none)
    """(entities,): what the order remembers of each."""
    target: Reals = field(default_factory=_none)
    """(entities,): how much each should hold, where the order sets that now and then."""
    counted: float = 0.0
    """How much the time until now counts, s: the usage of one unit that was always in use."""
    waits: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, np.bool_))
    """(entities,): whether it has waiting jobs."""
    requested: Reals = field(default_factory=_none)
    """(entities,): units held and waited for; 0 for who has others below."""
    ahead: Reals = field(default_factory=_none)
    """(entities,): what the turns taken so far would add to ``own``."""

    def summed(self, jobs: Ints) -> Reals:
        """``fixed`` of these jobs, summed up by entity, descendants included."""
        found = np.zeros(len(self.parent))
        for position in jobs:
            entity = int(self.of_job[position])
            while entity >= 0:
                found[entity] += self.fixed[position]
                entity = int(self.parent[entity])
        return found

    def variables(self, waiting: Ints) -> dict[str, Reals]:
        """What formulas may look at, for these jobs."""
        who = self.of_job[waiting] if len(self.of_job) else np.zeros(len(waiting), np.int64)
        first = self.submit[0]
        one = np.ones(len(waiting))
        found = {
            "wait": self.now - self.submit[waiting],
            "age": self.now - self.eligible[waiting],
            "submit": self.submit[waiting] - first,
            "walltime": self.walltime[waiting],
            "gpus": self.gpus[waiting] / self.units,
            "nodes": self.nodes[waiting],
            "now": one * (self.now - first),
            "usage": np.maximum(self.usage[who], 0.0) / 3.6e9,
            "held": self.held[who, 0] / self.units,
            "running": self.running[who],
            "waiting": self.waiting[who],
            "share": self.part[who],
            "entitled": self.entitled[who],
            "capacity": one * self.up / self.units,
            "free": one * self.free / self.units,
            "load": one * ((self.up - self.free) / self.up if self.up else 0.0),
            "busy": one * self.busy,
            "queued": one * self.queued,
        }
        return {name: np.asarray(each, np.float64) for name, each in found.items()}


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

    def step(self, view: View, entity: int, position: int) -> float:
        """What a turn of this job adds to what is remembered of its entity."""


def by_keys(order: KeyOrder, view: View, waiting: Sequence[int]) -> list[int]:
    """The waiting jobs, best first."""
    positions = np.array(sorted(waiting), np.int64)
    keys = order.keys(view, positions)
    return [int(positions[row]) for row in np.argsort(-keys, kind="stable")]


def with_requests(view: View, waiting: Sequence[int]) -> View:
    """The view with what these waiting jobs make of it."""
    count = len(view.parent)
    leaf = ~np.isin(np.arange(count), view.parent)
    positions = np.array(sorted(waiting), np.int64)
    entity = view.of_job[positions]
    asked = np.bincount(entity, view.asks[positions, 0], count)
    waits = np.bincount(entity, minlength=count) > 0
    requested = np.where(leaf, view.held[:, 0], 0) + asked
    return replace(
        view, ahead=np.zeros(count), waits=waits, requested=np.asarray(requested, np.float64)
    )


def by_turns(order: TurnOrder, view: View, waiting: Sequence[int]) -> list[int]:
    """The waiting jobs as their entities' turns come; equal standings: the first submitted job."""
    left: dict[int, list[int]] = {}
    for position in sorted(waiting):
        left.setdefault(int(view.of_job[position]), []).append(position)
    more = {entity: np.zeros(len(view.capacity)) for entity in left}
    view = with_requests(view, waiting)
    line: list[int] = []
    while left:
        turn = min(
            left,
            key=lambda who: (order.standing(view, who, more[who], left[who][0]), left[who][0]),
        )
        position = left[turn].pop(0)
        line.append(position)
        more[turn] += view.asks[position]
        view.ahead[turn] += order.step(view, turn, position)
        if not left[turn]:
            del left[turn]
    return line
