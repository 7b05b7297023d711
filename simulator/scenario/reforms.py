"""Reforms as files give them, patches of the rule before, brought to whole rules."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from simulator.errors import InputError
from simulator.rules.models import Rule
from simulator.scenario.named import whole_rule
from simulator.scenario.node import Node
from simulator.scenario.patch import patched_at


def with_reforms(root: Node) -> Node:
    """Every reform with the whole ``rule`` that it brings.

    Raises InputError, placed, for one that says both or neither of ``patches`` and ``rule``, and
    for a path of a patch that there is not.
    """
    rules = root.value.get("rules")
    if rules is None or not isinstance(rules.value, dict):
        return root
    whole = {name: _with_whole_reforms(rule, name) for name, rule in rules.value.items()}
    return replace(root, value=root.value | {"rules": replace(rules, value=whole)})


def _with_whole_reforms(rule: Node, name: str) -> Node:
    if not isinstance(rule.value, dict):
        return rule
    reforms = rule.value.get("reforms")
    if reforms is None or not isinstance(reforms.value, list):
        return rule
    before = replace(rule, value={k: each for k, each in rule.value.items() if k != "reforms"})
    found = []
    for reform in reforms.value:
        if isinstance(reform.value, dict):
            before = _rule_of(reform, before, name)
            said = {k: each for k, each in reform.value.items() if k != "patches"}
            found.append(replace(reform, value=said | {"rule": before}))
        else:
            found.append(reform)
    return replace(rule, value=rule.value | {"reforms": replace(reforms, value=found)})


def _rule_of(reform: Node, before: Node, name: str) -> Node:
    said: dict[str, Any] = reform.value
    if ("patches" in said) == ("rule" in said):
        what = "says both patches and a rule" if "rule" in said else "changes nothing"
        raise InputError(
            f"rules.{name}.reforms: a reform {what}",
            right="write patches: {limits.person.gpus: 10%}, or a whole rule: {...}",
            place=reform.place,
        )
    if "rule" in said:
        return whole_rule(said["rule"], name)
    patches = said["patches"]
    if not isinstance(patches.value, dict):
        raise InputError(
            f"rules.{name}.reforms: patches: a mapping is wanted, setting to value",
            right="write it like patches: {limits.person.gpus: 10%}",
            place=patches.place,
        )
    rule = before
    for path, value in patches.value.items():
        rule = patched_at(rule, (Rule,), path, value)
    return rule
