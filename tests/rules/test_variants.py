"""Every variant of every stage has an implementation, a page, an example and a twin."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from twin import test_served, test_twin
from twin.nodes import scenarios
from twin.slurm import runs

from simulator.kernels.usage import FADES
from simulator.rules.backfill.dispatch_kernel import BACKFILLS
from simulator.rules.models import Rule
from simulator.rules.ordering.dispatch_kernel import JOB_ORDERS, ORDERS
from simulator.rules.own_clocks import OF_JOBS
from simulator.rules.placement.choice_kernel import PLACEMENTS
from simulator.rules.preemption.how_kernel import HOWS
from simulator.scenario.rule_catalogue import named_rule, rule_names
from simulator.scenario.rule_pages import STAGES, Page, variants

ROOT = Path(__file__).resolve().parent.parent.parent
KERNELS = {
    "ordering": set(ORDERS),
    "backfill": set(BACKFILLS) - {"held"},
    "placement": set(PLACEMENTS),
    "preemption.how": set(HOWS),
    "accounting.fade": {*FADES, "tumbling"},
}
"""Words that the kernels know: ``held`` is a parameter of conservative, and a tumbling window is
made of resets."""


def _kind(stage: Any) -> str:
    return stage if isinstance(stage, str) else str(stage["kind"])


SLURM = {runs.SLURM}
TWINS = {
    "ordering": {_kind(each["ordering"]) for each in test_served.ORDERINGS.values()},
    "backfill": {each["backfill"] for each in test_twin.BY_NAME.values()} | SLURM,
    "placement": set(scenarios.PLACEMENTS) | SLURM,
    "preemption.how": set(scenarios.SUSPENDING),
    "accounting.fade": {
        _kind(each.get("accounting", {}).get("fade", "half_life"))
        for each in test_served.ORDERINGS.values()
    },
}
"""Words that the twin is tested with."""
PAGES = [page for stage in STAGES for page in variants(stage).values()]


@pytest.mark.parametrize("stage", STAGES)
def test_what_is_accepted_is_what_is_there(stage: str) -> None:
    assert set(variants(stage)) == KERNELS[stage]


@pytest.mark.parametrize("stage", STAGES)
def test_every_variant_has_a_twin_test(stage: str) -> None:
    assert set(variants(stage)) <= TWINS[stage]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.stage}-{page.word}")
def test_every_variant_has_a_page_with_an_example(page: Page) -> None:
    assert page.text
    assert page.example
    assert all(meaning for *_, meaning in page.parameters)
    text = (ROOT / "docs/variants.md").read_text(encoding="utf-8")
    assert f"### {page.stage}: `{page.word}`\n" in text


@pytest.mark.parametrize("word", variants("ordering"))
def test_every_order_is_written_down_in_plain_numpy(word: str) -> None:
    model = variants("ordering")[word].model
    assert hasattr(model, "keys") != hasattr(model, "standing")


def test_slurms_passes_know_the_orders_of_jobs() -> None:
    assert OF_JOBS == JOB_ORDERS


def test_there_are_many_orders() -> None:
    assert len(variants("ordering")) >= 20


@pytest.mark.parametrize("name", rule_names())
def test_a_named_rule_says_what_it_is(name: str) -> None:
    rule = named_rule(name)
    assert isinstance(rule, Rule)
    assert re.match(r"[A-Z]", rule.title)
