"""Scenarios that say the same have the same identity, and no others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.scenario.identity import identity
from simulator.scenario.load import load
from simulator.scenario.models import Scenario
from simulator.scenario.node import node_of
from simulator.scenario.parse import parse

WHOLE = (Path(__file__).parent / "whole.yaml").read_text(encoding="utf-8")
SETTINGS = parse(WHOLE, "whole.yaml").plain() | {"rules": {"fcfs": {}, "easy": {}}}


def of(text: str, folder: Path) -> str:
    (folder / "s.yaml").write_text(text, encoding="utf-8")
    return load(folder / "s.yaml").identity


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("duration: 7d", "duration: 168h  # a week"),
        ("duration: 7d", "duration: 6d 24h"),
        ("20 GPU-h", "1200 GPU-min"),
        ("epoch: 2027-01-04", "epoch: 2027-01-04 00:00:00"),
        ("{demand: 1, users: 5}", "{users: 5, demand: 1.0}"),
        ("{1: 0.5, 8: 0.5}", "{8: 0.5, 1: 5e-1}"),
        ("  fcfs: fcfs\n  easy: easy\n", "  easy: easy\n  fcfs: fcfs\n"),
        ("  easy: easy\n", "  easy: {extends: easy}\n"),
        ("  kind: synthetic\n", "  kind: synthetic\n  cycle: {}\n"),
        ("name: small\n", "name: small\nseed: 1\n"),
    ],
)
def test_another_way_to_say_the_same(old: str, new: str, tmp_path: Path) -> None:
    assert of(WHOLE.replace(old, new), tmp_path) == of(WHOLE, tmp_path)


def test_spread_over_files_or_in_one(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(WHOLE.replace("load: 0.9", "load: 5"))
    inline = of(WHOLE, tmp_path)
    assert of("extends: base.yaml\nworkload: {load: 0.9}\n", tmp_path) == inline
    assert of("extends: base.yaml\npatches: {workload.load: 0.9}\n", tmp_path) == inline
    assert load(tmp_path / "base.yaml", ["workload.load=0.9"]).identity == inline


def test_the_order_of_rules_counts_only_as_the_baseline(tmp_path: Path) -> None:
    unnamed = WHOLE.replace("  baseline: easy\n", "")
    turned = unnamed.replace("  fcfs: fcfs\n  easy: easy\n", "  easy: easy\n  fcfs: fcfs\n")
    assert of(unnamed, tmp_path) != of(turned, tmp_path)
    assert of(turned, tmp_path) == of(WHOLE, tmp_path)


def changed(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Each scalar of canonical settings, changed, with its dotted path."""
    if isinstance(value, dict):
        for name, each in value.items():
            for where, new in changed(each, (*path, name)):
                yield where, value | {name: new}
    elif isinstance(value, list):
        for i, each in enumerate(value):
            for where, new in changed(each, (*path, str(i))):
                yield where, [*value[:i], new, *value[i + 1 :]]
        yield ".".join((*path, "+")), [*value, *value[:1], "more"]
    else:
        yield ".".join(path), "other" if value != "other" else "another"


def test_every_setting_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = Scenario.model_validate(SETTINGS)
    canonical, right = scenario.canonical(), identity(scenario)
    variants = list(changed(canonical))
    assert len(variants) > 80
    seen = {right}
    for where, variant in variants:
        monkeypatch.setattr(Scenario, "canonical", lambda self, variant=variant: variant)
        assert identity(scenario) not in seen, where
        seen.add(identity(scenario))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.randoms(use_true_random=False))
def test_the_order_of_names_never_counts(random: Any) -> None:
    def shuffled(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        names = list(value)
        random.shuffle(names)
        return {name: shuffled(value[name]) for name in names}

    whole = Scenario.model_validate(SETTINGS)
    assert identity(Scenario.model_validate(shuffled(SETTINGS))) == identity(whole)


@settings(max_examples=60, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=20,
    )
)
def test_nodes_give_back_what_they_are_made_of(plain: Any) -> None:
    assert node_of(plain, None).plain() == plain  # type: ignore[arg-type]
