"""Units that leave a pool and come back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.clock import BACK, GONE, KNOWN
from twin.machine import Pool
from twin.profile import FOREVER

if TYPE_CHECKING:
    from twin.clock import Process
    from twin.outages import Absence


class Absences(Pool):
    """A process for each absence; whom it stops, and whose wait it ends."""

    def absence(self, number: int, absence: Absence) -> Process:
        if absence.known_from < absence.start:
            yield self.at(absence.known_from, KNOWN, number)
            for position in list(self.holds):
                if self.last_held(position) > absence.start:
                    self.give_up(position)
            self.machine_changed()
        yield self.at(absence.start, GONE, number)
        self.taken[absence] = min(absence.units, self.capacity - self.away)
        self.away += self.taken[absence]
        self.kill_until_it_fits(absence)
        self.machine_changed()
        if absence.end < FOREVER:
            yield self.at(absence.end, BACK, number)
            self.away -= self.taken.pop(absence)
            self.machine_changed()

    def last_held(self, position: int) -> int:
        """Until when a job that holds units would have them."""
        return self.holds[position].levels(int(self.env.now), self.running)[-1][1]

    def kill_until_it_fits(self, absence: Absence) -> None:
        if self.free() < 0:
            for position in list(self.holds):
                self.give_up(position)
        while self.running and self.free() < 0:
            victim = max(self.running.values(), key=lambda held: (held.start, held.position))
            self.stop(victim.position, absence.cause)
            reason = "requeued" if absence.on_start == "requeue" else "failed"
            self.processes[victim.position].interrupt(reason)
