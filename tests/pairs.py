"""What is tried in many settings: few of them in the fast tests, the others in the slow ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pytest
from hypothesis import given, settings

Rows = Mapping[str, Any] | Iterable[str]
"""By name, or names alone."""


def some(rows: Rows, every: int, first: int = 0) -> list[Any]:
    """Parameters, of which the fast tests take each so-and-so-many-th, from ``first`` on."""
    return [
        pytest.param(row, id=name, marks=_slow(place % every != first))
        for place, (name, row) in enumerate(_named(rows))
    ]


def slow_ones(rows: Rows) -> list[Any]:
    """Parameters that the slow tests take; every second is ``thorough``."""
    return [
        pytest.param(row, id=name, marks=_slow(True, thorough=place % 2 == 1))
        for place, (name, row) in enumerate(_named(rows))
    ]


def pairs(rows: Rows, columns: Rows, every: int = 1) -> list[Any]:
    """Parameters (row, column), every row beside every column, of which the fast tests take each
    ``every``-th row once, columns in turn; of the others three quarters are ``thorough``."""
    beside = _named(columns)
    return [
        pytest.param(
            row,
            column,
            id=f"{name}-{other}",
            marks=_slow(
                bool(down % every) or (down // every - across) % len(beside) != 0,
                thorough=(down + across) % 4 != 0,
            ),
        )
        for down, (name, row) in enumerate(_named(rows))
        for across, (other, column) in enumerate(beside)
    ]


def some_few_or_all(
    rows: Rows, every: int, few: int, all_of_them: int, first: int = 0
) -> list[Any]:
    """Parameters (row, how many): few with those rows that the fast tests take; of the others
    every second is ``thorough``."""
    found = []
    for place, each in enumerate(some(rows, every, first)):
        if not each.marks:
            found.append(pytest.param(*each.values, few, id=f"{each.id}-{few}"))
        marks = _slow(True, thorough=bool(each.marks) and place % 2 == 1)
        slow = f"{each.id}-{all_of_them}"
        found.append(pytest.param(*each.values, all_of_them, id=slow, marks=marks))
    return found


def few_or_all(few: int, all_of_them: int) -> list[Any]:
    """Parameters: how many are tried, few in the fast tests, all in the slow ones."""
    return [few, pytest.param(all_of_them, marks=pytest.mark.slow)]


def pairs_few_or_all(
    rows: Rows, columns: Rows, few: int, all_of_them: int, every: int = 1
) -> list[Any]:
    """Parameters (row, column, how many): few with those pairs that the fast tests take."""
    found = []
    for each in pairs(rows, columns, every):
        if not each.marks:
            found.append(pytest.param(*each.values, few, id=f"{each.id}-{few}"))
        slow = f"{each.id}-{all_of_them}"
        marks = each.marks or [pytest.mark.slow]
        found.append(pytest.param(*each.values, all_of_them, id=slow, marks=marks))
    return found


Test = Callable[..., None]


def tried(few: int, all_of_them: int, **how: Any) -> Callable[..., Callable[[Test], Test]]:
    """As hypothesis's ``given``: few examples in the fast tests, all in the slow ones; ``how``:
    further settings."""

    def drawn(*strategies: Any) -> Callable[[Test], Test]:
        def decorate(test: Test) -> Test:
            runs = {
                count: settings(max_examples=count, deadline=None, **how)(given(*strategies)(test))
                for count in (few, all_of_them)
            }

            def run(examples: int) -> None:
                runs[examples]()

            run.__name__, run.__doc__, run.__module__ = test.__name__, test.__doc__, test.__module__
            return pytest.mark.parametrize("examples", few_or_all(few, all_of_them))(run)

        return decorate

    return drawn


def _named(rows: Rows) -> list[tuple[str, Any]]:
    if isinstance(rows, Mapping):
        return list(rows.items())
    return [(name, name) for name in rows]


def _slow(slow: bool, thorough: bool = False) -> list[pytest.MarkDecorator]:
    marks = [pytest.mark.slow, pytest.mark.thorough] if thorough else [pytest.mark.slow]
    return marks if slow else []
