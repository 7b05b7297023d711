"""Projects that apply for GPU-time, are granted it and lose what is left of it: SimPy processes."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil
from typing import Any

import numpy as np
from simpy.events import Event

from simulator.cluster.machine import Machine
from simulator.engine.budgets import IDLE
from simulator.engine.charges import Calendar
from simulator.engine.clock import At, Clock
from simulator.engine.reviews import LOOK, Application, Desk, Sitting, sitting_of
from simulator.engine.verbs_kernel import groups_changed
from simulator.fields import part_of
from simulator.kernels.limits import NOBODY, Balances
from simulator.kernels.state import QUEUED, RUNNING
from simulator.results.schema import CAUSES
from simulator.rules.applications.models import NAME, Applications, Automatic, Supplement
from simulator.rules.applications.projects import THOUSANDTHS, largest, projects_of
from simulator.rules.models import Rule
from simulator.streams import Streams
from simulator.workload.columns import Ints, Jobs

REFUNDED = ("maintenance", "loss", "failure", "preemption")
"""Causes for which a job gets back what it used and must do again, as of a budget."""


@dataclass
class Project:
    """The jobs of one account in one class, and what it has been granted."""

    number: int
    job_class: str
    account: str
    jobs: Ints
    """Positions of those that a grant could pay for, in the order of their submission."""
    submit: Ints
    """(jobs,) of theirs."""
    cost: Ints
    """(jobs,) of their whole walltimes, thousandths of unit-seconds."""
    group: int
    """In the limits."""
    merits: np.random.Generator
    made: list[Application] = field(default_factory=list)
    holds: Application | None = None
    """The grant that pays now."""
    added: list[Application] = field(default_factory=list)
    """What has been added to it."""
    until: int = 0
    """When its latest grant ends."""
    idle: int = 0
    """Applications in a row before which nothing had started since the one before."""
    started: int = -1


@dataclass
class Office:
    """Who applies, where, and who decides."""

    clock: Clock
    said: Applications
    gpus: int
    """Of the machine."""
    scale: int
    """Thousandths of unit-seconds in a GPU-second."""
    desks: dict[str, Desk]
    """By tier."""
    panels: dict[str, Sitting]
    projects: list[Project] = field(default_factory=list)

    @property
    def _balances(self) -> Balances:
        return self.clock.world.state.limits.balances

    def life(self, project: Project) -> Generator[Event, Any, None]:
        """The process of a project: it looks whether it wants to compute, and applies."""
        look = self._next_look(project, 0)
        while look is not None:
            yield At(self.clock, look, LOOK + project.number)
            now = int(self.clock.now)
            if not self._wants(project, now):
                look = self._next_look(project, now)
                continue
            if self._will_never_start(project):
                break
            look = yield from self._apply(project, now)
        self.clock.renewals -= 1

    def _waiting(self, project: Project) -> Ints:
        """Places in the project's jobs of those that wait now."""
        return np.flatnonzero(self.clock.world.state.progress.phase[project.jobs] == QUEUED)

    def _coming(self, project: Project, now: int) -> int | None:
        """When its next job comes, now included; None if none does."""
        place = int(np.searchsorted(project.submit, now))
        return int(project.submit[place]) if place < len(project.submit) else None

    def _wants(self, project: Project, now: int) -> bool:
        coming = self._coming(project, now)
        soon = coming is not None and coming <= now + self.said.ahead
        return soon or len(self._waiting(project)) > 0

    def _next_look(self, project: Project, now: int) -> int | None:
        """When a job may want a grant next: one that comes, or one that runs and is stopped."""
        coming, progress = self._coming(project, now), self.clock.world.state.progress
        looks = [] if coming is None else [max(coming - self.said.ahead, now)]
        running = project.jobs[progress.phase[project.jobs] == RUNNING]
        if len(running):
            looks.append(max(int(progress.planned[running].max()), now + 1))
        return min(looks, default=None)

    def _will_never_start(self, project: Project) -> bool:
        """Whether nothing has happened for so many applications that nothing will."""
        before, project.started = project.started, self.clock.started()
        idle = self.clock.is_empty() and before == project.started
        project.idle = project.idle + 1 if idle else 0
        return project.idle > IDLE

    def _needs(self, project: Project, now: int, term: int) -> int:
        """What its jobs need that wait, and that come until the end of the term, GPU-s."""
        waiting, coming = self._waiting(project), self._coming(project, now)
        begin = max(project.until, now if len(waiting) or coming is None else coming)
        first, last = np.searchsorted(project.submit, [now, begin + term])
        cost = int(project.cost[waiting].sum()) + int(project.cost[first:last].sum())
        return ceil(Fraction(repr(self.said.margin)) * cost / self.scale)

    def _application(self, project: Project, now: int) -> tuple[Application, bool]:
        """What it asks for and where, and whether that is more than its tiers grant."""
        asked, tier, most, fits = 0, "", -1, False
        for name in self.said.of_class(project.job_class):
            each = self.said.tiers[name]
            here = part_of(each.up_to, self.gpus * each.term)
            needs = self._needs(project, now, each.term)
            fits = needs <= here
            if fits or here >= most:
                asked, tier, most = needs, name, here
            if fits:
                break
        chosen = self.said.tiers[tier]
        asked = max(asked, most) if chosen.asks == "up_to" else asked
        panel = "" if isinstance(chosen.review, Automatic) else chosen.review.panel
        merit = float(project.merits.random())
        number, wanted = len(project.made), min(asked, most)
        made = Application(project.number, number, tier, panel, asked, now, wanted, merit)
        return made, not fits

    def _apply(self, project: Project, now: int) -> Generator[Event, Any, int | None]:
        """One application to its end; returns when the project looks again, or None."""
        application, beyond = self._application(project, now)
        project.made.append(application)
        tier, granted = self.said.tiers[application.tier], None
        if not (beyond and self.said.beyond == "refuse"):
            reviewer = self.panels[application.panel] if application.panel else None
            granted = yield from (reviewer or self.desks[application.tier]).review(application)
        application.decided = now = int(self.clock.now)
        if granted is None:
            return None if tier.again is None else now + tier.again
        application.granted, application.starts = granted, max(now, project.until)
        application.expires = project.until = application.starts + tier.term
        yield self.clock.timeout(application.starts - now)
        self._begin(project, application)
        if tier.supplement is not None:
            yield from self._supplements(project, application, tier.supplement)
        if not tier.renew:
            return None
        return max(int(self.clock.now), project.until - self.said.ahead)

    def _supplements(
        self, project: Project, grant: Application, said: Supplement
    ) -> Generator[Event, Any, None]:
        """Until the grant ends, or the project looks for the next one: it looks whether it wants
        more, and applies for that."""
        last, look, made = grant.expires or 0, (grant.starts or 0) + said.every, 0
        if self.said.tiers[grant.tier].renew:
            last -= self.said.ahead
        while look < last and made < said.at_most:
            yield At(self.clock, look, LOOK + project.number)
            asked = self._lacks(project, grant, said)
            if asked > 0:
                made += 1
                yield from self._ask_for_more(project, grant, said, asked)
            look += ((int(self.clock.now) - look) // said.every + 1) * said.every

    def _lacks(self, project: Project, grant: Application, said: Supplement) -> int:
        """What its jobs need beyond what is left of its grant until that ends, GPU-s; 0 if it has
        not used enough of it to want more, or has no job that waits or comes soon."""
        now, spent = int(self.clock.now), int(self._balances.spent[project.group])
        granted = sum(each.granted for each in (grant, *project.added)) * self.scale
        if spent < Fraction(repr(said.used)) * granted or not self._wants(project, now):
            return 0
        first, last = np.searchsorted(project.submit, [now, grant.expires or 0])
        waiting = self._waiting(project)
        cost = int(project.cost[waiting].sum()) + int(project.cost[first:last].sum())
        needs = Fraction(repr(self.said.margin)) * cost
        return max(ceil((needs - (granted - spent)) / self.scale), 0)

    def _ask_for_more(
        self, project: Project, grant: Application, said: Supplement, asked: int
    ) -> Generator[Event, Any, None]:
        """One application for more to its end; it is refused if the grant has ended by then."""
        tier, now = self.said.tiers[grant.tier], int(self.clock.now)
        most = said.most(part_of(tier.up_to, self.gpus * tier.term))
        asked = max(asked, most) if tier.asks == "up_to" else asked
        merit, number = float(project.merits.random()), len(project.made)
        made = Application(
            project.number, number, grant.tier, grant.panel, asked, now, min(asked, most), merit,
            adds_to=grant,
        )  # fmt: skip
        project.made.append(made)
        reviewer = self.panels[made.panel] if made.panel else self.desks[made.tier]
        granted = yield from reviewer.review(made)
        made.decided = now = int(self.clock.now)
        if granted is None or now >= (grant.expires or 0):
            return
        made.granted, made.starts, made.expires = granted, now, grant.expires
        project.added.append(made)
        group = project.group
        self._balances.most[group] += granted * self.scale
        groups_changed(self.clock.world.state, now, group, group + 1)

    def _begin(self, project: Project, application: Application) -> None:
        """From now on this grant pays."""
        balances, group, now = self._balances, project.group, int(self.clock.now)
        self.close(project)
        project.holds = application
        balances.most[group] = application.granted * self.scale
        balances.spent[group], balances.since[group] = 0, now
        groups_changed(self.clock.world.state, now, group, group + 1)
        self.clock.process(self._expire(project, application))

    def _expire(self, project: Project, application: Application) -> Generator[Event, Any, None]:
        yield self.clock.timeout((application.expires or 0) - int(self.clock.now))
        if project.holds is application:
            self.close(project)
            self._balances.most[project.group] = NOBODY
            now, group = int(self.clock.now), project.group
            groups_changed(self.clock.world.state, now, group, group + 1)

    def close(self, project: Project) -> None:
        """Its grant pays no more: what has been spent of it stands, and then of what was added."""
        if project.holds is None:
            return
        spent = int(self._balances.spent[project.group])
        for each in (project.holds, *project.added):
            each.spent = min(spent, each.granted * self.scale)
            spent -= each.spent
        project.holds = None
        project.added.clear()


def open_office(
    clock: Clock,
    jobs: Jobs,
    machine: int | Machine,
    rule: Rule,
    calendar: Calendar,
    streams: Streams,
) -> Office | None:
    """Let all projects live; None where nobody applies.

    Each project's merits are drawn from a stream of its own.
    """
    said = rule.applications
    if said is None:
        return None
    if isinstance(machine, int):
        units, gpus = 1, machine
    else:
        units, gpus = machine.slices, int(machine.gpus.sum())
    column = rule.holding.index(NAME)
    panels = {
        name: sitting_of(clock, panel, number, gpus)
        for number, (name, panel) in enumerate(said.panels.items())
    }
    desks = {
        name: Desk(clock, tier.review)
        for name, tier in said.tiers.items()
        if isinstance(tier.review, Automatic)
    }
    office = Office(clock, said, gpus, THOUSANDTHS * units, desks, panels)
    office.projects = _projects(office, jobs, column, streams)
    for panel in panels.values():
        clock.process(panel.process(calendar))
    clock.renewals += len(office.projects)
    for project in office.projects:
        clock.process(office.life(project))
    return office


def _projects(office: Office, jobs: Jobs, column: int, streams: Streams) -> list[Project]:
    """All of them; none holds a grant yet."""
    state, found = office.clock.world.state, projects_of(jobs, office.said.classes)
    limits, balances = state.limits, state.limits.balances
    order = np.argsort(found.of_job, kind="stable")
    bounds = np.searchsorted(found.of_job[order], np.arange(len(found) + 1))
    projects = []
    for number, (code, account) in enumerate(zip(found.job_class, found.account, strict=True)):
        members = order[bounds[number] : bounds[number + 1]]
        group = int(limits.group[members[0], column])
        balances.most[group] = NOBODY
        balances.refunds[group] = sum(1 << CAUSES.index(cause) for cause in REFUNDED)
        names = jobs.classes[code], jobs.accounts[account]
        cost = balances.rate[members] * state.columns.walltime[members]
        payable = cost <= largest(office.said, names[0], office.gpus) * office.scale
        mine = members[payable]
        merits = streams.take("applications", "/".join(names))
        submit = state.columns.submit[mine]
        projects.append(Project(number, *names, mine, submit, cost[payable], group, merits))
    return projects
