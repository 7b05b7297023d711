"""``adil explain``: why a job waited."""

from __future__ import annotations

import json
import shutil

import pytest

SCENARIO = """\
name: three
cluster: {capacity: 4}
workload: {kind: log, trace: ./log.swf}
rules:
  easy: easy
  fcfs: fcfs
  limited: {limits: {narrow: {job_gpus: 2}}}
  reformed: {reforms: [{at: 15s, patches: {ordering: sjf}}]}
"""


@pytest.fixture
def study(adil, log, tmp_path):
    """Results of three jobs: under EASY the third overtakes the second."""
    path = tmp_path / "three.yaml"
    path.write_text(SCENARIO)
    ended = adil("run", path, "--out", tmp_path / "out", "--workers", 1, "--no-pictures")
    assert ended.code == 0, ended
    return tmp_path / "out" / "three"


def test_the_head_is_told_what_is_missing_and_who_overtook(adil, study):
    ended = adil("explain", study, "--job", 2)
    assert ended.code == 0, ended
    for words in (
        "Job 2 of 2 (all): 3 units for up to 1min 40s, under easy",
        "waited 1min 30s",
        "too few units free",
        "0 of 3 units are free for it",
        "Started meanwhile: 1 job: 1 overtook by backfilling",
        "planned start",
    ):
        assert words in ended.out, words
    figures = study / "figures"
    names = sorted(path.name for path in figures.iterdir())
    assert names == [f"wait_easy_0_2.{kind}" for kind in ("csv", "png", "svg")]


def test_json_is_one_object_with_every_look(adil, study):
    (told,) = adil("explain", study, "--job", 3, "--rule", "fcfs", "--json").json["jobs"]
    assert told["job"]["start"] == 100
    assert [look["blocked_by"] for look in told["looks"]] == [["plan"]]
    assert told["looks"][0]["head"] == 2
    assert told["reasons"][0]["seconds"] == 80
    assert told["started_meanwhile"]["jobs"] == []
    (lifted,) = told["otherwise"]
    assert lifted["if"] == "let in as soon as it fitted at its turn"
    assert (lifted["clause"], lifted["start"], lifted["wait"], lifted["queued"]) == (
        "plan", 20, 0, 0,
    )  # fmt: skip


def test_without_a_job_the_longest_wait_of_each_class(adil, study):
    (told,) = adil("explain", study, "--json", "--no-picture").json["jobs"]
    assert told["job"]["job_id"] == 2
    assert not (study / "figures").exists()
    assert adil("explain", study, "--longest", "--json", "--no-picture").json["jobs"] == [told]


def test_where_nobody_waited(adil, tmp_path, log):
    path = tmp_path / "wide.yaml"
    path.write_text(SCENARIO.replace("three", "wide").replace("capacity: 4", "capacity: 9"))
    adil("run", path, "--out", tmp_path / "out", "--workers", 1, "--no-pictures")
    assert adil("explain", tmp_path / "out/wide").out == "No job waited.\n"
    assert adil("explain", tmp_path / "out/wide", "--json").json == {"jobs": []}


def test_a_job_that_never_waited_and_one_that_was_refused(adil, study):
    ended = adil("explain", study, "--job", 1)
    assert "It never waited. It started at once." in ended.out
    ended = adil("explain", study, "--job", 1, "--rule", "limited")
    assert "the limit narrow refused it when it was submitted" in ended.out
    assert not (study / "figures").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--job", 7), "there is no job 7 (the nearest are 1, 2, 3)"),
        (("--job", 2, "--rule", "esay"), "did you mean 'easy'?"),
        (("--job", 2, "--replication", 1), "no replication 1"),
        (("--job", 2, "--longest"), "leave one out"),
        (("--job", 2, "--base", "/nowhere"), "--base"),
    ],
    ids=lambda each: " ".join(map(str, each)) if isinstance(each, tuple) else "",
)
def test_what_is_not_there(refused, study, words, said):
    assert said in refused("explain", study, *words)


def test_a_folder_that_is_no_result(refused, tmp_path):
    assert "holds no results" in refused("explain", tmp_path, "--job", 1)


def test_a_log_that_has_changed_or_gone(refused, study, log, tmp_path):
    shutil.move(log, tmp_path / "elsewhere.swf")
    assert "log.swf" in refused("explain", study, "--job", 2)
    log.write_text((tmp_path / "elsewhere.swf").read_text().replace("2 10 -1", "2 11 -1"))
    message = refused("explain", study, "--job", 2)
    assert "log.swf is not the log that these results were made of" in message


def test_results_that_do_not_come_out_again(refused, study):
    path = study / "manifest.json"
    whole = json.loads(path.read_text())
    for change, said in (
        ({"settings": None}, "does not hold the settings"),
        ({"settings": whole["settings"] | {"seed": 9}}, "their hash is another"),
        ({"settings": whole["settings"] | {"rules": {}}}, "does not take the settings"),
    ):
        path.write_text(json.dumps(whole | change))
        assert said in refused("explain", study, "--job", 2)
    path.write_text(json.dumps(whole))
    shutil.copy(study / "fcfs/0/jobs.parquet", study / "easy/0/jobs.parquet")
    assert "jobs.parquet is not as its manifest has it" in refused("explain", study, "--job", 2)


def test_another_version_that_comes_to_the_same_is_noted(adil, study):
    path = study / "manifest.json"
    whole = json.loads(path.read_text())
    path.write_text(json.dumps(whole | {"kernels_hash": "another"}))
    ended = adil("explain", study, "--job", 2, "--no-picture")
    assert ended.code == 0
    assert "other kernels; they come out the same" in ended.err.replace("\n", " ")


def test_passes_of_another_program_are_refused(adil, refused, log, tmp_path):
    path = tmp_path / "pyss.yaml"
    path.write_text(
        SCENARIO.replace("three", "pyss").replace("easy: easy", "easy: {conformance: pyss}")
    )
    adil("run", path, "--out", tmp_path / "out", "--workers", 1, "--no-pictures")
    assert "conformance pyss" in refused("explain", tmp_path / "out/pyss", "--job", 2)


def test_a_rule_that_gives_way_to_another_is_not_looked_into(adil, study):
    ended = adil("explain", study, "--job", 2, "--rule", "reformed")
    assert ended.code == 2, ended
    assert "reforms: passes of such a rule cannot be looked into" in ended.err


def test_who_is_stopped_for_an_owner_or_killed_for_a_budget_is_told_so(adil, tmp_path):
    """Group 2 has its two units back at 10; user 1 has used up its 120 unit-seconds at 30."""
    (tmp_path / "log.swf").write_text(
        "; MaxProcs: 4\n"
        "; UnixStartTime: 0\n"
        "1 0 -1 100 4 -1 -1 4 100 -1 1 1 1 1 1 1 -1 -1\n"
        "2 10 -1 50 2 -1 -1 2 50 -1 1 2 2 1 1 1 -1 -1\n"
    )
    path = tmp_path / "stopped.yaml"
    quotas = "{shares: {per: account, members: {1: {gpus: 2}, 2: {gpus: 2}}}}"
    path.write_text(
        SCENARIO[: SCENARIO.index("rules")].replace("three", "stopped")
        + "rules:\n"
        + f"  owned: {{quotas: {quotas}, preemption: {{reclaim: true}}}}\n"
        + "  paid: {budgets: {hours: {per: user, grant: 120 GPU-s, safe: false}}}\n"
    )
    ended = adil("run", path, "--out", tmp_path / "out", "--workers", 1, "--no-pictures")
    assert ended.code == 0, ended
    study = tmp_path / "out" / "stopped"
    said = adil("explain", study, "--job", 1, "--rule", "owned", "--no-picture").out
    stopped = "It was stopped and put back in line so that 2 got its own GPUs back (quotas.shares)"
    assert f"{stopped}, for job 2: Thu 01 Jan 1970 06:00." in " ".join(said.split())
    told = adil("explain", study, "--job", 1, "--rule", "paid", "--json").json["jobs"][0]
    assert told["killed"] == [{"time": 30, "budgets": ["hours"]}]
    said = adil("explain", study, "--job", 1, "--rule", "paid").out
    assert "It was killed as budgets.hours was used up: Thu 01 Jan 1970 06:00." in said


def test_who_is_stopped_by_rank_beside_owners_is_told_so(adil, tmp_path):
    """Group 1 holds all four units, of which two are its own: its job of class high, which would be
    on none of these, stops its other one at 10."""
    (tmp_path / "log.swf").write_text(
        "; MaxProcs: 4\n"
        "; UnixStartTime: 0\n"
        "1 0 -1 100 4 -1 -1 4 100 -1 1 1 1 1 1 1 -1 -1\n"
        "2 10 -1 50 2 -1 -1 2 50 -1 1 2 1 1 1 1 -1 -1\n"
        "3 90 -1 50 2 -1 -1 2 50 -1 1 1 2 1 1 1 -1 -1\n"
    )
    classes = "classes: {by: user, members: {high: ['2']}, others: low}"
    quotas = "{shares: {per: account, members: {1: {gpus: 2}, 2: {gpus: 2}}}}"
    stage = "{reclaim: true, ranks: [high, low]}"
    path = tmp_path / "stopped.yaml"
    path.write_text(
        SCENARIO[: SCENARIO.index("rules")]
        .replace("three", "stopped")
        .replace("log.swf", f"log.swf, {classes}")
        + f"rules:\n  both: {{quotas: {quotas}, preemption: {stage}}}\n"
    )
    ended = adil("run", path, "--out", tmp_path / "out", "--workers", 1, "--no-pictures")
    assert ended.code == 0, ended
    said = adil("explain", tmp_path / "out/stopped", "--job", 1, "--no-picture").out
    stopped = "It was stopped and put back in line by rank, for job 2 of class high"
    assert f"{stopped}: Thu 01 Jan 1970 06:00." in " ".join(said.split())
