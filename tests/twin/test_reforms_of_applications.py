"""Applications whose rule is reformed: the engine goes on as the twin does, on pools."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from simulator.engine.run import Outcome
from twin import engine, twin
from twin.applications import Check, Council, Level, More, Scheme
from twin.limits import Bounds
from twin.model import TwinJob
from twin.reforming import Change
from twin.test_applications import papers_of, papers_told
from twin.test_limits import _asks

Classes = tuple[tuple[str, ...], ...]
CAPACITY = 8
NAMES = ("small", "middle", "large")
SEEN = ("under way", "held", "withdrawn", "moved", "unpaid", "ran on")
"""What has to happen."""
CLASSES = ("class0", "class1"), ("class0",), ("class1",)
"""Of which tiers may be."""


def crowd(random: Random) -> list[TwinJob]:
    """Jobs of eight users over some time."""
    submits = sorted(random.choice([0, 3, 9, random.randrange(120)]) for _ in range(24))
    return [
        TwinJob(
            submit,
            random.choice([1, 4, 10, 25, 40]),
            random.choice([5, 10, 25, 40]),
            random.choice([1, 1, 2, 4]),
            user=random.randrange(8),
            fails_after=random.choice([None, None, None, 3]),
            cancelled_at=random.choice([None, None, None, submit + 20]),
        )
        for submit in submits
    ]


def _council(random: Random, name: str) -> Council:
    to_give = random.choice([None, None, 60, 150])
    return Council(
        name,
        random.choice([1, 7, 20, 45]),
        random.choice([0, 0, 5, 30]),
        random.choice([0, 1, 12]),
        random.choice([None, 1, 1, 2]),
        random.random() < 0.5,
        random.choice([1.0, 1.0, 0.6]),
        to_give,
        to_give is not None and random.random() < 0.5,
    )


def _level(
    random: Random, name: str, councils: list[str], ahead: int, classes: Classes = CLASSES
) -> Level:
    """``classes``: of which it may be, the first of them as often as the others together."""
    takes, accepts = random.choice([0, 3, 15, 30]), random.choice([1.0, 1.0, 0.6])
    review: Check | str = Check(takes, accepts, random.choice([None, 1, 1, 2]))
    if councils and random.random() < 0.6:
        review = random.choice(councils)
    term, renew = random.choice([10, 30, 60, 120]), random.random() < 0.6
    more = More(random.choice([0.1, 0.5]), random.choice([0.5, 1.0]), random.choice([1, 3]), 4)
    there = random.random() < 0.4 and term - (ahead if renew else 0) > more.every
    return Level(
        name,
        random.choice([classes[0], *classes]),
        random.choice([20, 60, 150, 250]),
        term,
        review,
        renew,
        random.choice([None, 5, 30]),
        random.random() < 0.2,
        more if there else None,
    )


def scheme(random: Random, classes: Classes = CLASSES) -> Scheme:
    """One to three tiers of the same few names."""
    councils, ahead = (
        ["council", "board"][: random.choice([0, 1, 2])],
        random.choice([0, 0, 10, 60]),
    )
    names = sorted(random.sample(NAMES, random.choice([1, 2, 2, 3])))
    levels = tuple(_level(random, name, councils, ahead, classes) for name in names)
    asked = [name for name in councils if any(each.review == name for each in levels)]
    margin = random.choice([1.0, 1.0, 1.3])
    panels = tuple(_council(random, name) for name in asked)
    return Scheme(levels, panels, ahead, margin, random.random() < 0.3)


def changed(random: Random, before: Scheme) -> Scheme:
    """The same but for one thing, as most reforms are."""
    place = random.randrange(len(before.levels))
    level = before.levels[place]
    if before.councils and random.random() < 0.5:
        which = random.randrange(len(before.councils))
        old = before.councils[which]
        new = _council(random, old.name)
        said = {random.choice(["meets", "capacity", "accepts", "decides", "by_merit"])}
        council = replace(old, **{name: getattr(new, name) for name in said})
        kept = (*before.councils[:which], council, *before.councils[which + 1 :])
        return replace(before, councils=kept)
    classes = level.classes, level.classes[:1]
    councils = [each.name for each in before.councils]
    new = _level(random, level.name, councils, before.ahead, classes)
    name = random.choice(["up_to", "term", "renew", "again", "review", "classes", "more"])
    level = replace(level, **{name: getattr(new, name)})
    if level.more and level.term - (before.ahead if level.renew else 0) <= level.more.every:
        level = replace(level, more=None)
    levels = (*before.levels[:place], level, *before.levels[place + 1 :])
    asked = {each.review for each in levels if isinstance(each.review, str)}
    kept = tuple(each for each in before.councils if each.name in asked)
    return replace(before, levels=levels, councils=kept)


def story(random: Random) -> dict[str, Any]:
    """A crowd and the rules that follow one another; arguments of the twin's ``simulate``."""
    jobs = crowd(random)
    first = scheme(random) if random.random() < 0.85 else None
    times = sorted(random.sample(range(1, max(jobs[-1].submit, 3) + 1), random.choice([1, 1, 2])))
    before, changes = first, []
    for at in times:
        if before is None or random.random() < 0.4:
            before = scheme(random) if before is None or random.random() < 0.6 else None
        else:
            before = changed(random, before)
        backfill = random.choice(["none", "easy", "conservative"])
        rule = {"order": random.choice(["fcfs", "sjf"]), "backfill": backfill}
        rule["overrun"] = random.choice(["kill", "kill", "allow"])
        if backfill == "conservative":
            rule["replan"] = random.choice(["all", "earlier"])
        if before is not None:
            rule["bounds"] = Bounds((), _asks(jobs), scheme=before)
        changes.append(Change(at, rule))
    more = {} if first is None else {"bounds": Bounds((), _asks(jobs), scheme=first)}
    last = [each.submit for each in jobs][-1]
    changes = [each for each in changes if each.time <= last]
    return {"jobs": jobs, "capacity": CAPACITY, "order": "fcfs", "backfill": "easy"} | {
        "overrun": random.choice(["kill", "allow"]),
        "changes": changes,
        **more,
    }


def agree(said: dict[str, Any]) -> Outcome:
    """The engine and the twin tell the same of jobs and applications."""
    told = engine.replay(**said)
    assert engine.outcomes(told) == twin.simulate(**said)
    rules = [said.get("bounds"), *(each.rule.get("bounds") for each in said["changes"])]
    papers = next((each.papers for each in rules if each is not None), [])
    assert papers_of(told) == papers_told(papers, told.finish)
    return told


def _seen(said: dict[str, Any], told: Outcome) -> Counter[str]:
    """What the reforms did to what was under way."""
    rows, found = told.applications.to_pylist(), Counter[str]()
    for change in said["changes"]:
        for row in rows:
            decided = told.finish if row["decided"] is None else row["decided"]
            found["under way"] += row["applied"] < change.time < decided
            holds = row["starts"] is not None and row["starts"] < change.time < row["expires"]
            found["held"] += holds
    found["withdrawn"] = sum(row["outcome"] == "withdrawn" for row in rows)
    found["moved"] = sum(bool(row["lines"]) and not row["panel"] for row in rows)
    found["moved"] += sum(bool(row["lines"]) and row["lines"][0] > row["applied"] for row in rows)
    ends = told.attempts.to_pylist()
    found["unpaid"] = sum(row["cause"] == "budget" for row in ends)
    asked = [job.walltime for job in said["jobs"]]
    late = [row["end"] - row["start"] > asked[row["position"]] for row in ends]
    found["ran on"] = sum(late)
    return found


# Each of these shows some of what all are to be tried for.
FEW = 8, 18, 25, 41, 42, 50, 54, 78, 84, 86, 89, 100, 112


@pytest.mark.parametrize(
    "seeds",
    [
        FEW,
        pytest.param(range(200), marks=pytest.mark.slow),
        pytest.param(range(200, 600), marks=[pytest.mark.slow, pytest.mark.thorough]),
    ],
    ids=["few", "many", "more"],
)
def test_reforms_of_applications_agree(seeds: Sequence[int]) -> None:
    """And they do what they are to be tried for."""
    seen = Counter[str]()
    for seed in seeds:
        said = story(Random(f"applications {seed}"))
        seen += _seen(said, agree(said))
    assert min(seen[what] for what in SEEN) > 2
