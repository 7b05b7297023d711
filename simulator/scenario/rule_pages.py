"""The page of each variant of each stage of a rule, read from its model."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from simulator.rules.accounting.models import Fade
from simulator.rules.backfill.registry import Backfill
from simulator.rules.ordering.registry import Ordering
from simulator.rules.placement.registry import Placement
from simulator.rules.preemption.registry import How
from simulator.scenario.settings import alternatives, kind_word, models
from simulator.scenario.words import paragraphs, settings_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simulator.fields import Model

STAGES: dict[str, tuple[str, Any]] = {
    "ordering": ("who is next", Ordering),
    "backfill": ("who may overtake", Backfill),
    "placement": ("which nodes a job gets", Placement),
    "preemption.how": ("what becomes of who is preempted", How),
    "accounting.fade": ("how usage of the past counts", Fade),
}
"""Stages that have variants: the setting, what it decides, and the union of their models."""


@dataclass(frozen=True, slots=True)
class Page:
    """What is to be known of a variant."""

    stage: str
    word: str
    model: type[Model]
    text: tuple[str, ...]
    """Paragraphs: what it does, in plain words, and the formula."""
    example: str
    source: str

    @property
    def gist(self) -> str:
        """The first sentence."""
        return self.text[0].split(". ")[0].rstrip(".:") + "."

    @property
    def parameters(self) -> list[tuple[str, str, str, str]]:
        """(name, what it takes, default, meaning)."""
        return [row for row in settings_of(self.model) if row[0] != "kind"]


def _page(stage: str, model: type[Model]) -> Page:
    text, example, source = [], "", ""
    for each in paragraphs(model):
        rest, _, source_here = each.partition("Source: ")
        rest, _, example_here = rest.partition("Example: ")
        text += [rest.strip()] if rest.strip() else []
        example, source = example_here.strip() or example, source_here.strip() or source
    return Page(stage, kind_word(model) or "", model, tuple(text), example, source)


@cache
def variants(stage: str) -> Mapping[str, Page]:
    """The variants of a stage by their words, in the order of the registry."""
    found = [_page(stage, model) for model in models(alternatives(STAGES[stage][1]))]
    return {page.word: page for page in found}


def pages_of(word: str) -> list[Page]:
    """The variants that are called so: one of each stage that has one."""
    return [variants(stage)[word] for stage in STAGES if word in variants(stage)]


def words() -> set[str]:
    """What all variants are called."""
    return {word for stage in STAGES for word in variants(stage)}
