"""Nodes listed one by one."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from simulator.cluster.machine import UNCOUNTED, machine_of
from simulator.cluster.models import Nodes
from simulator.errors import InputError

OPENB = "sn,cpu_milli,memory_mib,gpu,model\n"
FORMS = (
    "(the first line is sn,cpu_milli,memory_mib,gpu,model, "
    "or names columns of name, cpus, memory_mib, gpus, gpu_type, leaf)"
)


def machine(folder: Path, text: str, **settings: object):
    (folder / "nodes.csv").write_text(text)
    listed = {"kind": "nodes", "node_list": {"file": "nodes.csv"} | settings}
    return machine_of(Nodes.model_validate(listed), folder)


def test_nodes_alike_make_a_class(tmp_path):
    made = machine(
        tmp_path,
        OPENB + "a,32000,1024,0,\nb,64000,2048,2,T4\n" + "c,64000,4096,2,T4\nd,64000,2048,2,T4\n",
    )
    assert made.names == ("a", "b", "c", "d")
    assert made.classes == ("cpu", "T4x2", "T4x2-2")
    assert made.node_class.tolist() == [0, 1, 2, 1]
    assert made.cpus.tolist() == [32, 64, 64, 64]
    assert made.memory.tolist() == [2**30, 2**31, 2**32, 2**31]
    assert (made.gpu_types, made.gpu_type.tolist()) == (("T4",), [-1, 0, 0, 0])
    assert made.leaves == ("leaf0",)


def test_columns_of_a_plain_list_come_in_any_order(tmp_path):
    made = machine(tmp_path, "gpus,leaf,name\n4,west,x\n\n8,east,y\n4,west,z\n")
    assert (made.names, made.gpus.tolist()) == (("x", "y", "z"), [4, 8, 4])
    assert (made.leaves, made.leaf.tolist()) == (("west", "east"), [0, 1, 0])
    assert (made.gpu_types, made.cpus.tolist()) == (("gpu",), [UNCOUNTED] * 3)


def test_leaves_follow_the_order_of_the_file(tmp_path):
    made = machine(tmp_path, "name,gpus\na,1\nb,1\nc,1\n", nodes_per_leaf=2)
    assert made.leaf.tolist() == [0, 0, 1]


def test_a_list_may_be_packed(tmp_path):
    (tmp_path / "n.csv.gz").write_bytes(gzip.compress(b"name,gpus\na,1\n"))
    nodes = Nodes.model_validate({"kind": "nodes", "node_list": {"file": "n.csv.gz"}})
    assert machine_of(nodes, tmp_path).names == ("a",)


REFUSED = {
    "twice": (
        "name,gpus\na,1\nb,1\na,1\n",
        ":4:1: the node 'a' is named twice (the first is in line 2; take one out)",
    ),
    "twice in openb": (
        OPENB + "a,1000,1,0,\na,1000,1,0,\n",
        ":3:1: the node 'a' is named twice (the first is in line 2; take one out)",
    ),
    "no nodes": ("name,gpus\n", ": a machine of no nodes (one line a node)"),
    "empty": (
        "",
        f":1: not a node list {FORMS}",
    ),
    "no such column": (
        "name,gpu\na,1\n",
        ":1: a node list has no column 'gpu' (did you mean 'gpus'? "
        "known: cpus, gpu_type, gpus, leaf, memory_mib, name)",
    ),
    "a column twice": ("name,gpus,gpus\na,1,1\n", ":1: the column 'gpus' stands there twice"),
    "no GPUs": (
        "name,cpus\na,1\n",
        f":1: the column 'gpus' is missing {FORMS}",
    ),
    "a field too many": ("name,gpus\na,1,2\n", ":2: a node of 3 fields (the first line names 2)"),
    "a negative number": (
        "name,gpus\na,-1\n",
        ":2:3: gpus '-1' cannot be used (a whole number from 0 to 62)",
    ),
    "no number": (
        OPENB + "a,many,1,0,\n",
        ":2:3: cpu_milli 'many' cannot be used (a whole number from 0 to 1,099,511,627,776)",
    ),
    "too many GPUs": (
        OPENB + "a,1000,1,63,T4\n",
        ":2:10: gpu '63' cannot be used (a whole number from 0 to 62)",
    ),
    "half a CPU": (
        OPENB + "a,1500,1,0,\n",
        ":2:3: cpu_milli '1500' is no whole number of CPUs (thousandths, like 32000)",
    ),
    "no name": ("name,gpus\n,1\n", ":2:1: a node without a name"),
    "GPUs of no type": (
        OPENB + "a,1000,1,2,\n",
        ":2:12: 2 GPUs of no type (state both or neither)",
    ),
    "a type of no GPUs": (
        OPENB + "a,1000,1,0,T4\n",
        ":2:12: GPUs of type 'T4', but none there (state both or neither)",
    ),
    "no leaf": ("name,gpus,leaf\na,1,x\nb,1,\n", ":3:5: a node without a leaf"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_wrong_list_is_refused_with_its_line(case, tmp_path):
    text, message = REFUSED[case]
    with pytest.raises(InputError) as caught:
        machine(tmp_path, text)
    assert str(caught.value) == f"{tmp_path / 'nodes.csv'}{message}"


def test_leaves_are_stated_once(tmp_path):
    with pytest.raises(InputError, match="the node list names each node's leaf"):
        machine(tmp_path, "name,gpus,leaf\na,1,x\n", nodes_per_leaf=1)


def test_text_that_is_none_is_refused(tmp_path):
    (tmp_path / "nodes.csv").write_bytes(b"\xff\xfe\x00")
    nodes = Nodes.model_validate({"kind": "nodes", "node_list": {"file": "nodes.csv"}})
    with pytest.raises(InputError, match="not a node list: it is not text"):
        machine_of(nodes, tmp_path)


def test_a_list_that_is_nowhere_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("ADIL_SHARED", str(tmp_path / "shared"))
    nodes = Nodes.model_validate({"kind": "nodes", "node_list": {"file": "none.csv"}})
    with pytest.raises(InputError, match=r"there is no node list 'none.csv' in .*shared/traces"):
        machine_of(nodes, tmp_path)
