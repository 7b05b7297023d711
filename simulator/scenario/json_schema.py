"""The JSON Schema of scenario files, for editors: what they complete and mark while one writes.

It knows names, kinds, types and units; what several settings say together only ``adil check``
knows. Written anew by ``python -m simulator.scenario.json_schema scenarios/schema.json``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from simulator.scenario.machine_presets import preset_names
from simulator.scenario.models import Scenario
from simulator.scenario.rule_catalogue import rule_names
from simulator.units import format_duration

Schema = dict[str, Any]

PART = "Part"
"""Suffix of definitions for settings laid over others, where nothing need be complete."""
_ASSOCIATIONS = {
    "type": "string",
    "minLength": 1,
    "description": "What `sacctmgr show assoc -P` prints, instead of a tree.",
}
_SAID_IN_WORDS = ("Rule", "Preemption", "Tier")
"""Models whose variants may be given as words."""
_NAMED = {"$ref": "#/$defs/NamedRule"}


def json_schema() -> Schema:
    """The schema, draft 2020-12, of what ``simulator.scenario.load`` accepts."""
    scenario = Scenario.model_json_schema()
    whole = {name: _as_written(each) for name, each in scenario.pop("$defs").items()}
    whole["Scenario"] = _as_written(scenario)
    for name in _SAID_IN_WORDS:
        whole[name] = _or_words(whole[name])
    part = {name + PART: _part(each) for name, each in whole.items()}
    for suffix, definitions in (("", whole), (PART, part)):
        properties = definitions["Scenario" + suffix]["properties"]
        properties["rules"] = _rules(properties["rules"], suffix)
        properties["cluster"] = _machine(properties["cluster"]["description"], suffix)
        properties |= _composition()
        definitions["Reform" + suffix] = _reform(definitions["Reform" + suffix])
        definitions["Accounts" + suffix]["properties"]["file"] = _ASSOCIATIONS
    extends = {"description": "The named rule that this one changes."}
    part["Rule" + PART]["properties"]["extends"] = extends | _NAMED
    preset = {"description": "The named machine that this one changes.", "enum": [*preset_names()]}
    part["Nodes" + PART]["properties"]["preset"] = preset
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Scenario",
        "description": scenario["description"],
        "type": "object",
        **_either("Scenario", ""),
        "$defs": whole | part | {"NamedRule": _named_rule()},
    }


def _either(name: str, suffix: str) -> Schema:
    """The definition ``name``, in part where it extends something."""
    return {
        "if": {"required": ["extends"]},
        "then": {"$ref": f"#/$defs/{name}{PART}"},
        "else": {"$ref": f"#/$defs/{name}{suffix}"},
    }


def _named_rule() -> Schema:
    description = "A rule of the catalogue; `adil rules` says what each does."
    return {"enum": list(rule_names()), "description": description}


def _reform(reform: Schema) -> Schema:
    """A reform as files give it: patches of the rule before, or a whole rule."""
    whole = {"anyOf": [_NAMED, {"type": "object", **_either("Rule", "")}]}
    rule = {"description": "The rule from then on, whole.", **whole}
    properties = reform["properties"] | {"rule": rule, "patches": _composition()["patches"]}
    return {**reform, "properties": properties, "required": ["at"]}


def _composition() -> Schema:
    file = {"type": "string", "minLength": 1}
    return {
        "extends": {
            "description": "A file, or files, whose settings this one changes; later ones win.",
            "anyOf": [file, {"type": "array", "items": file}],
        },
        "patches": {
            "description": "Single settings by their dotted path; null removes one.",
            "type": "object",
            "propertyNames": {"pattern": r"^[^.]+(\.[^.]+)*$"},
        },
    }


def _machine(description: str, suffix: str) -> Schema:
    """A pool unless it says otherwise; nodes, in part where they change a named machine."""
    nodes = {"properties": {"kind": {"const": "nodes"}}, "required": ["kind"]}
    return {
        "description": description,
        "if": {"required": ["preset"]},
        "then": {"$ref": f"#/$defs/Nodes{PART}"},
        "else": {
            "if": nodes,
            "then": {"$ref": f"#/$defs/Nodes{suffix}"},
            "else": {"$ref": f"#/$defs/Pool{suffix}"},
        },
    }


def _rules(rules: Schema, suffix: str) -> Schema:
    """Rules as files give them: a list of names, or names with a rule each."""
    (pattern,) = rules["patternProperties"]
    mapping = {
        "type": "object",
        "minProperties": 1,
        "propertyNames": {"pattern": pattern, **rules["propertyNames"]},
        "additionalProperties": {"anyOf": [_NAMED, {"type": "object", **_either("Rule", suffix)}]},
    }
    names = {"type": "array", "items": _NAMED, "minItems": 1, "uniqueItems": True}
    return {"description": rules["description"], "anyOf": [names, mapping]}


def _as_written(schema: Any) -> Any:
    """A schema of pydantic's as files are written: defaults with their units."""
    if isinstance(schema, list):
        return [_as_written(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    written = {key: _below(key, value, _as_written) for key, value in schema.items()}
    if isinstance(written.get("default"), int) and "examples" in written:
        written["default"] = format_duration(written["default"])
    if written.get("type") == "array":
        written.pop("default", None)
    return written


def _or_words(schema: Any) -> Any:
    """Where a variant is asked for: a word, short for ``{kind: word}``, or what says its kind."""
    if isinstance(schema, list):
        return [_or_words(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    said = {key: _below(key, value, _or_words) for key, value in schema.items()}
    if "discriminator" in said:
        words = sorted(said.pop("discriminator")["mapping"])
        whole = {"required": ["kind"], "oneOf": said.pop("oneOf")}
        said["anyOf"] = [{"enum": words}, whole]
    return said


def _part(schema: Any) -> Any:
    """The schema of settings laid over others: nothing is required but within items of lists."""
    if isinstance(schema, list):
        return [_part(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    part = {
        key: value if key == "items" else _below(key, value, _part)
        for key, value in schema.items()
        if key != "required"
    }
    if "$ref" in part:
        part["$ref"] += PART
    if "oneOf" in part:  # without its kind, a part may be of several
        part["anyOf"] = part.pop("oneOf")
    return part


def _below(key: str, value: Any, change: Any) -> Any:
    """What stands under a key of a schema, changed where it is a schema itself."""
    if key in ("default", "examples", "enum", "const", "required", "discriminator"):
        return value
    if key in ("properties", "patternProperties"):
        return {name: change(each) for name, each in value.items()}
    return change(value)


def main() -> None:
    """Write the schema to the file named on the command line."""
    text = json.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n"
    Path(sys.argv[1]).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
