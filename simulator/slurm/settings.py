"""slurm.conf: the settings, the nodes and the partitions of a cluster."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from simulator.errors import InputError, Place
from simulator.slurm.amounts import minutes
from simulator.slurm.lines import Line, Value, conf_lines
from simulator.slurm.machine import NodeLine, PartitionLine, node_line, partition_line

if TYPE_CHECKING:
    from pathlib import Path

T = TypeVar("T")
ASIDE = ("nodeset", "downnodes", "frontendname", "switchname", "jobcontainertype")
"""Keys that begin a line of their own which says nothing of nodes or partitions."""


@dataclass(slots=True)
class SlurmConf:
    """What a slurm.conf says."""

    path: Path
    settings: Line = field(default_factory=dict)
    """Key in lower case → value; of a key that stands there twice the last one."""
    nodes: list[NodeLine] = field(default_factory=list)
    partitions: list[PartitionLine] = field(default_factory=list)
    aside: list[Value] = field(default_factory=list)
    """First words of lines that are neither settings nor nodes nor partitions."""

    def read(self, key: str, parse: Callable[[str], T], default: T) -> T:
        """The value of a key; the default if it is not set."""
        value = self.settings.get(key.lower())
        return default if value is None else value.read(parse)

    def period(self, key: str, default: int) -> int:
        """Seconds of a time in minutes, 0 for none; the default if it is not set."""
        return self.read(key, lambda text: minutes(text) or 0, default)

    def text(self, key: str, default: str) -> str:
        """The words of a key; the default if it is not set."""
        return self.read(key, str, default)

    def words(self, key: str) -> list[Value]:
        """The parts of a list, each with its place."""
        value = self.settings.get(key.lower())
        if value is None:
            return []
        parts = [part.strip() for part in value.text.split(",")]
        return [Value(value.key, part, value.place) for part in parts if part]

    def plugin(self, key: str, known: dict[str, str], default: str) -> str:
        """What a plugin is called here: a value of ``known``.

        Raises InputError, with the place, for a plugin that is none of those.
        """
        word = self.text(key, default).lower()
        if word not in known:
            raise self.settings[key.lower()].wrong(
                f"the plugin {self.settings[key.lower()].text!r} decides in a way that is not"
                " known here",
                f"known: {', '.join(known)}; write the scenario's stage by hand and take the line"
                " out",
            )
        return known[word]


def read_conf(path: Path) -> SlurmConf:
    """A slurm.conf and what it includes.

    Raises InputError, with file, line and column, for lines that are no settings, a node or
    partition that cannot be, a node that no line names, and a file without nodes.
    """
    conf = SlurmConf(path)
    node_defaults: Line = {}
    partition_defaults: Line = {}
    for line in conf_lines(path):
        first = next(iter(line))
        if first == "nodename":
            if line[first].text.upper() == "DEFAULT":
                node_defaults |= line
            else:
                conf.nodes.append(node_line(node_defaults | line))
        elif first == "partitionname":
            if line[first].text.upper() == "DEFAULT":
                partition_defaults |= line
            else:
                conf.partitions.append(partition_line(partition_defaults | line))
        elif first in ASIDE:
            conf.aside.append(line[first])
        else:
            conf.settings |= line
    if not conf.nodes:
        raise InputError(
            "the file names no nodes",
            right="give the whole slurm.conf, with its NodeName= lines",
            place=Place(path),
        )
    _refuse_twice(conf)
    return conf


def _refuse_twice(conf: SlurmConf) -> None:
    seen: set[str] = set()
    for line in conf.nodes:
        for name in line.names:
            if name in seen:
                raise line.name.wrong(f"the node {name!r} is named twice", "take one out")
            seen.add(name)
    partitions: set[str] = set()
    for each in conf.partitions:
        if each.name in partitions:
            raise each.at.wrong(f"the partition {each.name!r} is named twice", "take one out")
        partitions.add(each.name)
        for node in each.nodes or ():
            if node not in seen:
                raise each.at.wrong(
                    f"the partition {each.name!r} has a node {node!r} that no line names",
                    "add a NodeName= line, or take it out",
                )
