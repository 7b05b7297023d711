"""What a priority is made of adds up to it."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np
import pytest
from pairs import some
from twin.engine import columns
from twin.test_served import CAPACITY, ORDERINGS, busy_jobs

from explain.probing import told
from simulator.engine import run
from simulator.engine.factors import weighted_parts
from simulator.rules.accounts.entities import entities_of
from simulator.rules.formula.plain import worked_out
from simulator.rules.models import Rule

SLURM = [name for name, stages in ORDERINGS.items() if "multifactor" in str(stages)]
FORMULAS = [name for name, stages in ORDERINGS.items() if "expression" in str(stages)]


def _looks(stages: dict[str, Any], position: int) -> Any:
    jobs, rule = columns(busy_jobs(1, 40)), Rule.model_validate(stages)
    parts: dict[str, float] = {}
    if rule.ordering.kind == "multifactor":
        entities = entities_of(jobs, rule.accounts).cut(rule.ordering.serve)
        weighted = weighted_parts(jobs, CAPACITY, rule, rule.ordering, entities)
        parts = {
            name: float(np.broadcast_to(values, len(jobs))[position])
            for name, values in weighted.items()
        }
    story = told(partial(run.replay, jobs, CAPACITY, rule), CAPACITY, rule, position, parts)
    return rule, [look for look in story.moments if look.ahead is not None]


def _waiting(stages: dict[str, Any]) -> int:
    """The job that waits longest."""
    rule = Rule.model_validate(stages)
    queued = run.replay(columns(busy_jobs(1, 40)), CAPACITY, rule).jobs["queued"].to_pylist()
    return queued.index(max(queued))


@pytest.mark.parametrize("name", SLURM)
def test_the_factors_of_slurm_add_up(name: str) -> None:
    stages = ORDERINGS[name]
    _, looks = _looks(stages, _waiting(stages))
    for look in looks if not stages["ordering"].get("period") else looks[:0]:
        total = sum(look.factors.values())
        assert look.key == min(math.floor(max(total, 1.0) + 1e-9), 2**32 - 1)
    assert looks


@pytest.mark.parametrize("name", FORMULAS)
def test_the_variables_of_a_formula_give_its_value(name: str) -> None:
    stages = ORDERINGS[name]
    rule, looks = _looks(stages, _waiting(stages))
    assert looks
    for look in looks if not rule.ordering.period else []:
        assert set(look.factors) == set(rule.ordering.term.names)
        assert look.key == pytest.approx(float(worked_out(rule.ordering.term, look.factors)))


@pytest.mark.parametrize("name", some(list(ORDERINGS), every=3))
def test_every_order_says_something_that_is_a_number(name: str) -> None:
    _, looks = _looks(ORDERINGS[name], _waiting(ORDERINGS[name]))
    assert looks
    for look in looks:
        assert all(isinstance(value, float) for value in look.factors.values())
        assert bool(look.factors) == (name != "fcfs")
