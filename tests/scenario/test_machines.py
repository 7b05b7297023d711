"""Machines of nodes in scenarios: presets, names both parts must know, what is told of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter
from pydantic_core import PydanticCustomError

from simulator.cluster.models import Nodes
from simulator.errors import InputError, Place
from simulator.scenario.load import load
from simulator.scenario.machine_checks import refuse_strangers
from simulator.scenario.machine_presets import with_preset
from simulator.scenario.machine_summary import machine_rows
from simulator.scenario.node import node_of
from simulator.workload.models import Workload

REST = "name: x\nworkload: {kind: log, trace: a.swf}\nrules: [easy]\n"
WORKLOAD = {
    "kind": "synthetic",
    "duration": "1w",
    "load": 0.5,
    "classes": {"science": {"demand": 1}},
}
MACHINE = {
    "kind": "nodes",
    "classes": {"h200": {"count": 4, "gpus": 8, "gpu_type": "H200", "slices": 7}},
    "partitions": {"gpu": {}},
}


def composed(cluster: dict[str, Any]) -> Any:
    return with_preset(node_of({"cluster": cluster}, Place("x"))).plain()["cluster"]


def test_a_preset_is_patched_setting_by_setting() -> None:
    cluster = composed({"preset": "mixed", "classes": {"a100": {"count": 8}, "cpu": {"count": 2}}})
    nodes = Nodes.model_validate(cluster)
    assert list(nodes.classes) == ["h100", "a100", "cpu"]
    assert (nodes.classes["a100"].count, nodes.classes["a100"].gpus) == (8, 4)
    assert nodes.gpus == 16 * 8 + 8 * 4
    assert list(nodes.partitions) == ["large", "general"]


def test_without_a_preset_nothing_changes() -> None:
    assert composed({"kind": "pool", "capacity": 4}) == {"kind": "pool", "capacity": 4}


BROKEN = {
    "cluster: {preset: natonal}": "2:19: no machine is named 'natonal' (did you mean 'national'? "
    "known: dgx_pod, mixed, national, openb, thetagpu)",
    "cluster: {preset: [national]}": "2:19: cluster.preset is no name "
    "(name a machine, like national)",
    "cluster: {kind: pool, preset: national}": "2:17: cluster.preset: 'national' is a machine of "
    "nodes, not of kind 'pool' (say kind: nodes, or leave kind out)",
    "cluster: {kind: nodes}": "2:1: cluster: a machine of no nodes "
    "(add classes, a node_list, or a preset like preset: national)",
    "cluster: {preset: national, classes: {h200: {count: 0}}}": "2:53: "
    "cluster.classes.h200.count: 0 is too small (it must be above 0)",
    "cluster: {preset: national, partitions: {a: {}, b: {last: 1}}}": "2:49: "
    "cluster.partitions.b: the node 'h200-63' belongs to 'a' as well "
    "(take it out of one of them, or say overlap: true)",
    "cluster: {preset: mixed, speeds: {A10: 0.3}}": "2:40: cluster.speeds.A10: the machine has no "
    "GPUs of type 'A10' (did you mean 'A100'? known: A100, H100)",
    "cluster: {preset: mixed, speeds: {A100: 0}}": "2:41: cluster.speeds.A100: 0 is too small "
    "(it must be at least 0.001)",
    "cluster: {preset: mixed, speeds: {A100: 0.33333}}": "2:41: cluster.speeds.A100: the speed "
    "0.33333 is no whole thousandth (write it like 0.45)",
    "cluster: {preset: national, clases: {}}": "2:29: cluster.clases: there is no such setting "
    "(did you mean 'classes'?)",
}


@pytest.mark.parametrize("line", BROKEN)
def test_a_broken_machine_is_refused_in_its_place(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("s.yaml").write_text(REST.replace("name: x\n", f"name: x\n{line}\n"), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load("s.yaml")
    assert str(caught.value) == f"s.yaml:{BROKEN[line]}"


STRANGERS = {
    "checkpoints of a class": (
        {"checkpoints": {"classes": {"sience": "none"}}},
        {},
        ("cluster", "checkpoints", "classes", "sience"),
        "the workload has no class 'sience' (did you mean 'science'? known: science)",
    ),
    "partition": (
        {},
        {"requests": {"partition": "gpus"}},
        ("workload", "requests", "partition"),
        "the machine has no partition 'gpus' (did you mean 'gpu'? known: gpu)",
    ),
    "partition of none": (
        {"partitions": {}},
        {"requests": {"partition": "gpu"}},
        ("workload", "requests", "partition"),
        "the machine has no partition 'gpu' (add it to cluster.partitions)",
    ),
    "type": (
        {},
        {"classes": {"science": {"demand": 1, "requests": {"gpu_types": {"H100": 1}}}}},
        ("workload", "classes", "science", "requests", "gpu_types", "H100"),
        "the machine has no GPUs of type 'H100' (did you mean 'H200'? known: H200, any)",
    ),
    "slices": (
        {},
        {"requests": {"slices": {"share": 0.1, "sizes": {8: 1}}}},
        ("workload", "requests", "slices", "sizes", 8),
        "no GPU of the machine has 8 slices (at most 7)",
    ),
}


@pytest.mark.parametrize("case", STRANGERS)
def test_names_that_one_part_lacks_are_refused(case: str) -> None:
    machine, workload, place, message = STRANGERS[case]
    nodes = Nodes.model_validate(MACHINE | machine)
    jobs = TypeAdapter(Workload).validate_python(WORKLOAD | workload)
    with pytest.raises(PydanticCustomError) as caught:
        refuse_strangers(nodes, jobs)
    assert (caught.value.context["at"], caught.value.message()) == (place, message)


def test_names_that_both_know_pass() -> None:
    requests = {
        "partition": "gpu",
        "gpu_types": {"H200": 1, "any": 2},
        "slices": {"share": 0.2, "sizes": {7: 1}},
    }
    adapter = TypeAdapter(Workload)
    nodes = Nodes.model_validate(MACHINE | {"checkpoints": {"classes": {"science": "none"}}})
    refuse_strangers(nodes, adapter.validate_python(WORKLOAD | {"requests": requests}))
    refuse_strangers(nodes, adapter.validate_python({"kind": "log", "trace": "a.swf"}))


def test_a_machine_in_words() -> None:
    settings = {
        "kind": "nodes",
        "classes": {
            "h200": {
                "count": 64,
                "gpus": 8,
                "gpu_type": "H200",
                "slices": 7,
                "cpus": 112,
                "memory": "2TiB",
                "nodes_per_leaf": 8,
                "idle_power": 2500,
                "busy_power": 10200,
            },
            "cpu": {"count": 2},
        },
        "partitions": {
            "gpu": {"classes": ["h200"]},
            "debug": {"nodes": ["h200-[00-01]"], "overlap": True},
        },
        "maintenance": [
            {"start": "3d", "duration": "8h", "every": "28d", "leaves": ["h200-leaf0"]},
            {"start": "9d", "duration": "1h", "last": 2, "drain": False, "on_start": "lost"},
            {"start": "20d", "duration": "1d"},
        ],
        "failures": {
            "mtbf": "60d",
            "shape": 0.7,
            "leaf_mtbf": "365d",
            "leaf_repair": {"median": "1d"},
            "repair": {"median": "4h", "sigma": 0.8},
            "repair_known": True,
            "max_requeues": 3,
        },
        "checkpoints": {
            "everyone": {"period": "1h", "write": "2min", "restart": "5min"},
            "classes": {"open": "none"},
        },
    }
    assert machine_rows(Nodes.model_validate(settings)) == [
        ("machine", "66 nodes, 512 GPUs"),
        (
            "nodes",
            "h200 · 64 × 8 GPUs H200, 7 slices a GPU, 112 CPUs, 2,048 GiB, 8 a leaf, "
            "2,500 to 10,200 W",
        ),
        ("nodes", "cpu · 2 × no GPUs, 2 a leaf"),
        ("partition", "gpu · nodes of h200"),
        ("partition", "debug · h200-[00-01], shared with others"),
        (
            "maintenance",
            "nodes on h200-leaf0 for 8h from 3d, every 28d; jobs that still run are queued again",
        ),
        (
            "maintenance",
            "the last 2 nodes for 1h from 9d, not planned around; jobs that still run are lost",
        ),
        (
            "maintenance",
            "the whole machine for 1d from 20d; jobs that still run are queued again",
        ),
        (
            "failures",
            "a node after 60d in the mean (Weibull, shape 0.7), a leaf after 365d, back in 1d; "
            "back in 4h (σ 0.8), then known; jobs on them are queued again, 3 times at most",
        ),
        ("checkpoints", "everyone every 1h, 2min to write, 5min to go on"),
        ("checkpoints", "open never"),
    ]
    listed = {"kind": "nodes", "node_list": {"file": "nodes.csv"}}
    assert machine_rows(Nodes.model_validate(listed)) == [
        ("machine", "the nodes that nodes.csv lists")
    ]
