"""Who gives way to whom: what the twins of pools and nodes have in common."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Mapping, Sequence

    from twin import model
    from twin.nodes import model as nodes

RANKS = 3
RANKED = tuple(f"r{rank}" for rank in range(RANKS))
"""Classes of applicants, the highest rank first; jobs of other classes have none."""
CLASSES = (*RANKED, "free")
ORDERS = ("youngest", "oldest", "longest_served", "cheapest", "smallest", "largest", "lowest_rank")


@dataclass(frozen=True, slots=True)
class Idle:
    """Who uses less than so many thousandths of its units' time is stopped once an attempt has run
    for ``after``: always, or if somebody who waits can start thereby (``wanted``)."""

    after: int
    wanted: bool = False
    below: int = 100
    how: str = "cancel"
    at_most: int | None = None

    def settings(self) -> dict[str, object]:
        """As a scenario file has it."""
        return {
            "below": f"{self.below / 10:g}%",
            "after": f"{self.after}s",
            "when": "wanted" if self.wanted else "always",
            "how": self.how,
            "at_most": self.at_most,
        }


@dataclass(frozen=True, slots=True)
class Preemption:
    """The stage; ``how`` says what becomes of victims, by rank."""

    how: tuple[str, ...] = ("requeue",) * RANKS
    order: str = "youngest"
    after: int = 0
    exempt: int = 0
    at_most: int | None = None
    grace: int = 0
    reclaim: bool = False
    """Members of cohorts take back what is theirs; unless ``beside``, nobody has a rank then, and
    all fare as the first of ``how`` says."""
    beside: bool = False
    """Where members take back what is theirs, ranks count too."""

    idle: Idle | None = None
    ranks: bool = True
    """Whether jobs stop others by rank, where nobody reclaims and no idle units are wanted."""

    @property
    def wanted(self) -> bool:
        """Whether who waits may stop those that leave units idle."""
        return self.idle is not None and self.idle.wanted

    def rank_of(self, rank: int | None) -> int | None:
        """The rank that a job of such a class has under this rule."""
        return rank if self.ranks and (self.beside or not self.reclaim) else None

    def fate(self, rank: int | None) -> str:
        """What becomes of a job that others stop."""
        return self.idle.how if self.idle and self.idle.wanted else self.how[rank or 0]

    def is_idle(self, use: int, size: int) -> bool:
        """Whether a job of so many units, which uses so much of them, leaves them idle."""
        return self.idle is not None and size > 0 and 0 <= use < self.idle.below

    def settings(self) -> dict[str, object]:
        """As a scenario file has it."""
        idle = {"idle": self.idle.settings()} if self.idle else {}
        if self.wanted:
            grace = {"grace": f"{self.grace}s"} if self.grace else {}
            return {**idle, "order": self.order, "after": f"{self.after}s", **grace}
        if not self.ranks and not self.reclaim:
            return idle
        return {**idle, **self._of_others()}

    def _of_others(self) -> dict[str, object]:
        if self.reclaim:
            fates = dict(zip(RANKED[1:], self.how[1:], strict=True))
            return {
                "reclaim": True,
                **({"ranks": list(RANKED), "classes": fates} if self.beside else {}),
                "how": self.how[0],
                "order": self.order,
                "after": f"{self.after}s",
                "exempt": f"{self.exempt}s",
                "at_most": self.at_most,
            }
        return {
            "ranks": list(RANKED),
            "classes": dict(zip(RANKED[1:], self.how[1:], strict=True)),
            "order": self.order,
            "after": f"{self.after}s",
            "exempt": f"{self.exempt}s",
            "at_most": self.at_most,
            "grace": f"{self.grace}s",
        }


def class_of(rank: int | None) -> int:
    """A place in ``CLASSES``."""
    return RANKS if rank is None else rank


@dataclass(slots=True)
class Standing:
    """What preemption knows of one job."""

    rank: int | None
    times: int = 0
    """How often it has been preempted."""
    served: int = 0
    """Seconds that its earlier attempts ran."""
    reclaimed: bool = False
    """Whether others stopped for the attempt that runs, to give back what is its member's own."""
    idled: int = 0
    """How often it has been stopped for idleness."""

    def note_stopped(self, rule: Preemption) -> None:
        """Others have stopped it."""
        if rule.wanted:
            self.idled += 1
        else:
            self.times += 1


@dataclass(frozen=True, slots=True)
class Queues:
    """Ranks by attained service, as the order ``las`` has them."""

    thresholds: tuple[int, ...]
    """Unit-seconds."""
    round: int = 1

    def settle(self, standing: Standing, size: int, seconds: int) -> None:
        """Let a job of so many units that has run so long be in its queue."""
        found = sum(size * seconds >= each for each in self.thresholds)
        standing.rank = max(standing.rank or 0, found)

    def seen(self, now: int) -> int:
        """The last round."""
        return now - now % self.round

    def crossing(self, standing: Standing, size: int, start: int, now: int) -> int | None:
        """When a running job is seen to leave its queue, after now."""
        for each in self.thresholds[standing.rank or 0 :]:
            if size:
                at = start + max(-(-each // size) - standing.served, 0)
                return max(-(-at // self.round) * self.round, now + 1)
        return None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A running job that might be stopped."""

    position: int
    start: int
    size: int
    at_risk: int
    """Seconds that would have to be run again."""


def outranks(one: int | None, other: int | None) -> bool:
    return one is not None and other is not None and one < other


def any_outranked(waiting: Iterable[int | None], running: Iterable[int | None]) -> bool:
    there = list(running)
    return any(outranks(one, other) for one in waiting for other in there)


def may_be_stopped(rule: Preemption, standing: Standing, ran: int) -> bool:
    least, most, times = rule.exempt, rule.at_most, standing.times
    if rule.idle is not None and rule.wanted:
        least, most, times = rule.idle.after, rule.idle.at_most, standing.idled
    return ran >= least and times < (inf if most is None else most)


def next_wanted(
    rule: Preemption,
    now: int,
    since: Iterable[int],
    idle: Iterable[tuple[Standing, int]],
) -> int | None:
    """When the next of those who wait for units since then may stop others, or the next of those
    idle ones, which run since then, can be stopped."""
    assert rule.idle is not None
    waits = list(since)
    starts = [start for each, start in idle if may_be_stopped(rule, each, rule.idle.after)]
    if not waits or not starts:
        return None
    times = [each + rule.after for each in waits] + [each + rule.idle.after for each in starts]
    return min((time for time in times if time > now), default=None)


def victims(
    rule: Preemption,
    now: int,
    candidates: Iterable[Candidate],
    standings: Mapping[int, Standing] | list[Standing],
    fits_without: Callable[[list[int]], bool],
    still: Callable[[int, list[int]], bool] = lambda *_: True,
    last: Container[int] = (),
) -> list[int]:
    """Who is stopped so that the job fits; nobody if it would not fit even without all.

    ``still``: whether somebody may be stopped too when those of the list are. ``last``: who is
    stopped after all others.
    """

    def key(each: Candidate) -> tuple[bool, int, int, int]:
        rank = standings[each.position].rank
        first = {
            "youngest": 0,
            "oldest": each.start,
            "longest_served": -(standings[each.position].served + now - each.start),
            "cheapest": each.size * each.at_risk,
            "smallest": each.size,
            "largest": -each.size,
            "lowest_rank": 1 if rank is None else -rank,
        }[rule.order]
        return each.position in last, first, -each.start, -each.position

    chosen: list[int] = []
    for each in sorted(candidates, key=key):
        if not still(each.position, chosen):
            continue
        chosen.append(each.position)
        if fits_without(chosen):
            break
    else:
        return []
    for position in reversed(list(chosen)):
        fewer = [other for other in chosen if other != position]
        if fits_without(fewer):
            chosen = fewer
    return chosen


def next_wake(
    rule: Preemption,
    now: int,
    waiting: Iterable[tuple[int | None, int]],
    running: Iterable[tuple[int | None, int]],
) -> int | None:
    """When the next (rank, since) that waits may preempt, or the next that runs be preempted."""
    waits, runs = list(waiting), list(running)
    times = [
        since + rule.after
        for rank, since in waits
        if any(outranks(rank, other) for other, _ in runs)
    ]
    times += [
        start + rule.exempt
        for rank, start in runs
        if any(outranks(other, rank) for other, _ in waits)
    ]
    return min((time for time in times if time > now), default=None)


def check_it_ends(
    jobs: Sequence[model.TwinJob | nodes.NodeJob],
    rule: Preemption,
    outcomes: Sequence[model.Outcome | nodes.Outcome],
) -> int:
    """Assert that no preemption was in vain or went on without end; returns how many there were."""
    starts: dict[int, list[int]] = {}
    found = []
    for position, outcome in enumerate(outcomes):
        assert outcome.state != "unfinished"
        for start, end, reason, *_ in outcome.attempts:
            starts.setdefault(start, []).append(position)
            if reason == "preempted":
                found.append((position, end))
    for position, end in found:
        # Whoever took its place is of a higher rank, and started in that second.
        assert any(outranks(jobs[other].rank, jobs[position].rank) for other in starts[end])
    times = Counter(position for position, _ in found)
    if rule.at_most is not None:
        assert max(times.values(), default=0) <= rule.at_most
    # Each round of an instant starts somebody for good, or of a rank that nobody stops again then.
    for end, stopped in Counter(end for _, end in found).items():
        waiting = sum(job.submit <= end for job in jobs)
        assert stopped <= waiting * (RANKS - 1)
    return len(found)
