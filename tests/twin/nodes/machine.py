"""Nodes: who holds what of them now, and until when by plan."""

from __future__ import annotations

from dataclasses import replace
from math import lcm
from types import MappingProxyType
from typing import TYPE_CHECKING

from twin.clock import Clock
from twin.nodes.future import Future
from twin.nodes.model import Hold, Notice, Outcome, Share, units
from twin.nodes.placement import Placement, mix_of
from twin.nodes.suspension import Holding, expected_ends, who_goes_on
from twin.preemption import Standing
from twin.profile import FOREVER

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence

    import simpy

    from twin.clock import Ran
    from twin.ledger import Ledger
    from twin.limits import Bounds
    from twin.nodes.model import Node, NodeJob, Rule
    from twin.nodes.outages import Absence
    from twin.nodes.scheduler import Plan
    from twin.saves import Course, Saves


NOBODY: Mapping[int, list[Share]] = MappingProxyType({})


class Machine(Clock):
    """Who waits and who runs, on which nodes."""

    def __init__(
        self,
        jobs: Sequence[NodeJob],
        nodes: Sequence[Node],
        rule: Rule,
        checkpoints: Mapping[int | None, Saves],
        ledger: Ledger | None,
        bounds: Bounds | None,
    ) -> None:
        super().__init__(
            ledger, bounds, [job.submit if ledger else 0 for job in jobs], rule.preemption
        )
        self.jobs, self.nodes, self.rule = list(jobs), list(nodes), rule
        per_gpu = lcm(*(node.slices for node in nodes))
        self.size = [units(job, self.nodes, per_gpu) for job in jobs]
        self.outcomes = [Outcome() for _ in jobs]
        self.starts: dict[int, simpy.Event] = {}
        self.running: dict[int, tuple[int, list[Share]]] = {}
        self.told: dict[int, Notice] = {}
        """Those who have been told to stop."""
        self.suspended: dict[int, int] = {}
        """Since when, the earliest first."""
        self.paused: dict[int, int] = {}
        """How long the running attempt of a job has been suspended."""
        self.holds: dict[int, Hold] = {}
        self.absences: list[Absence] = []
        self.away: list[Absence] = []
        self.requeues = [0 for _ in jobs]
        self.saves = [checkpoints.get(job.rank) for job in jobs]
        self.saved = [0 for _ in jobs]
        self.courses: dict[int, Course] = {}
        ranks = [0 if self.queues else self.rank_of(position) for position in range(len(jobs))]
        self.standings = [Standing(rank) for rank in ranks]
        self.plan: Plan
        self.placement = self.placed_by(rule)
        if ledger:
            self.attach(ledger)

    def placed_by(self, rule: Rule) -> Placement:
        """The rule's placement; it knows the jobs that have not been refused."""
        fitting = [
            job
            for position, job in enumerate(self.jobs)
            if self.size[position]
            and self.outcomes[position].state != "refused"
            and not (self.bounds and self.is_to_come(position) and self.bounds.refused(position))
        ]
        return Placement(
            rule.placement,
            rule.slices,
            mix_of(fitting, rule.types),
            whole_future=rule.backfill in ("reservations", "conservative"),
        )

    def is_to_come(self, position: int) -> bool:
        """Whether the job has not come yet, or comes in this instant."""
        return self.jobs[position].submit >= self.env.now

    def attach(self, ledger: Ledger) -> None:
        """Let the ledger see the machine."""
        ledger.machine = self.units_up_and_free

    def rank_of(self, position: int) -> int | None:
        rule, rank = self.rule.preemption, self.jobs[position].rank
        return rule.rank_of(rank) if rule else rank

    def untold(self) -> list[tuple[int, int, int]]:
        return [
            (position, self.size[position], self.began(position))
            for position in self.running
            if position not in self.told and position not in self.suspended
        ]

    def uses(self, position: int) -> int:
        return self.jobs[position].use

    def units_of(self, position: int) -> int:
        return self.size[position]

    def ran(self, started: Iterable[int] = (), stopped: Sequence[int] = ()) -> Ran:
        """Who runs and since when, as a pass has decided so far."""
        ran = [
            (position, start)
            for position, (start, _) in self.running.items()
            if position not in stopped
        ]
        return [*ran, *((position, int(self.env.now)) for position in started)]

    def begin(self, position: int, shares: list[Share]) -> None:
        self.running[position], self.paused[position] = (int(self.env.now), shares), 0
        self.starts.pop(position).succeed()
        if self.ledger:
            self.ledger.started(position, int(self.env.now))
        if self.bounds:
            self.bounds.begin(position, int(self.env.now))
        self.watch_idle(self.rule.preemption, position)

    def saved_seconds(self, position: int) -> int:
        """Seconds of a running attempt that its checkpoints keep."""
        course = self.courses[position]
        return course.seconds(course.kept(int(self.env.now) - self.began(position)))

    def kept(self, position: int) -> int:
        rule, rank = self.rule.preemption, self.standings[position].rank
        keeps = rule is not None and rule.fate(rank) == "checkpoint"
        return self.saved_seconds(position) if keeps else 0

    def leave(self, position: int, cause: str = "", *, keeps: bool = False) -> None:
        """Its attempt ends, and ``keeps`` what its checkpoints hold or not."""
        self.end_suspension(position)
        if self.bounds:
            kept = self.saved_seconds(position) if keeps else 0
            self.bounds.end(position, int(self.env.now), cause, kept)
        self.told.pop(position, None)
        for hold in self.holds.values():
            hold.victims = [each for each in hold.victims if each != position]
        standing = self.standings[position]
        standing.served += int(self.env.now) - self.began(position)
        standing.reclaimed = False
        del self.running[position]
        if self.queues:
            self.queues.settle(standing, self.size[position], standing.served)

    def give_up(self, position: int) -> None:
        del self.holds[position]
        self.queue.append(position)
        if self.ledger:
            self.ledger.key(position, int(self.env.now), self.eligible)

    def machine_changed(self) -> None:
        self.plan_broken = True
        self.ask_for_pass()

    def units_up_and_free(self) -> tuple[int, int]:
        per_gpu = lcm(*(node.slices for node in self.nodes))
        gone = {number for absence in self.away for number in absence.nodes}
        up = sum(node.gpus for number, node in enumerate(self.nodes) if number not in gone)
        rooms = [node.rooms[0] for node in self.future().nodes]
        held = sum(self.size[position] for position in self.running)
        if self.holds:
            held = per_gpu * (up - sum(0 if room.closed else room.free for room in rooms))
        return up * per_gpu, up * per_gpu - held

    def planned_end(self, position: int) -> int:
        """When plans expect a running job to leave."""
        end = max(self.began(position) + self.jobs[position].walltime, int(self.env.now) + 1)
        return min(end, self.told[position].stop) if position in self.told else end

    def began(self, position: int) -> int:
        """When a running job would have started had it never been suspended."""
        return self.running[position][0] + self.paused[position]

    def end_suspension(self, position: int) -> None:
        """It is suspended no longer."""
        if position in self.suspended:
            since, now = self.suspended.pop(position), int(self.env.now)
            if self.bounds:
                self.bounds.attempt_of(position).go_on(now)
            self.paused[position] += now - since
            if since < now:
                self.outcomes[position].suspended.append((since, now))

    def let_go_on(self) -> None:
        there = {
            position: Holding(self.jobs[position], shares)
            for position, (_, shares) in self.running.items()
        }
        line = {each: there.pop(each) for each in self.line_to_go_on(self.suspended)}
        for position in who_goes_on(there, line, self.nodes):
            self.end_suspension(position)
            self.processes[position].interrupt("goes on")

    def line_to_go_on(self, suspended: Iterable[int]) -> list[int]:
        """By rank, those without one first, then the earliest first."""
        ranks = {each: self.standings[each].rank for each in suspended}
        return sorted(ranks, key=lambda each: -1 if ranks[each] is None else ranks[each])

    def planned_ends(
        self,
        without: Sequence[int] = (),
        started: Mapping[int, list[Share]] = NOBODY,
        suspended: Sequence[int] = (),
    ) -> dict[int, int]:
        """Of those who run, if some stop, others start and yet others are suspended now."""
        now, ends = int(self.env.now), {}
        runs, rests = {}, {}
        line = self.line_to_go_on([*self.suspended, *suspended])
        for position, (_, shares) in self.running.items():
            if position not in without and position not in line:
                ends[position] = self.planned_end(position)
                runs[position] = Holding(self.jobs[position], shares), ends[position]
        for position, shares in started.items():
            standing = Holding(self.jobs[position], shares)
            runs[position] = standing, now + self.jobs[position].length
        for position in line:
            standing = Holding(self.jobs[position], self.running[position][1])
            end = self.began(position) + self.jobs[position].walltime
            rests[position] = standing, end - self.suspended.get(position, now)
        return ends | expected_ends(now, runs, rests, self.nodes)

    def nodes_of(self, position: int) -> set[int]:
        return {share.node for share in self.running[position][1]}

    def stretches(self, position: int) -> list[tuple[int, int, list[int]]]:
        """(since, until, victims still there) for a job that waits, until it would have ended."""
        ends = {each: self.planned_end(each) for each in self.holds[position].victims}
        found, since = [], int(self.env.now)
        for until in sorted(set(ends.values())):
            found.append((since, until, [each for each, end in ends.items() if end >= until]))
            since = until
        start = self.holds[position].latest if self.rule.overrun == "allow" and ends else since
        return [*found, (since, start + self.jobs[position].length, [])]

    def future(self, ends: Mapping[int, int] | None = None, lending: Container[int] = ()) -> Future:
        """Of who runs until which end, by plan if none are given; ``lending``: has no CPUs."""
        now = int(self.env.now)
        future = Future(self.nodes, self.placement, now)
        for position, end in (self.planned_ends() if ends is None else ends).items():
            job = self.jobs[position]
            job = replace(job, cpus=0) if position in lending else job
            future.hold(job, self.running[position][1], now, end)
        for position, hold in self.holds.items():
            for since, until, there in self.stretches(position):
                on = {
                    node: [self.jobs[each] for each in there if node in self.nodes_of(each)]
                    for node in hold.nodes
                }
                future.withhold(self.jobs[position], hold.nodes, on, since, until)
        for absence in self.absences:
            if absence in self.away:
                span = now, absence.end if absence.return_known else FOREVER
            elif absence.known_from <= now < absence.start:
                span = absence.start, absence.end
            else:
                continue
            for node in absence.nodes:
                future.close(node, *span)
        return future
