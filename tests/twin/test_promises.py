"""A promise is the planned start of a job in one pass.

The plans are the twin's, whose schedules are the engine's; the engine keeps what they promise.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from hypothesis import strategies as st
from pairs import tried

from twin import engine, twin
from twin.model import TwinJob
from twin.scenarios import STATIC_ORDERS, Small, scenarios

if TYPE_CHECKING:
    from twin.model import Outcome
    from twin.scheduler import Plan

SOME = tried(8, 40)
PLANNING = (
    {"backfill": "easy"},
    {"backfill": "reservations", "k": 3},
    {"backfill": "conservative"},
    {"backfill": "conservative", "replan": "earlier"},
)


@dataclass(frozen=True)
class Pass:
    now: int
    plan: Plan

    def started(self) -> set[int]:
        return {position for position, place in self.plan.items() if place == self.now}

    def promised(self) -> dict[int, int]:
        """The jobs that wait with a place; without outages every place comes some day."""
        return {
            position: place
            for position, place in self.plan.items()
            if place is not None and place > self.now
        }


def _passes(scenario: Small) -> tuple[list[Outcome], list[Pass]]:
    passes: list[Pass] = []
    found = twin.simulate(
        **scenario.arguments(), on_plan=lambda now, plan: passes.append(Pass(now, dict(plan)))
    )
    return found, passes


def _nothing_but_planned_ends_after(
    scenario: Small, found: list[Outcome], passes: list[Pass], index: int
) -> Small:
    """No arrival after that pass, and every job that had not ended runs for its walltime."""
    now = passes[index].now
    started_before = set().union(*(each.started() for each in passes[:index]))
    jobs = []
    for position, job in enumerate(scenario.jobs):
        end = found[position].end
        ended = position in started_before and end is not None and end <= now
        if job.submit <= now:
            run_time = job.run_time if ended else job.walltime
            jobs.append(TwinJob(job.submit, run_time, job.walltime, job.size))
    return replace(scenario, jobs=jobs)


@SOME(scenarios(STATIC_ORDERS, PLANNING, odd=False, outages=False), st.data())
def test_every_plan_comes_true_if_nothing_happens(scenario: Small, data: st.DataObject) -> None:
    found, passes = _passes(scenario)
    index = data.draw(st.integers(0, len(passes) - 1), label="pass")
    undisturbed = _nothing_but_planned_ends_after(scenario, found, passes, index)
    starts = [outcome.start for outcome in engine.simulate(**undisturbed.arguments())]
    plan = passes[index].plan
    assert {position: starts[position] for position in plan} == plan


@SOME(scenarios(STATIC_ORDERS, PLANNING, odd=False, outages=False))
def test_every_plan_fits_the_machine(scenario: Small) -> None:
    found, passes = _passes(scenario)
    started_before: set[int] = set()
    for each in passes:
        running = {
            position: outcome.start
            for position, outcome in enumerate(found)
            if position in started_before and outcome.end is not None and outcome.end > each.now
        }
        places = [
            (start, start + scenario.jobs[position].walltime, scenario.jobs[position].size)
            for position, start in (running | each.plan).items()
            if start is not None
        ]
        for time in {start for start, _, _ in places}:
            held = sum(size for start, end, size in places if start <= time < end)
            assert held <= scenario.capacity
        started_before |= each.started()


@SOME(scenarios(STATIC_ORDERS, ({"backfill": "easy"},), odd=False, outages=False))
def test_the_shadow_time_of_a_head_never_grows(scenario: Small) -> None:
    _, passes = _passes(scenario)
    starts = [outcome.start for outcome in engine.simulate(**scenario.arguments())]
    for before, after in pairwise(passes):
        if any(scenario.jobs[position].submit > before.now for position in after.started()):
            continue  # a newcomer may have gone first: then the head was displaced in between
        for head, promise in before.promised().items():
            assert after.promised().get(head, 0) <= promise
            if head in after.started():
                assert starts[head] is not None
                assert starts[head] <= promise


@SOME(
    scenarios(
        backfills=({"backfill": "conservative", "replan": "earlier"},), odd=False, outages=False
    )
)
def test_kept_places_never_move_back(scenario: Small) -> None:
    _, passes = _passes(scenario)
    starts = [outcome.start for outcome in engine.simulate(**scenario.arguments())]
    last: dict[int, int] = {}
    for each in passes:
        for position, promise in each.promised().items():
            assert promise <= last.get(position, promise)
            last[position] = promise
    for position, promise in last.items():
        assert starts[position] is not None
        assert starts[position] <= promise


def test_a_plan_made_anew_may_move_back_and_a_kept_one_does_not() -> None:
    """An early end lets the third job move up to 6 s, where the fourth had its place."""
    jobs = [
        TwinJob(0, 2, 10, 2),  # ends early
        TwinJob(0, 6, 6, 3),
        TwinJob(1, 10, 10, 4),  # at first planned at 10 s
        TwinJob(1, 4, 4, 3),  # and this one beside, before it
    ]
    starts = {}
    for replan in ("all", "earlier"):
        stages = {"order": "fcfs", "backfill": "conservative", "replan": replan}
        _, passes = _passes(Small(jobs, 5, stages))
        assert next(each.plan[3] for each in passes if 3 in each.plan) == 6
        starts[replan] = [outcome.start for outcome in engine.simulate(jobs, 5, **stages)]
    assert starts == {"all": [0, 0, 6, 16], "earlier": [0, 0, 10, 6]}
