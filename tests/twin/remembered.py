"""What orders that serve somebody remember, kept event by event as they are described."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass
class Remembered:
    """Base of what an order remembers; ``own`` has a row for each entity."""

    of_job: Sequence[int]
    size: Sequence[int]
    walltime: Sequence[int]
    entitled: np.ndarray
    fixed: np.ndarray
    numbers: Sequence[float]
    own: np.ndarray = field(init=False)
    waiting: dict[int, set[int]] = field(default_factory=dict)
    """Waiting jobs of each entity that has any."""

    def __post_init__(self) -> None:
        self.own = np.zeros(len(self.entitled))

    def entitled_of_active(self) -> float:
        return sum(float(self.entitled[entity]) for entity in sorted(self.waiting))

    def queued(self, position: int) -> None:
        entity = int(self.of_job[position])
        if entity not in self.waiting:
            self.came(entity)
        self.waiting.setdefault(entity, set()).add(position)

    def started(self, position: int, *, in_turn: bool) -> None:
        entity = int(self.of_job[position])
        self.gone(entity, position, in_turn=in_turn)
        self.waiting[entity].remove(position)
        if not self.waiting[entity]:
            del self.waiting[entity]

    def withdrawn(self, position: int) -> None:
        entity = int(self.of_job[position])
        self.taken_back(entity, position)
        self.waiting[entity].remove(position)
        if not self.waiting[entity]:
            del self.waiting[entity]

    def taken_back(self, entity: int, position: int) -> None:
        """A job that waits until now is taken back."""

    def until(self, now: int) -> None:
        """Time passes."""

    def arranged(self, queue: Sequence[int]) -> None:
        """This is the queue of a pass."""

    def came(self, entity: int) -> None:
        """Had nothing waiting until now."""

    def gone(self, entity: int, position: int, *, in_turn: bool) -> None:
        """A job starts, which waits until now."""

    def ran_before(self, position: int, seconds: int) -> None:
        """So long of an attempt was over when the order began."""

    def ended(self, position: int, seconds: int) -> None:
        """An attempt has lasted so long."""


class Passes(Remembered):
    """Stride: ``own`` is the pass."""

    together: float = 0.0
    each: dict[int, float]

    def __post_init__(self) -> None:
        super().__post_init__()
        self.together, self.each = 0.0, {}

    def came(self, entity: int) -> None:
        self.own[entity] = max(self.own[entity], self.together)

    def gone(self, entity: int, position: int, *, in_turn: bool) -> None:
        if self.entitled[entity] > 0:
            self.own[entity] += (
                self.size[position] * self.walltime[position] / self.entitled[entity]
            )
        active = self.entitled_of_active()
        self.each[position] = self.size[position] / active if active > 0 else 0.0
        self.together += self.each[position] * self.walltime[position]

    def ran_before(self, position: int, seconds: int) -> None:
        self.ended(position, self.walltime[position] - seconds)

    def ended(self, position: int, seconds: int) -> None:
        unused, entity = self.walltime[position] - seconds, self.of_job[position]
        if self.entitled[entity] > 0:
            self.own[entity] -= self.size[position] * unused / self.entitled[entity]
        self.together -= self.each[position] * unused


class Race(Remembered):
    """Lottery: ``own`` is since when the entity's first waiting job takes part."""

    clock: float
    line: dict[int, list[int]]
    """Jobs of each entity when it was last in the queue of a pass, by position."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.clock, self.line = 0.0, {}

    def arranged(self, queue: Sequence[int]) -> None:
        for entity in {int(self.of_job[position]) for position in queue}:
            self.line[entity] = sorted(each for each in queue if self.of_job[each] == entity)

    def came(self, entity: int) -> None:
        self.own[entity] = self.clock

    def gone(self, entity: int, position: int, *, in_turn: bool) -> None:
        tickets = self.entitled[entity]
        if in_turn and tickets > 0:
            self.clock = self.own[entity] + self.fixed[position] / tickets
        self.taken_back(entity, position)

    def taken_back(self, entity: int, position: int) -> None:
        line = self.line.get(entity, [])
        if position in line:
            if position == line[0]:
                self.own[entity] = self.clock
            line.remove(position)


class Smoothed(Remembered):
    """HTCondor: ``own`` is the real priority at the time of the last pass.

    ``numbers`` are the half-life and the units of a GPU.
    """

    holds: np.ndarray
    at: float

    def __post_init__(self) -> None:
        super().__post_init__()
        self.own += 0.5
        self.holds, self.at = np.zeros(len(self.own)), 0.0

    def until(self, now: int) -> None:
        left = 0.5 ** ((now - self.at) / self.numbers[0])
        self.own = np.maximum(0.5, self.holds + left * (self.own - self.holds))
        self.at = now

    def gone(self, entity: int, position: int, *, in_turn: bool) -> None:
        self.holds[entity] += self.size[position] / self.numbers[1]

    def ended(self, position: int, seconds: int) -> None:
        self.holds[self.of_job[position]] -= self.size[position] / self.numbers[1]


REMEMBERED = {"stride": Passes, "lottery": Race, "htcondor": Smoothed}
