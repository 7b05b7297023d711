"""The ways in which a file names rules, brought to one: name → settings."""

from __future__ import annotations

from dataclasses import replace

from simulator.errors import InputError
from simulator.scenario.node import Node, merge, node_of
from simulator.scenario.rule_catalogue import rule_settings


def with_rules_by_name(root: Node) -> Node:
    """``rules`` as a mapping: ``[easy]`` and ``{easy: easy}`` become ``{easy: {extends: easy}}``.

    Raises InputError for what is neither a list of names nor a mapping.
    """
    rules = root.value.get("rules")
    if rules is None or rules.value is None:
        return root
    if isinstance(rules.value, list):
        named = _from_list(rules)
    elif isinstance(rules.value, dict):
        named = {
            name: _extending(rule) if isinstance(rule.value, str) else rule
            for name, rule in rules.value.items()
        }
    else:
        raise InputError(
            f"rules: {rules.value!r} is neither a list nor a mapping",
            right="name rules of the catalogue like [easy, fcfs], or say mine: {ordering: sjf}",
            place=rules.place,
        )
    return replace(root, value=root.value | {"rules": replace(rules, value=named)})


def with_catalogue(root: Node) -> Node:
    """Every rule that says ``extends`` on top of the named rule that it extends."""
    rules = root.value.get("rules")
    if rules is None or not isinstance(rules.value, dict):
        return root
    whole = {name: whole_rule(rule, name) for name, rule in rules.value.items()}
    return replace(root, value=root.value | {"rules": replace(rules, value=whole)})


def _from_list(rules: Node) -> dict[str, Node]:
    named: dict[str, Node] = {}
    for item in rules.value:
        if not isinstance(item.value, str):
            raise InputError(
                "rules: a list holds names of the catalogue alone",
                right="give rules with settings of their own as a mapping, mine: {ordering: sjf}",
                place=item.place,
            )
        if item.value in named:
            raise InputError(
                f"rules: {item.value!r} is named twice", right="take one out", place=item.place
            )
        named[item.value] = _extending(item.named(item.place))
    return named


def _extending(word: Node) -> Node:
    return replace(word, value={"extends": word.named(word.place)})


def whole_rule(rule: Node, name: str) -> Node:
    """A rule on top of the named one that it extends, or is; ``name``: what messages call it.

    Raises InputError, placed, for a rule that there is not.
    """
    rule = _extending(rule) if isinstance(rule.value, str) else rule
    if not isinstance(rule.value, dict) or "extends" not in rule.value:
        return rule
    settings = dict(rule.value)
    base = settings.pop("extends")
    if not isinstance(base.value, str):
        raise InputError(
            f"rules.{name}.extends is no name", right="name one rule, like easy", place=base.place
        )
    try:
        named = node_of(rule_settings(base.value), base.place)
    except InputError as error:
        raise error.at(base.place) from None
    if settings:  # it is no longer the rule that the title names
        named.value.pop("title")
    return merge(named, replace(rule, value=settings))
