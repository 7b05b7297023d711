"""The named rules: what ``--rule easy`` and ``rules: {mine: easy}`` mean."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from simulator.errors import InputError, nearest
from simulator.rules.models import Rule
from simulator.scenario.parse import parse

_FOLDER = files("simulator.rules.catalogue")


@cache
def rule_names() -> tuple[str, ...]:
    """The names of all named rules, sorted."""
    names = (entry.name for entry in _FOLDER.iterdir())
    return tuple(sorted(name.removesuffix(".yaml") for name in names if name.endswith(".yaml")))


@cache
def _settings(name: str) -> Any:
    text = (_FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
    return parse(text, f"{name}.yaml").plain()


def rule_settings(name: str) -> dict[str, Any]:
    """What the catalogue says of this rule. Raises InputError with the nearest name if nothing."""
    if name not in rule_names():
        raise InputError(f"no rule is named {name!r}", right=nearest(name, rule_names()))
    return dict(_settings(name))


@cache
def named_rule(name: str) -> Rule:
    """The rule of this name. Raises InputError with the nearest name if there is none."""
    return Rule.model_validate(rule_settings(name))
