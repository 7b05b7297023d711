"""The life of a job on a pool: a process from its arrival until it leaves for good."""

from __future__ import annotations

from typing import TYPE_CHECKING

import simpy

from twin.clock import ARRIVAL, COMPLETION, TAKEN_BACK
from twin.machine import Pool

if TYPE_CHECKING:
    from collections.abc import Generator

    from twin.clock import Process


class Lives(Pool):
    """All jobs, and the users who take them back."""

    def job(self, position: int) -> Process:
        job, outcome = self.jobs[position], self.outcomes[position]
        yield self.at(job.submit, ARRIVAL, position)
        if job.size > self.capacity or (self.bounds and self.bounds.refused(position)):
            outcome.state = "refused"
            self.ask_for_pass()
            return
        if job.cancelled_at is not None and job.cancelled_at <= job.submit:
            outcome.end, outcome.state = job.submit, "cancelled"
            self.ask_for_pass()
            return
        if self.bounds and self.bounds.too_many(position, [*self.queue, *self.running]):
            outcome.state = "refused"
            self.ask_for_pass()
            return
        self.come.append(position)
        reason = "requeued"
        while reason in ("requeued", "preempted"):
            outcome.eligible = self.eligible[position] = int(self.env.now)
            self.want_tick()
            self.queue.append(position)
            if self.ledger:
                self.ledger.queued(position)
                self.ledger.key(position, int(self.env.now), self.eligible)
            self.ask_for_pass()
            self.starts[position] = self.env.event()
            try:
                yield self.starts[position]
            except simpy.Interrupt as interrupt:
                self.leave_queue(position)
                outcome.state = str(interrupt.cause)
                if outcome.state == "cancelled":
                    outcome.end = int(self.env.now)
                else:
                    outcome.eligible = None
                    outcome.end = outcome.attempts[-1][1] if outcome.attempts else None
                return
            reason = yield from self.attempt(position)
        _, outcome.end, outcome.state = outcome.attempts[-1]

    def leave_queue(self, position: int) -> None:
        if position in self.holds:
            del self.holds[position]
        else:
            self.queue.remove(position)
        del self.starts[position]
        if self.ledger:
            self.ledger.withdrawn(position)
        if self.plan.pop(position, None) is not None:
            self.freed_early = True
        self.ask_for_pass()

    def user(self, position: int) -> Process:
        """Who takes the job back, if it is still there."""
        job = self.jobs[position]
        if job.cancelled_at is None or job.cancelled_at <= job.submit:
            return
        yield self.at(job.cancelled_at, TAKEN_BACK, position)
        if any(position in there for there in (self.running, self.queue, self.holds)):
            self.processes[position].interrupt("cancelled")

    def attempt(self, position: int) -> Generator[simpy.Event, None, str]:
        job, outcome, start = self.jobs[position], self.outcomes[position], int(self.env.now)
        length, reason = job.work
        if self.overrun == "kill" and length > job.walltime:
            length, reason = job.walltime, "killed"
        end, told = start + length, False
        while True:
            try:
                yield self.at(end, COMPLETION, position)
            except simpy.Interrupt as interrupt:
                if interrupt.cause == "told":
                    stop = self.running[position].stop
                    if stop is not None and stop < end:
                        end, told = stop, True
                    continue
                reason = str(interrupt.cause)
                if reason == "idle":
                    reason = self.reaped(position)
            else:
                reason = self.stopped(position) if told else reason
            break
        if position in self.running:
            if self.running[position].planned_end(start) > self.env.now:
                self.freed_early = True
            self.stop(position)
        self.ask_for_pass()
        if reason in ("requeued", "failed", "preempted", "cancelled"):
            outcome.lost += job.size * (int(self.env.now) - start)
        outcome.attempts.append((start, int(self.env.now), reason))
        outcome.start = outcome.attempts[0][0]
        return reason

    def stopped(self, position: int) -> str:
        """The grace of a job is over: what becomes of it."""
        rule, fate = self.told[position]
        self.standings[position].note_stopped(rule)
        return "failed" if fate == "cancel" else "preempted"

    def reaped(self, position: int) -> str:
        """A job is stopped for leaving units idle: what becomes of it."""
        assert self.preemption is not None
        assert self.preemption.idle is not None
        self.standings[position].idled += 1
        return "failed" if self.preemption.idle.how == "cancel" else "preempted"
