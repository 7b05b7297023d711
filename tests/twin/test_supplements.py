"""Projects that have used much of their grants apply for more: the engine and the twin agree."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from twin import engine, twin
from twin.applications import Check, Council, Level, More, Scheme
from twin.asks import Bound
from twin.limits import Bounds
from twin.model import TwinJob
from twin.nodes import engine as on_nodes
from twin.nodes import scenarios as node_scenarios
from twin.nodes import twin as node_twin
from twin.nodes.model import Rule
from twin.nodes.test_idle import NODES
from twin.nodes.test_idle import _crowd as node_crowd
from twin.nodes.test_limits import _asks as node_asks
from twin.owners import early_ends
from twin.test_applications import papers_of, papers_told
from twin.test_branches import BACKFILLS, CAPACITY
from twin.test_limits import _asks
from twin.troubles import on_a_pool

if TYPE_CHECKING:
    from simulator.engine.run import Outcome


def _stream(random: Random, count: int) -> list[TwinJob]:
    """Jobs of four projects that come one after the other."""
    submits = sorted(random.choice([0, random.randrange(120)]) for _ in range(count))
    return [
        TwinJob(
            submit,
            random.choice([1, 5, 12]),
            random.choice([5, 10, 15]),
            random.choice([1, 1, 2, 3]),
            user=random.choice([0, 2, 4, 6]),
        )
        for submit in submits
    ]


def _more(random: Random, time: int) -> More:
    """``time``: a grant's until a project looks for the next one."""
    every = random.randint(2, max(min(time - 1, 15), 2))
    return More(
        random.choice([0.2, 0.5, 0.7]), random.choice([0.3, 0.6, 1.0]), random.randint(1, 3), every
    )


def _scheme(random: Random, units: int = 1) -> Scheme:
    """A tier that a check decides on, and one that a panel does, each with supplements."""
    ahead = random.choice([0, 0, 10])
    council = Council(
        "council", random.choice([3, 8]), random.choice([0, 5]), random.choice([0, 3, 12]),
        accepts=random.choice([1.0, 0.8, 0.5]), to_give=random.choice([None, 60]),
        puts_off=random.random() < 0.4,
    )  # fmt: skip
    if council.to_give is None:
        council = replace(council, puts_off=False)
    desk = Check(random.choice([0, 2, 6]), random.choice([1.0, 0.8, 0.5]), random.choice([None, 1]))
    levels = []
    for name, review in (("class0", desk), ("class1", "council")):
        term, renew = random.randint(25, 90), random.random() < 0.5
        more = _more(random, term - (ahead if renew else 0))
        whole = random.random() < 0.2
        levels.append(
            Level(name, (name,), random.randint(50, 110), term, review, renew, 9, whole, more)
        )
    margin = random.choice([1.0, 1.0, 1.3])
    return Scheme(tuple(levels), (council,), ahead, margin, random.random() < 0.3, units)


def _outcomes(told: Outcome) -> list[str]:
    """What became of what was to be added to a grant."""
    rows = told.applications.to_pylist()
    return [row["outcome"] for row in rows if row["adds_to"] is not None]


def _on_a_pool(random: Random, number: int) -> tuple[list[str], bool]:
    """What became of supplements, and whether anybody fares otherwise for them, where engine and
    twin agree."""
    jobs = [replace(job, **early_ends(random, job.submit)) for job in _stream(random, 30)]
    named = jobs, CAPACITY, random.choice(["fcfs", "sjf"]), BACKFILLS[number % 4]
    away: dict[str, Any] = on_a_pool(random, CAPACITY) if number % 3 == 0 else {}
    others = (Bound("few", "user", jobs=2),) if number % 4 == 0 else ()
    limits = Bounds(others, _asks(jobs), scheme=_scheme(random))
    told = engine.replay(*named, bounds=limits, **away)
    found = engine.outcomes(told)
    assert found == twin.simulate(*named, bounds=limits, **away)
    assert papers_of(told) == papers_told(limits.papers, told.finish)
    assert limits.scheme
    plain = [replace(each, more=None) for each in limits.scheme.levels]
    without = replace(limits, scheme=replace(limits.scheme, levels=tuple(plain)))
    return _outcomes(told), engine.simulate(*named, bounds=without, **away) != found


def _check(found: list[tuple[list[str], bool]], least: int) -> None:
    """Supplements of every outcome, and runs that are others for them."""
    outcomes = [outcome for each, _ in found for outcome in each]
    for outcome in ("granted", "cut", "refused"):
        assert outcomes.count(outcome) > least, (outcome, outcomes.count(outcome))
    assert sum(matters for _, matters in found) > 2 * least


def test_supplements_agree_on_a_pool() -> None:
    random = Random("more")
    _check([_on_a_pool(random, number) for number in range(16)], 2)


@pytest.mark.slow
def test_supplements_agree_at_length() -> None:
    random = Random("more at length")
    _check([_on_a_pool(random, number) for number in range(80)], 8)


def _on_nodes(random: Random, number: int) -> tuple[list[str], bool]:
    jobs = node_crowd(random, 25, ranked=False)
    rule = Rule(order=random.choice(["fcfs", "sjf"]), backfill=BACKFILLS[number % 4])
    small = node_scenarios.Small(jobs, NODES, rule)
    limits = Bounds((), node_asks(jobs, small), scheme=_scheme(random))
    arguments = small.arguments()
    told = on_nodes.replay(**arguments, served=limits.settings(1))
    found = on_nodes.outcomes(told)
    assert found == node_twin.simulate(**arguments, bounds=limits)
    assert papers_of(told) == papers_told(limits.papers, told.finish)
    return _outcomes(told), True


@pytest.mark.slow
def test_supplements_agree_on_nodes() -> None:
    random = Random("more on nodes")
    _check([_on_nodes(random, number) for number in range(24)], 2)
