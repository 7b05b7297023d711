"""slurm.conf as slurm.conf(5) defines it, and what is refused with its line and column."""

from __future__ import annotations

import pytest

from simulator.errors import InputError
from simulator.slurm.settings import read_conf
from tests.slurm.folders import SCHEDULES, SNAPSHOTS, each

NODES = "NodeName=n[1-4] CPUs=8 RealMemory=1000\n"


@pytest.fixture
def conf(tmp_path):
    def write(text):
        path = tmp_path / "slurm.conf"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@each(SNAPSHOTS + SCHEDULES)
def test_recorded_files_are_read(folder):
    found = read_conf(folder / "slurm.conf")
    (nodes,) = found.nodes
    assert (nodes.cpus, nodes.gpus, nodes.gpu_type) in ((64, 4, ""), (64, 8, ""))
    assert [each.name for each in found.partitions] == ["batch", "debug"]
    assert found.partitions[0].default
    assert found.text("prioritytype", "") == "priority/multifactor"


def test_case_comments_continuations_and_quotes(conf):
    found = read_conf(
        conf(
            "# a comment\n"
            "prioritytype=priority/multifactor # another\n"
            "SchedulerParameters=bf_interval=30,\\\nbf_window=60\n"
            + 'PARTITIONNAME=p nodes=n[1-2] TRESBillingWeights="CPU=1.0,Mem=0.25G" default=yes\n'
            + NODES
        )
    )
    assert found.text("PriorityType", "") == "priority/multifactor"
    assert [one.text for one in found.words("schedulerparameters")] == ["bf_interval=30"]
    assert found.partitions[0].nodes == ("n1", "n2")
    assert found.partitions[0].default


def test_defaults_hold_for_the_lines_after_them(conf):
    found = read_conf(
        conf(
            "NodeName=a CPUs=2\n"
            "NodeName=DEFAULT CPUs=8 Gres=gpu:h200:8\n"
            "NodeName=b\n"
            "NodeName=c Gres=gpu:4\n"
            "PartitionName=DEFAULT PriorityJobFactor=5\n"
            "PartitionName=p Nodes=ALL\n"
            "PartitionName=q Nodes=a PriorityJobFactor=7 MaxTime=1-0\n"
        )
    )
    assert [(n.names, n.cpus, n.gpus, n.gpu_type) for n in found.nodes] == [
        (("a",), 2, 0, ""),
        (("b",), 8, 8, "h200"),
        (("c",), 8, 4, ""),
    ]
    assert [(p.nodes, p.job_factor, p.max_time) for p in found.partitions] == [
        (None, 5, None),
        (("a",), 7, 86_400),
    ]


def test_cpus_follow_from_cores_where_they_are_not_stated(conf):
    found = read_conf(conf("NodeName=a Sockets=2 CoresPerSocket=16 ThreadsPerCore=2\n"))
    assert found.nodes[0].cpus == 64


def test_included_files_are_read_in_place(conf, tmp_path):
    (tmp_path / "nodes.conf").write_text(NODES)
    found = read_conf(conf("PriorityWeightAge=1\ninclude nodes.conf\nPriorityWeightAge=2\n"))
    assert found.nodes[0].names == ("n1", "n2", "n3", "n4")
    assert found.text("PriorityWeightAge", "") == "2", "the last one counts"


@pytest.mark.parametrize(
    ("text", "line", "column", "said"),
    [
        ("PriorityType\n" + NODES, 1, 1, "no setting"),
        (NODES + "ClusterName=a b\n", 2, 15, "'b' is no setting"),
        ("Include lost.conf\n" + NODES, 1, None, "no file 'lost.conf'"),
        ("Include slurm.conf\n" + NODES, 1, None, "without end"),
        (NODES + "NodeName=n3\n", 2, 1, "'n3' is named twice"),
        (NODES + "PartitionName=p Nodes=n[1-5]\n", 2, 1, "'n5' that no line names"),
        (NODES + "PartitionName=p\nPartitionName=p\n", 3, 1, "'p' is named twice"),
        ("NodeName=n[1-\n", 1, 1, "names no nodes"),
        ("NodeName=a CPUs=many\n", 1, 12, "CPUs: 'many'"),
        ("NodeName=a Gres=gpu:a:2,gpu:b:2\n", 1, 12, "several types"),
        ("NodeName=a CPUs=1 cpus=2\n", 1, 19, "twice in a line"),
        (NODES + "PartitionName=p TRESBillingWeights=CPU\n", 2, 17, "'CPU' is no resource"),
        (NODES + "PartitionName=p MaxTime=soon\n", 2, 17, "'soon' is no time"),
        ("ClusterName=x\n", None, None, "names no nodes"),
        (NODES + "LaunchParameters+=x\n", 2, 1, "changes a value"),
    ],
)
def test_broken_files_are_refused_with_their_place(conf, text, line, column, said):
    with pytest.raises(InputError) as caught:
        read_conf(conf(text))
    error = caught.value
    assert said in error.what
    assert error.right
    assert error.place
    assert (error.place.line, error.place.column) == (line, column)


def test_binary_garbage_is_refused(tmp_path):
    path = tmp_path / "slurm.conf"
    path.write_bytes(bytes(range(256)) * 10)
    with pytest.raises(InputError, match="no text"):
        read_conf(path)
