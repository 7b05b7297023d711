"""Settings as YAML for people: block by block, with comments."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

WIDTH = 96
_PLAIN = re.compile(r"[A-Za-z_][\w./%-]*|[0-9]+(\.[0-9]+)?(s|min|h|d|w|MiB|GiB)")
_WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}


@dataclass(frozen=True, slots=True)
class Said:
    """A value and what is to be said above it."""

    value: Any
    comment: str


def comment(text: str, indent: int = 0) -> Iterator[str]:
    """Lines of a comment."""
    for part in text.splitlines():
        for line in textwrap.wrap(part, WIDTH - indent - 2, subsequent_indent="") or [""]:
            yield f"{' ' * indent}# {line}".rstrip()


def yaml_lines(settings: Mapping[str, Any], indent: int = 0) -> Iterator[str]:
    """Lines of a mapping; values are mappings, lists, texts, numbers, or any of them ``Said``."""
    for key, said in settings.items():
        value = said.value if isinstance(said, Said) else said
        if isinstance(said, Said):
            yield from comment(said.comment, indent)
        head = f"{' ' * indent}{scalar(key)}:"
        flow = f"{head} {_flow(value)}"
        nested = isinstance(value, Mapping) and value
        if nested and (indent < 4 or _has_comments(value) or len(flow) > WIDTH):
            yield head
            yield from yaml_lines(value, indent + 2)
        else:
            yield flow


def scalar(value: Any) -> str:
    """One value on one line."""
    if isinstance(value, str):
        plain = _PLAIN.fullmatch(value) and value.lower() not in _WORDS
        return value if plain else json.dumps(value, ensure_ascii=False)
    if isinstance(value, float):
        return f"{value:.12g}"
    return json.dumps(value)


def _flow(value: Any) -> str:
    if isinstance(value, Said):
        return _flow(value.value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(k)}: {_flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return scalar(value)


def _has_comments(value: Mapping[str, Any]) -> bool:
    return any(
        isinstance(each, Said) or (isinstance(each, Mapping) and _has_comments(each))
        for each in value.values()
    )
