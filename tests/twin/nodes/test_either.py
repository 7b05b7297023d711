"""Members take back what is theirs and ranks count too: the engine and the twin agree, on nodes."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from twin.limits import Bounds
from twin.nodes import engine, scenarios, twin
from twin.nodes.test_limits import _asks
from twin.nodes.test_reclaim import NODES
from twin.nodes.test_reclaim import crowded as owners_alone
from twin.owners import check_rights, early_ends, ended, ranked
from twin.troubles import on_nodes


def crowded(random: Random, backfill: str, most: int) -> tuple[dict[str, Any], Bounds]:
    """A crowd of owners of whose jobs most are of a rank, and its limits."""
    said, limits = owners_alone(random, backfill, most)
    jobs, stage = ranked(random, said["jobs"], said["rule"].preemption, scenarios.HOW)
    rule = replace(said["rule"], preemption=stage)
    saves = dict.fromkeys([None, 0, 1, 2], said["checkpoints"][None])
    asks = _asks(jobs, scenarios.Small(jobs, NODES, rule))
    said |= {"jobs": jobs, "rule": rule, "checkpoints": saves}
    return said, replace(limits, jobs=asks)


def _rights(said: dict[str, Any], limits: Bounds, found: list[Any]) -> list[str]:
    ranks, rule = [job.rank for job in said["jobs"]], said["rule"].preemption
    [quota] = limits.cohorts
    return check_rights(ranks, limits.jobs, quota, rule, [outcome.attempts for outcome in found])


@pytest.mark.parametrize("backfill", scenarios.BACKFILLS)
def test_both_rights_in_a_crowd_are_as_the_twin_has_them(backfill: str) -> None:
    random, times = Random(f"either {backfill}"), Counter[str]()
    for _ in range(12):
        said, limits = crowded(random, backfill, 22)
        found = engine.simulate(**said, served=limits.settings(1))
        assert found == twin.simulate(**said, bounds=limits)
        times.update(_rights(said, limits, found))
    assert min(times["owner"], times["rank"]) > 1, times


@pytest.mark.slow
def test_both_rights_agree_beside_outages_and_early_ends() -> None:
    random, times = Random("odd crowds of both"), 0
    for _ in range(120):
        said, limits = crowded(random, random.choice(scenarios.BACKFILLS), 24)
        jobs = [replace(job, **early_ends(random, job.submit)) for job in said["jobs"]]
        rule = replace(said["rule"], overrun=random.choice(["kill", "allow"]))
        said |= {"jobs": jobs, "rule": rule, **on_nodes(random)}
        found = engine.simulate(**said, served=limits.settings(1))
        assert found == twin.simulate(**said, bounds=limits)
        times += sum(each[2] == "preempted" for outcome in found for each in outcome.attempts)
    assert times > 100, times


@pytest.mark.parametrize("backfill", scenarios.BACKFILLS)
def test_both_rights_come_to_an_end_and_quotas_hold(backfill: str) -> None:
    random, times = Random(f"ends {backfill}"), Counter[str]()
    for _ in range(40):
        said, limits = crowded(random, backfill, 60)
        found = engine.simulate(**said, served=limits.settings(1))
        assert ended(outcome.state for outcome in found)
        times.update(_rights(said, limits, found))
    assert min(times["owner"], times["rank"]) > 20, times
