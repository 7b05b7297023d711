"""Shares by window: by hand, against a second by second count, and what max-min promises."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from results_factory import job, write_study

from simulator.metrics.base import Undefined
from simulator.metrics.measured import Measured
from simulator.metrics.registry import metric
from simulator.metrics.shares import max_min_share
from simulator.metrics.steps import Steps


def view(folder: Path, jobs: list[dict[str, Any]], capacity: int, **comparison: Any) -> Measured:
    study = write_study(folder / "s", {"r": [jobs]}, capacity, comparison=comparison)
    return Measured(study.run("r"), study.manifest)


def test_max_min_by_hand() -> None:
    alike = np.ones(3)
    assert max_min_share(np.array([10.0, 40, 100]), alike, 90).tolist() == [10, 40, 40]
    assert max_min_share(np.array([10.0, 20, 30]), alike, 90).tolist() == [10, 20, 30]
    assert max_min_share(np.array([100.0, 100]), np.array([2.0, 1]), 90).tolist() == [60, 30]


@settings(deadline=None)
@given(st.data())
def test_max_min_is_what_its_name_says(data: st.DataObject) -> None:
    n = data.draw(st.integers(1, 12))
    demand = np.array(data.draw(st.lists(st.integers(0, 1000), min_size=n, max_size=n)), float)
    weight = np.array(data.draw(st.lists(st.integers(1, 9), min_size=n, max_size=n)), float)
    capacity = data.draw(st.integers(1, 5000))
    share = max_min_share(demand, weight, capacity)
    assert share.sum() == pytest.approx(min(capacity, demand.sum()))
    assert (share <= demand + 1e-9).all()
    level = (share / weight).max()
    capped = share < demand - 1e-6
    assert np.allclose((share / weight)[capped], level)


def test_two_users_by_hand(tmp_path: Path) -> None:
    jobs = [
        job(1, 0, 0, 100, 2, "u1"),
        job(2, 0, 100, 200, 1, "u2"),
        job(3, 100, 100, 150, 1, "u1"),
    ]
    measured = view(tmp_path, jobs, 2, window=100)
    shares = measured.shares
    assert shares.served.tolist() == [[200, 0]]
    assert shares.demanded.tolist() == [[200, 100]]
    assert shares.entitled.tolist() == [[100, 100]]
    assert metric("share_error").compute(measured) == pytest.approx(0.5)
    assert metric("equal_shares").compute(measured) == pytest.approx(0.5)


def test_a_user_who_asks_for_nothing_is_left_out(tmp_path: Path) -> None:
    jobs = [
        job(1, 0, 0, 100, 1, "u1"),
        job(2, 0, 0, 100, 1, "u2"),
        job(3, 100, 100, 150, 1, "u3"),
    ]
    measured = view(tmp_path, jobs, 2, window=100)
    assert metric("equal_shares").compute(measured) == pytest.approx(1)


def test_no_whole_window(tmp_path: Path) -> None:
    measured = view(tmp_path, [job(1, 0, 0, 10), job(2, 90, 90, 99, user="u2")], 2, window=100)
    value = metric("share_error").compute(measured)
    assert value == Undefined("the measured time holds no whole window of 1min 40s")


JOB = st.tuples(*(st.integers(0, top) for top in (60, 40, 50, 2, 2)))


@settings(max_examples=40, deadline=None)
@given(st.lists(JOB, min_size=2, max_size=12), st.integers(5, 40), st.integers(0, 30))
def test_counted_second_by_second(rows: list[Any], window: int, warm_up: int) -> None:
    jobs = [
        job(i, submit, submit + wait, submit + wait + run, 1 + size, f"u{user}")
        for i, (submit, wait, run, size, user) in enumerate(sorted(rows))
    ]
    with tempfile.TemporaryDirectory() as folder:
        measured = view(Path(folder), jobs, 40, window=window, warm_up=warm_up)
        shares = measured.shares
        if isinstance(shares, Undefined):
            assert measured.last_arrival - measured.begin < window
            return
    users = sorted({row["user"] for row in jobs})
    for number in range(len(shares.served)):
        opens = measured.begin + number * window
        for place, user in enumerate(users):
            served = demanded = 0
            for row in jobs:
                if row["user"] == user:
                    seconds = set(range(row["start"], row["end"]))
                    served += row["gpus"] * len(seconds & set(range(opens, opens + window)))
                    left = len([s for s in seconds if s >= opens])
                    room = max(0, opens + window - max(opens, row["submit"]))
                    demanded += row["gpus"] * min(left, room)
            assert shares.served[number, place] == served
            assert shares.demanded[number, place] == demanded
    assert (shares.served <= shares.demanded).all()


@settings(deadline=None)
@given(st.lists(st.tuples(*(st.integers(0, 50),) * 3), max_size=20), st.integers(-5, 110))
def test_steps_against_a_count(rows: list[tuple[int, int, int]], until: int) -> None:
    starts = np.array([a for a, _, _ in rows], np.int64)
    lengths = np.array([b for _, b, _ in rows], np.int64)
    sizes = np.array([c for _, _, c in rows], np.int64)
    steps = Steps.of_intervals(starts, starts + lengths, sizes)
    expected = sum(c * len(range(a, min(a + b, until))) for a, b, c in rows)
    assert steps.area_until(np.array([until]))[0] == expected
