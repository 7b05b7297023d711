"""A promise on nodes: what a pass has planned fits node by node, and comes true in peace.

The plans are the twin's, whose schedules are the engine's; the engine keeps what they promise.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck
from hypothesis import strategies as st
from pairs import tried

from twin.nodes import engine, twin
from twin.nodes.model import Node, NodeJob, Rule
from twin.nodes.scenarios import PLACES, STATIC_ORDERS, Small, scenarios
from twin.preemption import RANKS, Preemption

if TYPE_CHECKING:
    from twin.nodes.model import Outcome, Share
    from twin.nodes.scheduler import Plan

TAME: dict[str, Any] = {"odd": False, "outages": False}
FASTEST = 3
"""No GPU is faster, so a job of so much work holds its nodes for all of its walltime."""
LATER = 10**6
"""Nothing that came before still goes on then."""
SOME = tried(15, 40, suppress_health_check=[HealthCheck.too_slow])


@dataclass(frozen=True)
class Pass:
    now: int
    plan: Plan

    def started(self) -> set[int]:
        return {p for p, place in self.plan.items() if place is not None and place[0] == self.now}

    def promises(self) -> dict[int, int]:
        """Of each job that starts or has a place; without outages every place comes some day."""
        return {position: place[0] for position, place in self.plan.items() if place is not None}


@dataclass(frozen=True)
class Held:
    """A job on its shares in [start, end), as a plan has it."""

    job: NodeJob
    shares: list[Share]
    start: int
    end: int


def _passes(scenario: Small) -> tuple[list[Outcome], list[Pass]]:
    passes: list[Pass] = []
    found = twin.simulate(
        **scenario.arguments(), on_plan=lambda now, plan: passes.append(Pass(now, dict(plan)))
    )
    return found, passes


def _planned(scenario: Small, found: list[Outcome], passes: list[Pass], index: int) -> list[Held]:
    """Everybody who runs at this pass, starts in it, or has a place by it."""
    now, held = passes[index].now, []
    for each in passes[:index]:
        for position in each.started():
            end = found[position].end
            if end is not None and end > now:
                place = each.plan[position]
                assert place is not None
                job = scenario.jobs[position]
                held.append(Held(job, place[1], now, place[0] + job.length))
    for position, place in passes[index].plan.items():
        if place is not None:
            job = scenario.jobs[position]
            held.append(Held(job, place[1], place[0], place[0] + job.length))
    return held


def _on(held: list[Held], node: int, time: int) -> list[tuple[NodeJob, int]]:
    """Who is planned to be on the node at a time, and the mask of each."""
    return [
        (each.job, share.mask)
        for each in held
        if each.start <= time < each.end
        for share in each.shares
        if share.node == node
    ]


def _fits(node: Node, tenants: list[tuple[NodeJob, int]]) -> bool:
    """Whether they fit on the node together: GPUs of slices one by one, the others by number."""
    if any(job.exclusive for job, _ in tenants):
        return len(tenants) == 1
    cut: dict[int, int] = {}
    for job, mask in tenants:
        if job.slices:
            cut[mask] = cut.get(mask, 0) + job.slices
    return (
        len(cut) + sum(job.gpus for job, _ in tenants) <= node.gpus
        and all(slices <= node.slices for slices in cut.values())
        and sum(job.cpus for job, _ in tenants) <= node.cpus
        and sum(job.memory for job, _ in tenants) <= node.memory
    )


def _suits(node: Node, tenants: list[tuple[NodeJob, int]], job: NodeJob) -> bool:
    """Whether one node's part of the job fits beside them, on some GPU."""
    gpus = [1 << gpu for gpu in range(node.gpus)] if job.slices else [0]
    return job.may_use(node) and any(_fits(node, [*tenants, (job, mask)]) for mask in gpus)


@SOME(scenarios(STATIC_ORDERS, **TAME))
def test_every_plan_fits_the_machine_node_by_node(scenario: Small) -> None:
    found, passes = _passes(scenario)
    for index in range(len(passes)):
        held = _planned(scenario, found, passes, index)
        for time in {each.start for each in held}:
            for number, node in enumerate(scenario.nodes):
                assert _fits(node, _on(held, number, time))


@SOME(scenarios(STATIC_ORDERS, ("easy",), **TAME))
def test_the_head_of_easy_has_its_nodes_at_its_shadow_time(scenario: Small) -> None:
    found, passes = _passes(scenario)
    for index, each in enumerate(passes):
        held = _planned(scenario, found, passes, index)
        for position, time in each.promises().items():
            job = scenario.jobs[position]
            if time > each.now:
                suiting = [
                    number
                    for number, node in enumerate(scenario.nodes)
                    if _suits(node, _on(held, number, time), job)
                ]
                assert len(suiting) >= job.nodes


def _nothing_but_planned_ends_after(
    scenario: Small, found: list[Outcome], passes: list[Pass], index: int
) -> Small:
    """No arrival soon after that pass, and every job that had not ended runs for its walltime.

    It is stopped then, on fast GPUs and on slow ones. Who would have arrived comes when all is
    over: what jobs ask for tells the placement by fragmentation which requests are frequent.
    """
    now = passes[index].now
    started_before = set().union(*(each.started() for each in passes[:index]))
    jobs = []
    for position, job in enumerate(scenario.jobs):
        end = found[position].end
        ended = position in started_before and end is not None and end <= now
        if job.submit > now:
            jobs.append(replace(job, submit=LATER))
        else:
            jobs.append(job if ended else replace(job, run_time=FASTEST * job.walltime))
    return replace(scenario, jobs=jobs)


def _in_peace(scenario: Small, data: st.DataObject) -> tuple[dict[int, int], list[int | None]]:
    """What one pass promises, and all starts if nothing happens then but planned ends."""
    found, passes = _passes(scenario)
    if not passes:
        return {}, []
    index = data.draw(st.integers(0, len(passes) - 1), label="pass")
    undisturbed = _nothing_but_planned_ends_after(scenario, found, passes, index)
    starts = [outcome.start for outcome in engine.simulate(**undisturbed.arguments())]
    return passes[index].promises(), starts


def _comes_true(scenario: Small, data: st.DataObject) -> None:
    promises, starts = _in_peace(scenario, data)
    assert {position: starts[position] for position in promises} == promises


@SOME(scenarios(STATIC_ORDERS, ("none", "easy"), **TAME), st.data())
def test_a_shadow_time_comes_true_if_nothing_happens(scenario: Small, data: st.DataObject) -> None:
    _comes_true(scenario, data)


@SOME(
    scenarios(STATIC_ORDERS, PLACES, ("first",), sliced=False, replans=("all",), **TAME), st.data()
)
def test_every_place_under_first_fit_comes_true(scenario: Small, data: st.DataObject) -> None:
    _comes_true(scenario, data)


@SOME(scenarios(STATIC_ORDERS, ("reservations",), sliced=False, **TAME), st.data())
def test_a_single_place_comes_true(scenario: Small, data: st.DataObject) -> None:
    _comes_true(replace(scenario, rule=replace(scenario.rule, k=1)), data)


def test_a_place_under_best_fit_may_move_back() -> None:
    """At 10 the plan made anew puts the third job on another node, and the last in its way.

    Nothing but planned ends has happened. Made anew each time, as the recorded schedules have it,
    a plan of several places may choose other nodes, since those who started in between count as
    running. (``tests/cases/nodes/conservative-best-fit-may-move-back.yaml`` tells it step by step.)
    """
    asked = [(4, 10), (2, 10), (3, 10), (1, 100), (2, 100), (4, 10)]
    jobs = [NodeJob(0, time, time, gpus=gpus) for gpus, time in asked]
    scenario = Small(jobs, [Node(4)] * 2, Rule(backfill="conservative"))
    _, passes = _passes(scenario)
    assert passes[0].promises()[5] == 20
    assert engine.simulate(**scenario.arguments())[5].start == 100


@SOME(scenarios(STATIC_ORDERS, ("easy",), **TAME))
def test_the_shadow_time_of_a_head_never_grows(scenario: Small) -> None:
    _never_grows(scenario)


def _who_is_suspended(scenario: Small) -> Small:
    """The same with no other way to make room, whose victims come back to the queue's front."""
    assert scenario.rule.preemption is not None
    stage = replace(scenario.rule.preemption, how=("suspend",) * RANKS)
    return replace(scenario, rule=replace(scenario.rule, preemption=stage))


@SOME(scenarios(STATIC_ORDERS, ("easy",), preempting=True, suspending=True, **TAME))
def test_who_is_suspended_delays_no_head(scenario: Small) -> None:
    """But where one of several goes on sooner than planned, and is in another's way."""
    _never_grows(_who_is_suspended(scenario))


def test_an_early_end_may_delay_a_head_beside_several_who_are_suspended() -> None:
    """At 5 the third and the fifth job stand still, and are planned to go on at 17 and 18.

    At 17 a job ends a second early, so that the fifth, of a higher rank, goes on at once; it leaves
    too few CPUs for the third, which was to go on then in what another left, and ends a second
    later. The last, an exclusive job, waits for both.
    """
    asked = [(15, 16, 2, None), (5, 25, 2, 2), (12, 12, 2, None), (1, 1, 3, 1), (13, 13, 4, 0)]
    came = [2, 2, 5, 5, 5]
    jobs = [
        NodeJob(submit, time, walltime, cpus=cpus, rank=rank)
        for submit, (time, walltime, cpus, rank) in zip(came, asked, strict=True)
    ]
    head = len(jobs)
    jobs.append(NodeJob(5, 1, 1, cpus=1, exclusive=True))
    rule = Rule(order="smallest", backfill="easy", preemption=Preemption())
    scenario = _who_is_suspended(Small(jobs, [Node(1, cpus=8)], rule))
    _, passes = _passes(scenario)
    promised = {each.now: each.promises().get(head) for each in passes}
    assert promised[5] == 39
    assert promised[17] == 40


@SOME(
    scenarios(STATIC_ORDERS, ("none", "easy"), preempting=True, suspending=True, **TAME), st.data()
)
def test_where_jobs_are_suspended_nobody_starts_later_than_promised(
    scenario: Small, data: st.DataObject
) -> None:
    """Sooner they may: somebody else's walltime was up, or their right came with time."""
    scenario = _who_is_suspended(scenario)
    promises, starts = _in_peace(scenario, data)
    for position, promise in promises.items():
        start = starts[position]
        assert start is not None
        assert start <= promise


def _some_go_on_sooner(found: list[Outcome], since: int, until: int) -> bool:
    """Whether several stood still as somebody ended before the walltime was over: those of them
    who go on sooner for that may leave less to the others than was planned."""
    still = sum(start <= since < end for each in found for start, end in each.suspended)
    attempts = [attempt for each in found for attempt in each.attempts]
    early = (since < end <= until and how != "killed" for _, end, how, *_ in attempts)
    return still > 1 and any(early)


def _never_grows(scenario: Small) -> None:
    found, passes = _passes(scenario)
    starts = [outcome.start for outcome in engine.simulate(**scenario.arguments())]
    for before, after in pairwise(passes):
        if any(scenario.jobs[position].submit > before.now for position in after.started()):
            continue  # a newcomer may have gone first: then the head was displaced in between
        if _some_go_on_sooner(found, before.now, after.now):
            continue
        for head, promise in before.promises().items():
            if promise > before.now:
                assert after.promises().get(head, 0) <= promise
                start = starts[head]
                if head in after.started():
                    assert start is not None
                    assert start <= promise


KEPT = scenarios(backfills=("conservative",), sliced=False, replans=("earlier",), **TAME)


@SOME(KEPT)
def test_kept_places_never_move_back(scenario: Small) -> None:
    _, passes = _passes(scenario)
    starts = [outcome.start for outcome in engine.simulate(**scenario.arguments())]
    last: dict[int, int] = {}
    for each in passes:
        for position, promise in each.promises().items():
            assert promise <= last.get(position, promise)
            last[position] = promise
    for position, promise in last.items():
        assert starts[position] == promise


@SOME(KEPT, st.data())
def test_every_kept_place_comes_true(scenario: Small, data: st.DataObject) -> None:
    _comes_true(scenario, data)
