"""The committed JSON Schema is current, takes what is right and refuses what is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from simulator.scenario.json_schema import json_schema
from simulator.scenario.parse import parse
from simulator.scenario.read import read
from simulator.scenario.rule_catalogue import rule_names

ROOT = Path(__file__).parent.parent.parent
COMMITTED = json.loads((ROOT / "scenarios" / "schema.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(COMMITTED)
WHOLE = (Path(__file__).parent / "whole.yaml").read_text(encoding="utf-8")


def test_it_is_current() -> None:
    assert json_schema() == COMMITTED, (
        "run: python -m simulator.scenario.json_schema scenarios/schema.json"
    )


def test_it_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(COMMITTED)


@pytest.mark.parametrize("path", sorted((ROOT / "scenarios").glob("*.yaml")), ids=lambda p: p.name)
def test_it_takes_what_is_shipped(path: Path) -> None:
    VALIDATOR.validate(read(path)[0].plain())


def whole(old: str = "", new: str = "") -> Any:
    assert old in WHOLE
    return parse(WHOLE.replace(old, new, 1) if old else WHOLE, "whole.yaml").plain()


RIGHT = [
    {},
    {"rules": ["easy", "fcfs"]},
    {"rules": {"mine": "easy", "other": {"extends": "k4", "backfill": {"k": 8}}}},
    {"rules": {"mine": {"ordering": "sjf", "backfill": {"kind": "reservations", "k": 2}}}},
    {"snapshots": 0},
    {"epoch": "2027-01-04 09:00:30"},
    {"patches": {"workload.load": 1.1, "seed": None}},
    {"extends": "base.yaml"},
    {"extends": ["a.yaml", "b.yaml"]},
]
PARTS: list[dict[str, Any]] = [
    {},
    {"workload": {"load": 1.1}},
    {"rules": {"mine": {"backfill": {"k": 8}}}},
    {"rules": {"mine": {"extends": "easy", "ordering": "las", "preemption": {"how": "cancel"}}}},
    {"rules": {"mine": {"extends": "easy", "placement": "worst"}}},
    {"cluster": {"maintenance": [{"start": "1d", "duration": "2h"}]}},
]
WRONG: list[tuple[str, str]] = [
    ("name: small\n", ""),
    ("replications: 3", "replicatons: 3"),
    ("replications: 3", "replications: three"),
    ("replications: 3", "replications: 0"),
    ("duration: 7d", "duration: 7"),
    ("duration: 7d", "duration: 7 days"),
    ("duration: 7d", "duration: -7d"),
    ("20 GPU-h", "20h"),
    ("kind: synthetic", "kind: sinthetic"),
    ("  kind: synthetic\n", ""),
    ("load: 0.9", "laod: 0.9"),
    ("load: 0.9", "load: 0"),
    ("easy: easy", "easy: esy"),
    ("easy: easy", "an easy: easy"),
    ("{extends: k4, backfill: {k: 8}}", "{backfill: {k: 8}}"),
    ("{extends: k4, backfill: {k: 8}}", "{ordering: wfp}"),
    ("{extends: k4, backfill: {k: 8}}", "{extends: k5}"),
    ("epoch: 2027-01-04", "epoch: tomorrow"),
    ("{start: 3d, duration: 8h, every: 4w}", "{start: 3d}"),
    ("priority_classes: [state]", "priority_classes: state"),
    ("priority_classes: [state]", "reading: persons"),
]


@pytest.mark.parametrize("settings", RIGHT, ids=str)
def test_it_takes_what_is_right(settings: dict[str, Any]) -> None:
    VALIDATOR.validate(whole() | settings)


@pytest.mark.parametrize("settings", PARTS, ids=str)
def test_what_extends_need_not_be_complete(settings: dict[str, Any]) -> None:
    VALIDATOR.validate({"extends": "base.yaml"} | settings)
    assert list(VALIDATOR.iter_errors(settings))


@pytest.mark.parametrize(("old", "new"), WRONG)
def test_it_refuses_what_is_wrong(old: str, new: str) -> None:
    assert list(VALIDATOR.iter_errors(whole(old, new)))


@pytest.mark.parametrize(
    "settings",
    [
        {"workload": {"laod": 1}},
        {"cluster": {"maintenance": [{"start": "1d"}]}},
        {"rules": {"mine": {"backfill": {"k": "8"}}}},
        {"rules": []},
        {"extends": 5},
        {"patches": {"a..b": 1}},
    ],
    ids=str,
)
def test_it_refuses_wrong_parts(settings: dict[str, Any]) -> None:
    assert list(VALIDATOR.iter_errors({"extends": "base.yaml"} | settings))


def test_editors_are_told_names_and_meanings() -> None:
    definitions = COMMITTED["$defs"]
    assert definitions["NamedRule"]["enum"] == list(rule_names())
    for name, definition in definitions.items():
        for setting, schema in definition.get("properties", {}).items():
            described = "description" in schema or "const" in schema
            assert described or setting in ("max_run_time", "min_run_time"), f"{name}.{setting}"
    assert definitions["Scenario"]["properties"]["snapshots"]["default"] == "1d"
