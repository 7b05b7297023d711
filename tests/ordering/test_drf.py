"""Dominant resource fairness: its paper's example, and what it promises of static demands."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from ordering.bench import jobs, rule
from simulator.cluster.machine import machine_of
from simulator.cluster.models import Nodes
from simulator.engine.run import replay
from simulator.workload.columns import ANY, Shapes


def _running(
    there: tuple[int, int], tasks: np.ndarray, need: dict[str, float] | None = None
) -> np.ndarray:
    """How many tasks of each run at once on one node of so many CPUs and bytes.

    ``tasks``: CPUs and bytes of a task of each user; all have more tasks than ever fit.
    """
    node = {"count": 1, "gpus": 0, "cpus": there[0], "memory": f"{there[1]}B"}
    machine = machine_of(Nodes.model_validate({"kind": "nodes", "classes": {"n": node}}), Path())
    most = max(there)
    table = jobs(*[(0, "ABCDEF"[who], 0, 9) for _ in range(most) for who in range(len(tasks))])
    each, none = tasks[table.user], np.zeros(len(table), np.int64)
    shape = Shapes(
        nodes=none + 1, gpus=none, slices=none, cpus=each[:, 0], memory=each[:, 1],
        gpu_type=np.full(len(table), ANY, np.int32), partition=np.full(len(table), ANY, np.int32),
        exclusive=np.zeros(len(table), bool),
    )  # fmt: skip
    start = replay(replace(table, shape=shape), machine, rule({"kind": "drf"}, need)).jobs["start"]
    return np.bincount(table.user[start.to_numpy() == 0], minlength=len(tasks))


def test_drf_example() -> None:
    """9 CPUs and 18 GB; A's tasks are of 1 CPU and 4 GB, B's of 3 CPUs and 1 GB: 3 and 2 tasks.

    Source: Ghodsi et al., NSDI 2011, figure 3.
    """
    assert _running((9, 18), np.array([[1, 4], [3, 1]])).tolist() == [3, 2]


@pytest.mark.parametrize("seed", range(4))
def test_drf_is_its_program_to_a_task_and_nobody_envies(seed: int, cvxpy: ModuleType) -> None:
    draw = np.random.default_rng(seed)
    there, tasks = np.array([200, 300]), draw.integers(1, 9, (4, 2))
    found = _running((200, 300), tasks)
    parts = tasks / there
    dominant = parts.max(axis=1)
    # With tasks that can be cut: the largest equal dominant share.
    count, level = cvxpy.Variable(4), cvxpy.Variable()
    cvxpy.Problem(
        cvxpy.Maximize(level), [cvxpy.multiply(dominant, count) == level, parts.T @ count <= 1]
    ).solve()
    one = dominant.max()
    # The order ends at the first task that does not fit, when a resource is all but used up.
    assert found * dominant == pytest.approx(np.full(4, level.value), abs=2 * one)
    assert (found * dominant >= 1 / 4 - 2 * one).all(), "nobody does worse than with a fourth"
    for who in range(4):
        for other in range(4):
            mine = min(parts[other] * found[other] / parts[who])
            assert mine <= found[who] + 2 * one / dominant[who], "nobody envies another"
