"""A machine whose nodes a file lists: nodes of equal parts make a class."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from simulator.cluster.hardware.models import NodeClass
from simulator.cluster.node_list import read_nodes
from simulator.cluster.nodes.layout import Layout
from simulator.errors import InputError, Place
from simulator.files import shared_folders

if TYPE_CHECKING:
    from pathlib import Path

    from simulator.cluster.hardware.models import NodeList
    from simulator.cluster.node_list import Listed

Parts = tuple[str, int, int | None, int | None]
"""GPU type, GPUs, CPUs, bytes of memory: what makes nodes alike."""


def listed(settings: NodeList, base: Path) -> tuple[Layout, dict[str, NodeClass]]:
    """The nodes in the file's order, and their classes in the order in which they first occur.

    The file is looked for in ``base`` and then among the shared traces. Raises InputError for one
    that is not there or cannot be read, and where leaves are stated both in it and beside it.
    """
    path = _find(settings.file, base)
    nodes = read_nodes(path)
    parts = [(node.gpu_type, node.gpus, node.cpus, node.memory) for node in nodes]
    names = _names({each: node.kind for each, node in zip(parts, nodes, strict=True)})
    count = Counter(parts)
    classes = {
        name: NodeClass.model_construct(
            count=count[each], gpus=each[1], gpu_type=each[0] or None, cpus=each[2], memory=each[3]
        )
        for each, name in names.items()
    }
    of_class = [names[each] for each in parts]
    leaves = _leaves(nodes, settings.nodes_per_leaf, path)
    return Layout([node.name for node in nodes], of_class, leaves), classes


def _names(kinds: dict[Parts, str]) -> dict[Parts, str]:
    """The name of each class: its kind, numbered from the second of this kind on."""
    seen: Counter[str] = Counter()
    names = {}
    for parts, kind in kinds.items():
        seen[kind] += 1
        names[parts] = kind if seen[kind] == 1 else f"{kind}-{seen[kind]}"
    return names


def _leaves(nodes: list[Listed], per_leaf: int | None, path: Path) -> list[str]:
    if nodes[0].leaf:
        if per_leaf is not None:
            raise InputError(
                "the node list names each node's leaf",
                right="leave nodes_per_leaf out, or the file's column",
                place=Place(path, 1),
            )
        return [node.leaf for node in nodes]
    return [f"leaf{number // (per_leaf or len(nodes))}" for number in range(len(nodes))]


def _find(file: str, base: Path) -> Path:
    if (base / file).exists():
        return base / file
    for folder in shared_folders(base):
        if (folder / file).is_file():
            return folder / file
    looked = ", ".join(str(folder) for folder in (base, *shared_folders(base)))
    raise InputError(
        f"there is no node list {file!r} in {looked}",
        right="give the file's path, or set ADIL_SHARED to the folder that holds 'traces'",
    )
