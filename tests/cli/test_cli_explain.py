"""``adil explain``: why a job waited."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path

import polars as pl
import pytest

from simulator.report.wait_figure import plot_wait

SCENARIO = """\
name: three
cluster: {capacity: 4}
workload: {kind: log, trace: ./log.swf}
rules:
  easy: easy
  fcfs: fcfs
  limited: {limits: {narrow: {job_gpus: 2}}}
  reformed: {reforms: [{at: 15s, patches: {ordering: sjf}}]}
  late: {reforms: [{at: 15s, patches: {backfill: none}}]}
  narrowed:
    title: Nobody is refused
    reforms:
      - {at: 12s, patches: {title: Shortest first, ordering: sjf, backfill: none}}
      - {at: 15s, patches: {limits: {narrow: {job_gpus: 2}}}}
"""


def made(adil, log):
    """Results of three jobs: under EASY the third overtakes the second."""
    path = log.parent / "three.yaml"
    path.write_text(SCENARIO)
    ended = adil("run", path, "--out", log.parent / "out", "--workers", 1, "--no-pictures")
    assert ended.code == 0, ended
    return log.parent / "out" / "three"


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A folder for results that several tests look into."""
    return tmp_path_factory.mktemp("kept")


@pytest.fixture
def study(adil, log, kept, tmp_path):
    """The results, made once and copied."""
    if not (kept / "out").exists():
        made(adil, Path(shutil.copy(log, kept)))
    return Path(shutil.copytree(kept / "out" / "three", tmp_path / "out" / "three"))


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


def test_kernels_are_those_of_a_run(adil, study):
    """Were a time no whole number, numba would compile all of a run once more: two minutes."""
    (told,) = adil("explain", study, "--job", 2, "--json", "--no-picture").json["jobs"]
    assert {type(look["time"]) for look in told["looks"]} == {int}


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


def test_a_log_that_has_changed_or_gone(adil, refused, log, tmp_path):
    study = made(adil, log)
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


def test_a_reform_during_the_wait_is_told(adil, study):
    said = " ".join(adil("explain", study, "--job", 2, "--rule", "reformed").out.split())
    reform = "While it waited, a reform took effect: Thu 01 Jan 1970 06:00 (ordering fcfs → sjf)."
    assert f"{reform} What blocked it" in said
    # Until then and from then on it is what others hold that blocks it.
    assert "─ until Thu 01 Jan 1970 06:00 too few units free 5s 6%" in said
    assert "from Thu 01 Jan 1970 06:00 on too few units free 1min 25s 94%" in said
    assert "Thu 01 Jan 06:00 reform Thu 01 Jan 06:00 0 of 1" in said
    names = sorted(path.name for path in (study / "figures").iterdir())
    assert names == [f"wait_reformed_0_2.{kind}" for kind in ("csv", "png", "svg")]


def test_a_reform_that_refuses_who_waits_is_told(adil, study):
    """The second job waits from 10 to 15, under two rules, and would have started at 100."""
    words = "explain", study, "--job", 2, "--rule", "narrowed", "--no-picture"
    said = " ".join(adil(*words).out.split())
    for part in (
        "waited 5s until a reform refused it: the limit narrow. While it waited, a reform took",
        "effect: Thu 01 Jan 1970 06:00, Shortest first (ordering fcfs → sjf; backfill easy → none)",
        "The reform with which its wait ended: Thu 01 Jan 1970 06:00 (limits.narrow added).",
        "Had it been exempt from limits whenever it waited, it would have started Thu 01 Jan 1970 "
        "06:01 and waited 1min 30s in all, instead of being refused.",
    ):
        assert part in said, part


def test_what_each_rule_was_is_given_as_json(adil, study):
    words = "explain", study, "--job", 2, "--rule", "narrowed", "--json", "--no-picture"
    (told,) = adil(*words).json["jobs"]
    assert [(era["since"], era["title"], era["ordering"]) for era in told["eras"]] == [
        (0, "Nobody is refused", "fcfs"), (12, "Shortest first", "sjf"), (15, "", "sjf"),
    ]  # fmt: skip
    assert [(look["time"], look["era"]) for look in told["looks"]] == [(10, 0), (12, 1)]
    assert [(each["time"], each["era"]) for each in told["reforms"]] == [(12, 1), (15, 2)]
    assert (told["refused_in"], told["job"]["refused_by"]) == (2, "limit narrow")
    # The first rule plans, the second does not.
    assert [look["promised"] for look in told["looks"]] == [100, None]


def test_a_job_that_comes_after_a_reform_is_told_of_its_rule(adil, study):
    """The third comes at 20, and starts at 100: the second, shorter first, is before it."""
    words = "explain", study, "--job", 3, "--rule", "late", "--no-picture"
    said = " ".join(adil(*words).out.split())
    assert "waited 1min 20s. It waited under the rule in force since Thu 01 Jan 1970 06:00" in said
    assert "(backfill easy → none). What blocked it" in said
    assert "reform took effect" not in said


def test_a_reform_is_a_line_through_all_panels(adil, study):
    words = "explain", study, "--job", 2, "--rule", "reformed", "--json", "--no-picture"
    (told,) = adil(*words).json["jobs"]
    panels = plot_wait(told).axes
    at = 15 / 86_400
    assert len(panels) == 5
    for axes in panels:
        assert [at, at] in [list(line.get_xdata()) for line in axes.lines]
    # The first rule's order is made of no parts: before the reform nothing is drawn of them.
    (walltime,) = (line for line in panels[2].lines if line.get_label() == "walltime")
    values = walltime.get_ydata()
    assert [math.isnan(value) for value in values[:2]] == [True, True]
    assert not math.isnan(values[-1])


def test_times_that_it_stood_still_between_waits_are_grey(adil, study):
    words = "explain", study, "--job", 2, "--rule", "easy", "--json", "--no-picture"
    (told,) = adil(*words).json["jobs"]
    bare = [len(axes.patches) for axes in plot_wait(told).axes]
    before, behind = {"since": 4, "until": 6}, {"since": 200, "until": 300}
    drawn = plot_wait(told | {"suspended": [before, behind]}).axes
    assert [len(axes.patches) for axes in drawn] == [count + 1 for count in bare]


ASIDE = """\
name: aside
cluster: {kind: nodes, classes: {gpu: {count: 1, gpus: 8, cpus: 16, memory: 1TiB}}}
workload:
  kind: synthetic
  duration: 3d
  load: 0.7
  classes:
    urgent: {demand: 1, requests: {cpus_per_gpu: 8}, sizes: {1: 1}}
    patient: {demand: 1, requests: {cpus_per_gpu: 4}, sizes: {1: 2, 2: 1}}
rules:
  aside: {preemption: {ranks: [[urgent], [patient]], how: suspend}}
"""


def test_when_a_job_stood_still_is_told(adil, tmp_path):
    path = tmp_path / "aside.yaml"
    path.write_text(ASIDE)
    ended = adil("run", path, "--out", tmp_path / "out", "--workers", 1, "--no-pictures")
    assert ended.code == 0, ended
    study = tmp_path / "out" / "aside"
    attempts = pl.read_parquet(study / "aside/0/attempts.parquet")
    often = attempts.sort(pl.col("suspended").list.len(), "position")[-1]
    (told,) = adil("explain", study, "--job", often["job_id"][0], "--json").json["jobs"]
    found = [(each["since"], each["until"]) for each in told["suspended"]]
    stretches = zip(often["suspended"][0], often["resumed"][0], strict=True)
    assert found == [(since, until) for since, until in stretches if until > since]
    assert len(found) > 1
    starts = attempts.filter(pl.col("job_id") != often["job_id"][0])
    for each in told["suspended"]:
        # It is for somebody of a higher rank that starts then on its node, where all are.
        assert each["job_class"] == "urgent"
        begun = starts.filter(pl.col("start") == each["since"])["job_id"].to_list()
        assert each["job_id"] in begun
        assert each["job_id"] in each["cpus_went_to"]
        asked = sum(reason["seconds"] for reason in each["reasons"])
        assert asked in (0, each["until"] - each["since"])
    said = adil("explain", study, "--job", often["job_id"][0], "--no-picture").out
    assert f"It was suspended {len(found)} times" in said
    assert "others have its CPUs" in said
    assert f"job {told['suspended'][0]['job_id']} (urgent)" in said


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
    owned = f"{{quotas: {quotas}, preemption: {{reclaim: true}}}}"
    path.write_text(
        SCENARIO[: SCENARIO.index("rules")].replace("three", "stopped")
        + "rules:\n"
        + f"  owned: {owned}\n"
        + f"  later: {{reforms: [{{at: 5s, rule: {owned}}}]}}\n"
        + "  paid: {budgets: {hours: {per: user, grant: 120 GPU-s, safe: false}}}\n"
    )
    ended = adil("run", path, "--out", tmp_path / "out", "--workers", 1, "--no-pictures")
    assert ended.code == 0, ended
    study = tmp_path / "out" / "stopped"
    stopped = "It was stopped and put back in line so that 2 got its own GPUs back (quotas.shares)"
    for rule in ("owned", "later"):
        said = adil("explain", study, "--job", 1, "--rule", rule, "--no-picture").out
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
