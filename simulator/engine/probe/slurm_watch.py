"""Looking on at a replay before and after chosen passes of Slurm's, without changing anything."""

from __future__ import annotations

from abc import ABC, abstractmethod

from simulator.engine.clock import Watch
from simulator.engine.slurm import SlurmNodes
from simulator.engine.world import World
from simulator.kernels.state import AT_HORIZON, NOW
from simulator.rules.slurm.run_kernel import AGAIN, BACKFILL_COMES, MAIN_COMES

PASSES = MAIN_COMES, BACKFILL_COMES


def slurm_nodes(world: World) -> SlurmNodes:
    """The world, which has Slurm's passes."""
    if not isinstance(world, SlurmNodes):
        raise TypeError(f"a {type(world).__name__} makes no passes of Slurm's")
    return world


class PassWatch(Watch, ABC):
    """A watch that stops before each pass over a queue that is not empty, from some second on."""

    @abstractmethod
    def since(self, world: SlurmNodes) -> int:
        """From which second on it stops next; FAR: never."""

    @abstractmethod
    def before(self, world: SlurmNodes, coming: int) -> None:
        """A pass is coming: MAIN_COMES or BACKFILL_COMES. Nothing is to be changed by who looks."""

    def after(self, world: SlurmNodes) -> None:
        """That pass has been made."""

    def advance(self, world: World, horizon: int, rounds: int) -> bool:
        """Advance as ``world`` does, and tell of these passes."""
        nodes = slurm_nodes(world)
        reason = nodes.go_on(horizon, rounds, self.since(nodes))
        while reason in PASSES:
            now = int(nodes.state.counters[NOW])
            self.before(nodes, reason)
            # To the next pass of the round, or to its end.
            reason = nodes.go_on(horizon, 0, now, reason)
            self.after(nodes)
            if reason not in (*PASSES, AT_HORIZON):
                reason = nodes.go_on(horizon, rounds, self.since(nodes), AGAIN)
        return reason == AT_HORIZON
