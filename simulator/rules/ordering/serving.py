"""What the orders that serve entities, not jobs, have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from simulator.errors import InputError, nearest
from simulator.fields import Duration, Model
from simulator.rules.accounts.models import Level

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from simulator.rules.ordering.plain import Reals, View
    from simulator.streams import Streams


@dataclass(frozen=True, slots=True)
class Served:
    """Those whom an order serves, and the machine that they share."""

    names: tuple[str, ...]
    """Paths of the entities, the whole first."""
    entitled: Reals
    """Part of the machine that each is entitled to."""
    leaf: NDArray[np.bool_]
    """Whether jobs are booked on it, not on others below it."""
    units: int
    """Units of the machine."""
    gpu: int
    """Units of one GPU."""

    def by_name(self, said: Mapping[str, float], otherwise: Reals, what: str) -> Reals:
        """What is ``said`` of each entity by its name or path; what is not said is ``otherwise``.

        Raises InputError for a name that nobody has.
        """
        rows: dict[str, list[int]] = {}
        for row, path in enumerate(self.names):
            for name in {path, path.rsplit("/", 1)[-1]}:
                rows.setdefault(name, []).append(row)
        values = otherwise.copy()
        for name, value in said.items():
            if name not in rows:
                right = nearest(name, tuple(rows))
                raise InputError(f"{what}: nobody who is served is named {name!r}", right=right)
            values[rows[name]] = value
        return values


class Weighing(Model):
    """An order with parameters of its own, or one that looks at more than a job."""

    @property
    def keeps_accounts(self) -> bool:
        """Whether it needs to know what everybody holds and has had."""
        return False

    @property
    def books(self) -> bool:
        """Whether starts and ends are booked, so that it knows."""
        return self.keeps_accounts

    @property
    def moving(self) -> bool:
        """Whether it is made anew at every pass."""
        return False

    def code(self) -> tuple[int, ...]:
        """A formula, as its kernel reads it."""
        return ()

    def numbers(self) -> tuple[float, ...]:
        """Parameters, in the order in which the kernel reads them."""
        return ()


class Serving(Weighing):
    """An order that looks at what somebody holds or has had."""

    looks_at_usage: ClassVar[bool] = True
    """Whether what was charged in the past matters, so that the rule may say how it counts."""
    remembers: ClassVar[bool] = False
    """Whether it takes note of starts, ends and arrivals at each pass."""
    at_first: ClassVar[float] = 0.0
    """What it remembers of everybody before anything has happened."""

    by_names: ClassVar[tuple[str, ...]] = ()
    """Settings that say something of those who are served, by their names."""
    quotas: ClassVar[tuple[str, ...]] = ()
    """Those of them that are GPUs of the machine, and no more together than it has."""

    serve: Level = "user"
    """Whom it treats as one."""

    @property
    def keeps_accounts(self) -> bool:
        """Whether it needs to know what everybody holds and has had."""
        return True

    @property
    def needs_accounting(self) -> bool:
        """Whether it looks at usage, with the parameters that it has."""
        return self.looks_at_usage

    @property
    def moving(self) -> bool:
        """Whether it is made anew at every pass."""
        return True

    def terms(self, served: Served) -> Reals | None:
        """(entities, terms): what it has agreed with each; None for nothing."""
        return None

    def drawn(self, jobs: int, streams: Streams) -> Reals | None:
        """By position: a number drawn for each job; None for none."""
        return None

    def step(self, view: View, entity: int, position: int) -> float:
        """What a turn of this job adds to what is remembered of its entity, in plain NumPy."""
        return 0.0

    def between_ticks(self) -> int:
        """Seconds between two ticks; 0 for none."""
        return 0


class Ticking(Serving):
    """An order that may be made anew at ticks alone."""

    period: Annotated[Duration, Field(ge=0)] = 0
    """Time between two ticks; 0: it is made anew at every pass."""

    @property
    def moving(self) -> bool:
        """Whether it is made anew at every pass."""
        return self.period == 0

    def between_ticks(self) -> int:
        """Seconds between two ticks; 0 for none."""
        return self.period
