"""Whether a reform refused a job that waited."""

from __future__ import annotations

from simulator.engine.clock import Watch
from simulator.engine.world import World
from simulator.kernels.state import PENDING, QUEUED, REFUSED


class Refusal(Watch):
    """A watch that notes the reform at which the job's wait ended with a refusal."""

    def __init__(self, position: int) -> None:
        self._position = position
        self._waited = False
        self.era: int | None = None
        """The rule that refused it when it took over, counted from 0; None if none did."""

    def advance(self, world: World, horizon: int, rounds: int) -> bool:
        """As ``world`` advances. A reform is an event of SimPy, between two calls."""
        if self._waited and world.state.progress.phase[self._position] == REFUSED:
            self.era = world.era
        arrived = world.advance(horizon, rounds)
        progress = world.state.progress
        phase, requeues = progress.phase[self._position], progress.requeues[self._position]
        # Whom Slurm's own passes have stopped waits before it is in line again.
        self._waited = bool(phase == QUEUED or (phase == PENDING and requeues > 0))
        return arrived
