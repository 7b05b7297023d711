"""Waits worked out by hand: what blocks a job, by what right others start, what is planned."""

from __future__ import annotations

from functools import partial
from typing import Any

import pyarrow.compute as pc
import pytest
from twin.engine import columns
from twin.model import TwinJob
from twin.nodes import engine as on_nodes
from twin.nodes.model import Node, NodeJob
from twin.preemption import Preemption

from explain.probing import examine_at, told
from simulator.cluster.models import MaintenanceWindow
from simulator.engine import run
from simulator.engine.probe.story import GRACE, Moment, Story
from simulator.engine.probe.watch import Onlooker
from simulator.rules.models import Rule
from simulator.study.reasons import Telling

THREE = [TwinJob(0, 100, 100, 3), TwinJob(10, 100, 100, 3), TwinJob(20, 50, 50, 1)]
"""On four units: the second waits for the first, and the third would fit beside the first."""


def pool(jobs: list[TwinJob], stages: dict[str, Any], position: int, **more: Any) -> Story:
    rule = Rule.model_validate(stages)
    return told(partial(run.replay, columns(jobs), 4, rule, **more), 4, rule, position)


def nodes(jobs: list[NodeJob], machine: list[Node], stages: dict[str, Any]) -> Moment:
    """The first look at the last job."""
    rule, built = Rule.model_validate(stages), on_nodes.machine(machine)
    replay = partial(run.replay, on_nodes.columns(jobs, machine), built, rule)
    return told(replay, built.units, rule, len(jobs) - 1).moments[0]


def blocked(story: Story) -> list[tuple[int, tuple[str, ...]]]:
    return [(moment.when, moment.blocked_by) for moment in story.moments]


def test_the_head_waits_for_units_and_is_promised_a_time() -> None:
    story = pool(THREE, {"backfill": "easy"}, 1)
    assert blocked(story) == [(10, ("held",)), (20, ("held",)), (70, ("held",))]
    first = story.moments[0]
    assert (first.ahead, first.queued, first.promised, first.head) == (0, 1, 100, None)
    assert (first.before.free, first.before.missing, first.after.missing) == (1, 2, 2)
    assert story.started == {(20, 2): "overtook by backfilling"}


def test_where_nobody_overtakes_the_head_is_what_blocks() -> None:
    """One unit is free from the first; at 100 the second job takes three, and leaves it one."""
    story = pool(THREE, {"backfill": "none"}, 2)
    assert blocked(story) == [(20, ("plan",))]
    assert (story.moments[0].head, story.moments[0].promised) == (1, None)
    assert story.started == {(100, 1): "higher in the order"}


def test_who_comes_first_and_takes_the_room_is_what_blocks() -> None:
    """At 100 all four units are free: the second job takes three, and the third needs two. It
    would at 20, too, if nobody held any."""
    jobs = [TwinJob(0, 100, 100, 4), TwinJob(10, 50, 50, 3), TwinJob(20, 50, 50, 2)]
    story = pool(jobs, {}, 2)
    assert blocked(story) == [(20, ("order", "held")), (100, ("order",))]
    assert [moment.ahead for moment in story.moments] == [1, 1]
    assert [moment.before.free for moment in story.moments] == [0, 4]


def test_who_would_delay_the_head_is_told_of_its_time() -> None:
    """The fourth job fits, but would hold a unit that the head needs at 100."""
    jobs = [*THREE[:1], TwinJob(10, 100, 100, 4), TwinJob(20, 200, 200, 1)]
    moment = pool(jobs, {"backfill": "easy"}, 2).moments[0]
    assert moment.blocked_by == ("plan",)
    assert (moment.head, moment.head_promised, moment.ahead) == (1, 100, 1)


@pytest.mark.parametrize(
    ("backfill", "promised"),
    [
        ({"kind": "conservative"}, 200),
        ({"kind": "conservative", "replan": "earlier"}, 200),
        ({"kind": "reservations", "k": 2}, 200),
        ({"kind": "reservations", "k": 1}, None),
        ({"kind": "easy"}, None),
        ({"kind": "none"}, None),
    ],
    ids=str,
)
def test_places_are_promised_by_those_who_keep_them(
    backfill: dict[str, Any], promised: int | None
) -> None:
    """The second job has its place from 100 to 200, the third after it."""
    jobs = [TwinJob(0, 100, 100, 4), TwinJob(1, 100, 100, 3), TwinJob(2, 100, 100, 2)]
    moment = pool(jobs, {"backfill": backfill}, 2).moments[0]
    assert moment.promised == promised


def test_a_kept_place_is_told_apart() -> None:
    """Places are 100 for the second, 200 for the third; who comes later and fits starts before
    it by no kept place, and the second by being first."""
    jobs = [*THREE[:2], TwinJob(20, 100, 100, 4), TwinJob(30, 30, 30, 1)]
    stages = {"backfill": {"kind": "conservative", "replan": "earlier"}}
    story = pool(jobs, stages, 2)
    assert story.started == {(30, 3): "overtook by backfilling", (100, 1): "higher in the order"}


def test_a_limit_is_named_and_others_pass() -> None:
    jobs = [
        TwinJob(0, 50, 50, 1, user=0),
        TwinJob(5, 50, 50, 1, user=0),
        TwinJob(6, 50, 50, 1, user=5),
    ]
    stages = {"limits": {"one": {"per": "user", "jobs": 1}, "wide": {"gpus": 4}}}
    story = pool(jobs, stages, 1)
    assert blocked(story) == [(5, ("limit",)), (6, ("limit",))]
    assert {moment.limits for moment in story.moments} == {("one",)}
    assert story.moments[0].ahead is None
    assert story.started == {(6, 2): "passed while a limit held it back"}


def test_a_limit_that_is_used_up_in_the_same_pass_is_named() -> None:
    jobs = [TwinJob(0, 50, 50, 1, user=0), TwinJob(0, 50, 50, 1, user=0)]
    (moment,) = pool(jobs, {"limits": {"one": {"per": "user", "jobs": 1}}}, 1).moments
    assert (moment.blocked_by, moment.limits, moment.ahead) == (("limit",), ("one",), 1)


BEHIND_THE_FIRST = [
    TwinJob(0, 50, 50, 3, user=5),
    TwinJob(5, 50, 50, 4, user=0),
    TwinJob(6, 10, 10, 1, user=0),
]


def test_who_waits_behind_the_first_is_told_of_it() -> None:
    """The third job would fit at once. At 50 the second starts, and it is the first: in the further
    pass of that second nothing is free for it."""
    stages = {"limits": {"first": {"per": "user", "eligible": 1}}}
    story = pool(BEHIND_THE_FIRST, stages, 2)
    assert blocked(story) == [(6, ("limit",)), (50, ("held",))]
    assert [moment.not_looked_at for moment in story.moments] == [("first",), ()]
    whose = {"user": "aigerim"}
    telling = Telling(Rule.model_validate(stages), 1, [1, 2, 3], str, "units", whose)
    said = "only the first waiting job of aigerim is looked at (limits.first)"
    assert telling.sentence(story.moments[0]) == said
    assert telling.short(story.moments[0]) == "limit first"


def test_of_a_limit_that_also_holds_back_both_are_told() -> None:
    stages = {"limits": {"first": {"eligible": 2}, "few": {"gpus": 3}}}
    jobs = [*BEHIND_THE_FIRST[:1], *(TwinJob(5, 50, 50, 1, user=0) for _ in range(3))]
    story = pool(jobs, stages, 3)
    assert [(m.limits, m.not_looked_at) for m in story.moments[:1]] == [
        (("first", "few"), ("first",))
    ]
    telling = Telling(Rule.model_validate(stages), 1, [1, 2, 3, 4], str, "units", {})
    said = "only the first 2 waiting jobs are looked at (limits.first)"
    assert telling.sentence(story.moments[0]) == f"the limit few holds it back; {said}"
    second = pool(jobs, stages, 2).moments[0]
    assert (second.limits, second.not_looked_at) == (("few",), ())


def test_at_its_turn_a_job_is_looked_at_though_a_stopped_one_will_be_the_first() -> None:
    """At 5 the third job stops the first, which is of the last one's user. The last one fits beside
    the third, but would delay the fourth, which needs all units at 50."""
    jobs = [
        TwinJob(0, 100, 100, 2, user=0, rank=1),
        TwinJob(0, 50, 50, 1, user=6),
        TwinJob(5, 20, 20, 2, user=1, rank=0),
        TwinJob(5, 50, 50, 4, user=2),
        TwinJob(5, 99, 99, 1, user=0),
    ]
    stages = {
        "limits": {"first": {"per": "user", "eligible": 1}},
        "preemption": {"ranks": [["r0"], ["r1"]]},
    }
    replay = partial(run.replay, columns(jobs), 4, Rule.model_validate(stages))
    stopped = replay().attempts.filter(pc.field("reason") == "preempted")
    assert stopped["position"].to_pylist() == [0]
    assert examine_at(replay, 4, 4, 5) == ("plan",)


def test_who_comes_to_be_looked_at_within_the_instant_is_told_apart() -> None:
    """At 50 the first of two starts, and in a further pass the second, before the last job."""
    jobs = [
        TwinJob(0, 50, 50, 4, user=5),
        TwinJob(5, 50, 50, 1, user=0),
        TwinJob(5, 50, 50, 1, user=0),
        TwinJob(6, 50, 50, 4, user=2),
    ]
    story = pool(jobs, {"limits": {"first": {"per": "user", "eligible": 1}}}, 3)
    let_go = "let go by a limit and started within the instant"
    assert story.started == {(50, 1): "higher in the order", (50, 2): let_go}


def test_nobody_is_told_of_instants_at_which_nothing_happens() -> None:
    seen: list[int] = []
    watch = Onlooker(range(130), lambda when, _: seen.append(when))
    run.replay(columns(THREE), 4, Rule(), watch=watch)
    assert seen == [0, 10, 20, 70, 100]


def test_a_limit_that_holds_the_queue_is_named_for_those_behind() -> None:
    jobs = [
        TwinJob(0, 50, 50, 1, user=0),
        TwinJob(5, 50, 50, 1, user=0),
        TwinJob(6, 50, 50, 1, user=5),
    ]
    stages = {"limits": {"one": {"per": "user", "jobs": 1}}, "holds": "queue"}
    moment = pool(jobs, stages, 2).moments[0]
    assert moment.blocked_by == ("plan",)
    assert (moment.head, moment.head_limits, moment.head_promised) == (1, ("one",), None)


def test_a_window_to_come_keeps_a_job_from_starting() -> None:
    """All four units are free, but go at 30, and it asks for 50 s."""
    window = MaintenanceWindow(start="30s", duration="20s", units=4)
    story = pool([TwinJob(0, 50, 50, 2)], {}, 0, maintenance=[window])
    assert blocked(story)[0] == (0, ("outage",))
    assert story.moments[0].promised == 50


def test_one_that_may_stop_others_waits_for_its_patience() -> None:
    """It may preempt after 20 s. Until then its right is what blocks it, and then it starts by
    it."""
    stages: dict[str, Any] = {"preemption": Preemption(after=20).settings()}
    jobs = [TwinJob(0, 100, 100, 4, rank=1), TwinJob(10, 10, 10, 4, rank=0)]
    assert blocked(pool(jobs, stages, 1))[0] == (10, ("rights",))
    story = pool([*jobs, TwinJob(11, 10, 10, 4, rank=1)], stages, 2)
    assert story.started[30, 1] == "stopped others to start"


def test_an_owner_waits_for_its_patience_and_then_reclaims() -> None:
    """Class 1 has lent its 2 units, and may have them back after 20 s. Until then its right is
    what blocks it."""
    quotas = {"shares": {"members": {"class0": {"gpus": 2}, "class1": {"gpus": 2}}}}
    stage = Preemption(after=20, reclaim=True).settings()
    stages: dict[str, Any] = {"quotas": quotas, "preemption": stage}
    jobs = [TwinJob(0, 100, 100, 4), TwinJob(10, 10, 10, 2, user=4)]
    assert blocked(pool(jobs, stages, 1))[0] == (10, ("rights",))
    story = pool([*jobs, TwinJob(11, 10, 10, 4)], stages, 2)
    assert story.started[30, 1] == "stopped borrowers to start on GPUs of its quota"


def test_it_is_told_by_which_of_both_rights_others_started() -> None:
    """A job of class 1, which has 2 of 4 units, stops one of class 0 that borrows; a job of rank 0
    then stops one of rank 2, neither of any member."""
    members = {"class0": {"gpus": 1}, "class1": {"gpus": 2}}
    stage = Preemption(reclaim=True, beside=True).settings()
    stages: dict[str, Any] = {"quotas": {"shares": {"members": members}}, "preemption": stage}
    jobs = [
        TwinJob(0, 100, 100, 3),
        TwinJob(0, 100, 100, 1, rank=2),
        TwinJob(5, 10, 10, 4, rank=2),
        TwinJob(10, 50, 50, 2, user=4),
        TwinJob(20, 30, 30, 2, rank=0),
    ]
    story = pool(jobs, stages, 2)
    assert story.started[10, 3] == "stopped borrowers to start on GPUs of its quota"
    assert story.started[20, 4] == "stopped others to start"


def test_idle_gpus_are_waited_for_and_then_taken_back() -> None:
    """The first job is idle, and runs undisturbed until 30. Until then that blocks the second."""
    stages: dict[str, Any] = {
        "preemption": {"idle": {"below": "10%", "after": "30s", "when": "wanted"}}
    }
    jobs = [TwinJob(0, 100, 100, 4, use=0), TwinJob(10, 10, 10, 2, use=900)]
    assert blocked(pool(jobs, stages, 1))[0] == (10, ("rights",))
    story = pool([*jobs, TwinJob(11, 10, 10, 4)], stages, 2)
    assert story.started[30, 1] == "stopped jobs that left their GPUs idle"


def test_with_grace_it_holds_until_they_have_gone() -> None:
    stages: dict[str, Any] = {"preemption": Preemption(grace=20).settings()}
    jobs = [
        TwinJob(0, 100, 100, 4, rank=1),
        TwinJob(10, 10, 10, 4, rank=0),
        TwinJob(15, 10, 10, 4, rank=2),
    ]
    assert blocked(pool(jobs, stages, 1)) == [(15, (GRACE,))]
    assert pool(jobs, stages, 2).started[30, 1] == "stopped others to start"


WORST = {"placement": "worst"}


def test_gpus_that_are_free_but_scattered() -> None:
    """One of two GPUs is free on each of two nodes, and it needs two of one."""
    jobs = [NodeJob(0, 50, 50, gpus=1), NodeJob(0, 50, 50, gpus=1), NodeJob(1, 5, 5, gpus=2)]
    moment = nodes(jobs, [Node(2), Node(2)], WORST)
    assert moment.blocked_by == ("held",)
    assert (moment.after.missing, moment.after.scattered) == (0, True)
    assert (moment.after.nodes, moment.after.nodes_needed) == (0, 1)


def test_gpus_that_are_too_few() -> None:
    jobs = [NodeJob(0, 50, 50, gpus=1), NodeJob(1, 5, 5, gpus=2)]
    moment = nodes(jobs, [Node(2)], WORST)
    assert (moment.after.missing, moment.after.scattered) == (1, False)


@pytest.mark.parametrize(("resource", "clause"), [("cpus", "cpus"), ("memory", "memory")])
def test_too_little_beside_the_gpus(resource: str, clause: str) -> None:
    jobs = [NodeJob(0, 50, 50, gpus=1, **{resource: 6}), NodeJob(1, 5, 5, gpus=1, **{resource: 4})]
    assert nodes(jobs, [Node(2, cpus=8, memory=8)], {}).blocked_by == (clause,)


@pytest.mark.parametrize("asked", [{"gpu_type": "t0"}, {"partition": "p"}], ids=str)
def test_free_gpus_of_the_wrong_kind(asked: dict[str, str]) -> None:
    machine = [Node(1, gpu_type="t0", partitions=frozenset("p")), Node(1, gpu_type="t1")]
    jobs = [NodeJob(0, 50, 50, gpus=1, **asked), NodeJob(1, 5, 5, gpus=1, **asked)]
    # Nodes that nobody may use count for nothing.
    jobs.insert(1, NodeJob(0, 0, 1, gpus=1, gpu_type="t1"))
    assert nodes(jobs, machine, {}).blocked_by == ("nodes",)
