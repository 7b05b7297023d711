"""Nodes that go and come back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.clock import BACK, GONE, KNOWN
from twin.nodes.machine import Machine
from twin.profile import FOREVER

if TYPE_CHECKING:
    from twin.clock import Process
    from twin.nodes.outages import Absence


class Absences(Machine):
    """A process for each absence; whom it stops, and whose wait it ends."""

    def absence(self, number: int, absence: Absence) -> Process:
        if absence.known_from < absence.start:
            yield self.at(absence.known_from, KNOWN, number)
            for position in self.holding(absence):
                if self.stretches(position)[-1][1] > absence.start:
                    self.give_up(position)
            self.machine_changed()
        yield self.at(absence.start, GONE, number)
        self.away.append(absence)
        for position in self.holding(absence):
            self.give_up(position)
        self.stop_jobs_on(absence)
        self.machine_changed()
        if absence.end < FOREVER:
            yield self.at(absence.end, BACK, number)
            self.away.remove(absence)
            self.machine_changed()

    def holding(self, absence: Absence) -> list[int]:
        """Who waits for any of these nodes."""
        return [
            position
            for position, hold in self.holds.items()
            if not set(absence.nodes).isdisjoint(hold.nodes)
        ]

    def stop_jobs_on(self, absence: Absence) -> None:
        for position, (_, shares) in list(self.running.items()):
            if any(share.node in absence.nodes for share in shares):
                again = absence.fate == "requeue" and self.requeues[position] < absence.most
                self.requeues[position] += again
                self.processes[position].interrupt(("requeued" if again else "failed", again))
                self.leave(position, absence.cause, keeps=again)
