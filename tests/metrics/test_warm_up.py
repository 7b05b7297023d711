"""MSER-5 against its definition, and the warm-up of a run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from results_factory import job, write_study

from simulator.metrics.measured import Measured
from simulator.metrics.warm_up import mser5


def by_definition(series: list[float]) -> int:
    n = len(series) // 5
    batches = [sum(series[5 * i : 5 * i + 5]) / 5 for i in range(n)]
    errors = []
    for d in range(n // 2 + 1):
        kept = batches[d:]
        mean = sum(kept) / len(kept)
        errors.append(sum((y - mean) ** 2 for y in kept) / len(kept) ** 2)
    scale = sum((y - sum(batches) / n) ** 2 for y in batches) / n
    return 5 * next(d for d, e in enumerate(errors) if e <= min(errors) + 1e-12 * scale)


@settings(deadline=None)
@given(st.lists(st.integers(0, 20).map(float), min_size=10, max_size=120))
def test_mser5_is_its_definition(series: list[float]) -> None:
    assert mser5(np.array(series))[0] == by_definition(series)


def test_a_ramp_is_cut_where_it_ends() -> None:
    noise = np.tile([1.0, -1.0, 0.5, -0.5, 0.0], 60)
    series = np.concatenate([np.linspace(0, 100, 50), 100 + noise])
    assert mser5(series) == (50, False)


def test_growth_without_end_is_found_at_the_edge() -> None:
    assert mser5(np.arange(200.0)) == (100, True)


def test_a_steady_series_loses_nothing() -> None:
    assert mser5(np.full(100, 3.0)) == (0, False)


@pytest.mark.parametrize("length", [0, 4, 9])
def test_too_short_to_look_at(length: int) -> None:
    assert mser5(np.arange(float(length))) == (0, False)


def test_a_run_that_fills_up(tmp_path: Path) -> None:
    # A job arrives every hour and holds one unit for 20 hours: the load rises to 20 and stays.
    hour = 3600
    jobs = [job(i, 100 + i * hour, 100 + i * hour, 100 + (i + 20) * hour) for i in range(300)]
    study = write_study(tmp_path / "s", {"r": [jobs]}, 30, comparison={"warm_up": "mser5"})
    measured = Measured(study.run("r"), study.manifest)
    assert measured.warm_up.length == 20 * hour
    assert measured.begin == 100 + 20 * hour
    assert not measured.warm_up.at_edge
    assert measured.measured.sum() == 280


def test_a_fixed_time_counts_from_the_first_submission(tmp_path: Path) -> None:
    jobs = [job(1, 50, 50, 60), job(2, 90, 90, 95)]
    study = write_study(tmp_path / "s", {"r": [jobs]}, 1, comparison={"warm_up": 30})
    measured = Measured(study.run("r"), study.manifest)
    assert (measured.warm_up.end, measured.warm_up.how) == (80, "a fixed time")
