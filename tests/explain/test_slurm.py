"""What is named as blocking a job in one of Slurm's passes, lifted for it, lets it start there."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from twin.slurm import test_clocks, test_in_full, test_limits, test_reforms

from explain.slurm_probing import Examiner, examine, longest, of_scene
from simulator.engine.probe.lifts import PLAN
from simulator.engine.probe.slurm_otherwise import Otherwise
from simulator.engine.probe.slurm_trial import CLOSED

FEW, MANY = 8, 24


@pytest.mark.parametrize("ms", [False, True], ids=["s", "ms"])
@pytest.mark.parametrize("seed", range(FEW))
def test_under_limits_preemption_and_maintenance(seed: int, ms: bool) -> None:
    replay, _ = of_scene(*test_limits.limited_scene(seed, ms=ms))
    examine(replay)


@pytest.mark.parametrize("seed", range(FEW))
def test_in_long_queues(seed: int) -> None:
    *scene, _ = test_in_full.scene(seed, recorded=False)
    replay, _ = of_scene(*scene)
    assert examine(replay)


@pytest.mark.parametrize("seed", range(FEW))
def test_where_rules_are_reformed(seed: int) -> None:
    replay, _ = of_scene(*reformed_scene(seed))
    examine(replay)


def reformed_scene(seed: int) -> tuple[Any, ...]:
    scene = test_limits.limited_scene(seed, ms=seed % 2 == 1)
    return *scene, test_reforms.reforms_of(Random(seed), *scene[:4])


def let_in(seed: int, *, limited: bool) -> bool:
    """Who is let in starts in the first pass that nothing but plans or what is closed kept it out
    of; until then nothing is otherwise. Returns whether that was any sooner."""
    *given, _ = test_in_full.scene(seed, recorded=False)
    if limited:
        work, nodes, rules, clocks = given
        gpus = sum(node[2] for node in nodes)
        bounds = test_limits.bounds_of(Random(seed), gpus // 2 + 8, 7000, "abcde")
        given = [work, nodes, replace(rules, bounds=bounds), clocks]
    replay, _ = of_scene(*given)
    jobs, sooner = replay().jobs.to_pylist(), False
    for position in longest(jobs, 2):
        watch = Examiner(position)
        replay(watch=watch)
        mine = (when for when, _, clauses in watch.found if clauses in ((CLOSED,), (PLAN,)))
        start = next(mine, jobs[position]["start"])
        found = replay(watch=Otherwise(PLAN, position)).jobs["start"][position].as_py()
        assert found == start
        sooner |= start != jobs[position]["start"]
    return sooner


def test_who_is_let_in_starts_when_nothing_else_blocks_it() -> None:
    assert any(let_in(seed, limited=seed % 2 == 0) for seed in range(FEW))


def many(seeds: range) -> Counter[str]:
    found = Counter[str]()
    for seed in seeds:
        scenes = (
            test_limits.limited_scene(seed, ms=seed % 2 == 1),
            test_clocks.scene(seed, recorded=False, ms=seed % 2 == 0),
            test_in_full.scene(seed, recorded=False)[:4],
            reformed_scene(seed),
        )
        for scene in scenes:
            for _, by, clauses in examine(of_scene(*scene)[0], most=3):
                found.update(f"{by} {clause}" for clause in clauses)
    return found


@pytest.mark.slow
def test_many() -> None:
    found = many(range(FEW, MANY))
    both = {"order", "outage", "answer", "nodes", "memory", "held"}
    own = {"main depth", "main closed", "backfill tests", "backfill user", "backfill plan"}
    assert set(found) >= own | {f"{kind} {each}" for kind in ("main", "backfill") for each in both}
    for seed in range(FEW, MANY):
        let_in(seed, limited=seed % 2 == 0)
