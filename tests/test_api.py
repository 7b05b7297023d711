"""``import simulator``: the public names, and a study through them."""

from __future__ import annotations

import subprocess
import sys

import polars as pl
import pytest
from tiny import write_tiny

import simulator

HEAVY = {"numpy", "numba", "polars", "pyarrow", "matplotlib", "scipy", "pydantic", "simpy"}


def test_every_public_name_is_there_and_no_other():
    assert simulator.__all__ == sorted(simulator.__all__)
    assert set(simulator._HOMES) == set(simulator.__all__)
    for name in simulator.__all__:
        assert getattr(simulator, name).__doc__, name
    assert set(simulator.__all__) <= set(dir(simulator))


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'simulator' has no attribute 'simulate'"):
        _ = simulator.simulate


def test_importing_the_package_loads_nothing_heavy():
    code = "import sys, simulator; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert not HEAVY & set(loaded.stdout.split())


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("api")
    return simulator.run(simulator.load(write_tiny(folder)), folder / "results", workers=1)


def test_a_study_gives_polars_tables(study):
    assert study.rules == ("fcfs", "easy")
    assert study.replications == 2
    for rule in study.rules:
        run = study.run(rule, 1)
        for table in (run.jobs, run.attempts, run.usage, run.events):
            assert isinstance(table, pl.DataFrame)
            assert len(table) > 0
        assert run.jobs["state"].is_in(["completed", "killed"]).all()


def test_a_comparison_gives_a_table_and_verdicts(study):
    comparison = simulator.compare(study)
    table = comparison.table()
    assert set(table["rule"]) == {"fcfs", "easy"}
    row = table.row(
        by_predicate=(pl.col("rule") == "easy") & (pl.col("metric") == "mean_wait"), named=True
    )
    waits = [
        study.run("easy", number).jobs["wait"].mean()
        - study.run("fcfs", number).jobs["wait"].mean()
        for number in range(2)
    ]
    assert row["diff"] == pytest.approx(sum(waits) / 2)
    assert comparison.verdict("easy", "mean_wait").n == 2


def test_results_are_opened_again_from_their_folder(study):
    again = simulator.Study(study.folder)
    assert again.manifest == study.manifest
    assert again.run("easy").jobs.equals(study.run("easy").jobs)


def test_figures_are_drawn_from_a_study(study):
    comparison = simulator.compare(study)
    for figure in (
        simulator.plot_waits(study),
        simulator.plot_timeline(study),
        simulator.plot_lorenz(study),
        simulator.plot_comparison(comparison),
    ):
        assert figure.axes


def test_a_log_is_replayed_without_a_scenario(tmp_path):
    log = tmp_path / "log.swf"
    log.write_text(
        "; MaxProcs: 4\n"
        "1 0 -1 100 3 -1 -1 3 100 -1 1 1 1 1 1 1 -1 -1\n"
        "2 10 -1 100 3 -1 -1 3 100 -1 1 2 1 1 1 1 -1 -1\n"
        "3 20 -1 50 1 -1 -1 1 50 -1 1 3 1 1 1 1 -1 -1\n"
    )
    built = simulator.read_log(log)
    outcome = simulator.replay(built.jobs, built.capacity, simulator.rule_of("easy"))
    assert outcome.jobs["start"].to_pylist() == [0, 100, 20]
    statistics = simulator.describe(built.jobs, built.capacity, built.epoch, built.time_zone)
    assert simulator.plot_trace(statistics).axes


def test_bad_input_is_an_input_error(tmp_path):
    path = write_tiny(tmp_path, rules="[eazy]")
    with pytest.raises(simulator.InputError, match=r"tiny\.yaml:14:9: no rule is named 'eazy'"):
        simulator.load(path)
