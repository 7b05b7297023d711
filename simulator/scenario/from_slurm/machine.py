"""From lines of nodes and partitions to the settings of a cluster."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from simulator.scenario.from_slurm.yaml_text import Said

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.scenario.from_slurm.notes import Notes
    from simulator.slurm.machine import NodeLine, PartitionLine
    from simulator.slurm.settings import SlurmConf

OF_NODES = {
    "nodename",
    "cpus",
    "procs",
    "realmemory",
    "gres",
    "boards",
    "sockets",
    "socketsperboard",
    "corespersocket",
    "threadspercore",
}
ADDRESSES = {"nodeaddr", "nodehostname", "port", "bcastaddr", "reason", "cpubind", "weight=1"}
OF_PARTITIONS = {
    "partitionname",
    "nodes",
    "default",
    "priorityjobfactor",
    "tresbillingweights",
    "maxtime",
    "prioritytier",
    "prioritytier=1",
    "state=up",
    "totalcpus",
    "totalnodes",
    "tres",
}
USUAL = {
    *("allowgroups=all", "allowaccounts=all", "allowqos=all", "allocnodes=all", "qos=n/a"),
    *("defaulttime=none", "disablerootjobs=no", "exclusiveuser=no", "gracetime=0", "hidden=no"),
    *("maxnodes=unlimited", "minnodes=0", "minnodes=1", "lln=no", "maxcpuspernode=unlimited"),
    *("rootonly=no", "reqresv=no", "oversubscribe=no", "overtimelimit=none", "preemptmode=off"),
    *("selecttypeparameters=none", "jobdefaults=(null)", "defmempernode=unlimited"),
    *("maxmempernode=unlimited", "exclusivetopo=no", "maxcpuspersocket=unlimited"),
}
"""Values of a partition that ask for nothing."""


def cluster_settings(
    conf: SlurmConf, partitions: Sequence[PartitionLine], notes: Notes
) -> dict[str, Any]:
    """Classes of nodes and partitions, as a scenario writes them."""
    classes: dict[str, Any] = {}
    for line in conf.nodes:
        _note_node(line, notes)
        said: dict[str, Any] = {"count": len(line.names), "names": _names(line)}
        if line.gpus:
            said |= {"gpus": line.gpus, "gpu_type": line.gpu_type or "gpu"}
        classes[_class_name(line, classes)] = said | {
            "cpus": line.cpus,
            "memory": f"{line.memory}MiB",
        }
    settings: dict[str, Any] = {"kind": "nodes", "classes": classes}
    settings["partitions"] = {each.name: _partition(each) for each in partitions}
    for each in partitions:
        _note_partition(each, notes)
    if len({each.tier for each in partitions}) > 1:
        tiers = ", ".join(f"{each.name} {each.tier}" for each in partitions)
        notes.lose("PriorityTier", f"the tiers ({tiers}) do not come before priority", None)
    comment = "The machine, line by line as in slurm.conf; memory is RealMemory."
    return {"cluster": Said(settings, comment)}


def _partition(each: PartitionLine) -> dict[str, Any]:
    nodes = {} if each.nodes is None else {"nodes": _words(each.said["nodes"].text)}
    return nodes | {"overlap": True}


def _names(line: NodeLine) -> list[str]:
    return _words(line.name.text)


def _words(text: str) -> list[str]:
    return [part.strip() for part in re.split(r",(?![^\[]*\])", text)]


def _class_name(line: NodeLine, taken: dict[str, Any]) -> str:
    stem = re.match(r"[A-Za-z][A-Za-z_.-]*[A-Za-z]|[A-Za-z]", line.names[0])
    name = base = stem[0] if stem else "nodes"
    number = 2
    while name in taken:
        name, number = f"{base}-{number}", number + 1
    return name


def _note_node(line: NodeLine, notes: Notes) -> None:
    for key, value in line.said.items():
        if key == "state" and value.text.upper() not in ("UNKNOWN", "IDLE"):
            notes.lose(f"State={value.text}", f"{line.name.text}: the nodes are up", value.place)
        elif key == "gres":
            others = [part for part in value.text.split(",") if not part.lower().startswith("gpu")]
            if others:
                notes.lose(f"Gres={','.join(others)}", "GPUs alone are counted", value.place)
        elif key in ADDRESSES or f"{key}={value.text.lower()}" in ADDRESSES:
            continue
        elif key not in OF_NODES and key != "state":
            notes.lose(
                f"{value.key}={value.text}", f"{line.name.text}: not told of nodes", value.place
            )


def _note_partition(each: PartitionLine, notes: Notes) -> None:
    for key, value in each.said.items():
        if key in OF_PARTITIONS or f"{key}={value.text.lower()}" in USUAL | OF_PARTITIONS:
            continue
        why = f"the partition {each.name} does not do this"
        if key == "qos":
            why = f"limits of the partition {each.name}, which come before a job's, are not kept"
        notes.lose(f"{value.key}={value.text}", why, value.place)
