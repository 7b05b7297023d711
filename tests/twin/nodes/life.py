"""The life of a job on nodes: a process from its arrival until it leaves for good."""

from __future__ import annotations

from typing import TYPE_CHECKING

import simpy

from twin.clock import ARRIVAL, COMPLETION, TAKEN_BACK
from twin.nodes.machine import Machine
from twin.saves import Course

if TYPE_CHECKING:
    from collections.abc import Generator

    from twin.clock import Process


class Lives(Machine):
    """All jobs, and the users who take them back."""

    def job(self, position: int) -> Process:
        job, outcome = self.jobs[position], self.outcomes[position]
        yield self.at(job.submit, ARRIVAL, position)
        too_large = self.bounds is not None and self.bounds.refused(position)
        if too_large or sum(job.may_use(node) for node in self.nodes) < job.nodes:
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
            self.eligible[position] = int(self.env.now)
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
                outcome.state = "refused" if interrupt.cause == "refused" else "cancelled"
                outcome.end = int(self.env.now)
                if interrupt.cause == "refused":
                    outcome.end = outcome.attempts[-1][1] if outcome.attempts else None
                self.lose_everything(position)
                return
            reason = yield from self.attempt(position)
        outcome.end, outcome.state = outcome.attempts[-1][1:3]
        if outcome.state in ("failed", "cancelled"):
            self.lose_everything(position)

    def leave_queue(self, position: int) -> None:
        if self.holds.pop(position, None) is None:
            self.queue.remove(position)
        del self.starts[position]
        if self.ledger:
            self.ledger.withdrawn(position)
        self.freed_early |= self.plan.pop(position, None) is not None
        self.ask_for_pass()

    def lose_everything(self, position: int) -> None:
        """What checkpoints kept of a job that never comes to its end is lost after all."""
        outcome = self.outcomes[position]
        ran = sum(attempt[1] - attempt[0] for attempt in outcome.attempts)
        outcome.lost = self.size[position] * ran

    def user(self, position: int) -> Process:
        """Who takes the job back, if it is still there."""
        job = self.jobs[position]
        if job.cancelled_at is None or job.cancelled_at <= job.submit:
            return
        yield self.at(job.cancelled_at, TAKEN_BACK, position)
        if any(position in there for there in (self.running, self.queue, self.holds)):
            self.processes[position].interrupt(("cancelled", False))

    def attempt(self, position: int) -> Generator[simpy.Event, None, str]:
        job, outcome = self.jobs[position], self.outcomes[position]
        start, shares = self.running[position]
        pace = job.pace([self.nodes[share.node] for share in shares])
        work, reason = job.work
        course = Course(work, self.saved[position], self.saves[position], pace)
        self.courses[position] = course
        length, kept = course.length, 0
        if self.rule.overrun == "kill" and length > job.walltime:
            length, reason = job.walltime, "killed"
        end, told = start + length, False
        while True:
            try:
                yield self.env.event() if end is None else self.at(end, COMPLETION, position)
            except simpy.Interrupt as interrupt:
                if interrupt.cause == "told":
                    stop = self.told[position].stop
                    told, end = stop < end, min(stop, end)
                    continue
                if interrupt.cause == "suspended":
                    end = None
                    continue
                if interrupt.cause == "goes on":
                    # Under another rule it may be stopped in the same pass.
                    end = self.began(position) + length if position in self.running else None
                    continue
                cause = interrupt.cause
                reason, keeps = self.reaped(position) if cause == "idle" else cause
            else:
                reason, keeps = self.obeyed(position) if told else (reason, False)
            break
        if position in self.running:
            self.leave(position)
        paused = self.paused[position]
        kept = course.kept(int(self.env.now) - start - paused) if keeps else 0
        self.saved[position] += kept
        self.freed_early |= start + job.length > self.env.now
        if self.ledger:
            self.ledger.ended(position, int(self.env.now))
        self.ask_for_pass()
        by_node = sorted((share.node, share.mask) for share in shares)
        nodes, masks = [node for node, _ in by_node], [mask for _, mask in by_node]
        if reason in ("requeued", "failed", "preempted", "cancelled"):
            ran = int(self.env.now) - start
            outcome.lost += self.size[position] * (ran - course.seconds(kept))
        else:
            outcome.lost += self.size[position] * paused
        outcome.attempts.append((start, int(self.env.now), reason, nodes, masks))
        outcome.start = outcome.attempts[0][0]
        return reason

    def fate(self, position: int) -> tuple[str, bool]:
        """How it ends if it is preempted, and whether it keeps its checkpoints."""
        rule, standing = self.rule.preemption, self.standings[position]
        assert rule is not None
        standing.note_stopped(rule)
        return _end_of(rule.fate(standing.rank))

    def obeyed(self, position: int) -> tuple[str, bool]:
        """The same where its grace is over: as the rule says that told it."""
        notice = self.told[position]
        self.standings[position].note_stopped(notice.rule)
        return _end_of(notice.how)

    def reaped(self, position: int) -> tuple[str, bool]:
        """The same if it is stopped for leaving GPUs idle, whoever waits."""
        rule = self.rule.preemption
        assert rule is not None
        assert rule.idle is not None
        self.standings[position].idled += 1
        return _end_of(rule.idle.how)


def _end_of(how: str) -> tuple[str, bool]:
    """How an attempt ends that others cut short, and whether it keeps its checkpoints."""
    return "failed" if how == "cancel" else "preempted", how == "checkpoint"
