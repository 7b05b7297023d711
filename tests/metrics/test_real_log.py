"""A real log under two rules: usage over a run that drains is demand, whatever the rule."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from results_factory import job, write_study

from simulator.results.reader import Study
from simulator.study.measuring import measure_run


@pytest.fixture(scope="module")
def kth(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Study:
    with gzip.open(shared / "traces/norm/kth-5000.swf.gz", "rt") as file:
        log = np.loadtxt(file, comments=";", dtype=np.int64)
    user = dict(zip(log[:, 0].tolist(), log[:, 11].tolist(), strict=True))
    rules = {}
    for rule in ("fcfs", "easy"):
        schedule = pl.read_csv(shared / f"oracles/textbook/{rule}-kth-5000.csv.gz")
        rules[rule] = [
            [
                job(number, submit, start, end, procs, f"user{user[number]}", "all")
                for number, submit, start, end, procs in schedule.iter_rows()
            ]
        ]
    return write_study(tmp_path_factory.mktemp("kth") / "s", rules, 100, snapshots=10**9)


def test_jain_of_usage_is_the_demands(kth: Study) -> None:
    found = {rule: measure_run(kth.run(rule), kth.manifest) for rule in kth.rules}
    assert found["fcfs"]["jain_usage"] == pytest.approx(0.14861, abs=5e-6)
    assert found["easy"]["jain_usage"] == pytest.approx(found["fcfs"]["jain_usage"])
    assert found["easy"]["mean_wait"] < 0.5 * found["fcfs"]["mean_wait"]
    assert found["easy"]["equal_access"] > found["fcfs"]["equal_access"]


def test_whole_machine_numbers_from_the_jobs_alone(kth: Study) -> None:
    found = measure_run(kth.run("easy"), kth.manifest)
    jobs = kth.run("easy").jobs
    first, last = jobs["submit"].min(), jobs["submit"].max()
    inside = jobs.with_columns(
        ran=(pl.min_horizontal("end", last) - pl.min_horizontal("start", last)) * pl.col("gpus"),
        waited=pl.min_horizontal("start", last) - pl.col("submit"),
    )
    assert found["utilisation"] == pytest.approx(inside["ran"].sum() / (100 * (last - first)))
    assert found["mean_queue"] == pytest.approx(inside["waited"].sum() / (last - first))
    assert found["makespan"] == jobs["end"].max() - first
    # Little's law holds to what the last arrival cuts off.
    rate = len(jobs) / (last - first)
    assert found["mean_queue"] == pytest.approx(rate * found["mean_wait"], rel=0.05)
