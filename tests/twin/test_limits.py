"""Limits: the engine holds back, passes over and refuses whom the twin does, on pools."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from twin import engine, scenarios, twin
from twin.bounds import bounds
from twin.limits import Asks
from twin.preemption import RANKED


def _agree(scenario: scenarios.Small, data: st.DataObject) -> None:
    assume(scenario.rule.get("replan") != "earlier")
    users = data.draw(st.lists(st.integers(0, 7), min_size=25, max_size=25))
    jobs = [replace(job, user=user) for job, user in zip(scenario.jobs, users, strict=False)]

    def asks() -> list[Asks]:
        return [
            Asks(
                job.user,
                f"class{job.user // 4}" if job.rank is None else RANKED[job.rank],
                job.size,
                job.walltime,
            )
            for job in jobs
        ]

    overrun = scenario.rule.get("overrun", "kill")
    limits = data.draw(bounds(asks, overrun=overrun))
    arguments = scenario.arguments() | {"jobs": jobs, "bounds": limits}
    assert engine.simulate(**arguments) == twin.simulate(**arguments)


@given(scenarios.scenarios(), st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_limits_agree(scenario: scenarios.Small, data: st.DataObject) -> None:
    _agree(scenario, data)


@pytest.mark.slow
@given(scenarios.scenarios(), st.data())
@settings(max_examples=2_000, deadline=None, suppress_health_check=list(HealthCheck))
def test_limits_agree_at_length(scenario: scenarios.Small, data: st.DataObject) -> None:
    _agree(scenario, data)
