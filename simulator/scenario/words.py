"""Settings in words: what each takes, what holds where a file says nothing, what it means."""

from __future__ import annotations

import inspect
from typing import Any

from simulator.fields import Model
from simulator.meanings import meanings
from simulator.units import format_duration

KINDS = {
    "array": "list",
    "object": "names with values",
    "string": "text",
    "null": "nothing",
    "integer": "whole number",
    "boolean": "`true`, `false`",
    "['string', 'integer']": "text or number",
}
"""Types of JSON in words."""
DURATION = "like `12h`"


def paragraphs(model: type) -> list[str]:
    """A docstring, a line for each paragraph; code is in single quotes of code."""
    text = (inspect.getdoc(model) or "").replace("``", "`")
    return [" ".join(each.split()) for each in text.split("\n\n")]


def kind_of(schema: dict[str, Any]) -> str:
    """What a setting takes, in words."""
    if "examples" in schema:
        return f"like `{schema['examples'][0]}`"
    if choices := schema.get("anyOf") or schema.get("oneOf"):
        kinds = dict.fromkeys(kind_of(each) for each in choices)
        return " or ".join(kind for kind in kinds if kind != "nothing")
    if words := schema.get("enum") or [schema[key] for key in ("const",) if key in schema]:
        return ", ".join(f"`{each}`" for each in words)
    return KINDS.get(str(schema.get("type", "settings")), str(schema.get("type", "settings")))


def default_of(model: type[Model], name: str, kind: str) -> str:
    """What holds where a file says nothing."""
    field = model.model_fields[name]
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if value is None or value in ("", (), {}):
        return "–"
    if isinstance(value, Model):
        return f"`{value.kind}`" if hasattr(value, "kind") else "as below"
    if isinstance(value, tuple | dict):
        return f"{len(value)} values"
    if isinstance(value, int) and value and DURATION in kind:
        return f"`{format_duration(value, units=4)}`"
    return f"`{str(value).lower()}`"


def settings_of(model: type[Model]) -> list[tuple[str, str, str, str]]:
    """(name, what it takes, default, meaning) of each setting of a model."""
    schema, texts = model.model_json_schema(), meanings(model)
    # One that holds others of its kind stands among the definitions.
    properties = schema.get("properties") or schema["$defs"][model.__name__]["properties"]
    rows = []
    for name in model.model_fields:
        kind = kind_of(properties[name])
        meaning = " ".join(texts.get(name, "").replace("``", "`").split())
        rows.append((name, kind, default_of(model, name, kind), meaning))
    return rows
