"""Jobs that run beyond what was paid for, and jobs held back beside kept places: by hand."""

from __future__ import annotations

from typing import Any

from twin.engine import columns
from twin.model import TwinJob

from explain.test_standing import story, watched
from simulator.rules.models import Rule

RUNS_ON = {"overrun": "allow"}
ALONE = [TwinJob(0, 50, 10, 2, user=0)]
"""It asks for 10 s on two units and runs for 50 s."""


def _hours(grant: int, **more: Any) -> dict[str, Any]:
    return {"per": "user", "grant": f"{grant} GPU-s", **more}


def test_who_runs_on_unpaid_is_told_which_budget_is_used_up() -> None:
    """20 GPU-s are paid beforehand; the other ten of this budget last until 15."""
    budgets = {"large": _hours(90), "hours": _hours(30), "behind": _hours(20, when_spent="last")}
    rule = Rule.model_validate({**RUNS_ON, "budgets": budgets})
    found = watched(columns(ALONE), rule, 0, frozenset([15]))
    assert found.killed == {15: ("hours",)}


def test_who_runs_on_is_told_which_budget_has_ended() -> None:
    rule = Rule.model_validate({**RUNS_ON, "budgets": {"hours": _hours(90, end="12s")}})
    found = watched(columns(ALONE), rule, 0, frozenset([12]))
    assert found.killed == {12: ("hours",)}


def test_who_gives_up_its_place_is_told_the_limit() -> None:
    """Of user 1 one job runs at a time: when the places of both come, the second is held back."""
    jobs = [
        TwinJob(0, 10, 10, 4, user=0),
        TwinJob(1, 20, 20, 2, user=1),
        TwinJob(2, 5, 5, 2, user=1),
    ]
    stages = {
        "backfill": {"kind": "conservative", "replan": "earlier"},
        "limits": {"one": {"per": "user", "jobs": 1}},
    }
    found = story(jobs, stages, 2)
    assert found.moments[-1].blocked_by == ("limit",)
