"""Applications: what a rule says of them, and papers that pay, reckoned anew when asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from twin.budgets import THOUSANDTHS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twin.asks import Asks
    from twin.attempts import Attempt

REFUND = ("maintenance", "loss", "failure", "preemption")
Key = tuple[str, int]
"""A class and the number of an account."""


@dataclass(frozen=True, slots=True)
class Check:
    """An automatic review; None for as many reviewers as are wanted."""

    takes: int = 0
    accepts: float = 1.0
    reviewers: int | None = None


@dataclass(frozen=True, slots=True)
class Council:
    """A panel; what it may give is in GPU-seconds, None for any."""

    name: str
    meets: int
    first: int = 0
    decides: int = 0
    capacity: int | None = None
    by_merit: bool = False
    accepts: float = 1.0
    to_give: int | None = None
    puts_off: bool = False


@dataclass(frozen=True, slots=True)
class More:
    """What may be added to a grant."""

    used: float
    adds: float
    at_most: int = 1
    every: int = 86_400


@dataclass(frozen=True, slots=True)
class Level:
    """A tier; GPU-seconds and seconds."""

    name: str
    classes: tuple[str, ...]
    up_to: int
    term: int
    review: Check | str = Check()
    """A check, or a council's name."""
    renew: bool = False
    again: int | None = None
    all_of_it: bool = False
    more: More | None = None

    def settings(self) -> dict[str, Any]:
        """As a scenario says it."""
        more = None
        if self.more is not None:
            more = {"used": self.more.used, "adds": self.more.adds}
            more |= {"at_most": self.more.at_most, "every": f"{self.more.every}s"}
        if isinstance(self.review, str):
            review: dict[str, Any] = {"kind": "panel", "panel": self.review}
        else:
            review = {"kind": "automatic", "takes": f"{self.review.takes}s"}
            review |= {"accepts": self.review.accepts, "reviewers": self.review.reviewers}
        return {
            "classes": self.classes,
            "up_to": f"{self.up_to} GPU-s",
            "term": f"{self.term}s",
            "review": review,
            "renew": self.renew,
            "again": None if self.again is None else f"{self.again}s",
            "asks": "up_to" if self.all_of_it else "needs",
            "supplement": more,
        }


@dataclass(frozen=True, slots=True)
class Scheme:
    """All that a rule says of applications."""

    levels: tuple[Level, ...]
    councils: tuple[Council, ...] = ()
    ahead: int = 0
    margin: float = 1.0
    refuses: bool = False
    units: int = 1
    """Of a GPU."""

    def settings(self) -> dict[str, Any]:
        """As a scenario says it."""
        panels = {}
        for each in self.councils:
            said: dict[str, Any] = {"meets": f"{each.meets}s", "first": f"{each.first}s"}
            said |= {"decides": f"{each.decides}s", "capacity": each.capacity}
            said |= {"accepts": each.accepts, "order": "merit" if each.by_merit else "application"}
            if each.to_give is not None:
                said["to_give"] = f"{each.to_give} GPU-s"
                said["over"] = "put_off" if each.puts_off else "cut"
            panels[each.name] = said
        return {
            "ahead": f"{self.ahead}s",
            "margin": self.margin,
            "beyond": "refuse" if self.refuses else "cut",
            "tiers": {each.name: each.settings() for each in self.levels},
            "panels": panels,
        }

    def touches(self, job: Asks) -> bool:
        """Whether its project must apply."""
        return any(job.job_class in level.classes for level in self.levels)

    def refused(self, job: Asks) -> bool:
        """Whether no grant could ever pay for it."""
        own = [level.up_to for level in self.levels if job.job_class in level.classes]
        return bool(own) and job.units * job.walltime > max(own) * self.units


@dataclass
class Paper:
    """An application."""

    key: Key
    project: int
    number: int
    level: Level
    asked: int
    most: int
    applied: int
    merit: float
    reviewed: int | None = None
    decided: int | None = None
    granted: int | None = None
    """None: refused, or not decided on."""
    starts: int | None = None
    to: Paper | None = None
    """The one that it adds to."""
    ended: int | None = None
    """When a reform put an end to it."""
    checked: int | None = None
    """When its check will be over, once that has begun."""
    heard: bool = False
    """A council has decided on it."""
    told_at: int | None = None
    """When the council's word is given, which is ``word``."""
    word: int | None = None

    @property
    def expires(self) -> int | None:
        if self.to is not None:
            return self.to.expires
        if self.starts is None:
            return None
        ends = self.starts + self.level.term
        return ends if self.ended is None else min(max(self.ended, self.starts), ends)

    def told(self, before: int) -> tuple[Any, ...] | None:
        """As results tell it of what came to pass before an instant; None if it did not."""
        if self.applied >= before:
            return None
        panel = self.level.review if isinstance(self.level.review, str) else ""
        to = None if self.to is None else self.to.number
        name = f"account{self.key[1]}", self.key[0], self.number, self.level.name, panel
        if self.decided is None or self.decided >= before:
            return (*name, self.asked, self.applied, None, "waiting", 0, None, to)
        how = "granted" if self.granted == self.asked else "cut"
        how = "refused" if self.granted is None else how
        how = "withdrawn" if self.ended is not None and self.starts is None else how
        decided = self.decided, how, self.granted or 0, self.starts
        return (*name, self.asked, self.applied, *decided, to)


@dataclass
class Files:
    """All papers of a run, and who may pay from which."""

    scheme: Scheme
    papers: list[Paper]
    since: dict[Key, int] = field(default_factory=dict)
    """When a project came to have to apply; who ran then pays nothing."""

    def left(
        self, key: Key, others: Sequence[tuple[Attempt, Asks]], now: int, *, before: bool
    ) -> int | None:
        """What a project has left of its grant, thousandths; None if it has none. ``before``: as
        it is before what happens now."""
        paper = self.grant(key, now - before)
        if paper is None:
            return None
        return self.whole(paper, now - before) - self.spent(paper, others, now)

    def pays_for(self, attempt: Attempt, job: Asks) -> bool:
        """Whether a grant paid for it when it started."""
        key = job.job_class, job.user // 2
        return self.scheme.touches(job) and attempt.start >= self.since.get(key, 0)

    def grant(self, key: Key, now: int) -> Paper | None:
        """The paper from which a project pays now."""
        found = [
            paper
            for paper in self.papers
            if paper.key == key and paper.starts is not None and paper.expires is not None
            if paper.to is None
            if paper.starts <= now < paper.expires
        ]
        return max(found, key=lambda paper: paper.starts or 0, default=None)

    def cannot_pay(self, job: Asks, others: Sequence[tuple[Attempt, Asks]], now: int) -> bool:
        """Whether the job's project has no grant, or too little left of it."""
        if not self.scheme.touches(job):
            return False
        key = job.job_class, job.user // 2
        paper = self.grant(key, now)
        if paper is None:
            return True
        spent, whole = self.spent(paper, others, now), self.whole(paper, now)
        return spent + job.units * job.walltime * THOUSANDTHS > whole

    def spent(self, paper: Paper, others: Sequence[tuple[Attempt, Asks]], now: int) -> int:
        """What jobs have been charged since it started, thousandths."""
        found, begun = 0, paper.starts or 0
        for attempt, other in others:
            if (other.job_class, other.user // 2) != paper.key:
                continue
            rate = other.units * THOUSANDTHS
            if attempt.start >= begun:
                found += attempt.cost(rate, other.walltime, now, REFUND)
            elif self.pays_for(attempt, other):
                found += rate * attempt.beyond(other.walltime, begun, now)
        return found

    def whole(self, paper: Paper, now: int) -> int:
        """What was granted, and added by now, thousandths."""
        added = [each for each in self.papers if each.to is paper and each.starts is not None]
        given = [paper, *(each for each in added if (each.starts or 0) <= now)]
        return sum(each.granted or 0 for each in given) * self.scheme.units * THOUSANDTHS
