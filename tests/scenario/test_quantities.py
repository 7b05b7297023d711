"""Quantities as people write them, to the last second and byte."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.units import (
    CENTURY,
    format_duration,
    parse_duration,
    parse_gpu_time,
    parse_memory,
)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("12s", 12),
        ("90min", 5_400),
        ("1d 12h", 129_600),
        ("1d12h", 129_600),
        ("1.5 d", 129_600),
        (" 2w ", 1_209_600),
        ("1_000s", 1_000),
        ("1 000 s", 1_000),
        ("0h", 0),
        ("0.5h 30min", 3_600),
    ],
)
def test_durations(text: str, seconds: int) -> None:
    assert parse_duration(text) == seconds


def test_gpu_time_and_memory() -> None:
    assert parse_gpu_time("512 GPU-h") == 512 * 3_600
    assert parse_gpu_time("0.5 GPU-d") == 43_200
    assert parse_memory("2TiB") == 2 * 1024**4
    assert parse_memory("512 GB") == 512 * 1000**3
    assert parse_memory("1.5kB") == 1_500


@given(st.integers(0, CENTURY))
def test_a_duration_told_in_full_is_read_back(seconds: int) -> None:
    assert parse_duration(format_duration(seconds, units=4)) == seconds
