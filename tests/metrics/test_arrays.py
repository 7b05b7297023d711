"""Orders and codes that are found in short ways, against the plain ones."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from simulator.metrics.arrays import codes_of, order_of

WIDE = 2**61


@pytest.mark.parametrize(("least", "most"), [(0, 5), (-7, 3), (0, 2**40), (-WIDE, WIDE)])
def test_rows_by_number_stay_as_they_stand_where_equal(least: int, most: int) -> None:
    """With numbers too far apart to go into one integer with their rows, too."""
    numbers = np.random.default_rng(1).integers(least, most, 200, endpoint=True)
    assert order_of(numbers).tolist() == np.argsort(numbers, kind="stable").tolist()


def test_no_rows_have_an_order() -> None:
    """The empty one."""
    assert order_of(np.empty(0, np.int64)).tolist() == []


@pytest.mark.parametrize("dtype", [pl.String, pl.Categorical])
def test_codes_are_places_among_the_sorted_words_that_are_there(dtype: type[pl.DataType]) -> None:
    """Of a column that was cut from one with more words, too."""
    words = pl.Series(["never", "b", "ä", "a", "b", "B"], dtype=dtype)[1:]
    names, codes = codes_of(words)
    assert names == ["B", "a", "b", "ä"]
    assert codes.tolist() == [2, 3, 1, 2, 0]
    assert codes_of(words[:0])[0] == []
