"""Ctrl-C or a dead worker in mid-study: whole runs stay whole, ``--resume`` goes on from there."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest
from tiny import write_tiny

from simulator.results.writer import swap_in

pytestmark = pytest.mark.skipif(os.name != "posix", reason="Ctrl-C is sent as a POSIX signal")

RUNS, BEGUN, PATIENCE = 48, 6, 120
MAIN = "from simulator.cli.app import main; main()"


def start(*words: object) -> subprocess.Popen[str]:
    """A command in a process group of its own, as a terminal would start it."""
    return subprocess.Popen(
        [sys.executable, "-c", MAIN, *map(str, words)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip


def wait_for(condition, process: subprocess.Popen[str]) -> None:
    give_up = time.monotonic() + PATIENCE
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < give_up
        time.sleep(0.005)


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_an_interrupted_study_is_completed_to_the_same_bits(adil, tmp_path, workers):
    path = write_tiny(tmp_path, replications=str(RUNS // 2))
    words = ("run", path, "--no-pictures")
    out, part = tmp_path / "out", tmp_path / "out" / "tiny.part"
    process = start(*words, "--out", out, "--workers", workers)
    wait_for(lambda: len(list(part.glob("*/*/run.json"))) >= BEGUN, process)
    os.killpg(process.pid, signal.SIGINT)
    said, complained = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130, (said, complained)
    assert "--resume" in complained
    assert "Traceback" not in complained

    kept = [file.parent for file in part.glob("*/*/run.json")]
    assert BEGUN <= len(kept) < RUNS
    assert not (out / "tiny").exists()
    for folder in kept:
        for name, rows in json.loads((folder / "run.json").read_text())["rows"].items():
            assert len(pl.read_parquet(folder / f"{name}.parquet")) == rows

    assert adil(*words, "--out", out, "--workers", 1, "--resume").code == 0
    assert adil(*words, "--out", tmp_path / "whole", "--workers", 1).code == 0
    assert contents(out) == contents(tmp_path / "whole")


@pytest.mark.slow
def test_what_is_interrupted_when_all_has_run_is_shown_by_a_report(adil, tmp_path):
    path, out = write_tiny(tmp_path, replications=str(RUNS)), tmp_path / "out"
    process = start("run", path, "--out", out, "--workers", 2)
    wait_for((out / "tiny" / "manifest.json").exists, process)
    os.killpg(process.pid, signal.SIGINT)
    said, complained = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130, (said, complained)
    assert f"adil report {out / 'tiny'}" in complained
    assert "Traceback" not in complained
    assert not (out / "tiny" / "comparison.json").exists()

    assert adil("report", out / "tiny").code == 0
    assert adil("run", path, "--out", tmp_path / "whole", "--workers", 1).code == 0
    assert contents(out) == contents(tmp_path / "whole")


@pytest.mark.slow
@pytest.mark.skipif(
    not Path("/proc/self/task").exists(), reason="processes are looked for in /proc"
)
def test_a_worker_that_dies_leaves_whole_runs_and_one_line(adil, tmp_path):
    path, out = write_tiny(tmp_path, replications=str(RUNS // 2)), tmp_path / "out"
    process = start("run", path, "--out", out, "--workers", 2, "--no-pictures")
    wait_for(lambda: len(list(out.glob("tiny.part/*/*/run.json"))) >= BEGUN, process)
    os.kill(worker_of(process.pid), signal.SIGKILL)
    _, complained = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    *_, last = complained.splitlines()
    assert last.startswith("adil: a worker process died")
    assert "--resume" in last
    assert "Traceback" not in complained
    assert not (out / "tiny").exists()
    assert adil("run", path, "--out", out, "--workers", 1, "--resume", "--no-pictures").code == 0


def worker_of(parent: int) -> int:
    """The last process that a command has started to work for it."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return int([each for each in children if b"spawn_main" in command_of(each)][-1])


def command_of(process: str) -> bytes:
    return Path(f"/proc/{process}/cmdline").read_bytes()


def test_what_is_interrupted_as_it_is_put_in_its_place_is_whole(adil, tmp_path, monkeypatch):
    def put_and_interrupt(part, final):
        swap_in(part, final)
        raise KeyboardInterrupt

    monkeypatch.setattr("simulator.study.run.swap_in", put_and_interrupt)
    out = tmp_path / "out"
    shown = adil("run", write_tiny(tmp_path), "--out", out, "--workers", 1)
    assert shown.code == 130
    assert f"adil report {out / 'tiny'}" in shown.err
    assert "--resume" not in shown.err
