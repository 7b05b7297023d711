"""Reforms between rules with Slurm's own passes do what the plain run does, on random clusters."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from tests.twin.slurm import test_clocks
from tests.twin.slurm.clocks import Clocked, Reform
from tests.twin.slurm.runs import by_scenario, priority
from tests.twin.slurm.test_limits import bounds_of, limited_scene

FEW, MANY = 16, 200
TIES = 42
"""A scene in which two that were stopped tie, and rights to preempt go with the reform."""
PHASES = ("second", "loop_phase", "full_phase", "check_phase", "bf_phase", "calc_phase", "period")
"""What of clocks stays; and the order has its period."""


def reforms_of(draw, work, nodes, rules, clocks):
    """One or two, while jobs come: other limits, rights, depths and intervals."""
    last = max(each.submit for each in work) // clocks.second
    gpus = sum(node[2] for node in nodes) // 2 + 1
    users = sorted({each.asks.user for each in work})
    found = []
    for at in sorted(draw.sample(range(1, last + 1), min(draw.choice([1, 1, 2]), last))):
        others = test_clocks.rules_of(draw, len(nodes), recorded=False)
        new = test_clocks.clocks_of(draw, ms=clocks.second == 1000)
        bounds = bounds_of(draw, gpus, 60, users) if draw.random() < 0.6 else []
        found.append(
            Reform(
                at,
                replace(others, part=rules.part, tier=rules.tier, bounds=bounds),
                replace(new, **{name: getattr(clocks, name) for name in PHASES}),
            )
        )
    return found


def same(seed, *, ms):
    """Returns how many were refused by a reform, and whether a reform moved anybody."""
    work, nodes, rules, clocks, windows = limited_scene(seed, ms=ms)
    draw = random.Random(f"reforms {seed}")
    if draw.random() < 0.5:
        rules = replace(rules, bounds=[])
    reforms = reforms_of(draw, work, nodes, rules, clocks)
    given = work, nodes, rules, clocks
    plain = Clocked(*given, priority, windows=windows, reforms=reforms).run()
    found = by_scenario(*given, windows, reforms)
    for job, fate in plain.items():
        mine = found[job]
        starts = [tick // clocks.second for tick in fate.starts]
        assert (mine.starts, mine.how) == (starts, fate.how), job
        if fate.how != "refused":
            assert (mine.end, mine.nodes) == (fate.end // clocks.second, fate.nodes), job
    before = by_scenario(*given, windows)
    first = reforms[0].at if reforms else 0
    for job, fate in before.items():
        early = [start for start in fate.starts if start < first]
        assert [start for start in found[job].starts if start < first] == early
    refused = sum(f.how == "refused" and before[job].how != "refused" for job, f in found.items())
    return refused, any(fate.starts != before[job].starts for job, fate in found.items())


@pytest.mark.parametrize("ms", [False, True], ids=["s", "ms"])
def test_the_same_schedule(ms):
    told = [same(seed, ms=ms) for seed in (*range(FEW), TIES)]
    refused, moved = map(sum, zip(*told, strict=True))
    assert refused > 2
    assert moved > FEW // 4


@pytest.mark.slow
def test_many_the_same_schedule():
    for seed in range(FEW, FEW + MANY):
        same(seed, ms=seed % 2 == 1)
