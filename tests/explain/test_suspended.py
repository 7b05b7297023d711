"""Suspended jobs: why they stand still, for whom, and what their CPUs keep from others."""

from __future__ import annotations

from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from twin.nodes import engine, scenarios
from twin.nodes.model import Node, NodeJob, Rule
from twin.nodes.reforms import NODES, crowd, short_of_cpus, stage
from twin.preemption import Preemption

from explain.probing import examine, examine_at, nodes_of, told
from explain.test_otherwise import longest_waiting, starts
from simulator.engine import run
from simulator.engine.probe.aside import Still, goes_on, waits_for
from simulator.engine.probe.lifts import ORDER, PLAN
from simulator.engine.probe.starters import LENT
from simulator.engine.probe.stopped import is_suspended, suspender
from simulator.engine.probe.trial import Look, line, ordered
from simulator.engine.probe.watch import Onlooker
from simulator.kernels.state import FAR, SUSPENDED
from simulator.study.reasons import Telling

if TYPE_CHECKING:
    from explain.probing import Replay
    from simulator.engine.probe.story import Story


def crowded(random: Random, backfill: str) -> tuple[Replay, int]:
    """The replay of a crowd that is short of CPUs, in which those of lower ranks stand aside."""
    jobs = [short_of_cpus(random, job) for job in crowd(random, 22)]
    kind = random.choice(["suspend", "suspend", "ranks"])
    rule = Rule(
        random.choice(["fcfs", "sjf"]), backfill, preemption=stage(random, kind),
        placement=random.choice(scenarios.PLACEMENTS),
    )  # fmt: skip
    return nodes_of(scenarios.Small(jobs, NODES, rule))


@pytest.mark.parametrize("backfill", ["none", "easy"])
def test_what_blocks_beside_suspended_jobs_is_exact(backfill: str) -> None:
    random, found = Random(f"aside {backfill}"), list[str]()
    for _ in range(8):
        looked = examine(*crowded(random, backfill), most=2, rounds_alike=False)
        found += [clause for each in looked for clause in each]
    assert found.count("aside") > 5


def test_who_is_let_in_as_soon_as_it_fits_starts_no_later() -> None:
    """Until it starts nothing is otherwise, and at that pass the plan alone blocked it."""
    random, sooner = Random("let in beside suspended jobs"), 0
    for number in range(8):
        replay, units = crowded(random, ("none", "easy")[number % 2])
        job = longest_waiting(replay)
        if not job or job["restarts"]:
            continue
        start = starts(replay, PLAN, job["position"], units)[job["position"]]
        assert start is not None
        assert start <= job["start"]
        if start < job["start"]:
            sooner += 1
            assert examine_at(replay, units, job["position"], start) == (PLAN,)
        assert starts(replay, ORDER, job["position"], units)[job["position"]] is not None
    assert sooner > 0


def _stretches(replay: Replay) -> dict[int, list[tuple[int, int]]]:
    found: dict[int, list[tuple[int, int]]] = {}
    for row in replay().attempts.to_pylist():
        pairs = zip(row["suspended"], row["resumed"], strict=True)
        found.setdefault(row["position"], []).extend(pairs)
    return found


@pytest.mark.parametrize("backfill", ["none", "easy"])
def test_what_keeps_suspended_jobs_is_exact(backfill: str) -> None:
    random, found = Random(f"still {backfill}"), list[tuple[str, ...]]()
    for _ in range(8):
        replay, units = crowded(random, backfill)
        rows = replay().attempts.to_pylist()
        instants = {row[end] for row in rows for end in ("start", "end")} - {None}
        longest = sorted(
            _stretches(replay).items(), key=lambda each: -sum(b - a for a, b in each[1])
        )
        for position, stretches in longest[:2]:
            seen = partial(_still, position, units, {end for _, end in stretches}, found)
            replay(watch=Onlooker(instants, seen))
    assert set(found) == {("earlier",), ("taken",), ("earlier", "taken")}, set(found)


def _still(
    position: int, units: int, ends: set[int], found: list[Any], when: int, world: Any
) -> None:
    if world.state.progress.phase[position] != SUSPENDED:
        return
    look = Look(world, when, position, units)
    if goes_on(look, frozenset()):
        assert when in ends
        return
    clauses = waits_for(look)
    assert goes_on(look, set(clauses))
    for clause in clauses:
        assert not goes_on(look, set(clauses) - {clause}), (when, position, clauses)
    if when not in ends:
        found.append(clauses)


def test_those_named_are_at_whose_turn_a_job_was_suspended() -> None:
    random, times = Random("suspended for"), 0
    for number in range(8):
        replay, units = crowded(random, ("none", "easy")[number % 2])
        starts = {(row["position"], row["start"]) for row in replay().attempts.to_pylist()}
        for position, stretches in _stretches(replay).items():
            for when, _ in stretches[:2]:
                seen = partial(_suspended, position, units, starts)
                replay(watch=Onlooker([when], seen))
                times += 1
    assert times > 20, times


def _suspended(
    position: int, units: int, starts: set[tuple[int, int]], when: int, world: Any
) -> None:
    look = Look(world, when, position, units)
    by = suspender(look)
    assert by is not None
    assert (by, when) in starts
    queue = line(ordered(look)).tolist()
    if by not in queue or not is_suspended(look, len(queue)):
        return  # in a further round of the instant
    upto = queue.index(by) + 1
    assert is_suspended(look, upto)
    assert not is_suspended(look, upto - 1)
    world = ordered(look)
    world.state.progress.eligible[by] = FAR
    assert not is_suspended(Look(world, when, position, units), upto)


STAGE = Preemption(("suspend",) * 3)
LOW = NodeJob(0, 20, 20, gpus=1, cpus=4, rank=1)
"""On a node of four CPUs it has all of them; who outranks it comes at 4."""


def _told(jobs: list[NodeJob], position: int, order: str = "fcfs") -> Story:
    machine = [Node(8, cpus=4)]
    rule = engine.model(Rule(order, "easy", preemption=STAGE))
    built = engine.machine(machine)
    replay = partial(run.replay, engine.columns(jobs, machine), built, rule)
    return told(replay, built.units, rule, position)


def test_it_is_told_for_whom_a_job_stands_still_and_until_when() -> None:
    """The second has two of its CPUs from 4 to 9; the third waits for the other two in vain."""
    high, other = NodeJob(4, 5, 6, gpus=1, cpus=2, rank=0), NodeJob(5, 5, 5, gpus=1, cpus=2)
    story = _told([LOW, high, other], 0)
    assert story.suspended == {4: 1}
    assert story.stood_still == [Still(5, 0, ("taken",), 0, 10)]
    story = _told([LOW, high, other], 2)
    # At 9 the first goes on with what is idle; at 25 it ends.
    assert [(look.when, look.blocked_by) for look in story.moments] == [
        (5, ("aside",)), (9, ("aside",)),
    ]  # fmt: skip
    telling = Telling(engine.model(Rule()), 1, [1, 2, 3], str, "GPUs", {})
    assert telling.short(story.moments[0]) == "CPUs are kept for suspended jobs"
    said = "nodes have the CPUs beside the GPUs, but suspended jobs wait for them"
    assert telling.sentence(story.moments[0]) == said


def test_who_goes_on_first_is_what_keeps_a_job() -> None:
    """From 4 on the first stands still for the fourth; the second for the third, and goes first."""
    jobs = [
        NodeJob(0, 20, 20, gpus=1, cpus=2, rank=2),
        NodeJob(0, 20, 20, gpus=1, cpus=2, rank=1),
        NodeJob(4, 5, 5, gpus=1, cpus=2, rank=0),
        NodeJob(4, 10, 10, gpus=1, cpus=2, rank=0),
        NodeJob(10, 1, 1),
    ]
    story = _told(jobs, 0)
    assert (story.suspended, _told(jobs, 1).suspended) == ({4: 3}, {4: 2})
    # At 9 two of four CPUs come free, and it is of the lower rank.
    assert [(look.when, look.blocked_by, look.ahead) for look in story.stood_still] == [
        (9, ("earlier",), 1), (10, ("taken",), 0), (11, ("taken",), 0),
    ]  # fmt: skip


def test_by_what_right_others_have_the_cpus_of_suspended_jobs() -> None:
    """One takes two CPUs from the first, another the two that are left to it, while one waits."""
    jobs = [
        LOW,
        NodeJob(3, 50, 50, gpus=1, cpus=4),
        NodeJob(4, 5, 5, gpus=1, cpus=2, rank=0),
        NodeJob(6, 3, 3, gpus=1, cpus=2, rank=0),
    ]
    story = _told(jobs, 1, "sjf")
    assert story.started == {(4, 2): "suspended others to start", (6, 3): LENT}


def test_what_suspended_jobs_hold_is_told_of_a_machine_that_is_full() -> None:
    jobs = [
        NodeJob(0, 20, 20, gpus=6, cpus=4, rank=1),
        NodeJob(4, 5, 5, gpus=1, cpus=4, rank=0),
        NodeJob(5, 5, 5, gpus=4),
    ]
    look = _told(jobs, 2).moments[0]
    telling = Telling(engine.model(Rule()), 1, [1, 2, 3], str, "GPUs", {})
    assert telling.sentence(look) == "1 of 4 GPUs are free for it; suspended jobs hold 6"
