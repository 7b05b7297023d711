"""Reforms of applications: what becomes of grants, and of what has been applied for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from simulator.engine.verbs_kernel import settle_meters
from simulator.kernels.limits import NONE
from simulator.kernels.state import BUSY
from simulator.rules.applications.models import Automatic

if TYPE_CHECKING:
    from simulator.engine.applications import Office
    from simulator.engine.projects import Project
    from simulator.engine.reviews import Application
    from simulator.kernels.limits import Limits
    from simulator.kernels.state import State
    from simulator.rules.models import Rule


def hand_over(office: Office, rule: Rule, state: State, limits: Limits | None) -> None:
    """Another rule takes over now: let grants go on in its ``limits``, which STATE, that of the
    rule before, does not have yet. Who need not apply any more has none."""
    for process in office.processes:
        if process.is_alive:
            process.interrupt()
    office.processes, now = [], int(office.clock.now)
    before, column = office.projects, office.column
    classes = () if rule.applications is None else rule.applications.classes
    for project in before:
        if project.job_class not in classes:
            _leave(office, project, now)
    stay = [project for project in before if project.job_class in classes]
    groups = [project.group for project in stay]
    office.name_all(rule, limits)
    there = {id(project) for project in stay}
    for project in office.projects:
        if id(project) not in there:
            project.set_out(state, now)
    if limits is not None and stay:
        both = groups, [project.group for project in stay]
        _carry(state, limits, both, (column, office.column), now)


def _leave(office: Office, project: Project, now: int) -> None:
    """It need not apply any more: what it has been granted ends, and what it asks for is moot."""
    made = project.under_way
    if project.made:
        project.made[-1].free = now
    if made is not None and made.decided is None:
        _withdraw(made, now)
    elif made is not None:
        made.expires = made.starts
    if project.holds is not None:
        for each in (project.holds, *project.added):
            each.expires = each.free = now
        office.close(project)
    project.forget()


def _withdraw(made: Application, now: int) -> None:
    made.decided, made.withdrawn = now, True
    made.leave_line(now)


def _carry(
    state: State,
    limits: Limits,
    groups: tuple[list[int], list[int]],
    columns: tuple[int, int],
    now: int,
) -> None:
    """Take over what is left of grants, and who gets back what; before and after."""
    settle_meters(state, now, 0, 0)
    old, new = state.limits.balances, limits.balances
    for had, has in ((old.most, new.most), (old.spent, new.spent), (old.since, new.since)):
        has[groups[1]] = had[groups[0]]
    running = state.running.planned_position[: state.counters[BUSY]]
    both = (state.limits.group[running, columns[0]] != NONE) & (
        limits.group[running, columns[1]] != NONE
    )
    new.paid[running, columns[1]] = np.where(both, old.paid[running, columns[0]], 0)


def take_up(office: Office) -> None:
    """Let those who decide by the rule in force have what is under way."""
    found = []
    for project in office.projects:
        made = project.under_way
        if made is None:
            continue
        made.project = project.number
        # What has been decided stands.
        if made.decided is None and not made.met and _by_new_terms(office, project, made):
            found.append(made)
    for made in found:
        if made.due is not None:
            office.desks[made.tier].go_on_with(made)
    for made in sorted(found, key=lambda each: (each.applied, each.project)):
        if made.due is None:
            office.take_in(made)


def _by_new_terms(office: Office, project: Project, made: Application) -> bool:
    """Let an application be one by the rule in force; whether anybody is to decide on it."""
    now, tier = int(office.clock.now), office.tier_of(project, made)
    fits = True
    if made.adds_to is not None:
        if tier is None or tier.supplement is None:
            _withdraw(made, now)
            project.under_way = None
            return False
        most = tier.supplement.most(office.grants(tier))
    else:
        if tier is None:
            made.tier, fits = _instead(office, project, made.asked)
            tier = office.said.tiers[made.tier]
        most = office.grants(tier)
    made.wanted, made.term = min(made.asked, most), tier.term
    made.panel = "" if isinstance(tier.review, Automatic) else tier.review.panel
    refused = not fits and office.said.beyond == "refuse"
    if made.panel:
        # Its check, if one had begun, is broken off.
        made.reviewed = made.due = None
    if refused or not made.panel:
        made.leave_line(now)
    if refused:
        office.refuse(project, made)
    return not refused


def _instead(office: Office, project: Project, asked: int) -> tuple[str, bool]:
    """The first tier of the project's class that grants so much, or else the largest; and whether
    it does."""
    found, most = "", -1
    for name in office.said.of_class(project.job_class):
        here = office.grants(office.said.tiers[name])
        if asked <= here:
            return name, True
        if here >= most:
            found, most = name, here
    return found, False
