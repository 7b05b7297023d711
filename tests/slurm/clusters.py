"""Clusters that scenarios are made from."""

from __future__ import annotations

from simulator.scenario.from_slurm.translate import read_cluster

NODES = "ClusterName=c\nNodeName=n[1-4] CPUs=8 RealMemory=1000 Gres=gpu:h200:4\n"
MULTIFACTOR = NODES + "PriorityType=priority/multifactor\n"


def cluster_of(folder):
    return read_cluster(
        folder / "slurm.conf",
        folder / "assoc.psv",
        folder / "qos.psv",
        folder / "partitions.txt",
    )
