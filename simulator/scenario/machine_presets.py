"""Machines by name: what ``cluster: {preset: national}`` means."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import Any

from simulator.errors import InputError, nearest
from simulator.scenario.node import Node, merge, node_of
from simulator.scenario.parse import parse

_FOLDER = files("simulator.cluster.presets")


@cache
def preset_names() -> tuple[str, ...]:
    """The names of all presets, sorted."""
    names = (entry.name for entry in _FOLDER.iterdir())
    return tuple(sorted(name.removesuffix(".yaml") for name in names if name.endswith(".yaml")))


@cache
def preset_settings(name: str) -> Any:
    """What the preset says. Raises InputError with the nearest name if there is none."""
    if name not in preset_names():
        raise InputError(f"no machine is named {name!r}", right=nearest(name, preset_names()))
    text = (_FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
    return parse(text, f"{name}.yaml").plain()


def with_preset(root: Node) -> Node:
    """The cluster's settings on top of those of the preset that it names.

    Raises InputError, placed, for what is no preset.
    """
    cluster = root.value.get("cluster")
    if cluster is None or not isinstance(cluster.value, dict) or "preset" not in cluster.value:
        return root
    settings = dict(cluster.value)
    named = settings.pop("preset")
    if not isinstance(named.value, str):
        raise InputError(
            "cluster.preset is no name", right="name a machine, like national", place=named.place
        )
    kind = settings.get("kind")
    if kind is not None and kind.value != "nodes":
        raise InputError(
            f"cluster.preset: {named.value!r} is a machine of nodes, not of kind {kind.value!r}",
            right="say kind: nodes, or leave kind out",
            place=kind.place,
        )
    try:
        preset = node_of(preset_settings(named.value), named.place)
    except InputError as error:
        raise error.at(named.place) from None
    merged = merge(preset, replace(cluster, value=settings))
    return replace(root, value=root.value | {"cluster": merged})
