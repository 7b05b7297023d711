"""Under limits the passes, and whole runs, do what the plain ones do, on random clusters."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from tests.twin.slurm import test_in_full
from tests.twin.slurm.clocks import Clocked
from tests.twin.slurm.limits import Bound
from tests.twin.slurm.passes import Slurm
from tests.twin.slurm.runs import by_scenario, priority
from tests.twin.slurm.test_clocks import scene
from tests.twin.slurm.test_passes import both, state_of

FEW, MANY = 20, 200


def bounds_of(draw, most_gpus, longest, users="abc"):
    """One to three limits, of what is used at once and of what is looked at at submission."""
    found = []
    for number in range(draw.randint(1, 3)):
        kinds = draw.sample(
            ["jobs", "gpus", "work", "queued", "walltime", "job_gpus", "submitted"], 2
        )
        asked = {
            "jobs": draw.randint(1, 3),
            "gpus": draw.randint(1, most_gpus),
            "work": draw.randint(1, most_gpus) * longest // draw.choice([1, 2, 4]),
            "queued": draw.randint(2, 6),
            "walltime": draw.randint(longest // 4, longest),
            "job_gpus": draw.randint(max(most_gpus // 2, 1), most_gpus),
            "submitted": (draw.randint(1, 4), draw.randint(1, longest)),
        }
        bound = Bound(
            f"limit{number}",
            per=draw.choice(["all", "user"]),
            users=tuple(draw.sample(users, min(draw.choice([0, 0, 1, 2]), len(users)))),
            qos=draw.choice([(), (), ("low",), ("high", "low")]),
            **{kind: asked[kind] for kind in kinds},
        )
        found.append(bound)
    return found


# -- single passes


def limited_state(seed):
    draw = random.Random(seed)
    rules, *rest = state_of(draw)
    held = sum(run.job.nodes * run.job.gpus for run in rest[1])
    return replace(rules, bounds=bounds_of(draw, held // 2 + 8, 720)), *rest


@pytest.mark.parametrize("seed", range(FEW))
@pytest.mark.parametrize("kind", ["main", "backfill"])
def test_a_random_pass_is_the_same(kind, seed):
    plain, fast = both(kind, limited_state(seed))
    assert fast == plain


def test_random_passes_meet_limits_of_both_kinds_before_and_behind_starts():
    many = much = before = 0
    for seed in range(FEW):
        rules, nodes, running, completing, reservations, now, queue = limited_state(seed)
        queue.sort(key=lambda job: job.id)
        for kind in ("main", "backfill"):
            slurm = Slurm(rules, nodes, True, running, completing, reservations, now)
            many += sum(map(slurm.too_many, queue))
            much += sum(map(slurm.too_much, queue))
            did = slurm.main(queue, 0) if kind == "main" else slurm.backfill(queue)
            told = [each.outcome for each in did]
            before += "limited" in told and "started" in told[told.index("limited") :]
    assert min(many, much) > 50
    assert before > 3


# -- whole runs


def limited_scene(seed, *, ms):
    work, nodes, rules, clocks, windows = scene(seed, recorded=False, ms=ms)
    draw = random.Random(seed)
    users = sorted({each.asks.user for each in work})
    gpus = sum(node[2] for node in nodes) // 2 + 1
    rules = replace(rules, bounds=bounds_of(draw, gpus, 60, users))
    return work, nodes, rules, clocks, windows


def same_scenario(seed):
    """Returns how many were refused, waited for a limit, or were stopped and started again."""
    ms = seed % 2 == 1
    work, nodes, rules, clocks, windows = limited_scene(seed, ms=ms)
    plain = Clocked(work, nodes, rules, clocks, priority, windows=windows).run()
    found = by_scenario(work, nodes, rules, clocks, windows)
    for job, fate in plain.items():
        starts = [tick // clocks.second for tick in fate.starts]
        end = None if fate.end is None else fate.end // clocks.second
        mine = found[job]
        assert (mine.starts, mine.end, mine.nodes, mine.how) == (starts, end, fate.nodes, fate.how)
    free = by_scenario(work, nodes, replace(rules, bounds=[]), clocks, windows)
    refused = sum(fate.how == "refused" for fate in plain.values())
    moved = any(f.starts != free[job].starts for job, f in found.items() if f.how != "refused")
    again = sum(len(fate.starts) > 1 for fate in plain.values())
    return refused, moved, again


def test_the_same_schedule():
    told = [same_scenario(seed) for seed in range(FEW)]
    refused, moved, again = map(sum, zip(*told, strict=True))
    assert refused > 10
    assert moved > FEW // 4
    assert again > 2


@pytest.mark.slow
def test_many_the_same_schedule():
    for seed in range(FEW, FEW + MANY):
        same_scenario(seed)


# -- passes and plans that are left out


def in_full_too(seed):
    """Returns whether a limit moved anybody."""
    work, nodes, rules, clocks, _ = test_in_full.scene(seed, recorded=False)
    draw = random.Random(seed)
    gpus = sum(node[2] for node in nodes)
    bounds = bounds_of(draw, gpus // 2 + 8, 7000, users="abcde")
    limited = work, nodes, replace(rules, bounds=bounds), clocks
    found = by_scenario(*limited)
    assert found == test_in_full.in_full(by_scenario, *limited)
    return found != by_scenario(work, nodes, rules, clocks)


def test_the_same_starts_as_in_full():
    assert sum(in_full_too(seed) for seed in range(FEW)) > FEW // 2


@pytest.mark.slow
def test_many_the_same_starts_as_in_full():
    for seed in range(FEW, FEW + MANY):
        in_full_too(seed)
