"""Applications beside reservations: the engine and the twin agree where both hold jobs back."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest

from twin import engine, twin
from twin.applications import Check, Council, Level, Scheme
from twin.asks import Asks
from twin.limits import Bounds
from twin.nodes import engine as on_nodes
from twin.nodes import scenarios as node_scenarios
from twin.nodes import twin as node_twin
from twin.nodes.model import Rule
from twin.nodes.test_idle import GPUS, NODES
from twin.nodes.test_idle import _crowd as node_crowd
from twin.nodes.test_limits import _asks as node_asks
from twin.owners import early_ends
from twin.reserved import Reservation
from twin.test_applications import papers_of, papers_told
from twin.test_branches import BACKFILLS, CAPACITY, _crowd
from twin.test_limits import _asks
from twin.troubles import on_a_pool


def _scheme(random: Random) -> Scheme:
    """A tier that is checked, and one that a panel or a check decides on; grants are renewed."""
    council = Council(
        "council", random.choice([7, 20]), random.choice([0, 5]), random.choice([0, 3]),
        random.choice([None, 2]), accepts=0.9, to_give=random.choice([None, 150]),
    )  # fmt: skip
    desk = Check(random.choice([0, 3]), reviewers=random.choice([None, 1]))
    others = random.choice([("class1",), ("class0", "class1")])
    panel = random.random() < 0.6
    levels = (
        Level("a", ("class0",), random.randint(40, 150), random.randint(20, 80), desk, True, 10),
        Level(
            "b", others, random.randint(60, 200), random.randint(30, 90),
            "council" if panel else Check(2), random.random() < 0.7, 15,
        ),
    )  # fmt: skip
    ahead, margin = random.choice([0, 10, 40]), random.choice([1.0, 1.3])
    return Scheme(levels, (council,) if panel else (), ahead, margin)


def _reserved(random: Random, machine: int) -> Reservation:
    """Units kept free now and then for some classes, accounts or large jobs."""
    classes, accounts = random.choice([((), ()), (("class0",), ()), (("class1",), (2,))])
    duration, kept = random.randint(10, 40), random.randint(2, machine - 2)
    every = random.choice([None, duration + random.randint(5, 40)])
    large = random.choice([None, 2]) if classes or accounts else 2
    return Reservation(
        "days", kept, machine - kept, random.randint(0, 30), duration, every,
        random.choice([None, 150]), classes, accounts, large, random.random() < 0.3,
    )  # fmt: skip


def _both(random: Random, asks: list[Asks], machine: int) -> Bounds:
    return Bounds((), asks, reserved=(_reserved(random, machine),), scheme=_scheme(random))


def _matter_on_a_pool(random: Random, number: int) -> bool:
    """Whether the run is another without either, where engine and twin agree on it."""
    jobs = [replace(job, **early_ends(random, job.submit)) for job in _crowd(random, 25)]
    named = jobs, CAPACITY, random.choice(["fcfs", "wfp3"]), BACKFILLS[number % 4]
    away: dict[str, Any] = on_a_pool(random, CAPACITY) if number % 3 == 0 else {}
    both = _both(random, _asks(jobs), CAPACITY)
    told = engine.replay(*named, bounds=both, **away)
    found = engine.outcomes(told)
    assert found == twin.simulate(*named, bounds=both, **away)
    assert papers_of(told) == papers_told(both.papers, told.finish)
    without = replace(both, reserved=()), replace(both, scheme=None)
    return all(engine.simulate(*named, bounds=each, **away) != found for each in without)


def test_both_agree_on_a_pool() -> None:
    random = Random("both")
    mattered = sum(_matter_on_a_pool(random, number) for number in range(12))
    assert mattered > 5, mattered


def _matter_on_nodes(random: Random, number: int) -> bool:
    jobs = node_crowd(random, 22, ranked=False)
    rule = Rule(order=random.choice(["fcfs", "sjf"]), backfill=BACKFILLS[number % 4])
    small = node_scenarios.Small(jobs, NODES, rule)
    both = _both(random, node_asks(jobs, small), GPUS)
    arguments = small.arguments()
    told = on_nodes.replay(**arguments, served=both.settings(1))
    found = on_nodes.outcomes(told)
    assert found == node_twin.simulate(**arguments, bounds=both)
    assert papers_of(told) == papers_told(both.papers, told.finish)
    without = replace(both, reserved=()), replace(both, scheme=None)
    return all(on_nodes.simulate(**arguments, served=each.settings(1)) != found for each in without)


@pytest.mark.slow
def test_both_agree_at_length() -> None:
    random = Random("both at length")
    mattered = sum(_matter_on_a_pool(random, number) for number in range(40))
    assert mattered > 20, mattered
    mattered = sum(_matter_on_nodes(random, number) for number in range(12))
    assert mattered > 4, mattered
