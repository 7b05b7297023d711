"""What is printed before anything is run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from simulator.scenario.load import load
from simulator.scenario.summary import summarise

WHOLE = Path(__file__).parent / "whole.yaml"


def test_a_synthetic_scenario_in_words() -> None:
    loaded = load(WHOLE)
    assert summarise(loaded) == [
        ("study", "small · A small machine"),
        ("machine", "64 units"),
        (
            "maintenance",
            "the whole machine for 8h from 3d, every 28d; jobs that still run are queued again",
        ),
        ("failure", "8 units at 1d 12h, back after 6h; jobs that lose theirs are queued again"),
        (
            "workload",
            "synthetic, 7d at load 0.9; 8 users in 3 accounts of 2 classes: open, state",
        ),
        ("calendar", "from 2027-01-04 00:00, Asia/Almaty"),
        ("rule", "fcfs · First come, first served"),
        ("rule", "easy · First come, first served, with EASY backfilling (baseline)"),
        ("rule", "mine · mine"),
        (
            "judged by",
            "equal access for each user alike, full use, priority of state; confidence 95%",
        ),
        ("replications", "3 of each rule, 9 runs; seed 1"),
        ("files", "whole.yaml"),
        ("identity", loaded.identity[:12]),
        ("results", "results/small"),
    ]


def test_a_log_in_words(tmp_path: Path) -> None:
    path = tmp_path / "log.yaml"
    path.write_text(
        "name: log\n"
        "rules: [easy]\n"
        "cluster: {maintenance: [{start: 1h, duration: 1d 2h 30min, units: 4, drain: false,"
        " announced: 2d, on_start: lost}], losses: [{at: 5h, units: 1}]}\n"
        "workload: {kind: log, trace: kth.swf, keep: {min_size: 2, queues: [1]}, drop: {users: [7]}"
        ", window: {start: 1w, duration: 4w}, scale: {by: users, load: 1.2},"
        " classes: {by: queue}}\n"
    )
    rows = dict(summarise(load(path)))
    assert rows["study"] == "log"
    assert rows["machine"] == "the size that the log states"
    assert rows["maintenance"] == (
        "4 units for 1d 2h 30min from 1h, known 2d before, not planned around; "
        "jobs that still run are lost"
    )
    assert rows["failure"] == "1 units at 5h, for good; jobs that lose theirs are queued again"
    assert rows["workload"] == (
        "the log kth.swf, only jobs chosen by queues and min size, without jobs chosen by users, "
        "28d of it from 7d, load × 1.2 by users, classes by queue"
    )
    assert rows["calendar"] == "from the log's first instant, the log's zone"


def test_checking_a_scenario_imports_nothing_heavy() -> None:
    heavy = {"numpy", "numba", "simpy", "polars", "pyarrow", "matplotlib", "scipy"}
    code = (
        "import sys; from simulator.scenario.load import load; from simulator.scenario.summary "
        f"import summarise; summarise(load({str(WHOLE)!r})); print({heavy!r} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=WHOLE.parent.parent.parent,
    )
    assert done.stdout.strip() == "set()"
