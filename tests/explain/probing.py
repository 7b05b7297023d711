"""Every pass that a job sits through, made once more with clauses lifted, and what must hold."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from twin import engine as pools
from twin.nodes import engine as on_nodes
from twin.test_served import CAPACITY, busy_jobs

from simulator.engine import run
from simulator.engine.probe.scratch import Scratch
from simulator.engine.probe.story import InForce, Story
from simulator.engine.probe.trial import Look, blocking, go, ordered, starts
from simulator.engine.probe.watch import Onlooker
from simulator.kernels.state import HOLDING, PENDING, QUEUED
from simulator.rules.models import Rule

if TYPE_CHECKING:
    from collections.abc import Callable

    from twin.nodes.scenarios import Small as SmallNodes
    from twin.scenarios import Small

    from simulator.engine.world import Nodes, Pool

    Replay = Callable[..., run.Outcome]


def on_pool(scenario: Small, **stages: Any) -> tuple[Replay, int]:
    """The replay of a scenario, but for who looks on, and the units of its machine."""
    rule = pools.rule(**{"backfill": "easy", **scenario.rule, **stages})
    jobs = pools.columns(scenario.jobs)
    outages = {"maintenance": scenario.windows, "losses": scenario.losses}
    return partial(run.replay, jobs, scenario.capacity, rule, **outages), scenario.capacity


def nodes_of(scenario: SmallNodes, served: dict[str, Any] | None = None) -> tuple[Replay, int]:
    """As ``on_pool``, of nodes; ``served``: stages in the place of the rule's own."""
    machine = on_nodes.machine(scenario.nodes)
    replay = partial(
        run.replay,
        on_nodes.columns(scenario.jobs, scenario.nodes),
        machine,
        on_nodes.model(scenario.rule, served),
        maintenance=[on_nodes._window(each) for each in scenario.windows],
        outages=[on_nodes._outage(each, scenario.nodes) for each in scenario.failures],
        checkpoints=on_nodes._checkpoints(scenario.checkpoints),
    )
    return replay, machine.units


def served_on_pool(backfill: dict[str, Any], stages: dict[str, Any]) -> list[tuple[str, ...]]:
    """``examine`` a busy pool under these stages of a scenario, and a job that fails or is taken
    back here and there."""
    said = {"kind" if name == "backfill" else name: value for name, value in backfill.items()}
    rule = Rule.model_validate({**stages, "backfill": said})
    jobs = pools.columns(busy_jobs(1, 40))
    return examine(partial(run.replay, jobs, CAPACITY, rule), CAPACITY, most=2)


def examine(
    replay: Replay, units: int, most: int = 3, *, rounds_alike: bool = True
) -> list[tuple[str, ...]]:
    """Look at the passes that up to so many jobs sat through, those that waited longest; returns
    what blocked them.

    Whoever looks on changes nothing. As it is, a pass on a copy lets a job start or not as it
    really did. Whatever is named as blocking lets the job start when it is lifted, and not when
    any part of it is left. ``rounds_alike``: instants are counted alike; not where nodes run out of
    room for attempts in the midst of one, which is then counted twice, at other instants.
    """
    plain = replay()
    jobs = plain.jobs.to_pylist()
    long = sorted(range(len(jobs)), key=lambda position: -jobs[position]["queued"])[:most]
    instants = {
        row[end]
        for row in plain.attempts.to_pylist()
        for end in ("start", "end")
        if row[end] is not None
    } | {row["submit"] for row in jobs}
    found: list[tuple[str, ...]] = []
    for position in (each for each in long if jobs[each]["queued"] > 0):
        starts = {row["start"] for row in plain.attempts.to_pylist() if row["position"] == position}
        look = partial(_seen, position, units, starts, found, Scratch())
        again = replay(watch=Onlooker(instants, look))
        assert again.jobs == plain.jobs
        assert again.attempts == plain.attempts
        assert again.events == plain.events
        assert again.passes == plain.passes
        assert again.instants == plain.instants or not rounds_alike
    return found


def _seen(
    position: int,
    units: int,
    starts_at: set[int],
    found: list[tuple[str, ...]],
    scratch: Scratch,
    when: int,
    world: Pool | Nodes,
) -> None:
    phase, submit = world.state.progress.phase[position], world.state.columns.submit[position]
    if phase != QUEUED and not (phase == PENDING and submit == when):
        return
    look = Look(world, when, position, units, scratch)
    if when in starts_at:
        return
    world = ordered(look)
    if go(world, look):
        # It has its turn behind it: with grace it holds units until others have gone.
        assert world.state.progress.phase[position] == HOLDING, (when, position)
        return
    clauses = blocking(look)
    assert clauses, (when, position)
    assert starts(look, set(clauses)), (when, position, clauses)
    for clause in clauses:
        assert not starts(look, set(clauses) - {clause}), (when, position, clauses, clause)
    found.append(clauses)


def examine_at(replay: Replay, units: int, position: int, when: int) -> tuple[str, ...]:
    """What blocks the job in the pass of an instant."""
    found: list[tuple[str, ...]] = []

    def seen(at: int, world: Pool | Nodes) -> None:
        found.append(blocking(Look(world, at, position, units)))

    replay(watch=Onlooker([when], seen))
    return found[0]


def in_force(rule: Rule, parts: dict[str, float] | None = None) -> list[InForce]:
    """The rules of a run."""
    return [InForce(era, parts or {}) for _, era in rule.eras]


def told(
    replay: Replay, units: int, rule: Rule, position: int, parts: dict[str, float] | None = None
) -> Story:
    """What is noted of a job that is looked at whenever anything happens to anybody."""
    outcome = replay()
    attempts, instants = outcome.attempts.to_pylist(), set(outcome.jobs["submit"].to_pylist())
    starts: dict[int, list[int]] = {}
    for row in attempts:
        starts.setdefault(row["start"], []).append(row["position"])
        instants |= {row["start"], row["end"]} - {None}
    own = {row["start"] for row in attempts if row["position"] == position}
    stopped = {row["end"] for row in attempts if row["cause"] in ("preemption", "idle")}
    aside = [(row["position"], each) for row in attempts for each in row["suspended"] or ()]
    instants |= {row["time"] for row in outcome.events.to_pylist() if row["kind"] == "reform"}
    story = Story(
        position, units, in_force(rule, parts), frozenset(instants - own), starts,
        frozenset(stopped | {when for _, when in aside}),
        suspensions=frozenset(when for each, when in aside if each == position),
        stills=frozenset(instants),
    )  # fmt: skip
    replay(watch=story.watch())
    return story
