"""What a second of a job costs, by the worked rules of centres."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from simulator.cluster.machine import Machine, machine_of
from simulator.cluster.models import Nodes
from simulator.engine.charges import Calendar, charges, price_list, resets
from simulator.rules.models import Rule
from simulator.workload.columns import Jobs, Shapes

if TYPE_CHECKING:
    from collections.abc import Sequence

GIB = 2**30


def _machine() -> Machine:
    node = {"gpus": 8, "cpus": 64, "memory": f"{512}GiB"}
    classes = {
        "new": {"count": 2, "gpu_type": "h200", **node},
        "old": {"count": 2, "gpu_type": "a100", **node},
    }
    return machine_of(Nodes.model_validate({"kind": "nodes", "classes": classes}), Path())


def _jobs(asked: Sequence[tuple[int, int, int, int]]) -> Jobs:
    """Jobs of so many (nodes, GPUs, CPUs, GiB), the last three on each node."""
    nodes, gpus, cpus, memory = (np.array(column, np.int64) for column in zip(*asked, strict=True))
    shape = replace(Shapes.of(nodes, gpus), cpus=cpus, memory=memory * GIB)
    one = np.ones(len(asked), np.int64)
    code = np.zeros(len(asked), np.int32)
    return Jobs(
        one, one, one, one, nodes * gpus, code, code, code, ("u",), ("a",), ("c",), shape=shape
    )


def _cost(asked: Sequence[tuple[int, int, int, int]], **charge: Any) -> list[list[float]]:
    rule = Rule.model_validate({"ordering": "least_usage", "accounting": {"charge": charge}})
    found: list[list[float]] = (charges(_jobs(asked), _machine(), rule) / 1000).tolist()
    return found


def test_the_larger_of_cores_memory_and_gpus_in_whole_units() -> None:
    """LUMI: max(⌈cores/8⌉, ⌈memory/64 GB⌉, GCDs) · 0.5."""
    lumi: dict[str, Any] = {"cpu": 1 / 8, "memory": 1 / 64, "form": "max", "whole": True}
    asked = [(1, 1, 8, 64), (1, 1, 9, 64), (1, 2, 8, 129), (2, 8, 56, 480)]
    assert _cost(asked, **lumi, times=0.5) == [[0.5], [1.0], [1.5], [8.0]]


def test_sum_and_gpus_plus_the_largest() -> None:
    weights = {"gpu": 16.0, "cpu": 1.0, "memory": 0.25, "node": 2.0}
    asked = [(1, 2, 8, 64), (2, 8, 4, 8)]
    assert _cost(asked, **weights) == [[32 + 8 + 16 + 2], [256 + 8 + 4 + 4]]
    assert _cost(asked, **weights, form="gpu_plus_max") == [[32 + 16], [256 + 8]]
    assert _cost(asked, **weights, form="max") == [[32], [256]]


def test_each_type_of_gpu_has_its_price() -> None:
    by_type = dict(
        zip(_machine().gpu_types, _cost([(1, 4, 0, 0)], gpu_types={"a100": 0.4})[0], strict=True)
    )
    assert by_type == {"a100": 1.6, "h200": 4.0}


def test_a_charge_is_rounded_half_up_to_the_thousandth() -> None:
    assert _cost([(1, 1, 0, 0)], gpu=0.0005) == [[0.001]]
    assert _cost([(1, 1, 0, 0)], gpu=0.00049) == [[0.0]]


def test_hours_of_another_price_follow_the_local_clock() -> None:
    """The clocks of Berlin go forward on 28 March 2027 at 2: that night has one cheap hour less."""
    rule = Rule.model_validate(
        {
            "ordering": "least_usage",
            "accounting": {"off_peak": [{"start": 22, "end": 6, "factor": 0.5}]},
        }
    )
    midnight = 1_806_188_400  # 2027-03-28 00:00 in Berlin
    prices = price_list(rule.accounting, Calendar(midnight, "Europe/Berlin"), 200_000)
    assert prices is not None
    assert prices.time[:4].tolist() == [0, 5 * 3600, 21 * 3600, 29 * 3600]
    assert prices.factor[:4].tolist() == [500, 1000, 500, 1000]
    assert prices.total[1] == 5 * 3600 * 500


@pytest.mark.parametrize(
    ("reset", "days"),
    [
        ("daily", [1, 2, 3]),
        ("weekly", [6, 13, 20]),
        ("monthly", [28, 59, 89]),
        ("quarterly", [59, 150, 242]),
        ("yearly", [334, 700, 1065]),
    ],
)
def test_usage_is_forgotten_at_midnight(reset: str, days: list[int]) -> None:
    """From noon of Monday, 1 February 2027, in UTC."""
    accounting = Rule.model_validate(
        {"ordering": "least_usage", "accounting": {"reset": reset}}
    ).accounting
    noon = 1_801_483_200
    found = resets(accounting, Calendar(noon, "UTC"), 4 * 366 * 86_400)
    assert found[:3].tolist() == [day * 86_400 - 43_200 for day in days]
