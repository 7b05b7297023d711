"""Applications: projects apply, are granted and compute when the twin says, on pools."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.engine.run import Outcome
from twin import engine, scenarios, twin
from twin.applications import Paper
from twin.bounds import bounds
from twin.limits import Bounds
from twin.schemes import schemes
from twin.test_limits import PREEMPTING, _asks

TOLD = ("project", "job_class", "number", "tier", "panel", "asked", "applied", "decided")
TOLD += ("outcome", "granted", "starts")


def papers_of(found: Outcome) -> list[tuple[Any, ...]]:
    """The engine's applications, as they stood before the run's last instant."""
    rows = []
    for row in found.applications.to_pylist():
        if row["applied"] >= found.finish:
            continue
        if row["decided"] is None or row["decided"] >= found.finish:
            row |= {"decided": None, "outcome": "waiting", "granted": 0, "starts": None}
        rows.append((*(row[name] for name in TOLD), row.get("adds_to")))
    return sorted(rows, key=lambda row: row[:3])


def papers_told(papers: list[Paper], finish: int) -> list[tuple[Any, ...]]:
    """The twin's, likewise."""
    told = (paper.told(finish) for paper in papers)
    return sorted((each for each in told if each is not None), key=lambda row: row[:3])


def _agree(scenario: scenarios.Small, data: st.DataObject) -> None:
    rule = dict(scenario.rule)
    if "preemption" in rule:
        rule["preemption"] = replace(rule["preemption"], grace=0)
    users = data.draw(st.lists(st.integers(0, 7), min_size=25, max_size=25))
    jobs = [replace(job, user=user) for job, user in zip(scenario.jobs, users, strict=False)]
    asks = _asks(jobs)
    scheme = data.draw(schemes(sorted({each.job_class for each in asks})))
    limits = Bounds((), asks, scheme=scheme)
    if data.draw(st.integers(0, 3)) == 0:
        said = {"overrun": rule["overrun"], "kept": rule.get("replan") == "earlier"}
        found = data.draw(bounds(lambda: asks, scenario.capacity, dated=False, **said))
        limits = replace(found, scheme=scheme, holds="job")
    arguments = scenario.arguments() | rule | {"jobs": jobs, "bounds": limits}
    told = engine.replay(**arguments)
    assert engine.outcomes(told) == twin.simulate(**arguments)
    assert papers_of(told) == papers_told(limits.papers, told.finish)


@given(scenarios.scenarios(), st.data())
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
def test_applications_agree(scenario: scenarios.Small, data: st.DataObject) -> None:
    _agree(scenario, data)


@given(PREEMPTING, st.data())
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
def test_applications_agree_where_jobs_stop_others(
    scenario: scenarios.Small, data: st.DataObject
) -> None:
    _agree(scenario, data)


@pytest.mark.slow
@given(scenarios.scenarios() | PREEMPTING, st.data())
@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
def test_applications_agree_at_length(scenario: scenarios.Small, data: st.DataObject) -> None:
    _agree(scenario, data)
