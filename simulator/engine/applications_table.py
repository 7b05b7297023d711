"""What became of all applications, as the table of ``simulator.results.schema``."""

from __future__ import annotations

from bisect import bisect_left

import pyarrow as pa

from simulator.engine.applications import Office
from simulator.engine.projects import Project
from simulator.engine.reviews import Application
from simulator.engine.tables import Attempts
from simulator.results.schema import ADDS_TO, APPLICATIONS, LINES
from simulator.rules.models import Rule

Row = dict[str, object]


def _row(project: Project, made: Application, first_gpu: int | None, scale: int) -> Row:
    same = ("number", "tier", "panel", "asked", "applied", "reviewed", "decided", "outcome")
    return {
        "project": project.account,
        "job_class": project.job_class,
        **{name: getattr(made, name) for name in same},
        "granted": made.granted,
        "starts": made.starts,
        "expires": made.expires,
        "spent": made.spent / scale,
        "first_gpu": first_gpu,
        "adds_to": None if made.adds_to is None else made.adds_to.number,
        "lines": made.lines,
    }


def _rows(project: Project, starts: list[int], scale: int) -> list[Row]:
    """``starts``: of all attempts of its jobs, ascending: each is paid by the latest grant, and
    what has been added to it, or needs none since a reform."""
    rows, following = list[Row](), len(starts)
    for made in reversed(project.made):
        first, times = None, [each for each in (made.starts, made.free) if each is not None]
        if times:
            place = bisect_left(starts, min(times))
            first = starts[place] if place < following else None
            following = min(place, following) if made.adds_to is None else following
        rows.append(_row(project, made, first, scale))
    return rows[::-1]


def applications_table(office: Office | None, rule: Rule, attempts: Attempts) -> pa.Table:
    """One row an application, by project, then by number; none where nobody applies."""
    if office is None:
        return APPLICATIONS.empty_table()
    projects = sorted(office.known.values(), key=lambda project: int(project.members[0]))
    owner = {
        position: place
        for place, project in enumerate(projects)
        for position in project.members.tolist()
    }
    starts: list[list[int]] = [[] for _ in projects]
    pairs = zip(attempts.position.tolist(), attempts.start.tolist(), strict=True)
    for position, start in sorted(pairs, key=lambda pair: pair[1]):
        if position in owner:
            starts[owner[position]].append(start)
    rows = []
    for project, began in zip(projects, starts, strict=True):
        office.close(project)
        rows += _rows(project, began, office.scale)
    schema = _schema(rule)
    columns = [
        pa.array([row[each.name] for row in rows], pa.string()).dictionary_encode().cast(each.type)
        if pa.types.is_dictionary(each.type)
        else pa.array([row[each.name] for row in rows], each.type)
        for each in schema
    ]
    return pa.table(columns, schema=schema)


def _schema(rule: Rule) -> pa.Schema:
    """The columns that there are under a rule and its reforms."""
    said = [era.applications for _, era in rule.eras if era.applications is not None]
    added = any(tier.supplement for each in said for tier in each.tiers.values())
    schema = APPLICATIONS.append(ADDS_TO) if added else APPLICATIONS
    return schema.append(LINES) if rule.reforms else schema
