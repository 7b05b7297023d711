"""Applications: projects apply, are granted and compute when the twin says, on nodes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twin.limits import Bounds
from twin.nodes import engine, scenarios, twin
from twin.nodes.test_limits import PLAIN, PREEMPTING, SUSPENDING, _asks
from twin.schemes import schemes
from twin.test_applications import papers_of, papers_told


def _agree(scenario: scenarios.Small, data: st.DataObject) -> None:
    users = data.draw(st.lists(st.integers(0, 7), min_size=40, max_size=40))
    jobs = [replace(job, user=user) for job, user in zip(scenario.jobs, users, strict=False)]
    rule = scenario.rule
    if rule.preemption:
        rule = replace(rule, preemption=replace(rule.preemption, grace=0))
    slices = engine.machine(scenario.nodes).slices
    asks = _asks(jobs, scenario)
    scheme = data.draw(schemes(sorted({each.job_class for each in asks}), slices))
    limits = Bounds((), asks, scheme=scheme)
    arguments = scenario.arguments() | {"jobs": jobs, "rule": rule}
    found = engine.replay(**arguments, served=limits.settings(slices))
    assert engine.outcomes(found) == twin.simulate(**arguments, bounds=limits)
    assert papers_of(found) == papers_told(limits.papers, found.finish)


@given(PLAIN, st.data())
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
def test_applications_agree(scenario: scenarios.Small, data: st.DataObject) -> None:
    _agree(scenario, data)


@given(PREEMPTING, st.data())
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
def test_applications_agree_where_jobs_stop_others(
    scenario: scenarios.Small, data: st.DataObject
) -> None:
    _agree(scenario, data)


@given(SUSPENDING, st.data())
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
def test_applications_agree_where_jobs_are_suspended(
    scenario: scenarios.Small, data: st.DataObject
) -> None:
    _agree(scenario, data)


@pytest.mark.slow
@given(PLAIN | PREEMPTING | SUSPENDING, st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_applications_agree_at_length(scenario: scenarios.Small, data: st.DataObject) -> None:
    _agree(scenario, data)
