"""The named rules: what ``--rule easy`` and ``rules: {mine: easy}`` mean."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from ruamel.yaml import YAML

from simulator.errors import InputError, nearest
from simulator.rules.models import Rule

_FOLDER = files("simulator.rules.catalogue")


@cache
def rule_names() -> tuple[str, ...]:
    """The names of all named rules, sorted."""
    names = (entry.name for entry in _FOLDER.iterdir())
    return tuple(sorted(name.removesuffix(".yaml") for name in names if name.endswith(".yaml")))


@cache
def named_rule(name: str) -> Rule:
    """The rule of this name. Raises InputError with the nearest name if there is none."""
    if name not in rule_names():
        raise InputError(f"no rule is named {name!r}", right=nearest(name, rule_names()))
    text = (_FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
    return Rule.model_validate(YAML(typ="safe", pure=True).load(text))
