"""Who has used how much, and who waits, at regular instants: a SimPy process."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from simpy.events import Event

from simulator.engine.clock import Clock
from simulator.kernels.limits import held_back
from simulator.kernels.state import BUSY, HEAD, HOLDING, LOGGED, TAIL


@dataclass(slots=True)
class Snapshots:
    """Usage by account, each ``interval`` seconds; a row has one number for each account."""

    clock: Clock
    account: NDArray[np.int32]
    """Account of each job."""
    accounts: int
    interval: int
    times: list[int] = field(default_factory=list)
    rows: list[NDArray[np.int64]] = field(default_factory=list)
    """Per snapshot (5, accounts): GPU-s, running jobs, running GPUs, queued jobs, queued GPUs."""
    _seen: int = 0
    _ended: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))

    def process(self) -> Generator[Event, Any, None]:
        """Take a snapshot after each interval, before the pass of its instant."""
        self._ended = np.zeros(self.accounts, np.int64)
        while True:
            yield self.clock.timeout(self.interval)
            self._take(int(self.clock.now))

    def _take(self, now: int) -> None:
        state = self.clock.world.state
        log, gpus, counters = state.log, state.columns.gpus, state.counters
        new = slice(self._seen, int(counters[LOGGED]))
        ended = log.position[new]
        held = gpus[ended] * (log.end[new] - log.start[new])
        np.add.at(self._ended, self.account[ended], held)
        self._seen = new.stop
        running = state.running.planned_position[: counters[BUSY]]
        holds = state.progress.phase[running] == HOLDING
        waiting, running = running[holds], running[~holds]
        queue = state.queue.position[counters[HEAD] : counters[TAIL]]
        queued = np.concatenate((queue, waiting, held_back(state.limits)))
        row = np.zeros((5, self.accounts), np.int64)
        row[0] = self._ended
        account = self.account[running]
        np.add.at(row[0], account, gpus[running] * (now - state.progress.start[running]))
        for first, jobs in ((1, running), (3, queued)):
            account = self.account[jobs]
            np.add.at(row[first], account, 1)
            np.add.at(row[first + 1], account, gpus[jobs])
        self.times.append(now)
        self.rows.append(row)
