"""For whom owners stop jobs, and what keeps jobs from GPUs that others leave idle: at random."""

from __future__ import annotations

from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any

from twin import engine
from twin.engine import columns
from twin.limits import Bounds
from twin.model import TwinJob
from twin.nodes.scenarios import Small
from twin.nodes.test_idle import crowded as idle_nodes
from twin.nodes.test_reclaim import crowded as crowded_nodes
from twin.preemption import Preemption
from twin.quotas import Cohort, Member
from twin.test_idle import BACKFILLS
from twin.test_idle import crowded as idle_pool
from twin.test_reclaim import crowded as crowded_pool

from explain.probing import examine, in_force, nodes_of
from simulator.engine import run
from simulator.engine.probe.stopped import is_stopped
from simulator.engine.probe.story import Story
from simulator.engine.probe.trial import Look, line, ordered
from simulator.engine.probe.watch import Onlooker
from simulator.kernels.state import FAR
from simulator.rules.models import Rule

if TYPE_CHECKING:
    from explain.probing import Replay


def for_whom(replay: Replay, units: int, rule: Rule, position: int, when: int) -> dict[int, int]:
    story = _story(replay, units, rule, position, when)
    return story.reclaimed or story.outranked


def _story(replay: Replay, units: int, rule: Rule, position: int, when: int) -> Story:
    reclaims = frozenset([when])
    story = Story(
        position, units, in_force(rule), frozenset(), {}, frozenset(), frozenset(), reclaims
    )
    replay(watch=story.watch())
    return story


def test_it_is_told_for_whom_an_owner_took_its_gpus_back() -> None:
    """Class 1 has 2 of 4 units; its two jobs come at 10, and the second of them needs nobody's."""
    stages: dict[str, Any] = {
        "quotas": {"shares": {"members": {"class0": {"gpus": 2}, "class1": {"gpus": 2}}}},
        "preemption": {"reclaim": True},
    }
    rule = Rule.model_validate(stages)
    jobs = [TwinJob(0, 100, 100, 3), TwinJob(10, 20, 20, 1, user=4), TwinJob(10, 50, 50, 1, user=4)]
    replay = partial(run.replay, columns(jobs), 4, rule)
    assert replay().attempts["cause"].to_pylist().count("preemption") == 1
    assert for_whom(replay, 4, rule, 0, 10) == {10: 2}


def test_it_is_told_by_which_of_both_rights_a_job_was_stopped() -> None:
    """Account 1 has 4 of 6 units, account 3 is no member. The job of account 1 stops the one that
    borrows, though it is outranked by it, and the one below it."""
    owners = Cohort("q", "account", {0: Member(2), 1: Member(4)})
    stage = Preemption(reclaim=True, beside=True)
    rule = engine.rule("fcfs", "easy", preemption=stage, bounds=Bounds((), [], "job", (owners,)))
    jobs = [
        TwinJob(0, 100, 100, 3, user=0, rank=0),
        TwinJob(0, 100, 100, 3, user=6, rank=2),
        TwinJob(10, 20, 20, 4, user=2, rank=1),
    ]
    replay = partial(run.replay, columns(jobs), 6, rule)
    told = [_story(replay, 6, rule, position, 10) for position in (0, 1)]
    assert [(story.reclaimed, story.outranked) for story in told] == [({10: 2}, {}), ({}, {10: 2})]


def test_owners_named_are_those_whose_turn_it_was() -> None:
    """With the right of the job that is named lifted its turn stops nobody; it starts as it is."""
    random, times = Random("owners"), 0
    for number in range(8):
        backfill = BACKFILLS[number % 4]
        said = crowded_pool(random, backfill, 25)
        rule = engine.rule(
            said["order"], backfill, preemption=said["preemption"], bounds=said["bounds"]
        )
        replay = partial(run.replay, engine.columns(said["jobs"]), said["capacity"], rule)
        times += _check(replay, said["capacity"], rule)
        arguments, limits = crowded_nodes(random, backfill, 20)
        small, served = Small(**arguments), limits.settings(1)
        nodes, units = nodes_of(small, served)
        times += _check(nodes, units, nodes.args[2])
    assert times > 10, times


def _check(replay: Replay, units: int, rule: Rule) -> int:
    attempts = replay().attempts.to_pylist()
    stops = [row for row in attempts if row["cause"] == "preemption"][:3]
    for row in stops:
        position, when = row["position"], row["end"]
        found = for_whom(replay, units, rule, position, when)
        assert found, row
        assert any(a["position"] == found[when] and a["start"] == when for a in attempts)
        seen = partial(_lifted, position, units, found[when])
        replay(watch=Onlooker([when], seen))
    return len(stops)


def _lifted(position: int, units: int, by: int, when: int, world: Any) -> None:
    look = Look(world, when, position, units)
    queue = line(ordered(look)).tolist()
    if by not in queue or not is_stopped(look, len(queue)):
        return  # in a further round of the instant
    upto = queue.index(by) + 1
    assert is_stopped(look, upto)
    assert not is_stopped(look, upto - 1)
    world = ordered(look)
    world.state.progress.eligible[by] = FAR
    assert not is_stopped(Look(world, when, position, units), upto)


def test_what_keeps_jobs_from_idle_gpus_is_exact() -> None:
    random, found = Random("idle"), list[str]()
    for number in range(16):
        backfill = BACKFILLS[number % 4]
        said = idle_pool(random, "wanted", backfill, 25)
        stages = {name: value for name, value in said.items() if name not in ("jobs", "capacity")}
        rule = engine.rule(stages.pop("order"), stages.pop("backfill"), **stages)
        replay = partial(run.replay, engine.columns(said["jobs"]), said["capacity"], rule)
        looked = examine(replay, said["capacity"], most=2)
        if number < 8:
            arguments, limits = idle_nodes(random, "wanted", backfill, 16)
            settings = limits.settings(1) if limits else None
            looked += examine(*nodes_of(Small(**arguments), settings), most=1)
        found += [clause for each in looked for clause in each]
    assert found.count("rights") > 10, found.count("rights")
