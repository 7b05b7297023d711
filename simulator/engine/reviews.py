"""Who decides on applications: automatic checks with reviewers, and panels that meet."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from typing import Any

from simpy.events import Event
from simpy.resources.resource import Resource

from simulator.engine.budgets import begins
from simulator.engine.charges import Calendar
from simulator.engine.clock import At, Clock
from simulator.fields import part_of
from simulator.rules.applications.models import Automatic, Panel

LOOK, MEETING = 10, 10**9
"""Priorities within an instant, behind all that has none of its own: projects apply, each by its
number; then panels meet, with what has been applied for until then."""


@dataclass
class Application:
    """What a project asks for, and what becomes of it. GPU-seconds; times are seconds."""

    project: int
    number: int
    """From 0, of its project."""
    tier: str
    panel: str
    """Empty where no panel decides."""
    asked: int
    applied: int
    wanted: int
    """What is asked for, cut to what the tier grants."""
    merit: float
    """A part, drawn evenly, of applications that are better: 0 is the best."""
    reviewed: int | None = None
    """When its check began, or when the panel met that decided on it."""
    decided: int | None = None
    granted: int = 0
    starts: int | None = None
    expires: int | None = None
    spent: int = 0
    """Thousandths of unit-seconds."""
    adds_to: Application | None = None
    """The grant that it is to be added to, if it is not to be one of its own."""

    @property
    def outcome(self) -> str:
        """One of ``simulator.results.schema.OUTCOMES``."""
        if self.decided is None:
            return "waiting"
        if self.starts is None:
            return "refused"
        return "granted" if self.granted == self.asked else "cut"


class Desk:
    """An automatic check; ``review`` of each kind says how much is granted, or None."""

    def __init__(self, clock: Clock, check: Automatic) -> None:
        self._clock, self._check = clock, check
        self._reviewers = None
        if check.reviewers is not None:
            self._reviewers = Resource(clock, check.reviewers)

    def review(self, application: Application) -> Generator[Event, Any, int | None]:
        """Wait for a reviewer if there are only so many, then for the check."""
        if self._reviewers is None:
            return (yield from self._look_at(application))
        with self._reviewers.request() as turn:
            yield turn
            return (yield from self._look_at(application))

    def _look_at(self, application: Application) -> Generator[Event, Any, int | None]:
        application.reviewed = int(self._clock.now)
        yield self._clock.timeout(self._check.takes)
        return application.wanted if application.merit < self._check.accepts else None


@dataclass
class Sitting:
    """A panel in mid-run."""

    clock: Clock
    panel: Panel
    number: int
    most: int | None
    """GPU-s that it may grant at a meeting; None for any."""
    waiting: list[Application] = field(default_factory=list)
    """Not decided on yet, in no order."""
    told: dict[int, Event] = field(default_factory=dict)
    """By project: what happens when its application has been decided on."""
    called: Event | None = None
    """What happens when somebody applies and nobody else waits."""

    def review(self, application: Application) -> Generator[Event, Any, int | None]:
        """Wait for a meeting that decides, and for its decision."""
        self.waiting.append(application)
        self.told[application.project] = self.clock.event()
        if self.called is not None and not self.called.triggered:
            self.called.succeed()
        granted: int | None = yield self.told[application.project]
        yield self.clock.timeout(self.panel.decides)
        return granted

    def process(self, calendar: Calendar) -> Generator[Event, Any, None]:
        """Its meetings; while nobody waits for it, it has none to come."""
        for date in self._dates(calendar):
            if not self.waiting:
                self.called = self.clock.event()
                yield self.called
            if date >= self.clock.now:
                yield At(self.clock, date, MEETING + self.number)
                self._meet()

    def _dates(self, calendar: Calendar) -> Iterator[int]:
        return begins(self.panel.first, self.panel.meets, calendar)

    def _meet(self) -> None:
        by_merit = self.panel.order == "merit"
        line = sorted(
            self.waiting, key=lambda each: (by_merit * each.merit, each.applied, each.project)
        )
        given = 0
        for application in line[: self.panel.capacity]:
            granted, put_off = self._decide(application, given)
            if put_off:
                continue
            given += granted or 0
            application.reviewed = int(self.clock.now)
            self.waiting.remove(application)
            self.told.pop(application.project).succeed(granted)

    def _decide(self, application: Application, given: int) -> tuple[int | None, bool]:
        """What is granted, or None, and whether it is put off; ``given``: at this meeting."""
        if application.merit >= self.panel.accepts:
            return None, False
        wanted = application.wanted
        if self.most is None or wanted <= self.most - given:
            return wanted, False
        # What is larger than all that there is to give at a meeting would be put off for ever.
        if self.panel.over == "put_off" and given:
            return None, True
        rest = self.most - given
        return (rest, False) if rest else (None, False)


def sitting_of(clock: Clock, panel: Panel, number: int, gpus: int) -> Sitting:
    """``gpus``: of the machine."""
    most = None if panel.to_give is None else part_of(panel.to_give, gpus * panel.every)
    return Sitting(clock, panel, number, most)
