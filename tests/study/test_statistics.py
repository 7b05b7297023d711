"""Intervals, p-values and Holm against hand-worked numbers, scipy, and their own promises."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from simulator.study.statistics import Mean, differences, holm, interval


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_t_by_hand() -> None:
    # Mean 3, standard error √(2.5/5), and 2.776 is the 97.5 % quantile of t with 4 degrees.
    found = interval([1, 2, 3, 4, 5], 0.95, rng())
    assert (found.n, found.method, found.mean) == (5, "t", 3)
    assert found.low == pytest.approx(3 - 2.776445 * 0.5**0.5)
    assert found.high == pytest.approx(3 + 2.776445 * 0.5**0.5)


@settings(deadline=None)
@given(st.lists(st.floats(-100, 100), min_size=2, max_size=29).filter(lambda v: np.std(v) > 1e-3))
def test_t_agrees_with_scipy(values: list[float]) -> None:
    mean, theirs = Mean(values, rng()), stats.ttest_1samp(values, 0)
    assert mean.p == pytest.approx(theirs.pvalue, abs=1e-9)
    ends = theirs.confidence_interval(0.9)
    found = mean.interval(0.9)
    assert (found.low, found.high) == pytest.approx((ends.low, ends.high))


def test_bca_agrees_with_scipy_from_30_on() -> None:
    values = rng(3).exponential(size=30)
    found = Mean(values, rng(7)).interval(0.95)
    theirs = stats.bootstrap((values,), np.mean, method="BCa", rng=rng(7)).confidence_interval
    assert (found.method, found.low, found.high) == ("BCa", theirs.low, theirs.high)
    assert Mean(values[:29], rng(7)).interval(0.95).method == "t"


@pytest.mark.parametrize("n", [12, 40])
@pytest.mark.parametrize("shift", [0.2, 0.45, -0.1])
def test_the_interval_at_1_minus_p_ends_at_zero(n: int, shift: float) -> None:
    values = rng(5).exponential(size=n) - 1 + shift
    mean = Mean(values, rng(2))
    found = mean.interval(1 - mean.p)
    nearest = min(abs(found.low), abs(found.high))
    assert nearest < 0.02 * (found.high - found.low)


def test_one_replication_has_no_interval() -> None:
    mean = Mean([4.0], rng())
    found = mean.interval(0.95)
    assert (found.mean, found.low, found.high) == (4.0, None, None)
    assert found.method == "one replication alone has no interval"
    assert mean.p is None


@pytest.mark.parametrize("n", [3, 40])
def test_no_variance(n: int) -> None:
    assert Mean([0.0] * n, rng()).p == 1
    assert Mean([2.0] * n, rng()).p == 0
    found = Mean([2.0] * n, rng()).interval(0.99)
    assert (found.low, found.high) == (2, 2)


def test_differences_are_paired_and_blind_to_rounding() -> None:
    assert differences([0.1 + 0.2, 2.0], [0.3, 1.0]).tolist() == [0.0, 1.0]
    assert differences([2.0, 8.0], [1.0, 2.0], log=True) == pytest.approx(np.log([2, 4]))
    with pytest.raises(ValueError, match="no logarithm"):
        differences([0.0], [1.0], log=True)


def test_holm_by_hand() -> None:
    # Sorted .01, .03, .04: .01 ≤ .05/3; .03 > .05/2, so neither it nor .04 is rejected.
    found = holm([0.01, 0.04, 0.03], 0.95)
    assert found.p == pytest.approx((0.03, 0.06, 0.06))
    assert found.confidence == pytest.approx((1 - 0.05 / 3, 1 - 0.05 / 2, 1 - 0.05 / 2))
    assert holm([], 0.95).p == ()


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=10))
def test_holm_keeps_the_order_and_never_helps(p: list[float]) -> None:
    found = holm(p, 0.95)
    order = np.argsort(p, kind="stable")
    assert (np.diff(np.array(found.p)[order]) >= 0).all()
    for own, adjusted, level in zip(p, found.p, found.confidence, strict=True):
        assert own <= adjusted <= 1
        # An interval at this level leaves out 0 just where Holm rejects.
        if abs(adjusted - 0.05) > 1e-9:
            assert (own <= 1 - level + 1e-12) == (adjusted <= 0.05)


@pytest.mark.slow
def test_t_covers_what_it_promises_at_10() -> None:
    draws = rng(11).normal(1, 2, (4000, 10))
    inside = 0
    for values in draws:
        found = interval(values, 0.95, rng())
        inside += found.low <= 1 <= found.high
    assert abs(inside / 4000 - 0.95) < 3.3 * (0.95 * 0.05 / 4000) ** 0.5


@pytest.mark.slow
def test_bca_covers_nearly_what_it_promises_at_40() -> None:
    draws = rng(12).normal(1, 2, (1000, 40))
    inside = 0
    for number, values in enumerate(draws):
        found = interval(values, 0.95, rng(number))
        inside += found.low <= 1 <= found.high
    assert 0.915 < inside / 1000 < 0.965


@pytest.mark.slow
def test_holm_marks_falsely_no_more_than_promised() -> None:
    generator, false = rng(13), 0
    for _ in range(3000):
        p = [Mean(generator.normal(size=10), rng()).p for _ in range(4)]
        false += min(holm(p, 0.95).p) <= 0.05
    assert false / 3000 < 0.05 + 3.3 * (0.05 * 0.95 / 3000) ** 0.5
