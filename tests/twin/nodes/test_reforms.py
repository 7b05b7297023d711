"""Reforms on nodes: the engine goes on under another rule as the twin does."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from simulator.engine.run import Outcome
from twin.nodes import engine, twin
from twin.nodes.reforms import KINDS, reformed


def _agree(arguments: dict[str, Any]) -> Outcome:
    """The engine's tables, where it and the twin agree."""
    said = dict(arguments)
    bounds = said.pop("bounds")
    run = engine.replay(**said, served=bounds.settings(1) if bounds else None)
    assert engine.outcomes(run) == twin.simulate(**arguments)
    return run


@pytest.mark.parametrize("kind", KINDS)
def test_a_crowd_goes_on_under_another_rule(kind: str) -> None:
    random = Random(f"reforms {kind}")
    for _ in range(12):
        others = random.choices(KINDS, k=random.choice([1, 1, 2]))
        kinds = random.choice([[kind, *others], [*others, kind]])
        _agree(reformed(random, kinds, 24))
