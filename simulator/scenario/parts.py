"""A rule or a machine by itself, as ``adil replay`` is given them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from simulator.cluster.models import Nodes, Pool
from simulator.errors import InputError, Place
from simulator.fields import ValidationError
from simulator.rules.models import Rule
from simulator.scenario.account_files import with_account_files
from simulator.scenario.explain import explained
from simulator.scenario.machine_presets import with_preset
from simulator.scenario.models import Scenario
from simulator.scenario.named import with_catalogue, with_rules_by_name
from simulator.scenario.node import Node, merge, node_of
from simulator.scenario.read import read
from simulator.scenario.rule_catalogue import named_rule

_ELSE = {"name": "part", "workload": {"kind": "log", "trace": "none"}, "rules": ["fcfs"]}


def rule_of(name: str, conformance: str | None = None) -> Rule:
    """The rule of this name in the catalogue, or in this YAML file.

    ``conformance`` replaces the rule's own. Raises InputError as a scenario would.
    """
    settings: dict[str, str] = {} if conformance is None else {"conformance": conformance}
    if name.endswith((".yaml", ".yml")):
        node, _ = read(Path(name))
        node = merge(node, node_of(settings, Place("--conformance")))
    else:
        named_rule(name)  # the nearest name is told here, without a place
        node = node_of({"extends": name, **settings}, Place("--rule"))
    return _scenario("rules", node_of({"rule": None}, node.place), {"rule": node}).rules["rule"]


def cluster_of(file: Path | None, capacity: int | None) -> Pool | Nodes:
    """The machine in this YAML file; ``capacity`` replaces the file's own."""
    node = node_of({}, Place("--cluster")) if file is None else read(file)[0]
    if capacity is not None:
        node = merge(node, node_of({"capacity": capacity}, Place("--capacity")))
    return _scenario("cluster", node, node.value).cluster


def _scenario(key: str, node: Node, value: dict[str, Node]) -> Scenario:
    """A scenario whose other settings do not matter."""
    other = node_of(_ELSE, Place("command line"))
    root = replace(other, value=other.value | {key: replace(node, value=value)})
    root = with_catalogue(with_rules_by_name(root))
    root = with_preset(root)
    root, _ = with_account_files(root, Path())
    try:
        return Scenario.model_validate(root.plain())
    except ValidationError as error:
        raise explained(error, root) from None
    except InputError as error:
        raise error.at(node.place) from None
