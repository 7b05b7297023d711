"""A workload without jobs: nothing happens, on a pool and on nodes, and the tables are empty."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.machines import jobs, machine
from simulator.cluster.machine import Machine
from simulator.cluster.outages.models import Failures
from simulator.engine.run import replay
from simulator.rules.models import Rule

RULES: tuple[dict[str, Any], ...] = (
    {},
    {"backfill": {"kind": "conservative", "replan": "earlier"}},
    {"preemption": {"ranks": ["class", "other"]}},
)


NOBODY = jobs((0, 1, 1, 1)).take(np.empty(0, np.int64))


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("place", [4, machine(2)], ids=["pool", "nodes"])
def test_nobody_comes(place: int | Machine, rule: dict[str, Any]) -> None:
    found = replay(NOBODY, place, Rule.model_validate(rule))
    assert [len(found.jobs), len(found.attempts), found.passes, found.finish] == [0, 0, 0, 0]


def test_nodes_fail_without_jobs() -> None:
    failures = Failures.model_validate({"mtbf": "1h", "repair": {"median": "1h", "sigma": 0.5}})
    found = replay(NOBODY, machine(2), Rule(), failures=failures)
    assert len(found.jobs) == 0


def test_no_request_is_frequent() -> None:
    rule = Rule.model_validate({"placement": {"kind": "fragmentation"}})
    assert len(replay(NOBODY, machine(2), rule).jobs) == 0
