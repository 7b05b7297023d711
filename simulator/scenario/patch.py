"""Patches: single settings changed by their dotted path, ``workload.load: 1.1``.

``null`` removes a setting, so that its default holds. A part of the path that the scenario leaves
to its default is made; one that means nothing is refused with the nearest name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from simulator.errors import InputError, Place, nearest
from simulator.scenario.models import Scenario
from simulator.scenario.named import with_rules_by_name
from simulator.scenario.node import Node, child_of, node_of
from simulator.scenario.parse import parse
from simulator.scenario.settings import Kinds, below, names


def patched(root: Node, patches: Iterable[tuple[str, Node]]) -> Node:
    """``root`` with each patch applied, in order. Raises InputError, placed, for a path unknown."""
    for path, value in patches:
        root = with_rules_by_name(patched_at(root, (Scenario,), path, value))
    return root


def patched_at(root: Node, kinds: Kinds, path: str, value: Node) -> Node:
    """``root``, the settings of one of these models, with one patch applied."""
    if not all(path.split(".")):
        raise InputError(
            f"{path!r} is no path of a setting",
            right="write it like workload.load",
            place=value.name_place,
        )
    return _set(root, kinds, path.split("."), value, path)


def patch_nodes(patches: Mapping[str, Any] | Iterable[str]) -> list[tuple[str, Node]]:
    """Patches from outside a file: ``{path: value}``, or texts ``path=value`` in YAML."""
    if isinstance(patches, Mapping):
        return [
            (path, _placed(node_of(value, Place(f"patch {path}"))))
            for path, value in patches.items()
        ]
    return [_from_text(text) for text in patches]


def _from_text(text: str) -> tuple[str, Node]:
    path, sign, value = (part.strip() for part in text.partition("="))
    place = Place(f"--set {path}")
    if not sign or not path or not value:
        raise InputError(
            f"--set {text!r} gives no value",
            right="write it like --set workload.load=1.1, or =null to remove a setting",
        )
    return path, _placed(node_of(parse(value, place.file).plain(), place))


def _placed(node: Node) -> Node:
    return node.named(node.place)


def _set(node: Node, kinds: Kinds, parts: list[str], value: Node, path: str) -> Node:
    """``node`` with ``value`` at ``parts`` below it."""
    if isinstance(node.value, str):
        node = replace(node, value={"kind": node})
    part, rest = _first_part(node, parts)
    child = child_of(node, part)
    if rest:
        if child is None or child.value is None:
            if part not in names(kinds):
                raise _unknown(node, kinds, part, value, path)
            child = Node({}, value.place, value.name_place)
        return _with(node, part, _set(child, below(kinds, part), rest, value, path))
    if value.value is None:
        if child is None and part not in names(kinds):
            raise _unknown(node, kinds, part, value, path)
        return _without(node, part)
    if child is None and not isinstance(node.value, dict):
        raise _unknown(node, kinds, part, value, path)
    return _with(node, part, value)


def _first_part(node: Node, parts: list[str]) -> tuple[str | int, list[str]]:
    """The entry of ``node`` that a path begins with, and the rest; a name may hold dots itself."""
    if isinstance(node.value, list):
        return int(parts[0]) if parts[0].isdecimal() else parts[0], parts[1:]
    for length in range(len(parts), 0, -1):
        name = ".".join(parts[:length])
        if isinstance(node.value, dict) and name in node.value:
            return name, parts[length:]
    return parts[0], parts[1:]


def _with(node: Node, part: str | int, child: Node) -> Node:
    if isinstance(part, int):
        return replace(
            node, value=[child if i == part else each for i, each in enumerate(node.value)]
        )
    return replace(node, value=node.value | {part: child})


def _without(node: Node, part: str | int) -> Node:
    if isinstance(part, int):
        return replace(node, value=[each for i, each in enumerate(node.value) if i != part])
    return replace(node, value={name: each for name, each in node.value.items() if name != part})


def _unknown(node: Node, kinds: Kinds, part: str | int, value: Node, path: str) -> InputError:
    known: tuple[str, ...] = names(kinds)
    if isinstance(node.value, dict):
        known = tuple(sorted({*known, *node.value}))
        right = nearest(str(part), known)
    elif isinstance(node.value, list):
        right = (
            f"the list has items 0 to {len(node.value) - 1}" if node.value else "the list is empty"
        )
    else:
        right = "what lies above it is a single value"
    place = value.name_place
    setting = "" if str(place).endswith(f" {path}") else f"{path}: "
    return InputError(f"{setting}there is no {str(part)!r} to change", right=right, place=place)
