"""What holds of every schedule of the engine, whatever the rule."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pairs import tried

from simulator.cluster.models import CapacityLoss, MaintenanceWindow
from twin import engine
from twin.scenarios import Small, scenarios

if TYPE_CHECKING:
    from twin.model import Outcome

SOME = tried(8, 40)
LAST = ("completed", "killed", "failed")


def _left_the_queue(outcome: Outcome) -> int:
    """When it first started, or was taken back, or at once if it was refused."""
    left = outcome.end if outcome.start is None else outcome.start
    return 0 if left is None else left


def _held(scenario: Small, found: list[Outcome], time: int) -> int:
    """Units held just after ``time``; a job of no length holds its units for its pass alone."""
    return sum(
        job.size
        for job, outcome in zip(scenario.jobs, found, strict=True)
        for start, end, _ in outcome.attempts
        if start <= time < end
    )


@SOME(scenarios())
def test_capacity_is_never_exceeded(scenario: Small) -> None:
    run = engine.replay(**scenario.arguments())
    found = engine.simulate(**scenario.arguments())
    up = [(event["time"], event["capacity"]) for event in run.events.to_pylist()]
    assert all(0 <= units <= scenario.capacity for _, units in up)
    starts = {start for outcome in found for start, _, _ in outcome.attempts}
    for time in starts | {time for time, _ in up}:
        now_up = [units for since, units in up if since <= time][-1]
        assert _held(scenario, found, time) <= now_up


@SOME(scenarios())
def test_no_job_is_lost_or_run_twice(scenario: Small) -> None:
    for job, outcome in zip(scenario.jobs, engine.simulate(**scenario.arguments()), strict=True):
        reasons = [reason for _, _, reason in outcome.attempts]
        assert (outcome.state == "refused") == (job.size > scenario.capacity)
        if outcome.state in LAST:
            assert reasons == ["requeued"] * (len(reasons) - 1) + [outcome.state]
        elif outcome.state == "cancelled":
            assert outcome.end == max(job.cancelled_at or 0, job.submit)
            assert set(reasons[:-1]) <= {"requeued"}
            assert set(reasons) <= {"requeued", "cancelled"}
        else:
            assert outcome.state in ("refused", "unfinished")
            assert set(reasons) <= {"requeued"}
        free_from = job.submit
        for start, end, _ in outcome.attempts:
            assert free_from <= start <= end
            free_from = end


@SOME(scenarios())
def test_work_is_conserved(scenario: Small) -> None:
    run = engine.replay(**scenario.arguments())
    held: dict[int, int] = {}
    for attempt in run.attempts.to_pylist():
        job = scenario.jobs[attempt["position"]]
        length = attempt["end"] - attempt["start"]
        assert attempt["gpu_seconds"] == job.size * length
        held[attempt["position"]] = held.get(attempt["position"], 0) + job.size * length
        if attempt["reason"] == "completed":
            assert length == job.run_time
        if attempt["reason"] == "killed":
            assert length == job.walltime < job.run_time
    for position, row in enumerate(run.jobs.to_pylist()):
        assert row["charge"] == held.get(position, 0)


@SOME(scenarios(("fcfs",), ({"backfill": "none"}, {"backfill": "easy"}), outages=False))
def test_the_head_never_waits_where_it_fits(scenario: Small) -> None:
    found = engine.simulate(**scenario.arguments())
    jobs = list(zip(scenario.jobs, found, strict=True))
    for time in {job.submit for job, _ in jobs} | {outcome.end for _, outcome in jobs}:
        waiting = [
            job
            for job, outcome in jobs
            if time is not None and job.submit <= time < _left_the_queue(outcome)
        ]
        if waiting:
            assert waiting[0].size > scenario.capacity - _held(scenario, found, time or 0)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"backfill": "easy"}, {"backfill": "reservations", "k": 1}),
        ({"backfill": "conservative"}, {"backfill": "reservations", "k": 1000}),
    ],
    ids=["one reservation is EASY", "reservations without end are conservative"],
)
@given(data=st.data())
@settings(max_examples=30, deadline=None)
def test_reservations_at_both_ends(
    data: st.DataObject, one: dict[str, Any], other: dict[str, Any]
) -> None:
    scenario = data.draw(scenarios(backfills=(one,)))
    as_other = replace(scenario, rule=scenario.rule | other)
    assert engine.simulate(**scenario.arguments()) == engine.simulate(**as_other.arguments())


def _later(scenario: Small, shift: int) -> Small:
    def moved(outage: Any, name: str) -> dict[str, Any]:
        # The models read durations with their unit.
        fields = outage.model_dump() | {name: getattr(outage, name) + shift}
        times = ("start", "duration", "every", "announced", "at")
        return {
            key: f"{value}s" if key in times and value is not None else value
            for key, value in fields.items()
        }

    return replace(
        scenario,
        jobs=[
            replace(
                job,
                submit=job.submit + shift,
                cancelled_at=None if job.cancelled_at is None else job.cancelled_at + shift,
            )
            for job in scenario.jobs
        ],
        windows=tuple(MaintenanceWindow(**moved(each, "start")) for each in scenario.windows),
        losses=tuple(CapacityLoss(**moved(each, "at")) for each in scenario.losses),
    )


@SOME(scenarios(), st.sampled_from([1, 1000, 10**9]))
def test_a_shift_of_time_shifts_the_schedule(scenario: Small, shift: int) -> None:
    here = engine.simulate(**scenario.arguments())
    there = engine.simulate(**_later(scenario, shift).arguments())
    for one, other in zip(here, there, strict=True):
        assert one.state == other.state
        assert [(start + shift, end + shift, why) for start, end, why in one.attempts] == (
            other.attempts
        )


@SOME(scenarios(outages=False), st.data())
def test_what_comes_later_changes_nothing_before(scenario: Small, data: st.DataObject) -> None:
    count = data.draw(st.integers(0, len(scenario.jobs)))
    whole = engine.simulate(**scenario.arguments())
    part = engine.simulate(**replace(scenario, jobs=scenario.jobs[:count]).arguments())
    until = scenario.jobs[count].submit if count < len(scenario.jobs) else 10**9
    for one, other in zip(part, whole[:count], strict=True):
        if one.start is not None and one.start < until:
            assert one.start == other.start
