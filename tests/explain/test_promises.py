"""Planned starts: where nothing unforeseen happens, the job starts then.

On pools alone: on nodes a job now and then starts before or after the time that is told.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from twin import scenarios
from twin.nodes.everything import everything

from explain.probing import nodes_of, on_pool, told
from simulator.engine.probe.trial import Look, go, ordered
from simulator.engine.probe.watch import Onlooker
from simulator.rules.models import Rule

if TYPE_CHECKING:
    from twin.scenarios import Small

    from explain.probing import Replay
    from simulator.engine.probe.story import Story
    from simulator.engine.world import Nodes, Pool

FEW = settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
POOLS = scenarios.scenarios(scenarios.STATIC_ORDERS, odd=False, outages=False)


@given(POOLS)
@FEW
def test_on_pools(scenario: Small) -> None:
    jobs = [replace(job, run_time=job.walltime) for job in scenario.jobs]
    _keeps_its_word(*on_pool(replace(scenario, jobs=jobs)))


def _keeps_its_word(replay: Replay, units: int) -> None:
    """After the last arrival nothing but planned ends happens."""
    jobs = replay().jobs.to_pylist()
    last = max(row["submit"] for row in jobs)
    waited = [at for at, row in enumerate(jobs) if row["queued"] > 0]
    for position in waited[-4:]:
        for look in told(replay, units, Rule(), position).moments:
            if look.when >= last and look.promised is not None:
                assert look.promised == jobs[position]["start"], (look.when, position)


def test_on_nodes_they_are_of_the_pass_alone() -> None:
    """What is told is what one pass leaves, whatever else is tried at the instant."""
    told_at = 0
    for scenario in map(everything, (0, 4, 5, 6)):
        replay, units = nodes_of(scenario, scenario.served)
        position = int(replay().jobs["queued"].to_numpy().argmax())
        story = told(replay, units, replay.args[2], position)  # type: ignore[attr-defined]
        plans: dict[int, Any] = {}
        alone = partial(_planned_alone, story, units, plans)
        replay(watch=Onlooker([look.when for look in story.moments], alone))
        for look in story.moments:
            assert (look.promised, look.head_promised) == plans[look.when], look.when
            told_at += look.promised is not None or look.head_promised is not None
    assert told_at > 10, told_at


def _planned_alone(
    story: Story, units: int, plans: dict[int, Any], when: int, world: Pool | Nodes
) -> None:
    """Note the planned starts of the job and of the head that the pass leaves."""
    look = Look(world, when, story.position, units)
    machine = ordered(look)
    go(machine, look)
    mine, _, theirs, _ = story._plan(machine, story.eras[world.era].rule)
    plans[when] = mine, theirs
