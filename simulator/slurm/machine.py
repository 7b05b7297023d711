"""Lines of nodes and partitions, in slurm.conf and as ``scontrol show`` prints them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from simulator.errors import InputError, Place
from simulator.slurm.amounts import minutes, weights, whole
from simulator.slurm.hostlist import MOST_NODES, expand_list
from simulator.slurm.lines import Line, Value
from simulator.slurm.text import lines_of

if TYPE_CHECKING:
    from pathlib import Path

_GPU = re.compile(r"gpu(:(?P<type>[A-Za-z][\w.-]*))?(:(?P<count>\d{1,4}))?(\([^()]*\))?", re.I)


@dataclass(frozen=True, slots=True)
class NodeLine:
    """Nodes that one line describes, all alike."""

    name: Value
    names: tuple[str, ...]
    cpus: int
    memory: int
    """MiB: RealMemory."""
    gpus: int
    gpu_type: str
    """Empty where the line states none."""
    said: Line = field(repr=False)


@dataclass(frozen=True, slots=True)
class PartitionLine:
    """A partition."""

    at: Value
    name: str
    nodes: tuple[str, ...] | None
    """None: all nodes."""
    default: bool
    max_time: int | None
    """Seconds; None: no limit."""
    job_factor: int
    """PriorityJobFactor."""
    tier: int
    """PriorityTier."""
    billing: dict[str, Fraction] | None
    """TRESBillingWeights by resource, for one unit, memory by MiB; None: not set."""
    said: Line = field(repr=False)


def node_line(line: Line) -> NodeLine:
    """The nodes of a ``NodeName=`` line, its defaults filled in."""
    name = line["nodename"]
    gpus, gpu_type = line["gres"].read(_gpus) if "gres" in line else (0, "")

    def count(key: str, default: int) -> int:
        return line[key].read(whole) if key in line else default

    sockets = count("sockets", count("socketsperboard", 1) * count("boards", 1))
    by_cores = sockets * count("corespersocket", 1) * count("threadspercore", 1)
    return NodeLine(
        name=name,
        names=tuple(name.read(lambda text: expand_list(text, MOST_NODES))),
        cpus=count("cpus", count("cputot", count("procs", by_cores))) or 1,
        memory=count("realmemory", 1),
        gpus=gpus,
        gpu_type=gpu_type,
        said=line,
    )


def partition_line(line: Line) -> PartitionLine:
    """The partition of a ``PartitionName=`` line, its defaults filled in."""
    at = line["partitionname"]
    nodes = line.get("nodes")
    everything = nodes is None or nodes.text.upper() in ("ALL", "(NULL)")
    billing = line.get("tresbillingweights")
    return PartitionLine(
        at=at,
        name=at.text,
        nodes=None
        if everything or nodes is None
        else tuple(nodes.read(lambda text: expand_list(text, MOST_NODES))),
        default="default" in line and line["default"].text.upper() == "YES",
        max_time=line["maxtime"].read(minutes) if "maxtime" in line else None,
        job_factor=line["priorityjobfactor"].read(_factor) if "priorityjobfactor" in line else 1,
        tier=line["prioritytier"].read(_factor) if "prioritytier" in line else 1,
        billing=None if billing is None else billing.read(weights),
        said=line,
    )


def read_shown_partitions(path: Path) -> list[PartitionLine]:
    """Partitions as ``scontrol show partition`` prints them, in one line each or in several.

    Raises InputError, with file and line, for what is no such print.
    """
    return [partition_line(record) for record in shown(path, "PartitionName")]


def shown(path: Path, first: str) -> list[Line]:
    """Records of ``scontrol show``: words ``Key=value``, a record from each ``first=`` on."""
    records: list[Line] = []
    for number, text in enumerate(lines_of(path), start=1):
        for word in re.finditer(
            r"(?P<key>[A-Za-z][\w:/]*)=(?P<value>(?:(?!\s+[A-Za-z][\w:/]*=).)*)", text
        ):
            place = Place(path, number, word.start() + 1)
            value = Value(word["key"], word["value"].strip(), place)
            if word["key"] == first:
                records.append({})
            if not records:
                raise InputError(
                    f"{word['key']!r} stands before any {first}=",
                    right=f"print it with scontrol show {first.removesuffix('Name').lower()}",
                    place=place,
                )
            records[-1][word["key"].lower()] = value
    if not records:
        raise InputError(
            f"there is no {first}= in it",
            right=f"print it with scontrol show {first.removesuffix('Name').lower()}",
            place=Place(path),
        )
    return records


def _factor(text: str) -> int:
    return whole(text, 65_533)


def _gpus(text: str) -> tuple[int, str]:
    """GPUs of ``gpu:h200:8``, ``gpu:8`` or ``gpu:h200:8(S:0-1),nvme:1``, and their type."""
    found: list[tuple[int, str]] = []
    for part in re.split(r",(?![^(]*\))", text):
        if not re.match(r"gpu\b", part.strip(), re.IGNORECASE):
            continue
        match = _GPU.fullmatch(part.strip())
        if match is None:
            raise InputError(f"{part!r} is no number of GPUs", right="write it like gpu:h200:8")
        found.append((int(match["count"] or 1), match["type"] or ""))
    types = {kind for _, kind in found}
    if len(types) > 1:
        raise InputError(
            f"{text!r} are GPUs of several types in one node",
            right="a node has GPUs of one type here: describe the cluster by hand",
        )
    return sum(count for count, _ in found), types.pop() if types else ""
