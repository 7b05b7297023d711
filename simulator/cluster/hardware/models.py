"""Settings of the nodes themselves: GPUs, CPUs, memory, switches, power."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from simulator.errors import InputError
from simulator.fields import Memory, Model, Name, PositiveInt, Watts, refusal
from simulator.slurm.hostlist import MOST_NODES, expand

MOST_GPUS = 62
"""GPUs of a node: each is a bit of a mask."""
MOST_SLICES = 1000
"""Slices of a GPU, for logs in thousandths."""


class NodeClass(Model):
    """Nodes that are all alike."""

    count: PositiveInt
    """How many; they are named after the class and numbered from 0: h200-00, h200-01 …"""
    names: Annotated[tuple[str, ...], Field(min_length=1, strict=False)] | None = None
    """What they are called instead, in order: n1, or ranges such as n[01-16]."""
    gpus: Annotated[int, Field(ge=0, le=MOST_GPUS)] = 0
    """GPUs of each node."""
    gpu_type: Name | None = None
    """What jobs call these GPUs; the name of the class if not given."""
    slices: Annotated[int, Field(ge=1, le=MOST_SLICES)] = 1
    """Equal slices that each GPU is cut into (MIG: 7), by count alone; 1: GPUs are whole."""
    cpus: PositiveInt | None = None
    """CPUs of each node; not counted if not given: no job lacks them."""
    memory: Annotated[Memory, Field(gt=0)] | None = None
    """Memory of each node; not counted if not given."""
    nodes_per_leaf: PositiveInt | None = None
    """Nodes on one leaf switch; the whole class hangs on one if not given."""
    leaves: Annotated[tuple[Name, ...], Field(min_length=1, strict=False)] | None = None
    """Names of its leaf switches, in order; classes that name the same one share it."""
    idle_power: Watts | None = None
    """Watts of a node while no GPU is busy; energy is not told where it is not given."""
    busy_power: Watts | None = None
    """Watts while all are; in proportion in between."""

    @property
    def leaf_count(self) -> int:
        """Leaf switches that its nodes hang on."""
        return -(-self.count // (self.nodes_per_leaf or self.count))

    def called(self, name: str) -> list[str]:
        """Names of the nodes of a class of this name."""
        if self.names is not None:
            return [each for entry in self.names for each in expand(entry, MOST_NODES)]
        digits = len(str(self.count - 1))
        return [f"{name}-{number:0{digits}d}" for number in range(self.count)]

    @model_validator(mode="after")
    def _names_are_right(self) -> Self:
        if self.names is None:
            return self
        try:
            called = self.called("")
        except InputError as error:
            raise refusal(error.what, right=error.right, at=("names",)) from None
        if len(called) != self.count:
            raise refusal(
                f"{self.count} nodes have {len(called)} names", right="name each", at=("names",)
            )
        refuse_twice("node", tuple(called), "names")
        return self

    @model_validator(mode="after")
    def _gpus_are_there(self) -> Self:
        if not self.gpus and (self.gpu_type is not None or self.slices > 1):
            name = "gpu_type" if self.gpu_type is not None else "slices"
            raise refusal(f"{name} of nodes without GPUs", right="add gpus: 8", at=(name,))
        return self

    @model_validator(mode="after")
    def _leaves_suffice(self) -> Self:
        if self.leaves is not None:
            refuse_twice("leaf", self.leaves, "leaves")
            if len(self.leaves) != self.leaf_count:
                per_leaf = self.nodes_per_leaf or self.count
                raise refusal(
                    f"{len(self.leaves)} leaves are named, "
                    f"{self.count} nodes of {per_leaf} a leaf hang on {self.leaf_count}",
                    right="name each, or change nodes_per_leaf",
                    at=("leaves",),
                )
        return self

    @model_validator(mode="after")
    def _power_grows(self) -> Self:
        idle, busy = self.idle_power, self.busy_power
        if (idle is None) != (busy is None):
            there, lacking = ("idle", "busy") if busy is None else ("busy", "idle")
            raise refusal(
                f"{there}_power without {lacking}_power tells no energy",
                right=f"add {lacking}_power, in watts, or leave both out",
                at=(f"{there}_power",),
            )
        if idle is not None and busy is not None and busy < idle:
            raise refusal(
                f"a busy node draws {busy:g} W, an idle one {idle:g} W",
                right="busy_power is at least idle_power",
                at=("busy_power",),
            )
        return self


class NodeList(Model):
    """Nodes listed one by one in a file."""

    file: Annotated[str, Field(min_length=1)]
    """A CSV file, plain or compressed: of the scenario's folder, or of the shared traces."""
    nodes_per_leaf: PositiveInt | None = None
    """Nodes on one leaf switch, in the file's order; all hang on one if not given."""


def refuse_twice(what: str, names: tuple[str, ...], setting: str) -> None:
    """Raise a refusal, placed within ``setting``, if one of the names stands there twice."""
    for index, name in enumerate(names):
        if name in names[:index]:
            raise refusal(
                f"the {what} {name!r} is named twice", right="take one out", at=(setting, index)
            )
