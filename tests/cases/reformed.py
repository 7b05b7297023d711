"""Reforms of cases: what they do not name stays as it was before them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from twin.reforming import Change

from cases import served

if TYPE_CHECKING:
    from collections.abc import Callable

    from twin.limits import Bounds

    from cases.case import Case


def changes(case: Case, bounds: Callable[[Case], Bounds | None]) -> list[Change]:
    """The rules that take over, in the twin's words; ``bounds``: the limits of a case."""
    found, before = [], case
    for reform in case.reforms:
        said = {word: value for word, value in reform.items() if word not in ("at", "keep_budgets")}
        before = replace(before, **said)
        found.append(Change(reform["at"], _rule(before, bounds), **_kept(reform)))
    return found


def _kept(reform: Any) -> dict[str, bool]:
    return {"keep_budgets": reform["keep_budgets"]} if "keep_budgets" in reform else {}


def _rule(case: Case, bounds: Callable[[Case], Bounds | None]) -> dict[str, Any]:
    stages = {"order": "fcfs", "backfill": "easy", **case.rule}
    return {**stages, "preemption": served.preemption_of(case), "bounds": bounds(case)}
