"""From settings of nodes to columns."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from simulator.cluster.machine import UNCOUNTED, machine_of
from simulator.cluster.models import Nodes
from simulator.errors import InputError
from simulator.fields import ValidationError

TWO_TYPES = {
    "kind": "nodes",
    "classes": {
        "h200": {
            "count": 3,
            "gpus": 8,
            "gpu_type": "H200",
            "cpus": 112,
            "memory": "2TiB",
            "nodes_per_leaf": 2,
            "idle_power": 2500,
            "busy_power": 10200,
        },
        "mig": {"count": 2, "gpus": 4, "slices": 7},
        "cpu": {"count": 1, "cpus": 64, "memory": "256GiB"},
    },
    "partitions": {
        "gpu": {"classes": ["h200", "mig"]},
        "rest": {"last": 1},
        "debug": {"nodes": ["h200-[0-1]"], "overlap": True},
        "leaf": {"leaves": ["h200-leaf1"], "overlap": True},
        "all": {"overlap": True},
    },
}


def machine(**settings: object):
    return machine_of(Nodes.model_validate(TWO_TYPES | settings), Path())


def test_a_row_is_a_node():
    made = machine()
    assert made.names == ("h200-0", "h200-1", "h200-2", "mig-0", "mig-1", "cpu-0")
    assert made.classes == ("h200", "mig", "cpu")
    assert made.node_class.tolist() == [0, 0, 0, 1, 1, 2]
    assert made.gpus.tolist() == [8, 8, 8, 4, 4, 0]
    assert made.gpu_types == ("H200", "mig")
    assert made.gpu_type.tolist() == [0, 0, 0, 1, 1, -1]
    assert made.cpus.tolist() == [112, 112, 112, UNCOUNTED, UNCOUNTED, 64]
    assert made.memory.tolist() == [2**41] * 3 + [UNCOUNTED] * 2 + [2**38]
    assert made.leaves == ("h200-leaf0", "h200-leaf1", "mig-leaf0", "cpu-leaf0")
    assert made.leaf.tolist() == [0, 0, 1, 2, 2, 3]
    assert made.idle_watts[:3].tolist() == [2500] * 3
    assert made.busy_watts[:3].tolist() == [10200] * 3
    assert np.isnan(made.idle_watts[3:]).all()
    assert {made.gpus.dtype, made.cpus.dtype, made.leaf.dtype, made.member.dtype} == {
        np.dtype("i8")
    }


def test_gpus_count_in_the_finest_slices():
    made = machine()
    assert (made.slices, made.class_slices.tolist(), made.units) == (7, [1, 7, 1], 32 * 7)
    classes = {"a": {"count": 1, "gpus": 1, "slices": 4}, "b": {"count": 1, "gpus": 1, "slices": 6}}
    assert machine(classes=classes, partitions={}).slices == 12


def test_partitions_are_bits():
    made = machine()
    assert made.partitions == ("gpu", "rest", "debug", "leaf", "all")
    assert made.member.tolist() == [0b10101, 0b10101, 0b11001, 0b10001, 0b10001, 0b10010]


def test_a_window_means_nodes():
    choices = (
        {},
        {"last": 2},
        {"classes": ["mig"]},
        {"leaves": ["h200-leaf0"]},
        {"nodes": ["mig-1", "h200-0"]},
    )
    windows = [{"start": "1d", "duration": "1h"} | choice for choice in choices]
    nodes = Nodes.model_validate(TWO_TYPES | {"maintenance": windows})
    made = machine_of(nodes, Path())
    assert [made.numbers(window).tolist() for window in nodes.maintenance] == [
        [0, 1, 2, 3, 4, 5], [4, 5], [3, 4], [0, 1], [0, 4],
    ]  # fmt: skip


def test_classes_share_a_leaf_that_both_name():
    classes = {
        "a": {"count": 2, "gpus": 1, "leaves": ["left", "right"], "nodes_per_leaf": 1},
        "b": {"count": 1, "gpus": 1, "leaves": ["right"]},
    }
    made = machine(classes=classes, partitions={})
    assert (made.leaves, made.leaf.tolist()) == (("left", "right"), [0, 1, 1])


def test_numbers_have_as_many_digits_as_the_last():
    made = machine(classes={"n": {"count": 11, "gpus": 1}}, partitions={})
    assert (made.names[0], made.names[10]) == ("n-00", "n-10")


def test_the_identity_of_a_machine_holds_the_order_of_its_classes():
    written = Nodes.model_validate(TWO_TYPES).model_dump(mode="json")["classes"]
    assert [each["name"] for each in written] == ["h200", "mig", "cpu"]


def test_partitions_of_listed_nodes_are_checked_once_they_are_read(tmp_path):
    (tmp_path / "nodes.csv").write_text("name,gpus\na,1\nb,1\n")
    listed = {"kind": "nodes", "node_list": {"file": "nodes.csv"}}
    wrong = Nodes.model_validate(listed | {"partitions": {"p": {"nodes": ["c"]}}})
    with pytest.raises(InputError) as caught:
        machine_of(wrong, tmp_path)
    assert str(caught.value) == (
        "cluster.partitions.p.nodes.0: there is no node 'c' (they are named a … b)"
    )


def test_nodes_are_called_as_their_class_says():
    classes = {
        "fat": {"count": 3, "gpus": 8, "names": ["n[2-3]", "login"]},
        "thin": {"count": 2, "gpus": 4},
    }
    partitions = {"some": {"nodes": ["n[2-3]", "thin-1"]}}
    made = machine_of(
        Nodes.model_validate({"kind": "nodes", "classes": classes, "partitions": partitions}),
        Path(),
    )
    assert made.names == ("n2", "n3", "login", "thin-0", "thin-1")
    assert made.member.tolist() == [1, 1, 0, 0, 1]


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["n[1-3]"], "2 nodes have 3 names"),
        (["n1", "n1"], "'n1' is named twice"),
        (["n[1-"], "names no nodes"),
        (["b-0", "n1"], "the node 'b-0' is of the class"),
    ],
)
def test_names_that_cannot_be_are_refused(names, said):
    classes = {"a": {"count": 2, "names": names}, "b": {"count": 1}}
    with pytest.raises(ValidationError, match=said):
        Nodes.model_validate({"kind": "nodes", "classes": classes})
