"""The benchmarks, in small: nobody looks at figures here, only that each still runs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parent.parent / "benchmarks"
IN_SMALL = {
    "compare.py": ["--slow-jobs", "100"],
    "growth.py": ["--jobs", "200", "--twin-jobs", "20", "--patience", "0.01", "--out", "out.png"],
    "looks.py": ["--runs", "1", "--looks", "2", "--only", "easy"],
    "named_rules.py": ["--runs", "1", "--only", "easy", "hybrid"],
    "orders.py": ["--jobs", "200", "--patience", "0.01", "--only", "sjf", "--save", "out.png"],
    "scaling.py": ["--jobs", "2000"],
    "slurm_ablations.py": ["oracles/slurm-schedule/A", "--seeds", "1"],
    "slurm_speed.py": ["--nodes", "16", "--jobs", "200"],
}
PARTS = {"accasim_easy.py", "conftest.py", "machine.py", "twins.py"}
"""What other benchmarks are made of."""
TIMED = ["-k", "not long_log and not quarter", "--benchmark-disable", "-n", "0"]
"""Benchmarks of pytest, once each; the largest are left out."""


def run(*command: str, cwd: Path) -> None:
    done = subprocess.run(
        [sys.executable, *command], cwd=cwd, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]


def test_every_benchmark_is_run_here() -> None:
    files = {path.name for path in BENCHMARKS.glob("*.py") if not path.name.startswith("test_")}
    assert files == {*IN_SMALL, *PARTS}


@pytest.mark.slow
@pytest.mark.parametrize("name", IN_SMALL)
def test_a_benchmark_runs(name: str, shared: Path, tmp_path: Path) -> None:
    given = [str(shared / each) if each.startswith("oracles") else each for each in IN_SMALL[name]]
    run(str(BENCHMARKS / name), *given, cwd=tmp_path)


@pytest.mark.slow
@pytest.mark.usefixtures("shared")
def test_the_benchmarks_of_pytest_run(tmp_path: Path) -> None:
    config = str(BENCHMARKS.parent / "pyproject.toml")
    run("-m", "pytest", str(BENCHMARKS), "-c", config, "-q", *TIMED, cwd=tmp_path)
