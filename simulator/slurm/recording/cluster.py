"""The cluster of a recording: nodes, partitions, qualities of service, what its passes obey."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.errors import InputError, Place
from simulator.slurm.amounts import seconds, whole
from simulator.slurm.qos import Quality, read_qos
from simulator.slurm.settings import SlurmConf, read_conf

if TYPE_CHECKING:
    from pathlib import Path

    from simulator.slurm.lines import Value

READ = {
    "bf_resolution": 60,
    "bf_window": 1440,
    "bf_max_job_test": 500,
    "bf_max_job_user": 0,
    "bf_window_scale": 0,
    "default_queue_depth": 100,
    "preempt_reorder_count": 1,
}
"""Parameters that a pass obeys, with the defaults of 22.05; bf_window is in minutes."""
ASIDE = (
    *("bf_interval", "bf_continue", "bf_max_time", "bf_yield_interval", "bf_yield_sleep"),
    *("bf_yield_rpc_cnt", "bf_node_space_size", "sched_interval", "batch_sched_delay"),
    *("sched_min_interval", "max_sched_time", "max_rpc_cnt", "defer", "defer_batch"),
    *("build_queue_timeout", "max_script_size", "nohold_on_prolog_fail", "requeue_delay"),
)
"""Parameters that say when passes come or how long they may take: no pass decides by them."""
SELECT = ("cr_cpu", "cr_core", "cr_cpu_memory", "cr_core_memory")
REFUSED = {
    "oversubscribe": ("no",),
    "lln": ("no",),
    "state": ("up",),
    "exclusiveuser": ("no",),
}
"""What a partition may say of what its passes would do otherwise."""


@dataclass(frozen=True, slots=True)
class Node:
    """A node as the scheduler sees it."""

    name: str
    cpus: int
    memory: int
    gpus: int
    weight: int


@dataclass(frozen=True, slots=True)
class Partition:
    """A partition; nodes by their numbers."""

    name: str
    nodes: tuple[int, ...]
    tier: int
    max_time: int | None


@dataclass(frozen=True, slots=True)
class Cluster:
    """What passes are made on, and what they obey."""

    conf: SlurmConf
    nodes: tuple[Node, ...]
    """In Slurm's order: by name, numbers in it as numbers."""
    numbers: dict[str, int]
    """Place of each node in them."""
    partitions: dict[str, Partition]
    qualities: dict[str, Quality]
    parameters: dict[str, int]
    """Those of ``READ``; bf_window in seconds here."""
    memory_counts: bool
    preempts: bool
    """PreemptType is preempt/qos."""
    preempt_mode: str
    exempt: int
    """PreemptExemptTime of the cluster, seconds."""
    kill_wait: int
    message_timeout: int


def read_cluster(folder: Path) -> Cluster:
    """The cluster that a recording's ``slurm.conf`` and ``qos.psv`` describe.

    Raises InputError, with file and line, for what these passes do not cover: a setting that would
    make Slurm decide otherwise is named, never passed over.
    """
    conf = read_conf(folder / "slurm.conf")
    conf.plugin("SchedulerType", {"sched/backfill": "", "backfill": ""}, "sched/backfill")
    conf.plugin("TopologyPlugin", {"topology/none": "", "topology/default": ""}, "topology/none")
    conf.plugin("SelectType", {"select/cons_tres": ""}, "select/linear")
    nodes = _nodes(conf)
    number = {node.name: index for index, node in enumerate(nodes)}
    preempts = conf.plugin(
        "PreemptType", {"preempt/none": "", "preempt/qos": "qos"}, "preempt/none"
    )
    mode = conf.text("PreemptMode", "OFF").lower()
    if preempts and mode not in ("requeue", "cancel"):
        raise conf.settings["preemptmode"].wrong(
            f"{mode!r} is not covered", "victims that are requeued or cancelled: REQUEUE, CANCEL"
        )
    return Cluster(
        conf=conf,
        nodes=nodes,
        numbers=number,
        partitions=_partitions(conf, number),
        qualities=read_qos(folder / "qos.psv"),
        parameters=_parameters(conf),
        memory_counts="memory" in conf.read("SelectTypeParameters", _select, "cr_core_memory"),
        preempts=bool(preempts),
        preempt_mode=mode,
        exempt=conf.read("PreemptExemptTime", _exempt, 0),
        kill_wait=conf.read("KillWait", whole, 30),
        message_timeout=conf.read("MessageTimeout", whole, 10),
    )


def _nodes(conf: SlurmConf) -> tuple[Node, ...]:
    nodes = [
        Node(
            name=name,
            cpus=line.cpus,
            memory=line.memory,
            gpus=line.gpus,
            weight=line.said["weight"].read(whole) if "weight" in line.said else 1,
        )
        for line in conf.nodes
        for name in line.names
    ]
    return tuple(sorted(nodes, key=lambda node: _natural(node.name)))


def _natural(name: str) -> list[tuple[int, str]]:
    return [(int(part or 0), text) for text, part in re.findall(r"(\D*)(\d*)", name)]


def _partitions(conf: SlurmConf, number: dict[str, int]) -> dict[str, Partition]:
    found = {}
    for line in conf.partitions:
        for key, allowed in REFUSED.items():
            value = line.said.get(key)
            if value is not None and value.text.lower() not in allowed:
                raise value.wrong(f"{value.text!r} is not covered", f"known: {', '.join(allowed)}")
        names = number if line.nodes is None else line.nodes
        found[line.name] = Partition(
            name=line.name,
            nodes=tuple(sorted(number[name] for name in names)),
            tier=line.tier,
            max_time=line.max_time,
        )
    if not found:
        raise InputError(
            "the file names no partitions",
            right="give the whole slurm.conf, with its PartitionName= lines",
            place=Place(conf.path),
        )
    return found


def _parameters(conf: SlurmConf) -> dict[str, int]:
    found = dict(READ)
    for word in conf.words("SchedulerParameters"):
        key, _, amount = word.text.partition("=")
        if key.lower() in READ:
            found[key.lower()] = _amount(word, amount)
        elif key.lower() not in ASIDE:
            raise word.wrong(
                f"{key!r} is not covered: Slurm would decide otherwise with it",
                f"covered: {', '.join((*READ, *ASIDE))}",
            )
    for word in conf.words("PreemptParameters"):
        key, _, amount = word.text.partition("=")
        if key.lower() != "reorder_count":
            raise word.wrong(f"{key!r} is not covered", "covered: reorder_count")
        found["preempt_reorder_count"] = _amount(word, amount)
    found["bf_window"] *= 60
    if not found["bf_resolution"]:
        raise InputError("bf_resolution is 0", right="a second or more", place=Place(conf.path))
    return found


def _amount(word: Value, text: str) -> int:
    try:
        return whole(text, 2**31)
    except InputError as error:
        raise word.wrong(error.what, error.right) from None


def _exempt(text: str) -> int:
    return seconds(text) or 0


def _select(text: str) -> str:
    if text.lower() not in SELECT:
        raise InputError(f"{text!r} is not covered", right=f"known: {', '.join(SELECT)}")
    return text.lower()
