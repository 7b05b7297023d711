"""Which nodes a machine has, by name, and which of them a setting means."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from simulator.errors import InputError, nearest
from simulator.slurm.hostlist import MOST_NODES, expand

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from simulator.cluster.hardware.models import NodeClass
    from simulator.cluster.nodes.models import Choice, Nodes


class ChoiceError(InputError):
    """Nodes that cannot be meant; ``setting`` leads from the machine to where they are named."""

    def __init__(self, what: str, right: str | None, setting: tuple[str | int, ...]) -> None:
        super().__init__(what, right=right)
        self.setting = setting


@dataclass(frozen=True)
class Layout:
    """The nodes by number: name, class and leaf switch of each."""

    names: Sequence[str]
    classes: Sequence[str]
    leaves: Sequence[str]

    @cached_property
    def numbers(self) -> dict[str, int]:
        """Number of each node by name."""
        return {name: number for number, name in enumerate(self.names)}

    def chosen(self, choice: Choice) -> list[int]:
        """Numbers of the nodes that are meant, ascending.

        Raises ChoiceError, with the setting within ``choice``, for a name that the machine lacks.
        """
        if choice.classes is not None:
            return _of(choice.classes, self.classes, "classes")
        if choice.leaves is not None:
            return _of(choice.leaves, self.leaves, "leaves")
        if choice.nodes is not None:
            return self._listed(choice.nodes)
        count = len(self.names)
        if choice.last is not None and choice.last > count:
            what = f"{choice.last:,} nodes are more than there are"
            raise ChoiceError(what, f"the machine has {count:,}", ("last",))
        return list(range(count - (choice.last or count), count))

    def _listed(self, entries: Sequence[str]) -> list[int]:
        found: set[int] = set()
        for index, entry in enumerate(entries):
            try:
                names = expand(entry, MOST_NODES)
            except InputError as error:
                raise ChoiceError(error.what, error.right, ("nodes", index)) from None
            for name in names:
                if name not in self.numbers:
                    right = f"they are named {self.names[0]} … {self.names[-1]}"
                    raise ChoiceError(f"there is no node {name!r}", right, ("nodes", index))
                if self.numbers[name] in found:
                    what = f"the node {name!r} is named twice"
                    raise ChoiceError(what, "take one out", ("nodes", index))
                found.add(self.numbers[name])
        return sorted(found)


def layout_of(classes: Mapping[str, NodeClass]) -> Layout:
    """The nodes of these classes, class by class."""
    names: list[str] = []
    of_class: list[str] = []
    leaves: list[str] = []
    for name, each in classes.items():
        per_leaf = each.nodes_per_leaf or each.count
        switches = each.leaves or [f"{name}-leaf{number}" for number in range(each.leaf_count)]
        names += each.called(name)
        of_class += [name] * each.count
        leaves += [switches[number // per_leaf] for number in range(each.count)]
    return Layout(names, of_class, leaves)


def refuse_wrong(nodes: Nodes, layout: Layout) -> None:
    """Check every setting that names nodes. Raises ChoiceError for the first that is wrong."""
    meant: dict[tuple[str | int, ...], list[int]] = {}
    for name, of_class in zip(layout.names, layout.classes, strict=True):
        if layout.classes[layout.numbers[name]] != of_class:
            what = f"the node {name!r} is of the class {of_class!r} and of another one"
            raise ChoiceError(what, "take it out of one of them", ("classes", of_class, "names"))
    for setting, choice in nodes.choices():
        try:
            meant[setting] = layout.chosen(choice)
        except ChoiceError as error:
            inner = (*setting, *error.setting)
            raise ChoiceError(error.what, error.right, inner) from None
    owner: dict[int, str] = {}
    for name, partition in nodes.partitions.items():
        if partition.overlap:
            continue
        for number in meant["partitions", name]:
            if number in owner:
                what = f"the node {layout.names[number]!r} belongs to {owner[number]!r} as well"
                right = "take it out of one of them, or say overlap: true"
                raise ChoiceError(what, right, ("partitions", name))
            owner[number] = name


def _of(wanted: Sequence[str], of_node: Sequence[str], setting: str) -> list[int]:
    known = dict.fromkeys(of_node)
    for index, name in enumerate(wanted):
        if name not in known:
            what = f"there is no {'class' if setting == 'classes' else 'leaf'} {name!r}"
            raise ChoiceError(what, nearest(name, known), (setting, index))
    return [number for number, name in enumerate(of_node) if name in wanted]
