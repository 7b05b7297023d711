"""What a reform makes of applications and their grants, by results alone; some by hand."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import polars as pl
import pytest
from twin.engine import columns
from twin.model import TwinJob

from engine.test_applications import APPLICATIONS, HOUR
from engine.test_holding import CAPACITY, LOSSES, RULES, _jobs
from simulator.engine.run import Outcome, replay
from simulator.rules.models import Rule
from simulator.streams import Streams
from simulator.workload.columns import Jobs


def _table(found: Outcome) -> pl.DataFrame:
    table = pl.from_arrow(found.applications)
    assert isinstance(table, pl.DataFrame)
    texts = "project", "job_class", "tier", "panel", "outcome"
    return table.with_columns(pl.col(*texts).cast(pl.String))


def _reformed(before: dict[str, Any], *later: tuple[str, dict[str, Any]]) -> Rule:
    reforms = [{"at": at, "rule": {**before, **said}} for at, said in later]
    return Rule.model_validate({**before, "reforms": reforms})


@pytest.mark.parametrize("name", ["easy", "preempting"])
@pytest.mark.parametrize("seed", range(2))
def test_a_reform_of_something_else_changes_nothing(name: str, seed: int) -> None:
    """Bit by bit: grants, checks, meetings and looks go on as they would have."""
    tiers = deepcopy(APPLICATIONS["tiers"])
    # Many apply there, for too little, so that they wait for the only reviewer.
    tiers["small"]["up_to"], tiers["small"]["review"]["takes"] = "70 GPU-h", "2h"
    tiers["small"]["supplement"] = {"used": 0.3, "adds": 0.5, "at_most": 2, "every": "1h"}
    said = {**APPLICATIONS, "tiers": tiers, "margin": 0.4}
    before, jobs = {**RULES[name], "applications": said}, _jobs(seed, 700)
    times = [7200 + 5000 * number for number in range(30)]
    later = [(f"{at}s", {"title": f"from {at}"}) for at in times]
    rules = Rule.model_validate(before), _reformed(before, *later)
    found = [
        replay(jobs, CAPACITY, rule, losses=LOSSES, streams=Streams(seed, 0)) for rule in rules
    ]
    assert found[0].jobs == found[1].jobs
    assert found[0].attempts == found[1].attempts
    assert found[0].applications == found[1].applications.drop_columns(["lines"])
    rows = [row for row in _table(found[1]).to_dicts() if row["decided"] is not None]
    under_way = [row for row in rows if any(row["applied"] < at < row["decided"] for at in times)]
    assert {row["panel"] for row in under_way} == {"", "council"}
    assert {row["adds_to"] is None for row in under_way} == {True, False}


@pytest.mark.parametrize("seed", range(2))
def test_nothing_is_overspent_beyond_a_reform(seed: int) -> None:
    """Each attempt of who must apply is paid by the grant that holds when it starts."""
    after = deepcopy(APPLICATIONS)
    after["tiers"]["large"] |= {"up_to": "30 GPU-h", "term": "7h"}
    after["panels"]["council"] |= {"meets": "2h", "capacity": 1}
    jobs = _jobs(seed, 1000)
    rule = _reformed({"applications": APPLICATIONS}, ("20h", {"applications": after}))
    found = replay(jobs, CAPACITY, rule, losses=LOSSES, streams=Streams(seed, 0))
    rows = _table(found).filter(pl.col("starts").is_not_null()).to_dicts()
    used = [0] * len(rows)
    for attempt in found.attempts.to_pylist():
        position, start = attempt["position"], attempt["start"]
        key = jobs.accounts[jobs.account[position]], jobs.classes[jobs.job_class[position]]
        holding = [
            place
            for place, row in enumerate(rows)
            if (row["project"], row["job_class"]) == key and row["starts"] <= start < row["expires"]
        ]
        assert len(holding) == (key[1] != "state")
        for place in holding:
            used[place] += attempt["gpu_seconds"] - attempt["lost_gpu_seconds"]
    for row, seconds in zip(rows, used, strict=True):
        assert seconds <= row["spent"] + 1e-9 <= row["granted"] + 2e-9
    held = [row for row in rows if row["starts"] < 20 * HOUR < row["expires"]]
    assert held
    large = [row for row in rows if row["tier"] == "large"]
    assert {row["expires"] - row["starts"] for row in large} == {12 * HOUR, 7 * HOUR}
    # What has been decided before is told half an hour later.
    late = [row["granted"] for row in large if row["reviewed"] > 20 * HOUR]
    assert max(late) == 30 * HOUR < max(row["granted"] for row in large)


PANEL = {"kind": "panel", "panel": "council"}


def _said(review: dict[str, Any] | str, **tier: Any) -> dict[str, Any]:
    all_of_it = {"classes": ["class0"], "up_to": "100 GPU-s", "term": "500s", "review": review}
    found: dict[str, Any] = {"tiers": {"all": {**all_of_it, **tier}}}
    if review == PANEL:
        found["panels"] = {"council": {"meets": "100s", "first": "50s"}}
    return found


CHECK = {"kind": "automatic", "takes": "30s"}
WANTED = "applied", "reviewed", "decided", "outcome", "panel", "lines", "first_gpu"


def _rows(jobs: list[TwinJob], before: dict[str, Any], *later: Any) -> list[tuple[Any, ...]]:
    # One more comes late, since reforms come while jobs do.
    table: Jobs = columns([*jobs, TwinJob(400, 1, 1, 1, user=6)])
    return _table(replay(table, 8, _reformed(before, *later))).select(WANTED).rows()


def test_who_moves_from_a_panel_to_a_check_and_back_stands_in_line_meanwhile() -> None:
    panel, check = {"applications": _said(PANEL)}, {"applications": _said(CHECK)}
    jobs = [TwinJob(3, 5, 5, 1), TwinJob(5, 5, 5, 1, user=2)]
    assert _rows(jobs, panel, ("10s", check)) == [
        (3, 10, 40, "granted", "", [3, 10], 40),
        (5, 10, 40, "granted", "", [5, 10], 40),
    ]
    assert _rows(jobs, panel, ("10s", check), ("20s", panel)) == [
        (3, 50, 50, "granted", "council", [3, 10, 20, 50], 50),
        (5, 50, 50, "granted", "council", [5, 10, 20, 50], 50),
    ]


def test_what_is_for_nobody_any_more_is_withdrawn() -> None:
    """Its first GPU is the first of its project since."""
    jobs = [TwinJob(3, 5, 5, 1), TwinJob(62, 5, 5, 1, user=2)]
    for after in ({}, {"applications": _said(CHECK, classes=["class1"])}):
        rule = {"applications": _said(PANEL)}, ("20s", {"applications": None, **after})
        assert _rows(jobs, *rule)[:1] == [(3, None, 20, "withdrawn", "council", [3, 20], 20)]
    # Who was refused has its first GPU then, too.
    jobs = [TwinJob(3, 5, 5, 1), TwinJob(62, 5, 5, 1, user=2)]
    never = {"applications": _said({**CHECK, "accepts": 0.0})}
    rows = _rows(jobs, never, ("40s", {"applications": None}))
    assert rows[0] == (3, 3, 33, "refused", "", [], 40)
    # Of a grant that had ended before it paid for anything, and a refusal, the latter has.
    two = _said(CHECK, term="20s", renew=True), _said({**CHECK, "accepts": 0.0})
    eras = [("60s", {"applications": two[1]}), ("110s", {"applications": None})]
    jobs = [TwinJob(3, 5, 5, 1, cancelled_at=10), TwinJob(70, 5, 5, 1)]
    rows = _rows(jobs, {"applications": two[0]}, *eras)
    assert [row[3::3] for row in rows] == [("granted", None), ("refused", 110)]
    # What was granted ends then, though nothing has been paid for from it; A is taken back.
    jobs = [TwinJob(3, 5, 5, 1, cancelled_at=10), TwinJob(62, 5, 5, 1)]
    rule = {"applications": _said(CHECK)}, ("40s", {"applications": None})
    table = columns([*jobs, TwinJob(400, 1, 1, 1, user=6)])
    [row] = _table(replay(table, 8, _reformed(*rule))).to_dicts()
    told = [row[name] for name in ("starts", "expires", "spent", "outcome", "first_gpu")]
    assert told == [33, 40, 0.0, "granted", 62]


def test_a_supplement_that_is_gone_is_withdrawn_and_one_that_comes_is_for_old_grants() -> None:
    more = {"supplement": {"used": 0.5, "adds": 1.0, "every": "10s"}}
    jobs = [TwinJob(0, 80, 80, 1), TwinJob(20, 60, 60, 1)]
    with_it = {"applications": _said(CHECK, **more)}
    without = {"applications": _said(CHECK)}
    # 100 are granted at 30, since both jobs come within the term; 80 of them are spent at once.
    found = _rows(jobs, with_it, ("45s", without))
    assert [row[:4] for row in found] == [
        (0, 0, 30, "cut"),
        (40, 40, 45, "withdrawn"),
    ]
    found = _rows(jobs, without, ("45s", with_it))
    assert [row[:4] for row in found] == [(0, 0, 30, "cut"), (50, 50, 80, "granted")]


@pytest.mark.parametrize("beyond", ["cut", "refuse"])
def test_who_asks_for_more_than_all_tiers_that_are_left(beyond: str) -> None:
    small = {**_said(CHECK)["tiers"]["all"], "up_to": "20 GPU-s"}
    after = {"applications": {"tiers": {"small": small}, "beyond": beyond}}
    jobs = [TwinJob(3, 10, 10, 1), TwinJob(4, 20, 20, 1)]
    before = {"applications": _said(PANEL)}
    wanted = {
        "cut": (3, 10, 40, "cut", "", [3, 10], 40),
        "refuse": (3, None, 10, "refused", "", [3, 10], None),
    }
    assert _rows(jobs, before, ("10s", after)) == [wanted[beyond]]
