"""Every case file, through the engine and through the twin."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cases import run
from cases.case import Case, Fate, differences, read
from simulator.scenario.rule_pages import variants

HERE = Path(__file__).parent
CASES = [read(path) for path in sorted(HERE.glob("*/*.yaml"))]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@pytest.mark.parametrize("by", [run.by_engine, run.by_twin], ids=["engine", "twin"])
def test_case(case: Case, by: Callable[[Case], list[Fate]]) -> None:
    found = differences(case, by(case))
    if found:
        who = "the engine" if by is run.by_engine else "the twin"
        where = case.path.relative_to(HERE)
        lines = "\n  ".join(found)
        pytest.fail(f"{where}, as {who} has it:\n  {lines}\n{case.shows}", pytrace=False)


def test_every_order_has_a_case() -> None:
    assert {case.order for case in CASES} == set(variants("ordering"))


def test_there_are_cases() -> None:
    assert len(CASES) >= 40
    assert len({case.shows for case in CASES}) == len(CASES)
