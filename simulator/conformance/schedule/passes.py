"""Each pass of a recording alone: what we do from the state that Slurm had, and what it did."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from simulator.conformance.schedule.decide import Decider, Decision
from simulator.conformance.schedule.moment import Moment, Moments
from simulator.slurm.recording.rows import PLANNED, STARTED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.slurm.recording.recording import Recording
    from simulator.slurm.recording.rows import Pass


@dataclass(slots=True)
class Count:
    """How many of how many are equal."""

    equal: int = 0
    total: int = 0

    def add(self, equal: int, total: int) -> None:
        """Count more of them."""
        self.equal += equal
        self.total += total


@dataclass(frozen=True, slots=True)
class Compared:
    """One pass; the jobs in the order looked at."""

    moment: Moment
    ours: list[Decision]
    theirs: list[Decision]

    @property
    def same_starts(self) -> bool:
        """The same jobs started in the same order."""
        return _started(self.ours) == _started(self.theirs)

    def equal(self, outcome: str) -> tuple[int, int]:
        """Of what they started or planned: how many we did at the same time on the same nodes."""
        mine = {_core(each) for each in self.ours if each.outcome == outcome}
        theirs = [_core(each) for each in self.theirs if each.outcome == outcome]
        return sum(each in mine for each in theirs), len(theirs)

    @property
    def agrees(self) -> bool:
        """Starts and plans are the same."""
        wanted = (STARTED, PLANNED)
        mine = [(each.outcome, _core(each)) for each in self.ours if each.outcome in wanted]
        theirs = [(each.outcome, _core(each)) for each in self.theirs if each.outcome in wanted]
        return mine == theirs


@dataclass(slots=True)
class Passes:
    """All passes of a recording that had a queue."""

    main: Count = field(default_factory=Count)
    backfill: Count = field(default_factory=Count)
    starts: Count = field(default_factory=Count)
    plans: Count = field(default_factory=Count)
    first: Compared | None = None
    """The first that differs."""


def compare_passes(recording: Recording) -> Passes:
    """Make each pass of a recording from its own state, and count what is equal.

    A pass is equal if it starts the same jobs in the same order; a start, if it is on the same
    nodes; a plan, if it begins in the same second on the same nodes.
    """
    found = Passes()
    for each in compared(recording):
        kind = found.main if each.moment.kind == "main" else found.backfill
        kind.add(each.same_starts, 1)
        found.starts.add(*each.equal(STARTED))
        found.plans.add(*each.equal(PLANNED))
        if found.first is None and not each.agrees:
            found.first = each
    return found


def compared(recording: Recording) -> Iterator[Compared]:
    """The passes that had a queue, in time."""
    moments, decider = Moments(recording), Decider(recording)
    for each in recording.passes:
        moment = moments.at(each)
        if moment.queue:
            ours = decider.decide(moment)
            yield Compared(moment, ours, recorded(recording, moments, each, moment))


def recorded(recording: Recording, moments: Moments, each: Pass, moment: Moment) -> list[Decision]:
    """What Slurm decided in a pass, in our form."""
    if each.kind == "main":
        return [
            Decision(
                job=row.job,
                outcome=row.outcome,
                start=moment.now if row.outcome == STARTED else 0,
                end=0,
                nodes=moments.nodes(row.nodes),
                tries=1,
            )
            for row in recording.looked[each.number]
        ]
    return [
        Decision(
            job=row.job,
            outcome=row.outcome,
            start=(row.start_ms or 0) // 1000,
            end=row.end or 0,
            nodes=moments.nodes(row.nodes),
            tries=row.tries,
        )
        for row in recording.planned[each.number]
    ]


def _started(decisions: list[Decision]) -> list[int]:
    return [each.job for each in decisions if each.outcome == STARTED]


def _core(each: Decision) -> tuple[int, int, tuple[int, ...]]:
    """Of a start its second is the pass's own: the log's is a later one's at times."""
    return each.job, each.start if each.outcome == PLANNED else 0, each.nodes
