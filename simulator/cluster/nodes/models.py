"""Settings of a machine of nodes: what it has, its partitions, its outages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, field_serializer, model_validator

from simulator.cluster.hardware.models import NodeClass, NodeList, refuse_twice
from simulator.cluster.nodes.layout import ChoiceError, layout_of, refuse_wrong
from simulator.cluster.outages.models import Checkpoints, Failures, Window
from simulator.errors import nearest
from simulator.fields import Model, Name, PositiveInt, Speed, refusal
from simulator.slurm.hostlist import MOST_NODES

MOST_PARTITIONS = 62
"""Each is a bit of a mask."""

Path = tuple[str | int, ...]


class Choice(Model):
    """Some nodes of the machine, named in one way; all of them if in none."""

    classes: Annotated[tuple[Name, ...], Field(min_length=1, strict=False)] | None = None
    """Node classes."""
    leaves: Annotated[tuple[Name, ...], Field(min_length=1, strict=False)] | None = None
    """Leaf switches."""
    nodes: Annotated[tuple[str, ...], Field(min_length=1, strict=False)] | None = None
    """Nodes by name, or ranges of them: h200-[00-07,12]."""
    last: PositiveInt | None = None
    """So many nodes, counted from the machine's end."""

    @model_validator(mode="after")
    def _named_in_one_way(self) -> Self:
        ways = ("classes", "leaves", "nodes", "last")
        given = [way for way in ways if getattr(self, way) is not None]
        if len(given) > 1:
            raise refusal(
                f"nodes are named by {given[0]} and by {given[1]}",
                right="name them in one way",
                at=(given[1],),
            )
        for way in given[:1]:
            if way != "last":
                refuse_twice(_ONE_OF[way], getattr(self, way), way)
        return self


class Partition(Choice):
    """Nodes that jobs can ask for by the partition's name."""

    overlap: bool = False
    """Its nodes may belong to other partitions too."""


class NodeWindow(Window, Choice):
    """Nodes taken out for planned work."""


class Nodes(Model):
    """A machine of nodes, each with its GPUs, CPUs and memory."""

    kind: Literal["nodes"]
    classes: dict[Name, NodeClass] = Field(default_factory=dict)
    """Classes of nodes; nodes are numbered class by class, in this order."""
    node_list: NodeList | None = None
    """A file that lists the nodes, in place of classes."""
    partitions: Annotated[dict[Name, Partition], Field(max_length=MOST_PARTITIONS)] = Field(
        default_factory=dict
    )
    """Parts of the machine that jobs can ask for."""
    speeds: dict[Name, Speed] = Field(default_factory=dict)
    """How fast each type of GPU works beside that which run times are given for; 1 if not named."""
    maintenance: tuple[NodeWindow, ...] = Field(default=(), strict=False)
    """When some of it is away for planned work."""
    failures: Failures | None = None
    """How nodes fail; never if not given."""
    checkpoints: Checkpoints = Field(default_factory=Checkpoints)
    """What a job saves of its work for the case that its nodes go away."""

    @property
    def gpus(self) -> int | None:
        """GPUs of the machine; None where a file lists its nodes."""
        if self.node_list is not None:
            return None
        return sum(each.count * each.gpus for each in self.classes.values())

    @property
    def gpu_types(self) -> set[str]:
        """Types of its GPUs; none where a file lists its nodes."""
        return {each.gpu_type or name for name, each in self.classes.items() if each.gpus}

    def choices(self) -> Iterator[tuple[Path, Choice]]:
        """Each setting that names nodes, and where it stands."""
        for name, partition in self.partitions.items():
            yield ("partitions", name), partition
        for number, window in enumerate(self.maintenance):
            yield ("maintenance", number), window

    @field_serializer("classes", when_used="json")
    def _in_order(self, classes: dict[str, NodeClass]) -> list[dict[str, object]]:
        """As a list: the order of classes numbers the nodes, that of names says nothing."""
        return [{"name": name} | each.model_dump(mode="json") for name, each in classes.items()]

    @model_validator(mode="after")
    def _has_nodes(self) -> Self:
        if self.node_list is not None and self.classes:
            raise refusal(
                "a node list says already what nodes there are",
                right="give either classes or node_list",
                at=("classes",),
            )
        if self.node_list is None and not self.classes:
            raise refusal(
                "a machine of no nodes",
                right="add classes, a node_list, or a preset like preset: national",
            )
        count = sum(each.count for each in self.classes.values())
        if count > MOST_NODES:
            raise refusal(
                f"{count:,} nodes are too many", right=f"at most {MOST_NODES:,}", at=("classes",)
            )
        return self

    @model_validator(mode="after")
    def _speeds_are_of_its_gpus(self) -> Self:
        for name in self.speeds:
            if self.classes and name not in self.gpu_types:
                raise refusal(
                    f"the machine has no GPUs of type {name!r}",
                    right=nearest(name, self.gpu_types),
                    at=("speeds", name),
                )
        return self

    @model_validator(mode="after")
    def _choices_are_right(self) -> Self:
        if self.classes:
            try:
                refuse_wrong(self, layout_of(self.classes))
            except ChoiceError as error:
                raise refusal(error.what, right=error.right, at=error.setting) from None
        return self


_ONE_OF = {"classes": "class", "leaves": "leaf", "nodes": "entry"}
