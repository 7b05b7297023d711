"""Every case file, through the engine and through the twin."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from cases import run
from cases.case import Case, Fate, differences, read
from simulator.scenario.rule_pages import variants

HERE = Path(__file__).parent
FILES = sorted(HERE.glob("*/*.yaml"))

once = cache(read)
"""Read when a test asks for it, so that collecting the tests reads none."""


@pytest.mark.parametrize("by", [run.by_engine, run.by_twin], ids=["engine", "twin"])
@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_case(path: Path, by: Callable[[Case], list[Fate]]) -> None:
    case = once(path)
    found = differences(case, by(case))
    if found:
        who = "the engine" if by is run.by_engine else "the twin"
        where = case.path.relative_to(HERE)
        lines = "\n  ".join(found)
        pytest.fail(f"{where}, as {who} has it:\n  {lines}\n{case.shows}", pytrace=False)


def test_every_order_has_a_case() -> None:
    assert {once(path).order for path in FILES} == set(variants("ordering"))


def test_there_are_cases() -> None:
    assert len(FILES) >= 40
    assert len({once(path).shows for path in FILES}) == len(FILES)
