"""Reading a log: decompressing, parsing, checking and cleaning."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

from simulator.workload.read_log import read_log

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_benchmark.fixture import BenchmarkFixture


@pytest.mark.parametrize("log", ["kth-all", "blue-all"])
@pytest.mark.benchmark(group="reading")
def test_reading_compressed(benchmark: BenchmarkFixture, logs: Path, log: str) -> None:
    benchmark.pedantic(read_log, (logs / f"{log}.swf.gz",), rounds=5, warmup_rounds=1)


@pytest.mark.benchmark(group="reading")
def test_reading_plain_text(benchmark: BenchmarkFixture, logs: Path, tmp_path: Path) -> None:
    plain = tmp_path / "blue-all.swf"
    plain.write_bytes(gzip.decompress((logs / "blue-all.swf.gz").read_bytes()))
    benchmark.pedantic(read_log, (plain,), rounds=5, warmup_rounds=1)
