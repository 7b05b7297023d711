"""Projects in mid-run: whose jobs they are, what they have applied for and been granted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from simulator.engine.walltimes import walltime_left
from simulator.kernels.state import QUEUED, RUNS
from simulator.rules.applications.projects import largest, projects_of

if TYPE_CHECKING:
    from simulator.engine.reviews import Application
    from simulator.kernels.limits import Limits
    from simulator.kernels.state import State
    from simulator.rules.applications.models import Applications
    from simulator.streams import Streams
    from simulator.workload.columns import Ints, Jobs

NO_JOBS = np.empty(0, np.int64)
Key = tuple[int, int]
"""Codes of a class and an account."""


@dataclass
class Project:
    """The jobs of one account in one class, and what it has been granted."""

    job_class: str
    account: str
    members: Ints
    """Positions of all its jobs."""
    merits: np.random.Generator
    number: int = -1
    """Among the projects of the rule in force, in the order of their first jobs."""
    group: int = -1
    """In the limits."""
    jobs: Ints = field(default_factory=NO_JOBS.copy)
    """Positions of those that a grant could pay for, in the order of their submission."""
    submit: Ints = field(default_factory=NO_JOBS.copy)
    """(jobs,) of theirs."""
    cost: Ints = field(default_factory=NO_JOBS.copy)
    """(jobs,) of their whole walltimes, thousandths of unit-seconds."""
    made: list[Application] = field(default_factory=list)
    under_way: Application | None = None
    """Applied for, and not decided on, or granted and not begun."""
    latest: Application | None = None
    """The grant or the refusal that says when it looks again; None: its jobs say that."""
    stops: int | None = None
    """When those of its jobs that ran when it looked last were planned to end."""
    holds: Application | None = None
    """The grant that pays now."""
    added: list[Application] = field(default_factory=list)
    """What has been added to it."""
    more: int = 0
    """How often more than that has been applied for."""
    marked: int = 0
    """When it began, and then when it was last looked whether more is wanted, or that decided."""
    until: int = 0
    """When its latest grant ends."""
    idle: int = 0
    """Applications in a row before which nothing had started since the one before."""
    started: int = -1

    def waiting(self, state: State) -> Ints:
        """Places in its jobs of those that wait now."""
        return np.flatnonzero(state.progress.phase[self.jobs] == QUEUED)

    def coming(self, now: int) -> int | None:
        """When its next job comes, now included; None if none does."""
        place = int(np.searchsorted(self.submit, now))
        return int(self.submit[place]) if place < len(self.submit) else None

    def note_who_runs(self, state: State, now: int) -> None:
        """Remember when the last of them should be over, after now: when its walltime is, and of
        one that has outrun it when it has run for twice as long. Who is suspended is taken to go on
        at once."""
        runs = self.jobs[np.isin(state.progress.phase[self.jobs], RUNS)]
        left = walltime_left(state, runs, now)
        ran = np.asarray(state.columns.walltime[runs], np.int64) - left
        due = now + np.where(left > 0, left, np.maximum(ran, 1))
        self.stops = int(due.max()) if len(due) else None

    def set_out(self, state: State, now: int) -> None:
        """It must apply from now on, whatever was before."""
        self.note_who_runs(state, now)
        if len(self.waiting(state)):
            self.stops = now

    def forget(self) -> None:
        """It need not apply any more."""
        self.under_way = self.latest = self.stops = None
        self.until = self.more = self.idle = 0
        self.number = -1


def projects_under(
    said: Applications,
    jobs: Jobs,
    limits: Limits,
    column: int,
    known: dict[Key, Project],
    streams: Streams,
    gpus: int,
    scale: int,
) -> list[Project]:
    """All projects of a rule, in order; those of earlier rules are ``known``, new ones become so.

    ``column``: of theirs in ``limits``. ``gpus``: of the machine. ``scale``: thousandths of
    unit-seconds in a GPU-second. Each project's merits are drawn from a stream of its own.
    """
    found = projects_of(jobs, said.classes)
    order = np.argsort(found.of_job, kind="stable")
    bounds = np.searchsorted(found.of_job[order], np.arange(len(found) + 1))
    rate, projects = limits.balances.rate, []
    for number, key in enumerate(zip(found.job_class, found.account, strict=True)):
        members = order[bounds[number] : bounds[number + 1]]
        names = jobs.classes[key[0]], jobs.accounts[key[1]]
        if key not in known:
            merits = streams.take("applications", "/".join(names))
            known[key] = Project(*names, members, merits)
        project = known[key]
        project.group = int(limits.group[members[0], column])
        cost = rate[members] * np.asarray(jobs.walltime[members], np.int64)
        payable = cost <= largest(said, names[0], gpus) * scale
        project.jobs, project.cost = members[payable], cost[payable]
        project.submit = np.asarray(jobs.submit[project.jobs], np.int64)
        projects.append(project)
    return projects
