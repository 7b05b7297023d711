"""What is tried in many settings: few of them in the fast tests, the others in the slow ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pytest

Settings = Mapping[str, Any] | Iterable[str]
"""By name, or names alone."""


def some(settings: Settings, every: int, first: int = 0) -> list[Any]:
    """Parameters, of which the fast tests take each so-and-so-many-th, from ``first`` on."""
    return [
        pytest.param(row, id=name, marks=_slow(place % every != first))
        for place, (name, row) in enumerate(_named(settings))
    ]


def pairs(rows: Settings, columns: Settings, every: int = 1) -> list[Any]:
    """Parameters (row, column), every row beside every column, of which the fast tests take each
    ``every``-th row once, columns in turn."""
    beside = _named(columns)
    return [
        pytest.param(
            row,
            column,
            id=f"{name}-{other}",
            marks=_slow(bool(down % every) or (down // every - across) % len(beside) != 0),
        )
        for down, (name, row) in enumerate(_named(rows))
        for across, (other, column) in enumerate(beside)
    ]


def few_or_all(few: int, all_of_them: int) -> list[Any]:
    """Parameters: how many are tried, few in the fast tests, all in the slow ones."""
    return [few, pytest.param(all_of_them, marks=pytest.mark.slow)]


def pairs_few_or_all(rows: Settings, columns: Settings, few: int, all_of_them: int) -> list[Any]:
    """Parameters (row, column, how many): few with those pairs that the fast tests take."""
    found = []
    for each in pairs(rows, columns):
        if not each.marks:
            found.append(pytest.param(*each.values, few, id=f"{each.id}-{few}"))
        slow = f"{each.id}-{all_of_them}"
        found.append(pytest.param(*each.values, all_of_them, id=slow, marks=pytest.mark.slow))
    return found


def _named(settings: Settings) -> list[tuple[str, Any]]:
    if isinstance(settings, Mapping):
        return list(settings.items())
    return [(name, name) for name in settings]


def _slow(slow: bool) -> list[pytest.MarkDecorator]:
    return [pytest.mark.slow] if slow else []
