"""Every machine of nodes that is wrong gives its one message, placed."""

from __future__ import annotations

import pytest

from simulator.cluster.models import Nodes
from simulator.fields import ValidationError

H200 = {"count": 4, "gpus": 8, "nodes_per_leaf": 2}
MACHINE = {"kind": "nodes", "classes": {"h200": H200}}
WINDOW = {"start": "1d", "duration": "8h"}
FAILURES = {"mtbf": "60d", "repair": {"median": "4h"}}
OFTEN = {"period": "1h"}


def machine(**settings: object) -> dict[str, object]:
    return MACHINE | settings


def h200(**settings: object) -> dict[str, object]:
    return machine(classes={"h200": H200 | settings})


def window(**settings: object) -> dict[str, object]:
    return machine(maintenance=[WINDOW | settings])


def failures(**settings: object) -> dict[str, object]:
    return machine(failures=FAILURES | settings)


def parted(**partitions: object) -> dict[str, object]:
    return machine(partitions=partitions)


REFUSED = {
    "nothing": (
        {"kind": "nodes"},
        (),
        "a machine of no nodes (add classes, a node_list, or a preset like preset: national)",
    ),
    "classes and a list": (
        machine(node_list={"file": "nodes.csv"}),
        ("classes",),
        "a node list says already what nodes there are (give either classes or node_list)",
    ),
    "too many": (
        h200(count=100_001, nodes_per_leaf=8),
        ("classes",),
        "100,001 nodes are too many (at most 100,000)",
    ),
    "slices of nothing": (
        machine(classes={"cpu": {"count": 1, "slices": 7}}),
        ("classes", "cpu", "slices"),
        "slices of nodes without GPUs (add gpus: 8)",
    ),
    "a type of nothing": (
        machine(classes={"cpu": {"count": 1, "gpu_type": "H200"}}),
        ("classes", "cpu", "gpu_type"),
        "gpu_type of nodes without GPUs (add gpus: 8)",
    ),
    "a leaf too few": (
        h200(leaves=["a"]),
        ("classes", "h200", "leaves"),
        "1 leaves are named, 4 nodes of 2 a leaf hang on 2 (name each, or change nodes_per_leaf)",
    ),
    "a leaf twice": (
        h200(leaves=["a", "a"]),
        ("classes", "h200", "leaves", 1),
        "the leaf 'a' is named twice (take one out)",
    ),
    "half a power": (
        h200(idle_power=100),
        ("classes", "h200", "idle_power"),
        "idle_power without busy_power tells no energy "
        "(add busy_power, in watts, or leave both out)",
    ),
    "power that falls": (
        h200(idle_power=100, busy_power=99.5),
        ("classes", "h200", "busy_power"),
        "a busy node draws 99.5 W, an idle one 100 W (busy_power is at least idle_power)",
    ),
    "two ways": (
        window(last=1, classes=["h200"]),
        ("maintenance", 0, "last"),
        "nodes are named by classes and by last (name them in one way)",
    ),
    "more than there are": (
        window(last=5),
        ("maintenance", 0, "last"),
        "5 nodes are more than there are (the machine has 4)",
    ),
    "no such class": (
        window(classes=["h100"]),
        ("maintenance", 0, "classes", 0),
        "there is no class 'h100' (did you mean 'h200'? known: h200)",
    ),
    "no such leaf": (
        window(leaves=["h200-leaf0", "h200-leaf2"]),
        ("maintenance", 0, "leaves", 1),
        "there is no leaf 'h200-leaf2' (did you mean 'h200-leaf1'? known: h200-leaf0, h200-leaf1)",
    ),
    "no such node": (
        window(nodes=["h200-[2-4]"]),
        ("maintenance", 0, "nodes", 0),
        "there is no node 'h200-4' (they are named h200-0 … h200-3)",
    ),
    "a node twice": (
        window(nodes=["h200-[0-2]", "h200-2"]),
        ("maintenance", 0, "nodes", 1),
        "the node 'h200-2' is named twice (take one out)",
    ),
    "an entry twice": (
        window(nodes=["h200-2", "h200-2"]),
        ("maintenance", 0, "nodes", 1),
        "the entry 'h200-2' is named twice (take one out)",
    ),
    "no names": (
        window(nodes=["h200-["]),
        ("maintenance", 0, "nodes", 0),
        "'h200-[' names no nodes (write it like h200-03 or h200-[00-07,12])",
    ),
    "no range": (
        window(nodes=["h200-[a]"]),
        ("maintenance", 0, "nodes", 0),
        "'a' in 'h200-[a]' is no range (write it like h200-03 or h200-[00-07,12])",
    ),
    "backwards": (
        window(nodes=["h200-[3-1]"]),
        ("maintenance", 0, "nodes", 0),
        "the range '3-1' runs backwards (write 1-3)",
    ),
    "endless range": (
        window(nodes=["h200-[0-999999999]"]),
        ("maintenance", 0, "nodes", 0),
        "'h200-[0-999999999]' names too many nodes (at most 100,000)",
    ),
    "a window that never ends": (
        window(every="8h"),
        ("maintenance", 0, "every"),
        "a window that is repeated before it ends never ends "
        "('every' must be longer than 'duration')",
    ),
    "a plan around the unknown": (
        window(announced=0),
        ("maintenance", 0, "announced"),
        "a window announced at its start cannot be planned around "
        "(say drain: false, or announce it earlier)",
    ),
    "overlap by mistake": (
        parted(gpu={"classes": ["h200"]}, debug={"nodes": ["h200-3"]}),
        ("partitions", "debug"),
        "the node 'h200-3' belongs to 'gpu' as well "
        "(take it out of one of them, or say overlap: true)",
    ),
    "a partition of strangers": (
        parted(gpu={"classes": ["h100"]}),
        ("partitions", "gpu", "classes", 0),
        "there is no class 'h100' (did you mean 'h200'? known: h200)",
    ),
    "failures of no time": (
        machine(failures={"repair": {"median": "4h"}}),
        ("failures",),
        "failures of no mean time never happen "
        "(add mtbf: 60d or leaf_mtbf: 365d, or leave failures out)",
    ),
    "repair of what never fails": (
        failures(leaf_repair={"median": "1d"}),
        ("failures", "leaf_repair"),
        "leaves that never fail need no repair (add leaf_mtbf: 365d)",
    ),
    "requeues of the lost": (
        failures(on_failure="lost", max_requeues=2),
        ("failures", "max_requeues"),
        "a job that is lost at once is never queued again "
        "(leave max_requeues out, or say on_failure: requeue)",
    ),
    "negative mtbf": (
        failures(mtbf="-60d"),
        ("failures", "mtbf"),
        "'-60d' is negative (write it like 90min, 12h, 7d or 1d 12h)",
    ),
}


def refused(settings: object) -> tuple[tuple[str | int, ...], str]:
    """Where, and what, the one error of these settings is."""
    with pytest.raises(ValidationError) as caught:
        Nodes.model_validate(settings)
    (error,) = caught.value.errors()
    return (*error["loc"], *error.get("ctx", {}).get("at", ())), error["msg"]


@pytest.mark.parametrize("case", REFUSED)
def test_a_wrong_machine_is_refused(case: str) -> None:
    settings, place, message = REFUSED[case]
    assert refused(settings) == (place, message)


BOUNDS = {
    "zero nodes": (h200(count=0), ("classes", "h200", "count")),
    "negative GPUs": (h200(gpus=-1), ("classes", "h200", "gpus")),
    "more GPUs than bits": (h200(gpus=63), ("classes", "h200", "gpus")),
    "zero slices": (h200(slices=0), ("classes", "h200", "slices")),
    "zero CPUs": (h200(cpus=0), ("classes", "h200", "cpus")),
    "no memory": (h200(memory=0), ("classes", "h200", "memory")),
    "zero a leaf": (h200(nodes_per_leaf=0), ("classes", "h200", "nodes_per_leaf")),
    "negative power": (h200(idle_power=-1, busy_power=1), ("classes", "h200", "idle_power")),
    "endless power": (
        h200(idle_power=1, busy_power=float("inf")),
        ("classes", "h200", "busy_power"),
    ),
    "a window of no time": (window(duration=0), ("maintenance", 0, "duration")),
    "no nodes of a window": (window(nodes=[]), ("maintenance", 0, "nodes")),
    "zero last": (window(last=0), ("maintenance", 0, "last")),
    "zero mtbf": (failures(mtbf=0), ("failures", "mtbf")),
    "zero shape": (failures(shape=0.0), ("failures", "shape")),
    "negative spread": (
        failures(repair={"median": "1h", "sigma": -1}),
        ("failures", "repair", "sigma"),
    ),
    "no repair": (machine(failures={"mtbf": "1d"}), ("failures", "repair")),
    "negative requeues": (failures(max_requeues=-1), ("failures", "max_requeues")),
    "a checkpoint of no period": (
        machine(checkpoints={"everyone": {"period": 0}}),
        ("checkpoints", "everyone", "period"),
    ),
}


@pytest.mark.parametrize("case", BOUNDS)
def test_what_is_out_of_bounds_is_refused_where_it_stands(case: str) -> None:
    settings, place = BOUNDS[case]
    assert refused(settings)[0] == place
