"""Another world of Slurm's passes: the same run, one clause lifted for one job from the first."""

from __future__ import annotations

from collections.abc import Callable

from simulator.engine.clock import Watch
from simulator.engine.probe.lifts import LIMIT, ORDER, PLAN
from simulator.engine.probe.slurm_trial import CLOSED, DEPTH, TESTS, USER
from simulator.engine.probe.slurm_watch import slurm_nodes
from simulator.engine.slurm import SlurmNodes
from simulator.engine.world import World
from simulator.kernels.limits import NONE, Limits
from simulator.rules.slurm.run_kernel import FIRST, IN_FULL, Slurm
from simulator.rules.slurm.state_kernel import LET_IN
from simulator.rules.slurm.state_kernel import LOOKED as IS_LOOKED_AT

LOOKED = "looked at"
"""A pass ends before it, or looks at no more of its user's jobs. Lifted: each pass looks at it."""

_LIFTED_BY = {
    LIMIT: (LIMIT,),
    LOOKED: (DEPTH, TESTS, USER),
    PLAN: (CLOSED, PLAN),
    ORDER: (ORDER,),
}

LIFTED_FROM_THE_FIRST = tuple(_LIFTED_BY)
"""What can be lifted for one job alone, for as long as it waits."""


def named(clauses: set[str]) -> list[str]:
    """What of ``LIFTED_FROM_THE_FIRST`` stands for any of the clauses."""
    return [each for each, by in _LIFTED_BY.items() if clauses.intersection(by)]


class Otherwise(Watch):
    """A hand in a replay that lifts one of ``LIFTED_FROM_THE_FIRST`` for the job."""

    def __init__(self, clause: str, position: int) -> None:
        self._lift, self._position = _HANDS[clause], position
        self._is_exempt = clause == LIMIT
        self._lifted_in: Slurm | None = None

    def advance(self, world: World, horizon: int, rounds: int) -> bool:
        """As ``world`` advances; a reform, which comes between two calls, brings other arrays."""
        nodes = slurm_nodes(world)
        if self._lifted_in is not nodes.slurm:
            self._lifted_in = nodes.slurm
            self._lift(nodes, self._position)
        return world.advance(horizon, rounds)

    def take_over(self, limits: Limits) -> None:
        """Of one that is exempt, they neither hold the job back nor refuse it."""
        if self._is_exempt:
            limits.group[self._position] = limits.refused_by[self._position] = NONE


def _exempt(world: SlurmNodes, job: int) -> None:
    if len(world.state.limits.group):
        world.state.limits.group[job] = NONE


def _look_at(world: SlurmNodes, job: int) -> None:
    world.slurm.site.rules[IS_LOOKED_AT] = job + 1
    world.slurm.clock.setting[IN_FULL] = 1


def _let_in(world: SlurmNodes, job: int) -> None:
    world.slurm.site.rules[LET_IN] = job + 1
    world.slurm.clock.setting[IN_FULL] = 1


def _put_first(world: SlurmNodes, job: int) -> None:
    world.slurm.clock.setting[FIRST] = job + 1


_HANDS: dict[str, Callable[[SlurmNodes, int], None]] = {
    LIMIT: _exempt,
    LOOKED: _look_at,
    PLAN: _let_in,
    ORDER: _put_first,
}
