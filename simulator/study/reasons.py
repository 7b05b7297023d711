"""What blocked a job, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.engine.probe.budgets import CLOSED, COSTS, FEWER, USED_UP
from simulator.engine.probe.lifts import (
    ASIDE,
    CPUS,
    HELD,
    LIMIT,
    MEMORY,
    NODES,
    ORDER,
    OUTAGE,
    PLAN,
    RIGHTS,
    STANDING,
)
from simulator.engine.probe.story import GRACE
from simulator.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from simulator.engine.probe.story import Moment
    from simulator.rules.models import Rule

_SHORT = {
    PLAN: "backfilling protects others",
    ORDER: "others go first",
    RIGHTS: "it may not stop others yet",
    OUTAGE: "outage or maintenance",
    NODES: "its partition or GPU type is full",
    ASIDE: "CPUs are kept for suspended jobs",
    CPUS: "too few CPUs free",
    MEMORY: "too little memory free",
    GRACE: "those it stopped still run",
}
_TAKEN = "its nodes are in use"


def kind_of(rule: Rule, name: str) -> str:
    """A limit, quota, budget or reservation of the rule, by its name; or that its project may not
    pay."""
    kinds = ("limit", rule.limits), ("quota", rule.quotas), ("budget", rule.budgets)
    for kind, named in (*kinds, ("reservation", rule.reservations)):
        if name in named:
            return f"{kind} {name}"
    return "want of a grant"


def _with_why(moment: Moment) -> list[tuple[str, str]]:
    return list(zip(moment.limits, moment.why, strict=True))


def _put_back(moment: Moment) -> list[str]:
    """In a few words, what budgets say of its place in line."""
    found = [f"stands behind (budgets.{name})" for name in moment.behind]
    return [*found, *(f"counts as later (budgets.{name})" for name, _ in moment.late)]


def _standing(moment: Moment) -> list[str]:
    """The same in sentences."""
    found = [
        f"it stands behind the others: less is left of budgets.{name} than it costs"
        for name in moment.behind
    ]
    late = [
        f"it counts as submitted {format_duration(seconds)} later: so much has been spent of "
        f"budgets.{name}"
        for name, seconds in moment.late
    ]
    return [*found, *late]


class Telling:
    """Turns looks into sentences."""

    def __init__(
        self,
        rule: Rule,
        units_per_gpu: int,
        job_ids: Sequence[int],
        moment_of: Callable[[int], str],
        units: str,
        whose: Mapping[str, str],
    ) -> None:
        """``whose``: the job's user, account, class and array by these words."""
        self.rule = rule
        self._backfill = rule.backfill.kind
        idle = rule.preemption and rule.preemption.idle
        self._idle_wanted = bool(idle and idle.when == "wanted")
        self._per_gpu = units_per_gpu
        self._ids = job_ids
        self._moment_of = moment_of
        self._units = units
        self._whose = whose

    def short(self, moment: Moment) -> str:
        """What blocked the job at a look, in a few words, the same for looks that are alike."""
        parts = (self._few_words(clause, moment) for clause in moment.blocked_by)
        return " and ".join(parts) or "nothing that was looked for"

    def _few_words(self, clause: str, moment: Moment) -> str:
        if clause in (LIMIT, STANDING):
            limits = [self._limit(*each) for each in _with_why(moment)]
            return " and ".join(limits if clause == LIMIT else _put_back(moment))
        if clause == PLAN and self._backfill == "none":
            return "nobody may overtake"
        if clause == RIGHTS and self._idle_wanted:
            return "idle GPUs may not be taken back yet"
        if clause != HELD:
            return _SHORT[clause]
        if moment.after.missing > 0:
            return f"too few {self._units} free"
        return f"{self._units} free but scattered" if moment.after.scattered else _TAKEN

    def _limit(self, name: str, why: str) -> str:
        if why == FEWER:
            return f"fewer of its holder's jobs may run (budgets.{name})"
        return f"budgets.{name} is used up" if why == USED_UP else kind_of(self.rule, name)

    def _holds(self, name: str, why: str) -> str:
        if why:
            return _BUDGET[why].format(f"budgets.{name}")
        return f"the {kind_of(self.rule, name)} holds it back"

    def _limits(self, names: Sequence[str]) -> str:
        return " and ".join(kind_of(self.rule, name) for name in names)

    def _held_back(self, moment: Moment) -> list[str]:
        unseen = moment.not_looked_at
        said = [self._holds(*each) for each in _with_why(moment) if each[0] not in unseen]
        return [*said, *map(self._first_of, unseen)]

    def _first_of(self, name: str) -> str:
        limit = self.rule.limits[name]
        whose = "" if limit.per == "all" else f" of {self._whose[limit.per]}"
        if limit.eligible == 1:
            return f"only the first waiting job{whose} is looked at (limits.{name})"
        return f"only the first {limit.eligible} waiting jobs{whose} are looked at (limits.{name})"

    def sentence(self, moment: Moment) -> str:
        """What blocked the job at a look, with the numbers of that look."""
        return "; ".join(self._one(clause, moment) for clause in moment.blocked_by)

    def _one(self, clause: str, moment: Moment) -> str:
        if clause in (LIMIT, STANDING):
            return "; ".join(self._held_back(moment) if clause == LIMIT else _standing(moment))
        if clause == PLAN:
            return self._plan(moment)
        if clause == ORDER:
            count = moment.ahead
            if count is None:
                return "what it needs is for others that go first"
            jobs = "1 job that goes" if count == 1 else f"{count:,} jobs that go"
            return f"what it needs is for {jobs} first"
        if clause == HELD:
            return self._machine(moment)
        return _IDLE if clause == RIGHTS and self._idle_wanted else _LONG[clause]

    def _plan(self, moment: Moment) -> str:
        if moment.head_limits:
            by = self._limits(moment.head_limits)
            return f"it would fit, but the {by} holds the queue at job {self._head(moment)}"
        if moment.head is None:
            return "it would fit, but only in the way of places promised to others"
        if self._backfill == "none":
            return f"it would fit, but nobody overtakes job {self._head(moment)}, which does not"
        until = ""
        if moment.head_promised is not None:
            until = f", promised {self._moment_of(moment.head_promised)}"
        others = "" if self._backfill == "easy" else ", or another place"
        return f"it would fit, but would delay job {self._head(moment)}{until}{others}"

    def _head(self, moment: Moment) -> str:
        return "" if moment.head is None else f"{self._ids[moment.head]}"

    def _machine(self, moment: Moment) -> str:
        room = moment.after
        usable, needed = self.gpus(room.usable), self.gpus(room.needed)
        aside = ""
        if room.aside:
            aside = f"; suspended jobs hold {self.gpus(room.aside):,.4g}"
        if room.missing > 0:
            return f"{usable:,.4g} of {needed:,.4g} {self._units} are free for it{aside}"
        if room.scattered:
            return (
                f"{usable:,.4g} {self._units} are free for it, but only {room.nodes} of "
                f"{room.nodes_needed} nodes have its share{aside}"
            )
        return "others hold what it needs"

    def gpus(self, units: int) -> float:
        """So many units of the machine as GPUs."""
        return units / self._per_gpu


_LONG = {
    RIGHTS: "it may stop others, but has not waited long enough for that, or those that run are "
    "protected still",
    OUTAGE: "part of the machine is away, or will be before it would end",
    NODES: "it would fit on nodes that its partition or GPU type keeps it from",
    ASIDE: "nodes have the CPUs beside the GPUs, but suspended jobs wait for them",
    CPUS: "no nodes have enough CPUs free beside the GPUs",
    MEMORY: "no nodes have enough memory free beside the GPUs",
    GRACE: "it holds what is free until those that it has stopped are gone",
}
_BUDGET = {
    COSTS: "it costs more than is left of {}",
    USED_UP: "nothing is left of {}, which is charged while jobs run",
    FEWER: "as many jobs run as may of a holder who has spent so much of {}",
    CLOSED: "nobody can pay from {}: it has not begun, or has ended",
}
_IDLE = (
    "jobs that leave GPUs idle hold what it needs, but have not run long enough to be stopped, "
    "have been stopped as often as may be, or it has not waited long enough"
)
