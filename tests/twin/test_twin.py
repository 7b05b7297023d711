"""The engine and the twin give the same schedule, job by job and attempt by attempt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from pairs import pairs, tried

from simulator.cluster.models import MaintenanceWindow
from twin import engine, scenarios, twin
from twin.logs import capacity_of, read_log
from twin.model import TwinJob
from twin.orders import ORDERS

if TYPE_CHECKING:
    from pathlib import Path

BACKFILL_NAMES = ["none", "easy", "k4", "conservative", "earlier"]
BY_NAME: dict[str, dict[str, Any]] = {
    "none": {"backfill": "none"},
    "easy": {"backfill": "easy"},
    "k4": {"backfill": "reservations", "k": 4},
    "conservative": {"backfill": "conservative"},
    "earlier": {"backfill": "conservative", "replan": "earlier"},
}


def _agree(scenario: scenarios.Small) -> None:
    arguments = scenario.arguments()
    assert engine.simulate(**arguments) == twin.simulate(**arguments)


@given(scenarios.scenarios())
@settings(max_examples=50, deadline=None)
def test_small_scenarios_agree(scenario: scenarios.Small) -> None:
    _agree(scenario)


NO_KEPT_PLACES = tuple(each for each in scenarios.BACKFILLS if "replan" not in each)


@given(scenarios.scenarios(backfills=NO_KEPT_PLACES, preempting=True))
@settings(max_examples=30, deadline=None)
def test_preempting_scenarios_agree(scenario: scenarios.Small) -> None:
    _agree(scenario)


@pytest.mark.slow
@given(scenarios.scenarios(backfills=NO_KEPT_PLACES, preempting=True))
@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_many_preempting_scenarios_agree(scenario: scenarios.Small) -> None:
    _agree(scenario)


@tried(30, 80)(scenarios.scenarios(odd=False, outages=False))
def test_tame_scenarios_agree(scenario: scenarios.Small) -> None:
    _agree(scenario)


def test_more_attempts_than_jobs() -> None:
    """A window every 3 s kills 20 jobs each time: the log of attempts must grow in time."""
    jobs = [TwinJob(0, 100, 100, 1)] * 20 + [TwinJob(400, 1, 1, 1)]
    window = MaintenanceWindow(start="2s", duration="1s", every="3s", drain=False)
    _agree(scenarios.Small(jobs, 20, {"order": "fcfs", "backfill": "easy"}, (window,)))


def test_places_that_move_again_and_again() -> None:
    """Every end is early and moves all 60 places: what they leave in the profile must be let go."""
    jobs = [TwinJob(0, 1 + number % 7, 100 + number, 1) for number in range(60)]
    _agree(scenarios.Small(jobs, 1, {"order": "fcfs", **BY_NAME["earlier"]}))


@pytest.mark.slow
@given(scenarios.scenarios())
@settings(max_examples=1_200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_many_small_scenarios_agree(scenario: scenarios.Small) -> None:
    _agree(scenario)


@pytest.mark.parametrize(("order", "backfill"), pairs(list(ORDERS), BACKFILL_NAMES))
def test_head_of_a_real_log_agrees(shared: Path, order: str, backfill: str) -> None:
    jobs = read_log(shared / "traces/norm/kth-5000.swf.gz", limit=600)
    arguments = {"order": order, **BY_NAME[backfill]}
    assert engine.simulate(jobs, 100, **arguments) == twin.simulate(jobs, 100, **arguments)


OTHER_LOGS = ["sdsc5k", "lublin256-5000", "hpc2n-10000"]
CHOICES = {
    f"{order}-{name}": (order, name)
    for order in ("fcfs", "sjf", "wfp3", "f1")
    for name in BACKFILL_NAMES
}


@pytest.mark.slow
@pytest.mark.parametrize(("choice", "trace"), pairs(CHOICES, OTHER_LOGS))
def test_heads_of_other_logs_agree(shared: Path, trace: str, choice: tuple[str, str]) -> None:
    order, backfill = choice
    jobs = read_log(shared / f"traces/norm/{trace}.swf.gz", limit=1500)
    arguments = {"capacity": capacity_of(trace), "order": order, **BY_NAME[backfill]}
    assert engine.simulate(jobs, **arguments) == twin.simulate(jobs, **arguments)
