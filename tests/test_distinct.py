"""Distinct rows against numpy's own, slower way."""

from __future__ import annotations

import numpy as np
import pytest

from simulator.distinct import distinct

LIMITS = np.iinfo(np.int64)


@pytest.mark.parametrize(
    "reach",
    [[1], [3, 5], [2**40, 7], [2**61, 2**61, 3], [10, 2**62], [2**31, 2**31, 2**31]],
    ids=str,
)
def test_as_numpy_finds_them(reach: list[int]) -> None:
    draw = np.random.default_rng(0)
    known = [draw.integers(-most, most, 40, endpoint=True) for most in reach]
    columns = [draw.choice(each, 500) for each in known]
    rows, which, counts = np.unique(
        np.stack(columns, axis=1), axis=0, return_inverse=True, return_counts=True
    )
    found = distinct(*columns)
    np.testing.assert_array_equal(found.rows, rows)
    np.testing.assert_array_equal(found.which, which.reshape(-1))
    np.testing.assert_array_equal(found.counts, counts)


def test_the_whole_range_of_numbers() -> None:
    column = np.array([LIMITS.max, LIMITS.min, 0, LIMITS.max], np.int64)
    found = distinct(column, column)
    assert found.rows[:, 0].tolist() == [LIMITS.min, 0, LIMITS.max]
    assert found.which.tolist() == [2, 0, 1, 2]


def test_narrow_types_do_not_overflow() -> None:
    found = distinct(np.array([-128, 127], np.int8), np.array([2**31 - 1, -(2**31)], np.int32))
    assert found.rows.tolist() == [[-128, 2**31 - 1], [127, -(2**31)]]


def test_nothing() -> None:
    none = np.empty(0, np.int64)
    found = distinct(none, none)
    assert found.rows.shape == (0, 2)
    assert len(found.which) == len(found.counts) == 0
