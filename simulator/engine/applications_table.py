"""What became of all applications, as the table of ``simulator.results.schema``."""

from __future__ import annotations

from bisect import bisect_left

import pyarrow as pa

from simulator.engine.applications import Office, Project
from simulator.engine.reviews import Application
from simulator.engine.tables import Attempts
from simulator.results.schema import ADDS_TO, APPLICATIONS

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
    }


def _rows(project: Project, starts: list[int], scale: int) -> list[Row]:
    """``starts``: of all attempts of its jobs, ascending: each is paid by the latest grant, and
    what has been added to it."""
    rows, following = list[Row](), len(starts)
    for made in reversed(project.made):
        first = None
        if made.starts is not None:
            place = bisect_left(starts, made.starts)
            first = starts[place] if place < following else None
            following = min(place, following) if made.adds_to is None else following
        rows.append(_row(project, made, first, scale))
    return rows[::-1]


def applications_table(office: Office | None, attempts: Attempts) -> pa.Table:
    """One row an application, by project, then by number; none where nobody applies."""
    if office is None:
        return APPLICATIONS.empty_table()
    owner = {
        position: project.number
        for project in office.projects
        for position in project.jobs.tolist()
    }
    starts: list[list[int]] = [[] for _ in office.projects]
    pairs = zip(attempts.position.tolist(), attempts.start.tolist(), strict=True)
    for position, start in sorted(pairs, key=lambda pair: pair[1]):
        if position in owner:
            starts[owner[position]].append(start)
    rows = []
    for project in office.projects:
        office.close(project)
        rows += _rows(project, starts[project.number], office.scale)
    supplements = any(tier.supplement for tier in office.said.tiers.values())
    schema = APPLICATIONS.append(ADDS_TO) if supplements else APPLICATIONS
    columns = [
        pa.array([row[each.name] for row in rows], pa.string()).dictionary_encode().cast(each.type)
        if pa.types.is_dictionary(each.type)
        else pa.array([row[each.name] for row in rows], each.type)
        for each in schema
    ]
    return pa.table(columns, schema=schema)
