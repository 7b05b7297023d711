"""A machine of nodes as columns: what the engine places jobs on."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simulator.cluster.listed import listed
from simulator.cluster.nodes.layout import ChoiceError, Layout, layout_of, refuse_wrong
from simulator.errors import InputError, nearest
from simulator.fields import thousandths

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from simulator.cluster.hardware.models import NodeClass
    from simulator.cluster.nodes.models import Choice, Nodes

Ints = NDArray[np.int64]
Codes = NDArray[np.int32]
Reals = NDArray[np.float64]

UNCOUNTED = 2**50
"""CPUs or bytes of a node where nobody counts them: more than any job asks for."""


@dataclass(frozen=True, slots=True)
class Machine:
    """n nodes; a row is a node's number.

    Classes, leaves, GPU types and partitions are codes: row numbers of the tuples of names.
    """

    names: tuple[str, ...]
    node_class: Codes
    gpus: Ints
    """GPUs of each node, ≥ 0."""
    cpus: Ints
    """CPUs of each node; UNCOUNTED where they are not counted."""
    memory: Ints
    """Bytes of each node; UNCOUNTED where they are not counted."""
    leaf: Ints
    """Leaf switch of each node."""
    gpu_type: Codes
    """Type of each node's GPUs, −1 without any."""
    member: Ints
    """Bit p is set where the node belongs to partition p."""
    idle_watts: Reals
    """Power of the node while none of its GPUs is busy; NaN where it is not stated."""
    busy_watts: Reals
    """Power while all are; in proportion in between."""
    slices: int
    """U: units that a GPU counts for, the least common multiple of the slices per GPU."""
    class_slices: Ints
    """Slices that a GPU of each class is cut into; 1 where it is whole."""
    classes: tuple[str, ...]
    leaves: tuple[str, ...]
    gpu_types: tuple[str, ...]
    partitions: tuple[str, ...]
    speeds: Mapping[str, int] = field(default_factory=dict)
    """Thousandths of the speed that run times are given for, by GPU type; 1,000 if not named."""

    def __len__(self) -> int:
        return len(self.names)

    @property
    def units(self) -> int:
        """Units of the whole machine: GPUs × U."""
        return int(self.gpus.sum()) * self.slices

    def in_order(self, names: list[str]) -> Machine:
        """The same machine, its nodes numbered in this order."""
        place = {name: number for number, name in enumerate(self.names)}
        rows = np.array([place[name] for name in names], np.int64)
        columns = (
            *("node_class", "gpus", "cpus", "memory", "leaf", "gpu_type", "member"),
            *("idle_watts", "busy_watts"),
        )
        taken = {name: getattr(self, name)[rows] for name in columns}
        return replace(self, names=tuple(names), **taken)

    def numbers(self, choice: Choice) -> Ints:
        """Numbers of the nodes that a setting means, ascending.

        Raises ChoiceError for a name that the machine lacks.
        """
        classes = [self.classes[code] for code in self.node_class]
        leaves = [self.leaves[code] for code in self.leaf]
        return np.array(Layout(self.names, classes, leaves).chosen(choice), np.int64)


def machine_of(nodes: Nodes, base: Path) -> Machine:
    """The machine that the settings describe; ``base`` is the folder that its paths start from.

    Raises InputError for a node list that cannot be read, and for settings that mean nodes which
    that list lacks.
    """
    if nodes.node_list is None:
        layout, classes = layout_of(nodes.classes), dict(nodes.classes)
    else:
        layout, classes = listed(nodes.node_list, base)
    try:
        refuse_wrong(nodes, layout)
    except ChoiceError as error:
        setting = ".".join(map(str, error.setting))
        raise InputError(f"cluster.{setting}: {error.what}", right=error.right) from None
    columns = _columns(layout, classes)
    for name in nodes.speeds:
        if name not in columns["gpu_types"]:
            raise InputError(
                f"cluster.speeds: the machine has no GPUs of type {name!r}",
                right=nearest(name, columns["gpu_types"]),
            )
    member = np.zeros(len(layout.names), np.int64)
    for bit, partition in enumerate(nodes.partitions.values()):
        member[layout.chosen(partition)] |= 1 << bit
    return Machine(
        names=tuple(layout.names),
        member=member,
        partitions=tuple(nodes.partitions),
        speeds={name: thousandths(speed) for name, speed in nodes.speeds.items()},
        **columns,
    )


def _columns(layout: Layout, classes: Mapping[str, NodeClass]) -> dict[str, Any]:
    kinds = list(classes.values())
    types = [each.gpu_type or name if each.gpus else None for name, each in classes.items()]
    gpu_types = tuple(dict.fromkeys(name for name in types if name is not None))
    leaves = tuple(dict.fromkeys(layout.leaves))
    node_class = _codes(layout.classes, tuple(classes))
    class_slices = np.array([each.slices for each in kinds], np.int64)

    def of_node(values: list[Any], dtype: type) -> NDArray[Any]:
        return np.array(values, dtype)[node_class]

    return {
        "node_class": node_class,
        "classes": tuple(classes),
        "gpus": of_node([each.gpus for each in kinds], np.int64),
        "cpus": of_node([_counted(each.cpus) for each in kinds], np.int64),
        "memory": of_node([_counted(each.memory) for each in kinds], np.int64),
        "leaf": _codes(layout.leaves, leaves).astype(np.int64),
        "leaves": leaves,
        "gpu_type": of_node([-1 if n is None else gpu_types.index(n) for n in types], np.int32),
        "gpu_types": gpu_types,
        "idle_watts": of_node([_stated(each.idle_power) for each in kinds], np.float64),
        "busy_watts": of_node([_stated(each.busy_power) for each in kinds], np.float64),
        "class_slices": class_slices,
        "slices": int(np.lcm.reduce(class_slices)),
    }


def _codes(names: Any, known: tuple[str, ...]) -> Codes:
    code = {name: number for number, name in enumerate(known)}
    return np.array([code[name] for name in names], np.int32)


def _counted(amount: int | None) -> int:
    return UNCOUNTED if amount is None else amount


def _stated(watts: float | None) -> float:
    return float("nan") if watts is None else watts
