"""Runs in which a clause is lifted for one job from its submission on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from twin import scenarios
from twin.engine import columns
from twin.model import TwinJob

from explain.probing import examine_at, on_pool
from simulator.cluster.models import CapacityLoss
from simulator.engine import run
from simulator.engine.probe.lifts import LIMIT, ORDER, PLAN
from simulator.engine.probe.otherwise import otherwise
from simulator.rules.models import Rule

if TYPE_CHECKING:
    from twin.scenarios import Small

    from explain.probing import Replay

FEW = settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))


def starts(replay: Replay, clause: str, position: int, units: int) -> list[int | None]:
    """First starts of all jobs in the run with the clause lifted for this one."""
    found: list[int | None] = (
        replay(watch=otherwise(clause, position, units)).jobs["start"].to_pylist()
    )
    return found


def longest_waiting(replay: Replay) -> dict[str, int]:
    """The row of the job that waited longest for its start, with its position."""
    jobs = replay().jobs.to_pylist()
    waited = [row | {"position": at} for at, row in enumerate(jobs) if row["start"] is not None]
    return max(waited, key=lambda row: row["wait"], default={})


@given(scenarios.scenarios())
@FEW
def test_who_is_let_in_as_soon_as_it_fits_starts_no_later(scenario: Small) -> None:
    """Until it starts nothing is otherwise, and at that pass the plan alone blocked it."""
    replay, units = on_pool(scenario)
    job = longest_waiting(replay)
    if not job:
        return
    start = starts(replay, PLAN, job["position"], units)[job["position"]]
    assert start is not None
    assert start <= job["start"]
    if start < job["start"]:
        assert examine_at(replay, units, job["position"], start) == (PLAN,)


@given(scenarios.scenarios(backfills=({"backfill": "none"},), outages=False))
@FEW
def test_the_first_in_the_order_waits_for_those_who_run_alone(scenario: Small) -> None:
    """Where nobody overtakes it starts when enough of what ran at its submission has ended."""
    replay, units = on_pool(scenario)
    job = longest_waiting(replay)
    if not job or job["restarts"]:
        return
    start = starts(replay, ORDER, job["position"], units)[job["position"]]
    ran = [
        (row["end"], row["gpu_seconds"] // max(row["end"] - row["start"], 1))
        for row in replay().attempts.to_pylist()
        if row["start"] < job["submit"] < row["end"]
    ]
    free, when = units - sum(gpus for _, gpus in ran), job["submit"]
    for end, gpus in sorted(ran):
        if free < job["gpus"]:
            free, when = free + gpus, end
    assert start == when


def test_without_its_limit_a_job_starts_when_it_fits() -> None:
    """One job of a user at a time: the second waits for the first, and would start at once."""
    jobs = [TwinJob(0, 50, 50, 1, user=0), TwinJob(5, 10, 10, 1, user=0)]
    rule = Rule.model_validate({"limits": {"one": {"per": "user", "jobs": 1}}})

    def replay(**more: object) -> run.Outcome:
        return run.replay(columns(jobs), 4, rule, **more)

    assert replay().jobs["start"].to_pylist() == [0, 50]
    assert starts(replay, LIMIT, 1, 4) == [0, 5]


def test_who_is_exempt_is_looked_at_and_not_among_the_first() -> None:
    """The third fits at once, and is looked at if no limit concerns it, or the second before it."""
    jobs = [
        TwinJob(0, 50, 50, 3, user=5),
        TwinJob(5, 50, 50, 4, user=0),
        TwinJob(6, 10, 10, 1, user=0),
    ]
    rule = Rule.model_validate({"limits": {"first": {"per": "user", "eligible": 1}}})

    def replay(**more: object) -> run.Outcome:
        return run.replay(columns(jobs), 4, rule, **more)

    assert replay().jobs["start"].to_pylist() == [0, 50, 100]
    assert starts(replay, LIMIT, 2, 4) == [0, 50, 6]
    assert starts(replay, LIMIT, 1, 4) == [0, 50, 6]


def test_where_nobody_overtakes_it_starts_when_it_fits() -> None:
    """One of four units is free from the first; the second job waits for three until 100.

    The third takes the free one at 20 in its turn, and is done when the second can start.
    """
    jobs = [TwinJob(0, 100, 100, 3), TwinJob(10, 100, 100, 3), TwinJob(20, 50, 50, 1)]

    def replay(**more: object) -> run.Outcome:
        return run.replay(columns(jobs), 4, Rule.model_validate({"backfill": "none"}), **more)

    assert replay().jobs["start"].to_pylist() == [0, 100, 100]
    assert starts(replay, PLAN, 2, 4) == [0, 100, 20]
    assert starts(replay, ORDER, 2, 4) == [0, 100, 20]


def test_others_follow_from_what_is_lifted() -> None:
    """Under EASY the third job, first in the order, takes the second one's room.

    Four units; the first holds three until 100. The second needs three, so it has 100 as its
    time, and one unit is left over then. The third needs one for 200 s and takes it at 20 as it
    is. The fourth needs one for 200 s too: none is left, so it waits for 100, and starts at 200
    beside the third when the second has gone. First in the order it waits for nobody: at 30 no
    unit is free, at 100 three are; it takes one, so that the second has not enough until 220.
    """
    jobs = [
        TwinJob(0, 100, 100, 3),
        TwinJob(10, 100, 100, 3),
        TwinJob(20, 200, 200, 1),
        TwinJob(30, 200, 200, 1),
    ]

    def replay(**more: object) -> run.Outcome:
        return run.replay(columns(jobs), 4, Rule(), **more)

    assert replay().jobs["start"].to_pylist() == [0, 100, 20, 200]
    assert starts(replay, ORDER, 3, 4) == [0, 220, 20, 100]
    assert starts(replay, PLAN, 3, 4) == [0, 100, 20, 200]


def test_a_clause_stays_lifted_when_a_job_waits_again() -> None:
    """Two units of four go from 20 to 40, and with them the second job, which started last.

    Behind the third it would wait for both others as it is; first in the order it starts when the
    units are back.
    """
    jobs = [TwinJob(0, 100, 100, 2), TwinJob(1, 50, 50, 2), TwinJob(5, 60, 60, 4)]
    loss = CapacityLoss(at="20s", units=2, duration="20s")

    def replay(**more: object) -> run.Outcome:
        rule = Rule.model_validate({"ordering": "largest", "backfill": "none"})
        return run.replay(columns(jobs), 4, rule, losses=[loss], **more)

    assert replay().jobs["queued"].to_pylist() == [0, 140, 95]
    assert replay(watch=otherwise(ORDER, 1, 4)).jobs["queued"].to_pylist() == [0, 20, 95]
