"""Projects that apply for GPU-time, are granted it and lose what is left of it: SimPy processes."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil
from typing import Any

import numpy as np
from simpy.events import Event, Process

from simulator.cluster.machine import Machine
from simulator.engine.budgets import IDLE
from simulator.engine.charges import Calendar
from simulator.engine.clock import At, Clock, until_interrupted
from simulator.engine.projects import Key, Project, projects_under
from simulator.engine.reviews import LATE, LOOK, Application, Desk, Sitting, sitting_of
from simulator.engine.verbs_kernel import groups_changed, settle_meters
from simulator.fields import part_of
from simulator.kernels.limits import NOBODY, NONE, Balances, Limits
from simulator.results.schema import CAUSES
from simulator.rules.applications.models import NAME, Applications, Automatic, Supplement, Tier
from simulator.rules.applications.projects import THOUSANDTHS
from simulator.rules.models import Rule
from simulator.streams import Streams
from simulator.workload.columns import Jobs

REFUNDED = ("maintenance", "loss", "failure", "preemption")
"""Causes for which a job gets back what it used and must do again, as of a budget."""


@dataclass
class Office:
    """Who applies, where, and who decides."""

    clock: Clock
    jobs: Jobs
    calendar: Calendar
    streams: Streams
    gpus: int
    """Of the machine."""
    scale: int
    """Thousandths of unit-seconds in a GPU-second."""
    said: Applications
    """By the rule in force, or, where that has none, by the last or the first one that has."""
    column: int = NONE
    """Of projects in the limits; NONE where nobody need apply."""
    projects: list[Project] = field(default_factory=list)
    """Who must apply now."""
    known: dict[Key, Project] = field(default_factory=dict)
    """Who must, or had to."""
    desks: dict[str, Desk] = field(default_factory=dict)
    """By tier."""
    panels: dict[str, Sitting] = field(default_factory=dict)
    processes: list[Process] = field(default_factory=list)
    """That a reform ends."""

    @property
    def _balances(self) -> Balances:
        return self.clock.world.state.limits.balances

    @property
    def _settled(self) -> Balances:
        """What has been spent until now by those, too, who run beyond what was paid for."""
        settle_meters(self.clock.world.state, int(self.clock.now), 0, 0)
        return self._balances

    def name_all(self, rule: Rule, limits: Limits | None) -> None:
        """Let all projects of a rule be those that must apply; none is paid for in ``limits``."""
        self.projects, self.column = [], NONE
        if rule.applications is None or limits is None:
            return
        self.said, self.column = rule.applications, rule.holding.index(NAME)
        groups_of = self.jobs, limits, self.column, self.known
        self.projects = projects_under(self.said, *groups_of, self.streams, self.gpus, self.scale)
        groups = [project.group for project in self.projects]
        limits.balances.most[groups] = NOBODY
        limits.balances.refunds[groups] = sum(1 << CAUSES.index(cause) for cause in REFUNDED)
        for number, project in enumerate(self.projects):
            project.number = number

    def open(self) -> None:
        """Let panels meet and all projects live, if anybody must apply."""
        if self.column == NONE:
            return
        self.panels = {
            name: sitting_of(self.clock, panel, number, self.gpus)
            for number, (name, panel) in enumerate(self.said.panels.items())
        }
        self.desks = {
            name: Desk(self.clock, tier.review)
            for name, tier in self.said.tiers.items()
            if isinstance(tier.review, Automatic)
        }
        lives = [
            *(panel.process(self.calendar) for panel in self.panels.values()),
            *(self.life(project) for project in self.projects),
        ]
        self.processes = [self.clock.process(until_interrupted(each)) for each in lives]
        self.clock.renewals += len(self.projects)

    def life(self, project: Project) -> Generator[Event, Any, None]:
        """The process of a project: it looks whether it wants to compute, and applies."""
        while True:
            if project.under_way is not None:
                yield from self._see_through(project, project.under_way)
                continue
            look, more = self._next_look(project)
            if look is None:
                break
            yield At(self.clock, look, LOOK + project.number)
            if more is not None and project.holds is not None:
                self._look_for_more(project, project.holds, more)
            elif not self._wants(project):
                project.latest = None
                project.note_who_runs(self.clock.world.state, int(self.clock.now))
            elif self._will_never_start(project):
                break
            else:
                self._apply(project)
        self.clock.renewals -= 1

    def tier_of(self, project: Project, made: Application) -> Tier | None:
        """The tier of an application; None where the rule in force has none of that name for such
        projects."""
        known = self.said.of_class(project.job_class)
        return self.said.tiers[made.tier] if made.tier in known else None

    def _next_look(self, project: Project) -> tuple[int | None, Supplement | None]:
        """When it looks next, if at all; and whether what it may want then is more."""
        latest, now = project.latest, int(self.clock.now)
        if latest is None:
            return self._look_by_jobs(project, now), None
        tier, renewal = self.tier_of(project, latest), max(now, project.until - self.said.ahead)
        if tier is None:
            return renewal, None
        if latest.starts is None:
            again = None if tier.again is None else max(now, (latest.decided or 0) + tier.again)
            return again, None
        said = tier.supplement
        if said is not None and latest is project.holds and project.more < said.at_most:
            last = (latest.expires or 0) - (self.said.ahead if tier.renew else 0)
            begun, after = latest.starts, max(project.marked, now - 1)
            look = begun + ((after - begun) // said.every + 1) * said.every
            if look < last:
                return look, said
        return (renewal if tier.renew else None), None

    def _look_by_jobs(self, project: Project, now: int) -> int | None:
        """When a job may want a grant next: one that comes, or one that ran and is stopped."""
        coming = project.coming(now)
        looks = [] if coming is None else [max(coming - self.said.ahead, now)]
        if project.stops is not None:
            looks.append(max(project.stops, now))
        return min(looks, default=None)

    def _wants(self, project: Project) -> bool:
        now = int(self.clock.now)
        coming = project.coming(now)
        soon = coming is not None and coming <= now + self.said.ahead
        return soon or len(project.waiting(self.clock.world.state)) > 0

    def _will_never_start(self, project: Project) -> bool:
        """Whether nothing has happened for so many applications that nothing will."""
        before, project.started = project.started, self.clock.started()
        idle = self.clock.is_empty() and before == project.started
        project.idle = project.idle + 1 if idle else 0
        return project.idle > IDLE

    def _needs(self, project: Project, term: int) -> int:
        """What its jobs need that wait, and that come until the end of the term, GPU-s."""
        now = int(self.clock.now)
        waiting, coming = project.waiting(self.clock.world.state), project.coming(now)
        begin = max(project.until, now if len(waiting) or coming is None else coming)
        first, last = np.searchsorted(project.submit, [now, begin + term])
        cost = int(project.cost[waiting].sum()) + int(project.cost[first:last].sum())
        return ceil(Fraction(repr(self.said.margin)) * cost / self.scale)

    def grants(self, tier: Tier) -> int:
        """The most that a tier grants, GPU-s."""
        return part_of(tier.up_to, self.gpus * tier.term)

    def _application(self, project: Project) -> tuple[Application, bool]:
        """What it asks for and where, and whether that is more than its tiers grant."""
        asked, tier, most, fits = 0, "", -1, False
        for name in self.said.of_class(project.job_class):
            here = self.grants(self.said.tiers[name])
            needs = self._needs(project, self.said.tiers[name].term)
            fits = needs <= here
            if fits or here >= most:
                asked, tier, most = needs, name, here
            if fits:
                break
        return self._made(project, tier, asked, most), not fits

    def _made(
        self, project: Project, tier: str, asked: int, most: int, to: Application | None = None
    ) -> Application:
        """Note what a project applies for in a tier; ``most``: that it grants."""
        said, now = self.said.tiers[tier], int(self.clock.now)
        asked = max(asked, most) if said.asks == "up_to" else asked
        panel = "" if isinstance(said.review, Automatic) else said.review.panel
        what = tier, panel, asked, now, min(asked, most), said.term
        merit, number = float(project.merits.random()), len(project.made)
        made = Application(project.number, number, *what, merit, to)
        project.made.append(made)
        return made

    def _apply(self, project: Project) -> None:
        """It applies for a grant."""
        made, beyond = self._application(project)
        if beyond and self.said.beyond == "refuse":
            self.refuse(project, made)
        else:
            project.under_way = made
            self.take_in(made)

    def refuse(self, project: Project, made: Application) -> None:
        """It is granted nothing."""
        made.decided = int(self.clock.now)
        project.under_way = None
        if made.adds_to is None:
            project.latest = made
        else:
            project.marked = made.decided

    def take_in(self, made: Application) -> None:
        """Let those who decide on it have it."""
        (self.panels[made.panel] if made.panel else self.desks[made.tier]).take_in(made)

    def _look_for_more(self, project: Project, grant: Application, said: Supplement) -> None:
        """It looks whether it wants more than its grant, and applies for that."""
        project.marked = int(self.clock.now)
        asked = self._lacks(project, grant, said)
        if asked <= 0:
            return
        project.more += 1
        most = said.most(self.grants(self.said.tiers[grant.tier]))
        project.under_way = self._made(project, grant.tier, asked, most, grant)
        self.take_in(project.under_way)

    def _lacks(self, project: Project, grant: Application, said: Supplement) -> int:
        """What its jobs need beyond what is left of its grant until that ends, GPU-s; 0 if it has
        not used enough of it to want more, or has no job that waits or comes soon."""
        now, spent = int(self.clock.now), int(self._settled.spent[project.group])
        granted = sum(each.granted for each in (grant, *project.added)) * self.scale
        if spent < Fraction(repr(said.used)) * granted or not self._wants(project):
            return 0
        first, last = np.searchsorted(project.submit, [now, grant.expires or 0])
        waiting = project.waiting(self.clock.world.state)
        cost = int(project.cost[waiting].sum()) + int(project.cost[first:last].sum())
        needs = Fraction(repr(self.said.margin)) * cost
        return max(ceil((needs - (granted - spent)) / self.scale), 0)

    def _see_through(self, project: Project, made: Application) -> Generator[Event, Any, None]:
        """What is under way, until it has been decided on and, if it is a grant, begins."""
        if made.decided is None:
            if made.due is None and made.turn is not None:
                yield made.turn
            yield self.clock.timeout((made.due or 0) - int(self.clock.now))
            word = made.word if made.met else self.desks[made.tier].word_on(made)
            late = made.adds_to is not None and self.clock.now >= (made.adds_to.expires or 0)
            if word is None or late:
                self.refuse(project, made)
                return
            self._grant(project, made, word)
        if made.adds_to is None:
            yield self.clock.timeout((made.starts or 0) - int(self.clock.now))
            self._begin(project, made)
        project.under_way = None

    def _grant(self, project: Project, made: Application, word: int) -> None:
        """So much is granted: it begins when the earlier grant ends, or is added to it."""
        made.decided = now = int(self.clock.now)
        made.granted = word
        if made.adds_to is None:
            made.starts = max(now, project.until)
            made.expires = project.until = made.starts + made.term
            return
        made.starts, made.expires = now, made.adds_to.expires
        project.added.append(made)
        project.marked, group = now, project.group
        self._balances.most[group] += word * self.scale
        groups_changed(self.clock.world.state, now, group, group + 1)

    def _begin(self, project: Project, made: Application) -> None:
        """From now on this grant pays."""
        balances, group, now = self._settled, project.group, int(self.clock.now)
        self.close(project)
        project.holds = project.latest = made
        project.more, project.marked = 0, now
        balances.most[group] = made.granted * self.scale
        balances.spent[group], balances.since[group] = 0, now
        groups_changed(self.clock.world.state, now, group, group + 1)
        self.clock.process(self._expire(project, made))

    def _expire(self, project: Project, made: Application) -> Generator[Event, Any, None]:
        # Behind all else: another grant may begin in that second.
        yield At(self.clock, made.expires or 0, LATE)
        if project.holds is made:
            self.close(project)
            self._balances.most[project.group] = NOBODY
            now, group = int(self.clock.now), project.group
            groups_changed(self.clock.world.state, now, group, group + 1)

    def close(self, project: Project) -> None:
        """Its grant pays no more: what has been spent of it stands, and then of what was added."""
        if project.holds is None:
            return
        spent = int(self._settled.spent[project.group])
        for each in (project.holds, *project.added):
            each.spent = min(spent, each.granted * self.scale)
            spent -= each.spent
        project.holds = None
        project.added.clear()


def office_of(
    clock: Clock, jobs: Jobs, machine: int | Machine, rule: Rule, calendar: Calendar,
    streams: Streams,
) -> Office | None:  # fmt: skip
    """Where projects apply under a rule or one of its reforms; None where they never do."""
    said = [era.applications for _, era in rule.eras if era.applications is not None]
    if not said:
        return None
    if isinstance(machine, int):
        units, gpus = 1, machine
    else:
        units, gpus = machine.slices, int(machine.gpus.sum())
    return Office(clock, jobs, calendar, streams, gpus, THOUSANDTHS * units, said[0])
