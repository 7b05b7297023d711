"""The engine against schedules that others computed: not one start differs, nor one end."""

from __future__ import annotations

import csv
import gzip
from typing import TYPE_CHECKING

import pytest
from twin.engine import columns
from twin.logs import capacity_of, read_log

from simulator.engine.run import replay
from simulator.rules.models import Rule

if TYPE_CHECKING:
    from pathlib import Path

TRACES = ["kth-5000", "sdsc5k", "lublin256-5000"]
BACKFILLS = {"fcfs": "none", "easy": "easy", "cons": "conservative"}
EASY_ORDERS = ["sjf", "ljf", "smallest", "largest", "wfp3", "f1"]
FOUR = {"backfill": {"kind": "reservations", "k": 4}}
ORDERS = {
    f"easy-{order}": Rule.model_validate({"ordering": order, "backfill": "easy"})
    for order in EASY_ORDERS
} | {"k4-fcfs": Rule.model_validate(FOUR)}


def _differ(shared: Path, trace: str, answer: str, rule: Rule) -> list[tuple[str, ...]]:
    """The recorded rows of jobs whose start or end differs."""
    jobs = columns(read_log(shared / f"traces/norm/{trace}.swf.gz"))
    with gzip.open(shared / f"oracles/{answer}.csv.gz", "rt", newline="") as lines:
        recorded = {int(row["job_id"]): row for row in csv.DictReader(lines)}
    found = replay(jobs, capacity_of(trace), rule).jobs.to_pylist()
    assert sorted(recorded) == [row["job_id"] for row in found]
    return [
        tuple(recorded[row["job_id"]].values())
        for row in found
        if any(row[name] != int(recorded[row["job_id"]][name]) for name in ("start", "end"))
    ]


@pytest.mark.parametrize("trace", TRACES)
@pytest.mark.parametrize("answer", BACKFILLS)
def test_textbook(shared: Path, trace: str, answer: str) -> None:
    rule = Rule.model_validate({"backfill": BACKFILLS[answer]})
    assert _differ(shared, trace, f"textbook/{answer}-{trace}", rule) == []


@pytest.mark.parametrize("trace", ["kth-5000", "sdsc5k"])
@pytest.mark.parametrize("answer", ORDERS)
def test_other_orders_and_four_reservations(shared: Path, trace: str, answer: str) -> None:
    assert _differ(shared, trace, f"order/{trace}.{answer}", ORDERS[answer]) == []


@pytest.mark.parametrize("trace", TRACES)
@pytest.mark.parametrize("answer", BACKFILLS)
def test_pyss(shared: Path, trace: str, answer: str) -> None:
    rule = Rule.model_validate({"backfill": BACKFILLS[answer], "conformance": "pyss"})
    assert _differ(shared, trace, f"pyss/{answer}-{trace}", rule) == []


def test_textbook_and_pyss_are_not_the_same(shared: Path) -> None:
    """Else the variant would be tested by nothing."""
    rule = Rule.model_validate({"backfill": "easy"})
    assert _differ(shared, "kth-5000", "pyss/easy-kth-5000", rule) != []
