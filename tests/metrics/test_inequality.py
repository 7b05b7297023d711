"""Inequality: worked by hand, and the properties that define each index."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.metrics.base import Undefined
from simulator.metrics.inequality import (
    atkinson,
    gini,
    hoover,
    jain,
    lorenz,
    max_min_ratio,
    theil,
)

AMOUNTS = st.lists(st.just(0.0) | st.floats(1e-3, 1e6), min_size=2, max_size=30).filter(any)
INDICES = {
    "jain": jain,
    "gini": gini,
    "atkinson": atkinson,
    "max_min_ratio": max_min_ratio,
    "lorenz": lorenz,
    "theil": theil,
    "hoover": lambda x: hoover(x, np.ones(len(x))),
}


def test_worked_by_hand() -> None:
    assert jain([1, 2, 3]) == pytest.approx(36 / (3 * 14))
    assert gini([3, 1, 2]) == pytest.approx(8 / (2 * 9 * 2))
    assert atkinson([1, 4]) == pytest.approx(1 - 2 / 2.5)
    assert atkinson([1, 4], 0.5) == pytest.approx(1 - 2.25 / 2.5)
    assert atkinson([1, 4], 2) == pytest.approx(1 - 1.6 / 2.5)
    assert hoover([3, 1], [1, 1]) == pytest.approx(0.25)
    assert hoover([3, 1], [3, 1]) == 0
    assert max_min_ratio([4, 1, 2]) == pytest.approx(0.25)
    # Two units of need, one of them unserved: by weight 1/2, though one group of three is served.
    assert jain([1, 0, 0], [2, 1, 1]) == pytest.approx(0.5)


def test_theil_by_hand() -> None:
    split = theil([1, 3])
    assert split.total == pytest.approx((0.5 * math.log(0.5) + 1.5 * math.log(1.5)) / 2)
    apart = theil([1, 1, 3, 3], [0, 0, 1, 1])
    assert apart.between == pytest.approx(split.total)
    assert apart.within == pytest.approx(0)


def test_lorenz_by_hand() -> None:
    people, amount = lorenz([3, 0, 1])
    assert people.tolist() == pytest.approx([0, 1 / 3, 2 / 3, 1])
    assert amount.tolist() == pytest.approx([0, 0, 0.25, 1])


@pytest.mark.parametrize("index", INDICES)
@pytest.mark.parametrize(
    ("x", "reason"), [([], "nobody"), ([5.0], "one alone"), ([0.0, 0.0], "all amounts are zero")]
)
def test_undefined_says_why(index: str, x: list[float], reason: str) -> None:
    value = INDICES[index](np.array(x))
    assert isinstance(value, Undefined)
    assert reason in str(value)
    assert str(value).startswith("undefined, because ")


@pytest.mark.parametrize("x", [[1.0, -1.0], [1.0, math.nan], [1.0, math.inf]])
def test_impossible_amounts_are_refused(x: list[float]) -> None:
    with pytest.raises(ValueError, match="finite and not negative"):
        jain(x)


def test_atkinson_is_1_when_somebody_has_nothing() -> None:
    assert atkinson([0, 1]) == 1
    assert atkinson([0, 1], 2) == 1
    assert atkinson([0, 1], 0.5) == pytest.approx(0.5)
    with pytest.raises(ValueError, match="above 0"):
        atkinson([1, 2], 0)


@settings(deadline=None)
@given(AMOUNTS)
def test_jain_lies_between_one_alone_and_all_alike(x: list[float]) -> None:
    assert 1 / len(x) - 1e-12 <= jain(x) <= 1 + 1e-12


@settings(deadline=None)
@given(AMOUNTS, st.floats(1e-3, 1e3))
def test_no_index_depends_on_the_unit(x: list[float], factor: float) -> None:
    for name in ("jain", "gini", "atkinson", "max_min_ratio", "hoover"):
        assert INDICES[name](np.array(x) * factor) == pytest.approx(INDICES[name](x), abs=1e-9)


@settings(deadline=None)
@given(AMOUNTS)
def test_gini_is_its_definition_and_twice_the_area_above_the_lorenz_curve(x: list[float]) -> None:
    amounts = np.array(x)
    apart = np.abs(amounts[:, None] - amounts[None, :]).sum()
    assert gini(x) == pytest.approx(apart / (2 * len(x) ** 2 * amounts.mean()), abs=1e-9)
    people, share = lorenz(x)
    assert gini(x) == pytest.approx(1 - 2 * np.trapezoid(share, people), abs=1e-9)


@settings(deadline=None)
@given(AMOUNTS, st.data())
def test_theil_splits_exactly(x: list[float], data: st.DataObject) -> None:
    group = data.draw(st.lists(st.integers(0, 4), min_size=len(x), max_size=len(x)))
    split = theil(x, group)
    assert split.total == pytest.approx(split.between + split.within, abs=1e-12)
    amounts, codes = np.array(x), np.array(group)
    within = 0.0
    for code in set(group):
        own = theil(amounts[codes == code])
        if not isinstance(own, Undefined):
            within += amounts[codes == code].sum() / amounts.sum() * own.total
    assert split.within == pytest.approx(within, abs=1e-9)


@settings(deadline=None)
@given(st.integers(2, 20), st.floats(0.1, 5))
def test_all_alike_is_no_inequality(n: int, epsilon: float) -> None:
    x = np.full(n, 7.0)
    assert jain(x) == pytest.approx(1)
    assert gini(x) == pytest.approx(0, abs=1e-12)
    assert atkinson(x, epsilon) == pytest.approx(0, abs=1e-12)
    assert theil(x).total == pytest.approx(0, abs=1e-12)
