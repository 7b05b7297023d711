"""The machine on which passes are tried is what the run is, whatever was tried on it before."""

from __future__ import annotations

from functools import cache, partial
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from pairs import few_or_all
from twin import engine
from twin.model import TwinJob
from twin.nodes.everything import everything
from twin.nodes.scenarios import Small
from twin.nodes.test_either import crowded as either_on_nodes
from twin.nodes.test_floods import crowded as flood_of_nodes
from twin.nodes.test_reclaim import crowded as crowded_nodes
from twin.test_either import crowded as either_on_a_pool
from twin.test_floods import crowded as flood_of_pool
from twin.test_reclaim import crowded as crowded_pool
from twin.test_served import BACKFILLS, CAPACITY, ORDERINGS, busy_jobs

from explain.probing import nodes_of, told
from explain.test_reforms import nodes_reformed
from explain.test_suspended import crowded as stands_aside
from simulator.engine import run
from simulator.engine.probe import copies
from simulator.engine.probe.lifts import ASIDE, CLAUSES, LIMIT, NODES, STANDING, has_rights
from simulator.engine.probe.scratch import Scratch
from simulator.engine.probe.trial import Look, ordered, starts
from simulator.engine.probe.watch import Onlooker
from simulator.engine.world import Nodes
from simulator.kernels.grid import ENTRIES
from simulator.kernels.state import DONE, LOGGED, QUEUED, REFUSED, STARTED, WITHDRAWN
from simulator.kernels.suspensions import ASIDE as SUSPENDED
from simulator.kernels.suspensions import ENDED
from simulator.rules.models import Rule

if TYPE_CHECKING:
    from explain.probing import Replay
    from simulator.engine.world import Pool


def _arrays(part: Any, name: str = "") -> dict[str, Any]:
    """All arrays of a state or grid by their names."""
    if not isinstance(part, tuple):
        return {name: part}
    fields: Any = part
    found: dict[str, Any] = {}
    for field, value in zip(fields._fields, fields, strict=True):
        found |= _arrays(value, f"{name}.{field}" if name else field)
    return found


def _all(world: Pool | Nodes) -> dict[str, Any]:
    grid = _arrays(world.grid, "grid") if isinstance(world, Nodes) else {}
    return _arrays(world.state) | grid


def _open(world: Pool | Nodes, when: int) -> Any:
    """Jobs that have come by the instant, or come then, and are not over; with limits also those
    that were taken back, since they may stand in the list of whom one of them holds."""
    over = (DONE, REFUSED) if world.program.limited else (DONE, REFUSED, WITHDRAWN)
    gone = np.isin(world.state.progress.phase, over)
    return np.flatnonzero(~gone & (world.state.columns.submit <= when))


def _readable(world: Pool | Nodes, when: int) -> dict[str, Any]:
    """Of all arrays what somebody may read."""
    grid = world.grid if isinstance(world, Nodes) else None
    filled = copies._filled(world.state, grid, world.program) | {
        "rights.victims": (0, 0),
        "rights.keys": (0, 0),
    }
    jobs, read = len(world.state.columns.submit), _grown(world)
    for name, array in read.items():
        kind = _kind(name)
        part = name if name in filled else name.rpartition(".")[0]
        if kind == copies.IN_PART:
            read[name] = array[slice(*filled[part])].copy()
        elif kind in (copies.BY_JOB, copies.OF_ONE_JOB) and len(array) == jobs:
            read[name] = array[_open(world, when)]
    return read


def _grown(world: Pool | Nodes) -> dict[str, Any]:
    """All arrays; of those that only grow, and to which the run and the machine both write behind
    what there is, that alone."""
    counters, found = world.state.counters, {}
    for name, array in _all(world).items():
        end = len(array)
        if name.startswith("log."):
            end = counters[STARTED if name.startswith("log.began") else LOGGED]
        elif name in ("suspensions.position", "suspensions.start", "suspensions.end"):
            end = world.state.suspensions.counts[ENDED]
        elif name.startswith("grid.held.") and name != "grid.held.first":
            end = world.grid.totals[ENTRIES]
        elif name == "limits.floods.times":
            end = 0
        found[name] = array[:end].copy()
    return found


@cache
def _kind(name: str) -> int:
    parts = name.split(".")
    up = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((copies._KINDS[each] for each in up if each in copies._KINDS), copies.WHOLE)


def _same(found: dict[str, Any], expected: dict[str, Any]) -> None:
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        # Bit for bit: what was never filled may be no number.
        assert found[name].tobytes() == array.tobytes(), name


def _followed(replay: Replay, units: int) -> int:
    """At some instants each clause is lifted for whoever waited longest: the machine that has
    followed the run is, before and after, what one is that is made new, and the run as it was.
    Returns how many clauses were lifted."""
    plain = replay()
    queued = plain.jobs["queued"].to_numpy()
    position, scratch = int(queued.argmax()), Scratch()
    instants = {each for row in plain.attempts.to_pylist() for each in (row["start"], row["end"])}
    tried: list[str] = []

    def look(when: int, world: Pool | Nodes) -> None:
        before = _grown(world)
        mine = Look(world, when, position, units, scratch)
        fresh = _readable(ordered(Look(world, when, position, units)), when)
        _same(_readable(ordered(mine), when), fresh)
        waits = world.state.progress.phase[position] == QUEUED
        comes = world.state.columns.submit[position] == when
        some = [clause for clause in CLAUSES if _can(world, position, clause)]
        for clause in some if waits or comes else ():
            starts(mine, {clause})
            tried.append(clause)
        _same(_readable(ordered(mine), when), fresh)
        _same(_readable(scratch.raw(), when), _readable(world, when))
        _same(_grown(world), before)

    chosen = sorted(instants - {None})[:: max(1, len(instants) // 12)]
    again = replay(watch=Onlooker(chosen, look))
    assert again.attempts == plain.attempts
    return len(tried)


def _can(world: Pool | Nodes, position: int, clause: str) -> bool:
    """Whether the clause is one that such a world can have lifted."""
    limits, nodes = world.state.limits, isinstance(world, Nodes)
    return {
        LIMIT: bool(world.program.limited) and len(limits.group) > 0,
        STANDING: bool(world.program.limited) and len(limits.balances.behind) > 0,
        "rights": has_rights(world, position),
        NODES: nodes,
        ASIDE: nodes and world.state.suspensions.counts[SUSPENDED] > 0,
        "cpus": nodes,
        "memory": nodes,
    }.get(clause, True)


SLOW = pytest.mark.slow
CROWDS = {
    "reclaim": (crowded_pool, crowded_nodes),
    "either": (either_on_a_pool, either_on_nodes),
    "floods": (flood_of_pool, flood_of_nodes),
}


@pytest.mark.parametrize(
    "kind", ["floods", pytest.param("reclaim", marks=SLOW), pytest.param("either", marks=SLOW)]
)
def test_follows_crowds(kind: str) -> None:
    random, tried = Random(f"scratch {kind}"), 0
    on_pool, on_nodes = CROWDS[kind]
    for backfill in ("none", "easy", "conservative"):
        said = on_pool(random, backfill, 25)
        rule = engine.rule(
            said["order"], backfill, preemption=said["preemption"], bounds=said["bounds"]
        )
        pool = partial(run.replay, engine.columns(said["jobs"]), said["capacity"], rule)
        tried += _followed(pool, said["capacity"])
        arguments, limits = on_nodes(random, backfill, 20)
        tried += _followed(*nodes_of(Small(**arguments), limits.settings(1)))
    assert tried > 100, tried


@pytest.mark.parametrize("seed", [0, 1, *(pytest.param(seed, marks=SLOW) for seed in range(2, 9))])
def test_follows_everything_at_once(seed: int) -> None:
    scenario = everything(seed)
    _followed(*nodes_of(scenario, scenario.served))


@pytest.mark.parametrize("count", few_or_all(1, 4))
@pytest.mark.parametrize("backfill", ["none", "easy"])
def test_follows_jobs_that_are_suspended(backfill: str, count: int) -> None:
    random = Random(f"scratch aside {backfill}")
    assert sum(_followed(*stands_aside(random, backfill)) for _ in range(count)) > 5 * count


@pytest.mark.parametrize("count", few_or_all(1, 3))
@pytest.mark.parametrize("kind", ["suspend", "told", "kept", "idle ranks"])
def test_follows_rules_that_follow_one_another(kind: str, count: int) -> None:
    random = Random(f"scratch reformed {kind}")
    assert sum(_followed(*nodes_reformed(random, kind)) for _ in range(count)) > 6 * count


REMEMBER = ("stride", "lottery", "karma", "las", "htcondor")


def _served(order: str) -> tuple[Replay, int]:
    name = next(each for each in ORDERINGS if each.startswith(order))
    said = {"kind" if key == "backfill" else key: of for key, of in BACKFILLS["easy"].items()}
    rule = Rule.model_validate({**ORDERINGS[name], "backfill": said})
    return partial(run.replay, engine.columns(busy_jobs(3, 30)), CAPACITY, rule), CAPACITY


@pytest.mark.parametrize("order", REMEMBER)
def test_follows_orders_that_remember(order: str) -> None:
    assert _followed(*_served(order))


@pytest.mark.parametrize("every", few_or_all(2, 1))
def test_nothing_that_is_not_set_is_read(monkeypatch: pytest.MonkeyPatch, every: int) -> None:
    """Stories are the same where all that a trial leaves unset is spoilt before it."""
    cases = [nodes_of(each, each.served) for each in map(everything, range(4))]
    cases += map(_served, REMEMBER)
    random = Random("spoilt")
    for kind in CROWDS:
        arguments, limits = CROWDS[kind][1](random, "conservative", 20)
        cases.append(nodes_of(Small(**arguments), limits.settings(1)))
    cases += [stands_aside(random, backfill) for backfill in ("none", "easy")]
    cases += [nodes_reformed(random, kind) for kind in ("suspend", "ranks", "told", "either")]
    cases = cases[::every]
    stories = [_stories(*case) for case in cases]
    for name in ("gather", "repeat"):
        plainly = getattr(copies.Copy, name)

        def spoilt(self: Any, *given: Any, plainly: Any = plainly) -> Any:
            self._rows[:] = 1
            for part in self.arrays.in_part.values():
                for array in part:
                    array[:] = 1
            return plainly(self, *given)

        monkeypatch.setattr(copies.Copy, name, spoilt)
    assert [_stories(*case) for case in cases] == stories
    assert sum(map(len, stories)) > 10_000 // every


def _stories(replay: Replay, units: int) -> str:
    queued = replay().jobs["queued"].to_numpy()
    story = told(replay, units, replay.args[2], int(queued.argmax()))  # type: ignore[attr-defined]
    return f"{story.moments} {sorted(story.started.items())} {story.stood_still}"


def test_follows_whom_a_limit_holds_when_they_are_taken_back() -> None:
    """The second is taken back while the limit holds it, and stands in the list of those whom it
    holds, before the first, until the limit has room again."""
    ends = 20, 40, 60
    jobs = [TwinJob(0, end, end, 1, user) for user, end in enumerate(ends)]
    for user, _ in enumerate(ends):
        jobs += [TwinJob(1, 5, 5, 1, user), TwinJob(2, 5, 5, 1, user, cancelled_at=10 + user)]
    rule = Rule.model_validate({"limits": {"one": {"per": "user", "jobs": 1}}})
    jobs.sort(key=lambda job: job.submit)
    assert _followed(partial(run.replay, engine.columns(jobs), 4, rule), 4)
