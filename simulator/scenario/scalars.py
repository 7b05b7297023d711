"""What an unquoted word of a file means: the core schema of YAML 1.2, and nothing beside it.

So ``yes`` and ``on`` are text, ``012`` is twelve, and a date is text until a setting reads it.
"""

from __future__ import annotations

import re
from math import isinf

from simulator.errors import InputError

_LITERALS = {"": None, "~": None, "null": None, "true": True, "false": False}
_WORDS: dict[str, bool | None] = {
    form: value
    for word, value in _LITERALS.items()
    for form in (word, word.capitalize(), word.upper())
}
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_INFINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_DIGITS = 18
"""Whole numbers beyond this many digits fit no 64-bit column."""


def plain_scalar(text: str) -> str | int | float | bool | None:
    """The value of an unquoted scalar. Raises InputError for a number too long, inf or nan."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        if len(text.lstrip("+-0")) > _DIGITS:
            raise InputError(
                f"the number {_short(text)} is too long",
                right=f"whole numbers have at most {_DIGITS} digits",
            )
        return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
    if _INFINITE.fullmatch(text) or (_FLOAT.fullmatch(text) and isinf(float(text))):
        raise InputError(f"{_short(text)} is no finite number", right="write it like 0.9")
    return float(text) if _FLOAT.fullmatch(text) else text


def _short(text: str) -> str:
    return text if len(text) <= 24 else f"{text[:20]}…"
