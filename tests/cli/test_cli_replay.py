"""``adil replay`` and ``adil trace`` on a log of three jobs."""

from __future__ import annotations

import csv

import polars as pl
import pytest

from simulator.results.schema import JOBS


@pytest.mark.parametrize(
    ("rule", "starts"),
    [("fcfs", [0, 100, 100]), ("easy", [0, 100, 20]), ("conservative", [0, 100, 20])],
)
def test_the_schedule_of_a_rule(adil, log, tmp_path, rule, starts):
    out = tmp_path / "jobs.csv"
    ended = adil("replay", log, "--rule", rule, "--out", out)
    assert ended.code == 0, ended
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == JOBS.names
    assert [int(row["start"]) for row in rows] == starts


def test_the_schedule_as_parquet(adil, log, tmp_path):
    adil("replay", log, "--rule", "easy", "--out", tmp_path / "jobs.parquet")
    assert pl.read_parquet(tmp_path / "jobs.parquet")["start"].to_list() == [0, 100, 20]


def test_json_has_the_numbers_of_a_replay(adil, log):
    numbers = adil("replay", log, "--rule", "easy", "--capacity", 8, "--json").json
    assert numbers["jobs"] == 3
    assert numbers["capacity"] == 8
    assert numbers["mean_wait"] == numbers["median_wait"] == 0
    assert numbers["mean_bounded_slowdown"] == 1
    assert 0 < numbers["utilisation"] <= 1
    assert numbers["jobs_per_second"] > 0


def test_pyss_takes_a_pass_after_every_event(adil, tmp_path):
    """Two jobs end at 100, the second long before its walltime.

    Of their instant's one pass both ends are known, and the head starts. Between the two ends pyss
    takes a pass of its own, in which the last job overtakes.
    """
    log = tmp_path / "log.swf"
    rows = [(1, 0, 100, 2, 100), (2, 0, 100, 2, 200), (3, 10, 50, 3, 50), (4, 20, 50, 2, 50)]
    log.write_text(
        "; MaxProcs: 4\n"
        + "".join(
            f"{number} {submit} -1 {run} {size} -1 -1 {size} {asked} -1 1 1 1 1 1 1 -1 -1\n"
            for number, submit, run, size, asked in rows
        )
    )
    for words, starts in (((), [100, 150]), (("--conformance", "pyss"), [150, 100])):
        ended = adil("replay", log, "--rule", "easy", *words, "--out", tmp_path / "jobs.csv")
        assert ended.code == 0, ended
        assert pl.read_csv(tmp_path / "jobs.csv")["start"].to_list() == [0, 0, *starts]


def test_a_machine_with_maintenance(adil, log, tmp_path):
    machine = tmp_path / "machine.yaml"
    machine.write_text("capacity: 4\nmaintenance: [{start: 90s, duration: 110s}]\n")
    out = tmp_path / "jobs.csv"
    ended = adil("replay", log, "--rule", "fcfs", "--cluster", machine, "--out", out)
    assert ended.code == 0, ended
    assert pl.read_csv(out)["start"].to_list() == [200, 300, 300]


def test_a_rule_in_a_file(adil, log, tmp_path):
    rule = tmp_path / "mine.yaml"
    rule.write_text("ordering: sjf\nbackfill: none\n")
    ended = adil("replay", log, "--rule", rule, "--out", tmp_path / "jobs.csv")
    assert ended.code == 0, ended
    assert pl.read_csv(tmp_path / "jobs.csv")["start"].to_list() == [0, 100, 20]


def test_info_shows_a_log_as_a_table_and_a_picture(adil, log, tmp_path):
    ended = adil("trace", "info", log, "--picture", tmp_path / "log")
    assert ended.code == 0, ended
    assert "jobs" in ended.out
    assert (tmp_path / "log.svg").stat().st_size > 1000
    assert (tmp_path / "log.png").stat().st_size > 1000


def test_info_as_json(adil, log):
    content = adil("trace", "info", log, "--json").json
    assert set(content) == {"trace", "statistics", "cleaning"}
    assert content["statistics"]["jobs"] == "3"


def test_a_converted_log_gives_the_same_schedule(adil, log, tmp_path):
    assert adil("trace", "convert", log, tmp_path / "again.swf.gz").out.startswith("3 jobs in ")
    for name in ("log.swf", "again.swf.gz"):
        adil("replay", tmp_path / name, "--rule", "easy", "--out", tmp_path / f"{name}.csv")
    assert (tmp_path / "log.swf.csv").read_text() == (tmp_path / "again.swf.gz.csv").read_text()


def test_logs_with_a_name_are_listed(adil, monkeypatch, tmp_path):
    monkeypatch.setenv("ADIL_SHARED", str(tmp_path))
    ended = adil("trace", "list")
    assert "kth_sp2" in ended.out
    assert "not here" in ended.out
    assert "Lars Malinowsky" in ended.out
