"""Bad input: exit code 2, one message with its place, nothing left behind."""

from __future__ import annotations

import gzip
import os

import pytest
from tiny import TINY, write_tiny

LINE = "1 0 -1 100 3 -1 -1 3 100 -1 1 1 1 1 1 1 -1 -1\n"


def truncated() -> bytes:
    """A gz file that ends too soon."""
    lines = b"".join(f"{n} {n} {os.urandom(8).hex()}\n".encode() for n in range(2000))
    return gzip.compress(lines)[:9000]


LOGS = {
    "truncated.swf.gz": (truncated(), "truncated.swf.gz: "),
    "binary.swf": (bytes(range(256)) * 40, "binary.swf"),
    "empty.swf": (b"", "empty.swf"),
    "header.swf": (b"; MaxProcs: 4\n", "header.swf"),
    "negative.swf": (
        LINE.replace("1 0 -1 100", "1 -50 -1 100").encode(),
        "negative.swf:1:3: job 1 has the negative submit -50",
    ),
    "words.swf": (
        (LINE + LINE.replace(" 100 3 ", " long 3 ")).encode(),
        "words.swf:2:8: 'long' is not a number",
    ),
}


@pytest.mark.parametrize("name", LOGS)
@pytest.mark.parametrize("command", ["replay", "info", "convert", "run"])
def test_a_log_that_cannot_be_used(refused, tmp_path, name, command):
    content, said = LOGS[name]
    (tmp_path / name).write_bytes(content)
    log, out = tmp_path / name, tmp_path / "out"
    scenario = tmp_path / "log.yaml"
    scenario.write_text(
        "name: log\ncluster: {capacity: 8}\n"
        f"workload: {{kind: log, trace: ./{name}}}\nrules: [easy]\n"
    )
    before = sorted(tmp_path.iterdir())
    message = refused(
        *{
            "replay": ("replay", log, "--rule", "easy", "--capacity", 8, "--out", f"{out}.csv"),
            "info": ("trace", "info", log, "--picture", out),
            "convert": ("trace", "convert", log, f"{out}.swf"),
            "run": ("run", scenario, "--out", out, "--workers", 1),
        }[command]
    )
    assert said in message
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("command", ["replay", "info"])
def test_a_missing_log(refused, tmp_path, command):
    words = {"replay": ("replay", "--rule", "easy"), "info": ("trace", "info")}[command]
    assert str(tmp_path / "none.swf") in refused(*words, tmp_path / "none.swf")


def test_an_unknown_log_gets_the_nearest_name(refused):
    assert "did you mean 'kth_sp2'?" in refused("trace", "info", "kth_sp3")


@pytest.mark.parametrize(
    ("wrong", "right", "said"),
    [
        ("replications: 2", "replications: two", "tiny.yaml:3:15: "),
        ("replications: 2", "replicatons: 2", "tiny.yaml:3:1: "),
        ("duration: 4d", "duration: 4", "tiny.yaml:7:13: "),
        ("load: 0.9", "load: 0.9\n  load: 0.8", "tiny.yaml:9:3: "),
        ("rules: [fcfs, easy]", "rules: [fcfs, eazy]", "tiny.yaml:14:15: "),
        ("baseline: fcfs", "baseline: sjf", "tiny.yaml:16:13: "),
        ("warm_up: 0", "metrics: [mean_wait, bliss]", "tiny.yaml:18:24: "),
        ("cluster: {capacity: 16}", "cluster: {capacity: 16", "tiny.yaml:"),
    ],
)
@pytest.mark.parametrize("command", ["check", "run"])
def test_a_broken_scenario_is_told_with_line_and_column(
    refused, tmp_path, command, wrong, right, said
):
    path = tmp_path / "tiny.yaml"
    assert wrong in TINY
    path.write_text(TINY.replace(wrong, right))
    words = ("--out", tmp_path / "out") if command == "run" else ()
    message = refused(command, path, *words)
    assert said in message.splitlines()[0]
    assert list(tmp_path.iterdir()) == [path]


def test_one_broken_scenario_of_several_lets_none_run(refused, tmp_path):
    whole, broken = write_tiny(tmp_path), tmp_path / "broken.yaml"
    broken.write_text("name: [\n")
    assert "broken.yaml" in refused("run", whole, broken, "--out", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_missing_scenario(refused, tmp_path):
    assert str(tmp_path / "none.yaml") in refused("check", tmp_path / "none.yaml")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--rule", "eazy"), "did you mean 'easy'?"),
        (("--rule", "none.yaml"), "none.yaml"),
        (("--rule", "easy", "--cluster", "none.yaml"), "none.yaml"),
        (("--rule", "easy", "--conformance", "pys"), "pys"),
        (("--rule", "sjf", "--conformance", "pyss"), "fcfs"),
        (("--rule", "easy", "--out", "jobs.txt"), "jobs.txt is neither .csv nor .parquet"),
        (("--rule", "easy", "--out", "no/such/jobs.csv"), "there is no folder no/such"),
    ],
)
def test_a_replay_that_cannot_be_made(refused, log, words, said):
    assert said in refused("replay", log, *words)


def test_a_log_without_a_machine_size(refused, tmp_path):
    (tmp_path / "log.swf").write_text(LINE)
    assert "--capacity" in refused("replay", tmp_path / "log.swf", "--rule", "easy")


def test_a_converted_log_has_a_proper_name(refused, log, tmp_path):
    assert "name it like log.swf" in refused("trace", "convert", log, tmp_path / "log.txt")
