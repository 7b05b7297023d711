"""What every command says of itself, and how a mistaken command line ends."""

from __future__ import annotations

import pytest

from simulator import __version__
from simulator.metrics.registry import METRICS
from simulator.scenario.rule_catalogue import rule_names

COMMANDS = {
    (): ("run", "check", "replay", "trace", "rules", "metrics", "report", "conformance"),
    ("run",): ("--out", "--seed", "--replications", "--workers", "--resume", "--set", "--json"),
    ("check",): ("--set",),
    ("replay",): ("--rule", "--capacity", "--cluster", "--conformance", "--out", "--json"),
    ("trace",): ("info", "convert", "list", "from-slurm-log"),
    ("trace", "from-slurm-log"): ("--time-zone", "--all-lines"),
    ("trace", "info"): ("--picture", "--json"),
    ("trace", "convert"): (".swf.gz",),
    ("trace", "list"): ("at hand",),
    ("rules",): ("explain", "from-slurm"),
    ("rules", "from-slurm"): ("--assoc", "--qos", "--partitions", "--workload", "--out"),
    ("conformance", "shares"): ("--json",),
    ("metrics",): ("Explain this one",),
    ("report",): ("--pictures", "--json"),
}


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_names_every_option(adil, command):
    ended = adil(*command, "--help")
    assert ended.code == 0
    assert not [word for word in COMMANDS[command] if word not in ended.out]


def test_version(adil):
    assert adil("--version").out == f"adil {__version__}\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("rum",), "rum"),
        (("run", "--outt", "x"), "--outt"),
        (("run",), "scenarios"),
        (("replay", "log.swf"), "--rule"),
        (("replay", "log.swf", "--rule", "easy", "--capacity", "0"), "--capacity"),
        (("run", "x.yaml", "--workers", "many"), "--workers"),
    ],
)
def test_a_mistake_on_the_command_line_is_told(adil, words, said):
    ended = adil(*words)
    assert ended.code == 2
    assert said in ended.err
    assert "Traceback" not in ended.err


def test_rules_are_listed_and_explained(adil):
    listed = adil("rules").out
    assert not [name for name in rule_names() if name not in listed]
    explained = adil("rules", "wfp3_easy").out
    assert "Tang et al." in explained
    assert "Mu'alem & Feitelson" in explained


def test_metrics_are_listed_and_explained(adil):
    listed = adil("metrics").out
    assert not [name for name in METRICS if name not in listed]
    explained = adil("metrics", "equal_access").out
    assert "Jain" in explained
    assert "higher" in explained


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("rules", "eazy"), "no rule is named 'eazy' (did you mean 'easy'?)"),
        (
            ("metrics", "mean_weight"),
            "no metric is named 'mean_weight' (did you mean 'mean_wait'?)",
        ),
    ],
)
def test_an_unknown_name_gets_the_nearest_one(refused, words, message):
    assert refused(*words) == message
