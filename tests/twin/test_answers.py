"""The slow implementations against schedules that others computed: not one start differs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pairs import pairs

from twin import plain, pyss
from twin.logs import capacity_of, read_log, read_starts
from twin.twin import simulate

if TYPE_CHECKING:
    from pathlib import Path

TRACES = ["kth-5000", "sdsc5k", "lublin256-5000"]
BACKFILLS = {"fcfs": "none", "easy": "easy", "cons": "conservative"}
EASY_ORDERS = ["sjf", "ljf", "smallest", "largest", "wfp3", "f1"]
ORDERS = {f"easy-{order}": (order, "easy") for order in EASY_ORDERS} | {
    "k4-fcfs": ("fcfs", "reservations")
}


def _differ(found: list[int | None], expected: list[int]) -> int:
    assert len(found) == len(expected)
    return sum(one != other for one, other in zip(found, expected, strict=True))


@pytest.mark.parametrize(("trace", "answer"), pairs(TRACES, list(BACKFILLS)))
def test_plain_program_gives_the_textbook(shared: Path, trace: str, answer: str) -> None:
    jobs = read_log(shared / f"traces/norm/{trace}.swf.gz")
    expected = read_starts(shared / f"oracles/textbook/{answer}-{trace}.csv.gz")
    assert _differ(plain.starts(jobs, capacity_of(trace), BACKFILLS[answer]), expected) == 0


@pytest.mark.parametrize("trace", ["kth-5000", "sdsc5k"])
def test_plain_program_gives_four_reservations(shared: Path, trace: str) -> None:
    jobs = read_log(shared / f"traces/norm/{trace}.swf.gz")
    expected = read_starts(shared / f"oracles/order/{trace}.k4-fcfs.csv.gz")
    assert _differ(plain.starts(jobs, capacity_of(trace), "reservations", 4), expected) == 0


@pytest.mark.parametrize(
    ("trace", "answer"), pairs(["sdsc5k", "kth-5000", "lublin256-5000"], list(BACKFILLS), every=3)
)
def test_twin_gives_the_textbook(shared: Path, trace: str, answer: str) -> None:
    jobs = read_log(shared / f"traces/norm/{trace}.swf.gz")
    expected = read_starts(shared / f"oracles/textbook/{answer}-{trace}.csv.gz")
    found = simulate(jobs, capacity_of(trace), "fcfs", BACKFILLS[answer])
    assert _differ([outcome.start for outcome in found], expected) == 0


@pytest.mark.slow
@pytest.mark.parametrize(("answer", "trace"), pairs(list(ORDERS), ["kth-5000", "sdsc5k"]))
def test_twin_gives_the_other_orders(shared: Path, trace: str, answer: str) -> None:
    jobs = read_log(shared / f"traces/norm/{trace}.swf.gz")
    expected = read_starts(shared / f"oracles/order/{trace}.{answer}.csv.gz")
    order, backfill = ORDERS[answer]
    found = simulate(jobs, capacity_of(trace), order, backfill, k=4)
    assert _differ([outcome.start for outcome in found], expected) == 0


@pytest.mark.parametrize(
    ("trace", "answer"), pairs(["sdsc5k", "kth-5000", "lublin256-5000"], list(BACKFILLS), every=3)
)
def test_pyss_once_more_gives_what_pyss_gave(shared: Path, trace: str, answer: str) -> None:
    jobs = read_log(shared / f"traces/norm/{trace}.swf.gz")
    expected = read_starts(shared / f"oracles/pyss/{answer}-{trace}.csv.gz")
    assert _differ(pyss.starts(jobs, capacity_of(trace), BACKFILLS[answer]), expected) == 0
