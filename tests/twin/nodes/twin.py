"""The twin on nodes: a SimPy process for each job and each absence of nodes.

It shares no code with the kernels and is written to be read, not to be fast. The phases of an
instant are the pool's (see ``twin.twin``): completions by position; jobs taken back by their users,
by position; nodes come back; windows become known; nodes go; arrivals; one pass. Among equals the
windows come in the scenario's order, their occurrences by time, then the failures.

When a node goes every job on it stops, on all of its nodes. A node is up while no absence of it is
under way. Plans take it to be back when the last of these ends, if all of their ends are known.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, lcm
from typing import TYPE_CHECKING

import simpy
from simpy.events import EventPriority

from twin.limits import Line
from twin.nodes.future import Future
from twin.nodes.model import Hold, Outcome, Share, units
from twin.nodes.outages import absence_of_failure, absences_of_window
from twin.nodes.placement import Placement, mix_of
from twin.nodes.preempting import Preempting
from twin.nodes.scheduler import easy, kept_places, no_backfill, reservations
from twin.orders import ORDERS, Asked
from twin.preemption import Standing, any_outranked, next_wake
from twin.profile import FOREVER
from twin.saves import NO_SAVES, Course

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence

    from twin.ledger import Ledger
    from twin.limits import Bounds
    from twin.nodes.model import Node, NodeJob
    from twin.nodes.outages import Absence, Failure, Window
    from twin.nodes.scheduler import Plan, Started
    from twin.preemption import Preemption
    from twin.saves import Saves

    Process = Generator[simpy.Event, None, None]
    Ran = list[tuple[int, int]]
    OnPlan = Callable[[int, Plan], None]

COMPLETION, TAKEN_BACK, BACK, KNOWN, GONE, ARRIVAL, TICK, PASS = (
    phase * 10**9 for phase in range(1, 9)
)


class _At(simpy.Event):
    """An event of a given time and phase."""

    def __init__(self, env: simpy.Environment, time: int, priority: int) -> None:
        super().__init__(env)
        self._ok, self._value = True, None
        env.schedule(self, EventPriority(priority), time - env.now)


@dataclass(frozen=True, slots=True)
class Rule:
    """The stages: an order of ``twin.orders``; none, easy, reservations or conservative; a
    placement with its parameters; and whether jobs may outrun their walltime."""

    order: str = "fcfs"
    backfill: str = "easy"
    placement: str = "best"
    k: int = 4
    overrun: str = "kill"
    avoid_head: bool = False
    slices: str = "pack_gpu"
    types: int = 16
    preemption: Preemption | None = None
    replan: str = "all"


class _Twin:
    def __init__(
        self,
        jobs: Sequence[NodeJob],
        nodes: Sequence[Node],
        rule: Rule,
        checkpoints: Mapping[int | None, Saves],
        on_plan: OnPlan | None,
        ledger: Ledger | None,
        bounds: Bounds | None,
    ) -> None:
        self.env = simpy.Environment()
        self.jobs, self.nodes, self.rule, self.on_plan = list(jobs), list(nodes), rule, on_plan
        per_gpu = lcm(*(node.slices for node in nodes))
        self.size = [units(job, self.nodes, per_gpu) for job in jobs]
        fitting = [
            job
            for position, job in enumerate(jobs)
            if self.size[position] and not (bounds and bounds.refused(position))
        ]
        self.placement = Placement(
            rule.placement,
            rule.slices,
            mix_of(fitting, rule.types),
            whole_future=rule.backfill in ("reservations", "conservative"),
        )
        self.outcomes = [Outcome() for _ in jobs]
        self.bounds, self.relief = bounds, None
        self.held: set[int] = set()
        """Whom limits held back at the last pass."""
        self.eligible = [0 for _ in jobs]
        self.processes: list[simpy.Process] = []
        self.queue: list[int] = []
        self.starts: dict[int, simpy.Event] = {}
        self.running: dict[int, tuple[int, list[Share]]] = {}
        self.told: dict[int, int] = {}
        """When those are stopped that have been told to."""
        self.holds: dict[int, Hold] = {}
        self.absences: list[Absence] = []
        self.away: list[Absence] = []
        self.pass_due = self.tick_due = False
        self.saves = [checkpoints.get(job.rank) for job in jobs]
        self.saved = [0 for _ in jobs]
        self.requeues = [0 for _ in jobs]
        self.courses: dict[int, Course] = {}
        self.queues = ledger.queues if ledger else None
        self.standings = [Standing(0 if self.queues else job.rank) for job in jobs]
        self.wake: int | None = None
        self.plan: Plan = {}
        self.plan_broken = self.ended_early = False
        self.crossing: int | None = None
        self.ledger = ledger
        if ledger:
            ledger.machine = self.units_up_and_free
            self.eligible = [job.submit for job in jobs]

    def at(self, time: int, phase: int, rank: int = 0) -> simpy.Event:
        return _At(self.env, time, phase + rank)

    # Jobs.

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
            except simpy.Interrupt:
                if self.holds.pop(position, None) is None:
                    self.queue.remove(position)
                del self.starts[position]
                if self.ledger:
                    self.ledger.withdrawn(position)
                self.ended_early |= self.plan.pop(position, None) is not None
                self.ask_for_pass()
                outcome.end, outcome.state = int(self.env.now), "cancelled"
                self.lose_everything(position)
                return
            reason = yield from self.attempt(position)
        outcome.end, outcome.state = outcome.attempts[-1][1:3]
        if outcome.state in ("failed", "cancelled"):
            self.lose_everything(position)

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
        end, stopped = start + length, False
        while True:
            try:
                yield self.at(end, COMPLETION, position)
            except simpy.Interrupt as interrupt:
                if interrupt.cause == "told":
                    stopped = self.told[position] < end
                    end = min(end, self.told[position])
                    continue
                reason, keeps = interrupt.cause
            else:
                reason, keeps = self.fate(position) if stopped else (reason, False)
            kept = course.kept(int(self.env.now) - start) if keeps else 0
            break
        self.saved[position] += kept
        if position in self.running:
            self.leave(position)
        self.ended_early |= start + job.length > self.env.now
        if self.ledger:
            self.ledger.ended(position, int(self.env.now))
        self.ask_for_pass()
        by_node = sorted((share.node, share.mask) for share in shares)
        nodes, masks = [node for node, _ in by_node], [mask for _, mask in by_node]
        if reason in ("requeued", "failed", "preempted", "cancelled"):
            ran = int(self.env.now) - start
            outcome.lost += self.size[position] * (ran - course.seconds(kept))
        outcome.attempts.append((start, int(self.env.now), reason, nodes, masks))
        outcome.start = outcome.attempts[0][0]
        return reason

    def fate(self, position: int) -> tuple[str, bool]:
        """How it ends if it is preempted, and whether it keeps its checkpoints."""
        rule, standing = self.rule.preemption, self.standings[position]
        assert rule is not None
        standing.times += 1
        how = rule.how[standing.rank or 0]
        return "failed" if how == "cancel" else "preempted", how == "checkpoint"

    # Ticks.

    def want_tick(self) -> None:
        if self.ledger and self.ledger.period and not self.tick_due:
            self.tick_due = True
            self.at(self.ledger.next_tick(int(self.env.now)), TICK).callbacks.append(self.tick)

    def policy_windows(self, ledger: Ledger, every: int) -> Process:
        while any(process.is_alive for process in self.processes):
            yield self.at(int(self.env.now) + every, GONE)
            waiting = [*self.in_line(), *self.holds]
            ledger.window(int(self.env.now), waiting, self.eligible)
            self.ask_for_pass()

    def tick(self, _: simpy.Event) -> None:
        self.tick_due = False
        if self.ledger and (self.running or self.in_line()):
            self.ledger.tick(int(self.env.now), self.in_line(), self.eligible)
            self.ask_for_pass()
            self.want_tick()

    # The machine.

    def units_up_and_free(self) -> tuple[int, int]:
        per_gpu = lcm(*(node.slices for node in self.nodes))
        gone = {number for absence in self.away for number in absence.nodes}
        up = sum(node.gpus for number, node in enumerate(self.nodes) if number not in gone)
        rooms = [node.rooms[0] for node in self.future().nodes]
        held = sum(self.size[position] for position in self.running)
        if self.holds:
            held = per_gpu * (up - sum(0 if room.closed else room.free for room in rooms))
        return up * per_gpu, up * per_gpu - held

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

    def give_up(self, position: int) -> None:
        del self.holds[position]
        self.queue.append(position)
        if self.ledger:
            self.ledger.key(position, int(self.env.now), self.eligible)

    def machine_changed(self) -> None:
        self.plan_broken = True
        self.ask_for_pass()

    def stop_jobs_on(self, absence: Absence) -> None:
        for position, (_, shares) in list(self.running.items()):
            if any(share.node in absence.nodes for share in shares):
                again = absence.fate == "requeue" and self.requeues[position] < absence.most
                self.requeues[position] += again
                self.processes[position].interrupt(("requeued" if again else "failed", again))
                self.leave(position)

    def planned_end(self, position: int) -> int:
        """When plans expect a running job to leave."""
        end = max(self.running[position][0] + self.jobs[position].walltime, int(self.env.now) + 1)
        return min(end, self.told.get(position, end))

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

    def tell(self, position: int, nodes: list[int], chosen: list[int]) -> None:
        """Tell these to stop when the grace is over, and let the job wait for its nodes."""
        assert self.rule.preemption is not None
        latest = int(self.env.now) + self.rule.preemption.grace
        for each in chosen:
            self.told[each] = latest
            self.processes[each].interrupt("told")
        self.queue.remove(position)
        self.holds[position] = Hold(nodes, chosen, latest)

    def future(self, without: Sequence[int] = ()) -> Future:
        now = int(self.env.now)
        future = Future(self.nodes, self.placement, now)
        for position, (_, shares) in self.running.items():
            if position in without:
                continue
            future.hold(self.jobs[position], shares, now, self.planned_end(position))
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

    # The pass.

    def ask_for_pass(self) -> None:
        if not self.pass_due:
            self.pass_due = True
            self.at(int(self.env.now), PASS).callbacks.append(self.make_pass)

    def priority(self, position: int) -> tuple[float, int]:
        job = self.jobs[position]
        asked = Asked(
            self.size[position],
            job.walltime,
            int(self.env.now) - self.eligible[position],
            job.submit - self.jobs[0].submit,
        )
        return ORDERS[self.rule.order](asked), position

    def keep_places(self, queue: list[int]) -> tuple[Started, Plan]:
        now = int(self.env.now)
        overrun = any(
            start + self.jobs[position].walltime <= now
            for position, (start, _) in self.running.items()
        )
        kept = {} if self.plan_broken or overrun else self.plan
        started, plan = kept_places(queue, self.jobs, self.future, kept, again=self.ended_early)
        self.plan = {position: plan[position] for position in plan if position not in started}
        self.plan_broken = self.ended_early = False
        for when in {place[0] for place in self.plan.values() if place is not None}:
            self.at(when, PASS).callbacks.append(lambda _: self.ask_for_pass())
        return started, plan

    def decide(self, line: Line, started: Started) -> Plan:
        """Adds who starts to ``started``."""
        future = self.future()
        if self.rule.backfill == "none":
            return no_backfill(line, self.jobs, future, started)
        if self.rule.backfill == "easy":
            return easy(line, self.jobs, future, started, avoid_head=self.rule.avoid_head)
        places = self.rule.k if self.rule.backfill == "reservations" else inf
        return reservations(line, self.jobs, future, started, places)

    def in_line(self) -> list[int]:
        """Who waits and was not held back at the last pass."""
        return [position for position in self.queue if position not in self.held]

    def ran(self, started: Started, stopped: Sequence[int]) -> Ran:
        """Who runs and since when, as a pass has decided so far."""
        ran = [
            (position, start)
            for position, (start, _) in self.running.items()
            if position not in stopped
        ]
        return [*ran, *((position, int(self.env.now)) for position in started)]

    def want_relief(self) -> None:
        if self.bounds:
            held = self.held & {*self.queue}
            self.relief = self.bounds.relief(held, self.ran({}, ()), int(self.env.now))
            if self.relief is not None:
                self.at(self.relief, PASS).callbacks.append(self.relieve)

    def relieve(self, _: simpy.Event) -> None:
        if self.relief == self.env.now:
            self.ask_for_pass()

    def make_pass(self, _: simpy.Event) -> None:
        self.pass_due, now = False, int(self.env.now)
        come = self.let_come()
        if self.bounds and self.bounds.holds == "job":
            ran = self.ran({}, ())
            self.held = {each for each in self.queue if self.bounds.holds_back(each, ran, now)}
        queue = self.in_line()
        if self.ledger:
            queue = self.ledger.arrange(queue, now, self.eligible)
        else:
            queue.sort(key=self.priority)
        self.let_sink()
        preempting = Preempting(self, come) if self.rule.preemption else None
        started: Started = preempting.started if preempting else {}
        stopped = preempting.stopped if preempting else []
        line = Line(queue, self.bounds, lambda: self.ran(started, stopped), now)
        if preempting:
            plan = preempting.decide(line)
        elif self.rule.replan == "earlier":
            started, plan = self.keep_places(queue)
        else:
            plan = self.decide(line, started)
        self.held.update(line.passed)
        if self.on_plan:
            self.on_plan(int(self.env.now), plan)
        for position, shares in started.items():
            self.queue.remove(position)
            self.begin(position, shares)
        if preempting:
            told = preempting.told_somebody
            self.after_preempting(bool(started or come), preempting.stopped, told=told)
        self.want_relief()

    def begin(self, position: int, shares: list[Share]) -> None:
        self.running[position] = int(self.env.now), shares
        self.starts.pop(position).succeed()
        if self.ledger:
            self.ledger.started(position, int(self.env.now))

    def let_come(self) -> list[int]:
        """Start those who have waited for others that have all gone."""
        come = sorted(position for position, hold in self.holds.items() if not hold.victims)
        for position in come:
            hold, job = self.holds.pop(position), self.jobs[position]
            future = self.future()
            self.begin(position, [Share(node, future.mask(job, node)) for node in hold.nodes])
        return come

    def after_preempting(self, started: bool, stopped: list[int], *, told: bool) -> None:
        rule, now, back = self.rule.preemption, int(self.env.now), []
        assert rule is not None
        for position in stopped:
            self.leave(position)
            reason, keeps = self.fate(position)
            self.processes[position].interrupt((reason, keeps))
            if reason == "preempted":
                self.eligible[position] = now
                back.append(position)
        waiting = [
            (self.standings[each].rank, self.eligible[each]) for each in [*self.in_line(), *back]
        ]
        running = [
            (self.standings[each].rank, start)
            for each, (start, _) in self.running.items()
            if each not in self.told
        ]
        outranked = any_outranked((rank for rank, _ in waiting), (rank for rank, _ in running))
        if stopped or told or (started and outranked):
            self.ask_for_pass()
        self.wake = next_wake(rule, now, waiting, running)
        if self.wake is not None:
            self.at(self.wake, PASS).callbacks.append(self.wake_up)

        self.want_crossing()

    def leave(self, position: int) -> None:
        """Its attempt ends."""
        self.told.pop(position, None)
        for hold in self.holds.values():
            hold.victims = [each for each in hold.victims if each != position]
        (start, _), standing = self.running.pop(position), self.standings[position]
        standing.served += int(self.env.now) - start
        if self.queues:
            self.queues.settle(standing, self.size[position], standing.served)

    def let_sink(self) -> None:
        """Queues by attained service: look at those who run."""
        for position, (start, _) in self.running.items() if self.queues else ():
            if position in self.told:
                continue
            ran = max(self.queues.seen(int(self.env.now)) - start, 0)
            standing = self.standings[position]
            self.queues.settle(standing, self.size[position], standing.served + ran)

    def want_crossing(self) -> None:
        if self.queues and self.in_line():
            now = int(self.env.now)
            times = [
                self.queues.crossing(self.standings[each], self.size[each], start, now)
                for each, (start, _) in self.running.items()
                if each not in self.told
            ]
            self.crossing = min((time for time in times if time is not None), default=None)
            if self.crossing is not None:
                self.at(self.crossing, PASS).callbacks.append(self.cross)

    def cross(self, _: simpy.Event) -> None:
        if self.crossing == self.env.now and self.in_line():
            self.ask_for_pass()

    def wake_up(self, _: simpy.Event) -> None:
        if self.wake == self.env.now:
            self.ask_for_pass()


def simulate(
    jobs: Sequence[NodeJob],
    nodes: Sequence[Node],
    rule: Rule,
    *,
    windows: Sequence[Window] = (),
    failures: Sequence[Failure] = (),
    checkpoints: Mapping[int | None, Saves] = NO_SAVES,
    on_plan: OnPlan | None = None,
    ledger: Ledger | None = None,
    bounds: Bounds | None = None,
) -> list[Outcome]:
    """What becomes of each job, by position.

    A ``ledger`` has an order that serves somebody, in the place of the rule's.
    ``on_plan`` hears of each pass: its instant and its plan, with the jobs that start in it.
    """
    twin = _Twin(jobs, nodes, rule, checkpoints, on_plan, ledger, bounds)
    last = jobs[-1].submit if jobs else 0
    for window in windows:
        twin.absences += absences_of_window(window, last)
    twin.absences += map(absence_of_failure, failures)
    for number, absence in enumerate(twin.absences):
        twin.env.process(twin.absence(number, absence))
    if ledger and (every := getattr(ledger.ordering, "window", 0)):
        twin.env.process(twin.policy_windows(ledger, every))
    for position in range(len(jobs)):
        twin.processes.append(twin.env.process(twin.job(position)))
        twin.env.process(twin.user(position))
    twin.env.run()
    return twin.outcomes
