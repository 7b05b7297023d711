"""Who decides on applications: automatic checks with reviewers, and panels that meet."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from typing import Any

from simpy.events import Event

from simulator.engine.budgets import begins
from simulator.engine.charges import Calendar
from simulator.engine.clock import At, Clock
from simulator.fields import part_of
from simulator.rules.applications.models import Automatic, Panel

LOOK, MEETING, LATE = 10, 10**9, 2 * 10**9
"""Priorities within an instant, behind all that has none of its own: projects apply, each by its
number; then panels meet, with what has been applied for until then; then grants end."""


@dataclass
class Application:
    """What a project asks for, and what becomes of it. GPU-seconds; times are seconds."""

    project: int
    """Its place among the projects of the rule in force."""
    number: int
    """From 0, of its project."""
    tier: str
    panel: str
    """Empty where no panel decides."""
    asked: int
    applied: int
    wanted: int
    """What is asked for, cut to what the tier grants."""
    term: int
    """How long a grant of it lasts."""
    merit: float
    """A part, drawn evenly, of applications that are better: 0 is the best."""
    adds_to: Application | None = None
    """The grant that it is to be added to, if it is not to be one of its own."""
    reviewed: int | None = None
    """When its check began, or when the panel met that decided on it."""
    due: int | None = None
    """When its check is over, or the panel's word is given; None before that is known."""
    met: bool = False
    """A panel has decided on it."""
    word: int | None = None
    """What that grants; None: nothing."""
    decided: int | None = None
    """When it was decided on, or withdrawn."""
    withdrawn: bool = False
    free: int | None = None
    """When a reform let its project compute without a grant."""
    granted: int = 0
    starts: int | None = None
    expires: int | None = None
    spent: int = 0
    """Thousandths of unit-seconds."""
    lines: list[int] = field(default_factory=list)
    """When it came to the line of a panel and when it left it, in turn."""
    turn: Event | None = None
    """What happens when ``due`` is known."""

    @property
    def outcome(self) -> str:
        """One of ``simulator.results.schema.OUTCOMES``."""
        if self.withdrawn:
            return "withdrawn"
        if self.decided is None:
            return "waiting"
        if self.starts is None:
            return "refused"
        return "granted" if self.granted == self.asked else "cut"

    def leave_line(self, now: int) -> None:
        """It waits for no panel any more, if it did."""
        if len(self.lines) % 2:
            self.lines.append(now)


@dataclass
class Desk:
    """An automatic check in mid-run."""

    clock: Clock
    check: Automatic
    busy: int = 0
    """Checks under way."""
    line: list[Application] = field(default_factory=list)

    def go_on_with(self, application: Application) -> None:
        """A check is under way, and ends when it was to end."""
        self.busy += 1

    def take_in(self, application: Application) -> None:
        """Check it, when a reviewer is free if there are only so many."""
        application.turn = self.clock.event()
        self.line.append(application)
        self._begin()

    def word_on(self, application: Application) -> int | None:
        """How much is granted, or None; its check is over."""
        self.busy -= 1
        self._begin()
        return application.wanted if application.merit < self.check.accepts else None

    def _begin(self) -> None:
        most, now = self.check.reviewers, int(self.clock.now)
        while self.line and (most is None or self.busy < most):
            application = self.line.pop(0)
            self.busy += 1
            application.reviewed, application.due = now, now + self.check.takes
            assert application.turn is not None
            application.turn.succeed()


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
    called: Event | None = None
    """What happens when somebody applies and nobody else waits."""

    def take_in(self, application: Application) -> None:
        """Decide on it at a meeting to come."""
        application.turn = self.clock.event()
        self.waiting.append(application)
        if len(application.lines) % 2 == 0:
            application.lines.append(int(self.clock.now))
        if self.called is not None and not self.called.triggered:
            self.called.succeed()

    def process(self, calendar: Calendar) -> Generator[Event, Any, None]:
        """Its meetings from now on; while nobody waits for it, it has none to come."""
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
        by_merit, now = self.panel.order == "merit", int(self.clock.now)
        line = sorted(
            self.waiting, key=lambda each: (by_merit * each.merit, each.applied, each.project)
        )
        given = 0
        for application in line[: self.panel.capacity]:
            granted, put_off = self._decide(application, given)
            if put_off:
                continue
            given += granted or 0
            self.waiting.remove(application)
            application.leave_line(now)
            application.met, application.word = True, granted
            application.reviewed, application.due = now, now + self.panel.decides
            assert application.turn is not None
            application.turn.succeed()

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
