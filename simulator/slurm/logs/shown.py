"""Nodes and partitions as ``scontrol show`` has them, beside those of slurm.conf."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.errors import InputError
from simulator.slurm.amounts import whole
from simulator.slurm.machine import read_shown_partitions, shown

if TYPE_CHECKING:
    from pathlib import Path

    from simulator.slurm.lines import Value
    from simulator.slurm.recording.cluster import Cluster

AWAY = ("DOWN", "DRAIN", "FAIL", "MAINT", "NOT_RESPONDING")
"""States in which a node is given nothing."""


def nodes_away(path: Path, cluster: Cluster) -> list[str]:
    """Compare the nodes of a print with slurm.conf; what is to be said of those that are away.

    Raises InputError, with file and line, for a node that is not there or has something else.
    """
    has = {node.name: {"cputot": node.cpus, "realmemory": node.memory} for node in cluster.nodes}
    away = []
    for record in shown(path, "NodeName"):
        name = record["nodename"].text
        if name not in has:
            raise record["nodename"].wrong(
                f"slurm.conf has no node {name!r}", "give the whole slurm.conf"
            )
        for key, amount in has[name].items():
            if key in record and record[key].read(whole) != amount:
                raise _other(record[key], f"of {name} is {amount} in slurm.conf")
        state = record["state"].text.upper() if "state" in record else ""
        if any(word in state for word in AWAY):
            away.append(f"{name} was {state} when {path.name} was printed, and is taken to be up")
    return away


def refuse_other_partitions(path: Path, cluster: Cluster) -> None:
    """Raise InputError, with file and line, for a partition that slurm.conf describes otherwise."""
    for line in read_shown_partitions(path):
        known = cluster.partitions.get(line.name)
        if known is None:
            raise line.at.wrong(
                f"slurm.conf has no partition {line.name!r}", "give the whole slurm.conf"
            )
        nodes = {cluster.nodes[number].name for number in known.nodes}
        if line.nodes is not None and set(line.nodes) != nodes:
            raise _other(line.said["nodes"], f"of {line.name} are others in slurm.conf")
        for key, theirs, ours in (
            ("maxtime", line.max_time, known.max_time),
            ("prioritytier", line.tier, known.tier),
        ):
            if key in line.said and theirs != ours:
                raise _other(line.said[key], f"of {line.name} is another in slurm.conf")
        if "state" in line.said and line.said["state"].text.upper() != "UP":
            raise line.said["state"].wrong(
                f"the partition {line.name} is {line.said['state'].text}",
                "record while all partitions are up",
            )


def _other(value: Value, what: str) -> InputError:
    return value.wrong(
        f"{value.text!r} {what}", "let slurm.conf say what the running slurmctld has"
    )
