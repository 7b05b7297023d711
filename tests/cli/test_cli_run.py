"""``adil run``, ``check`` and ``report`` on a tiny study."""

from __future__ import annotations

import hashlib
import json
import math
import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tiny import write_tiny

from simulator.results.reader import Study
from simulator.study.manifest import check

FIGURES = ("comparison", "waits", "timeline", "lorenz")


def files(folder: Path) -> dict[str, bytes]:
    """All files below a folder with their contents."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def _report_measures_and_draws_again(adil, folder, *words):
    before = files(folder)
    for name in before:
        if name.startswith(("comparison", *(() if words else ("figures",)))):
            (folder / name).unlink()
    ended = adil("report", folder, *words)
    assert ended.code == 0, ended
    assert files(folder) == before


def test_check_prints_what_would_be_run_and_runs_nothing(adil, tiny, tmp_path):
    ended = adil("check", tiny, "--set", "replications=7")
    assert ended.code == 0
    assert "16 units" in ended.out
    assert "7 of each rule, 14 runs; seed 3" in ended.out
    assert list(tmp_path.iterdir()) == [tiny]


@pytest.mark.parametrize("again", [["--no-pictures"], pytest.param([], marks=pytest.mark.slow)])
def test_run_leaves_results_tables_and_pictures_which_report_makes_again(
    adil, tiny, tmp_path, again
):
    ended = adil("run", tiny, "--out", tmp_path / "out", "--workers", 1)
    assert ended.code == 0, ended
    for word in ("equal access", "full use", "priority kept", "baseline", "Pictures: "):
        assert word in ended.out
    folder = tmp_path / "out" / "tiny"
    there = set(files(folder))
    assert {f"figures/{name}.{kind}" for name in FIGURES for kind in ("svg", "png", "csv")} <= there
    assert {"manifest.json", "comparison.csv", "comparison.json", "unserved.csv"} <= there
    assert {
        f"{rule}/{number}/{table}.parquet"
        for rule in ("fcfs", "easy")
        for number in (0, 1)
        for table in ("jobs", "attempts", "usage", "events")
    } <= there
    assert sorted(path.name for path in folder.parent.iterdir()) == ["tiny"]
    assert check(Study(folder)) == []
    _report_measures_and_draws_again(adil, folder, *again)


def test_json_is_one_object_and_nothing_else(adil, tiny, tmp_path):
    ended = adil("run", tiny, "--out", tmp_path / "out", "--workers", 1, "--json", "--no-pictures")
    (study,) = ended.json["studies"]
    assert study["study"] == "tiny"
    assert study == json.loads((tmp_path / "out/tiny/comparison.json").read_text())


def test_options_change_the_scenario(adil, tiny, tmp_path):
    out = tmp_path / "out"
    words = ("--workers", 1, "--no-pictures", "--csv", "--set", "snapshots=0")
    ended = adil("run", tiny, "--out", out, "--seed", 8, "--replications", 1, *words)
    assert ended.code == 0, ended
    study = Study(out / "tiny")
    assert (study.manifest["seed"], study.replications) == (8, 1)
    assert study.run("easy").usage.is_empty()
    assert not (study.folder / "figures").exists()
    lines = (study.folder / "easy/0/jobs.csv").read_text().splitlines()
    assert len(lines) == 1 + len(study.run("easy").jobs)


def test_several_scenarios_get_a_folder_each(adil, tmp_path):
    (tmp_path / "b").mkdir()
    one, other = write_tiny(tmp_path), write_tiny(tmp_path / "b", name="other")
    out = tmp_path / "out"
    ended = adil("run", one, other, "--out", out, "--workers", 1, "--no-pictures", "--json")
    assert [study["study"] for study in ended.json["studies"]] == ["tiny", "other"]
    assert sorted(path.name for path in out.iterdir()) == ["other", "tiny"]


def test_a_second_run_takes_the_place_of_the_first(adil, tiny, tmp_path):
    words = ("run", tiny, "--out", tmp_path / "out", "--workers", 1, "--no-pictures")
    adil(*words)
    before = files(tmp_path / "out")
    adil(*words)
    assert files(tmp_path / "out") == before
    adil(*words, "--seed", 9)
    assert files(tmp_path / "out") != before


@pytest.mark.slow
def test_results_do_not_depend_on_the_number_of_workers(adil, tiny, tmp_path):
    for workers in (1, 2):
        ended = adil(
            "run", tiny, "--out", tmp_path / str(workers), "--workers", workers, "--no-pictures"
        )
        assert ended.code == 0, ended
    assert files(tmp_path / "1") == files(tmp_path / "2")


def test_the_manifest_lists_each_random_stream_and_what_seeds_it(adil, tmp_path):
    failures = "{mtbf: 2d, repair: {median: 1h}}"
    nodes = f"{{kind: nodes, classes: {{n: {{count: 2, gpus: 8}}}}, failures: {failures}}}"
    scenario = write_tiny(tmp_path, rules="[fcfs, lottery]", cluster=nodes)
    words = ("run", scenario, "--out", tmp_path / "out", "--workers", 1, "--no-pictures")
    assert adil(*words).code == 0
    study = Study(tmp_path / "out" / "tiny")
    streams = study.manifest["streams"]
    assert set(streams) == {"arrivals", "jobs", "run_times", "failures", "repairs", "lottery"}
    assert len(streams["arrivals"]["entities"]) == 8
    assert streams["failures"]["entities"] == ["n-0", "n-1"]
    assert streams["lottery"] == {"sha256_of": "adil/1/3/<replication>/lottery/", "entities": []}
    # From what it says the first failure of the first node is drawn once more.
    for replication in range(study.replications):
        text = streams["failures"]["sha256_of"]
        text = text.replace("<replication>", str(replication)).replace("<entity>", "n-0")
        seed = int.from_bytes(hashlib.sha256(text.encode()).digest(), "big")
        draws = np.random.Generator(np.random.PCG64(seed))
        events = study.run("fcfs", replication).events.filter(pl.col("nodes").list.contains(0))
        first = events.filter(pl.col("kind") == "failure")["time"].min()
        assert first == math.ceil(draws.weibull(1.0) * 2 * 86_400)


def test_report_of_no_results(refused, tmp_path):
    message = refused("report", tmp_path)
    assert message == (
        f"{tmp_path} holds no results: there is no manifest.json in it "
        "(give the folder that `adil run` printed)"
    )


def test_resume_of_another_scenario_is_refused(adil, refused, tiny, tmp_path, monkeypatch):
    out = tmp_path / "out"

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("simulator.study.run.manifest", interrupt)
        ended = adil("run", tiny, "--out", out, "--workers", 1)
    assert ended.code == 130
    assert f"4 whole runs are kept in {out / 'tiny.part'}" in ended.err
    message = refused("run", tiny, "--out", out, "--workers", 1, "--seed", 4, "--resume")
    assert message.startswith(f"{out / 'tiny.part'} was begun with another scenario")
    assert len(list(out.glob("tiny.part/*/*/run.json"))) == 4
    assert adil("run", tiny, "--out", out, "--workers", 1, "--resume", "--no-pictures").code == 0


def test_a_folder_that_cannot_be_written(refused, tiny, tmp_path):
    (tmp_path / "file").write_text("")
    message = refused("run", tiny, "--out", tmp_path / "file" / "out", "--workers", 1)
    assert message.startswith(f"cannot write results to {tmp_path / 'file' / 'out' / 'tiny.part'}")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission(refused, tiny, tmp_path):
    out = tmp_path / "out"
    out.mkdir(mode=0o500)
    message = refused("run", tiny, "--out", out, "--workers", 1)
    assert message.startswith("cannot write results to")


APPLYING = """\
fcfs: fcfs
  panel:
    applications:
      tiers:
        small: {classes: [science], up_to: 40 GPU-h, term: 1d, renew: true, review: automatic}
        large:
          {classes: [science], up_to: 300 GPU-h, term: 2d, renew: true, again: 6h,
           review: {kind: panel, panel: council}}
      panels: {council: {meets: 12h, capacity: 1, accepts: 0.8}}
"""


@pytest.mark.slow
def test_applications_are_the_same_bits_on_any_number_of_workers(adil, tiny, tmp_path):
    text = tiny.read_text(encoding="utf-8").replace("[fcfs, easy]", "\n  " + APPLYING)
    tiny.write_text(text, encoding="utf-8")
    for workers in (1, 2):
        out = tmp_path / f"out{workers}"
        ended = adil("run", tiny, "--out", out, "--workers", workers, "--no-pictures")
        assert ended.code == 0, ended
    one, two = (files(tmp_path / f"out{workers}") for workers in (1, 2))
    assert one == two
    study = Study(tmp_path / "out1" / "tiny")
    assert study.run("fcfs").applications.is_empty()
    found = study.run("panel").applications
    assert {"granted", "refused"} <= set(found["outcome"].cast(pl.String))
    assert study.manifest["streams"]["applications"]["entities"][0] == "science/science-a1"
    assert "90th percentile of time from application to first GPU" in ended.out
    assert "panel and most applications that waited for a panel at once are undefined" in " ".join(
        ended.out.split()
    )
