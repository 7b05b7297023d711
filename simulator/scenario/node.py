"""A setting and where it stands: the tree that scenario files are read into and composed as."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from simulator.errors import Place


@dataclass(frozen=True, slots=True)
class Node:
    """A value with its place. Nodes are shared (by aliases, by caches) and so never changed."""

    value: Any
    """``dict[str, Node]``, ``list[Node]`` or a plain str, int, float, bool or None."""
    place: Place
    """Where the value stands."""
    name_place: Place | None = None
    """Where its name stands, for an entry of a mapping."""

    def named(self, place: Place | None) -> Node:
        """The same node as an entry whose name stands at ``place``."""
        return replace(self, name_place=place)

    def plain(self) -> Any:
        """The value without places: dicts, lists and scalars."""
        if isinstance(self.value, dict):
            return {name: node.plain() for name, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value

    def at(self, path: Iterable[str | int]) -> Node:
        """The node at the end of ``path``, or the deepest one on the way there that exists."""
        node = self
        for part in path:
            child = child_of(node, part)
            if child is None:
                break
            node = child
        return node


def child_of(node: Node, part: str | int) -> Node | None:
    """The entry or item of this name or number, if there is one."""
    if isinstance(node.value, dict):
        found = node.value.get(part)
        return found if isinstance(found, Node) else None
    if isinstance(node.value, list) and isinstance(part, int) and 0 <= part < len(node.value):
        item = node.value[part]
        return item if isinstance(item, Node) else None
    return None


def node_of(plain: Any, place: Place) -> Node:
    """Plain data as a tree of nodes which all stand at ``place``."""
    if isinstance(plain, dict):
        return Node(
            {name: node_of(each, place).named(place) for name, each in plain.items()}, place
        )
    if isinstance(plain, (list, tuple)):
        return Node([node_of(each, place) for each in plain], place)
    return Node(plain, place)


def merge(base: Node, over: Node) -> Node:
    """``over`` on top of ``base``: mappings merge deeply, anything else replaces.

    A word below a mapping is short for ``{kind: word}``. A mapping of another ``kind`` replaces:
    the settings of one kind mean nothing to another.
    """
    under = {"kind": base} if isinstance(base.value, str) else base.value
    if not isinstance(over.value, dict) or not isinstance(under, dict):
        return over
    kinds = [part["kind"].value for part in (under, over.value) if "kind" in part]
    if len(kinds) == 2 and kinds[0] != kinds[1]:
        return over
    merged = under | {
        name: merge(under[name], node) if name in under else node
        for name, node in over.value.items()
    }
    return replace(over, value=merged)
