"""``adil explain`` under Slurm's own passes."""

from __future__ import annotations

import polars as pl
import pytest

from simulator.report.wait_figure import plot_wait

SLURM = """\
name: passes
cluster: {kind: nodes, classes: {a: {count: 1, gpus: 4, cpus: 8}}}
workload: {kind: log, trace: ./log.swf}
rules:
  slurm:
    ordering: {kind: multifactor, weights: {age: 1000}, max_age: 1h, period: 5s}
    backfill: {kind: slurm, bf_resolution: 1s}
    placement: slurm
  reformed:
    ordering: fcfs
    backfill: {kind: slurm, bf_resolution: 1s}
    placement: slurm
    reforms: [{at: 15s, patches: {backfill.bf_interval: 5s}}]
"""


@pytest.fixture
def passes(adil, log, tmp_path):
    """The three jobs on a node under Slurm's own passes: backfill at 30 starts the third."""
    path = tmp_path / "passes.yaml"
    path.write_text(SLURM)
    ended = adil("run", path, "--out", tmp_path / "out", "--workers", 1, "--no-pictures")
    assert ended.code == 0, ended
    return tmp_path / "out" / "passes"


def test_of_slurms_passes_it_is_told_what_blocked_in_which(adil, passes):
    """The main pass at 20 ends at the second job; the third waits for backfill."""
    said = " ".join(adil("explain", passes, "--job", 3, "--no-picture").out.split())
    for part in (
        "started Thu 01 Jan 1970 06:00: waited 10s. A backfill pass started it.",
        "in main passes a job before it has closed its partition 10s 100%",
        "job 2, which does not fit, has closed its partition or holds its nodes back",
        "in backfill passes no such pass has come yet 10s 100%",
        "main 1 of 2 1 of 1",
        "Had it been let in as soon as it fitted at its turn, whomever that delayed whenever it "
        "waited, it would have started Thu 01 Jan 1970 06:00 and waited 0s in all, 10s less.",
        "Asked in 1 main and 0 backfill passes",
    ):
        assert part in said, part


def test_of_slurms_passes_json_and_picture_tell_the_kind(adil, passes):
    (told,) = adil("explain", passes, "--job", 2, "--json").json["jobs"]
    kinds = {look["pass"] for look in told["looks"]}
    assert {"backfill"} < kinds <= {"main", "full main", "backfill"}
    assert {look["promised"] for look in told["looks"] if look["pass"] == "backfill"} == {100}
    assert {look["reason"] for look in told["looks"]} == {"too few GPUs free"}
    assert all(set(look["factors"]) == {"age"} for look in told["looks"][1:])
    assert [each["pass"] for each in told["started_by"]] == ["main"]
    assert told["started_meanwhile"]["counts"] == {"lower in the order, by backfill": 1}
    for kind in ("main", "backfill"):
        seconds = sum(each["seconds"] for each in told["reasons"] if each["pass"] == kind)
        assert seconds == told["job"]["wait"]
    table = pl.read_csv(passes / "figures" / "wait_slurm_0_2.csv")
    assert set(table["pass"]) == kinds
    labels = [text.get_text() for text in plot_wait(told).axes[0].get_yticklabels()]
    assert {label.split(":")[0] for label in labels} == {"main", "backfill"}


def test_a_reform_of_slurms_passes_is_told_rule_by_rule(adil, passes):
    words = "explain", passes, "--rule", "reformed", "--no-picture", "--job"
    said = " ".join(adil(*words, 2).out.split())
    reform = "While it waited, a reform took effect: Thu 01 Jan 1970 06:00 (backfill changed)."
    assert reform in said
    # Until then and from then on each kind of passes is told by itself.
    assert "until Thu 01 Jan 1970 06:00 in main passes" in said
    assert "on in main passes" in said
    assert said.count("in backfill passes") == 2
    # Backfill comes each 5 s since the reform.
    assert adil(*words, 3, "--json").json["jobs"][0]["job"]["start"] == 20
