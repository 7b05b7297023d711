"""The twin: the pool's semantics once more, with one SimPy process for each job.

It shares no code with the kernels and is written to be read, not to be fast: at each pass it sorts
the whole queue, and makes the profile of free units anew.

Whatever happens makes an instant and a pass: an arrival that is refused, too.

An instant is handled in phases, which are priorities of SimPy's events: completions by position;
then jobs that their users take back, by position; then what happens to the machine; then arrivals
in trace order; then one pass. A job of zero run time that the pass starts completes in the same
instant, behind the pass, and asks for another one: so the rounds come about by themselves.

What happens to the machine in one instant has an order too: first units come back, then windows
become known, then units go; among equals the windows in the scenario's order, their occurrences by
time, then the losses. When units go, the jobs that started last are killed, the higher position
first, until the rest fits; no absence takes more than is up.
"""

from __future__ import annotations

from dataclasses import replace
from math import inf
from typing import TYPE_CHECKING

import simpy

from twin.limits import Line
from twin.model import Hold, Outcome, Running, TwinJob
from twin.orders import ORDERS, Asked
from twin.outages import Absence, absence_of_loss, absences_of_window
from twin.preemption import (
    Candidate,
    Standing,
    any_outranked,
    may_be_stopped,
    next_wake,
    outranks,
    victims,
)
from twin.profile import FOREVER, Profile
from twin.scheduler import Plan, kept_places, reservations

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from simulator.cluster.models import CapacityLoss, MaintenanceWindow
    from twin.ledger import Ledger
    from twin.limits import Bounds
    from twin.preemption import Preemption

    Process = Generator[simpy.Event, None, None]
    Ran = list[tuple[int, int]]

COMPLETION, TAKEN_BACK, BACK, KNOWN, GONE, ARRIVAL, TICK, PASS = (
    phase * 10**9 for phase in range(1, 9)
)
PLACES = {"none": 0, "easy": 1, "conservative": inf}


class _At(simpy.Event):
    """An event of a given time and phase; like ``simpy.Timeout``, which knows no phases."""

    def __init__(self, env: simpy.Environment, time: int, priority: int) -> None:
        super().__init__(env)
        self._ok, self._value = True, None
        env.schedule(self, priority, time - env.now)


class _Twin:
    def __init__(
        self,
        jobs: Sequence[TwinJob],
        capacity: int,
        order: str | Ledger,
        backfill: str,
        *,
        k: int,
        replan: str,
        overrun: str,
        preemption: Preemption | None,
        bounds: Bounds | None,
        on_plan: Callable[[int, Plan], None] | None,
    ) -> None:
        self.env = simpy.Environment()
        self.jobs, self.capacity = list(jobs), capacity
        self.ledger = None if isinstance(order, str) else order
        if self.ledger:
            self.ledger.machine = lambda: (self.capacity - self.away, self.free())
        self.order = ORDERS[order if isinstance(order, str) else "fcfs"]
        self.overrun = overrun
        self.eligible = [job.submit for job in jobs]
        self.tick_due = self.told_somebody = False
        self.places = k if backfill == "reservations" else PLACES[backfill]
        self.keeps = backfill == "conservative" and replan == "earlier"
        self.preemption, self.bounds = preemption, bounds
        self.held: set[int] = set()
        """Whom limits held back in the last pass or after it."""
        self.queues = self.ledger.queues if self.ledger else None
        self.standings = [Standing(0 if self.queues else job.rank) for job in jobs]
        self.wake: int | None = None
        self.crossing: int | None = None
        self.on_plan = on_plan
        self.outcomes = [Outcome() for _ in jobs]
        self.processes: list[simpy.Process] = []
        self.queue: list[int] = []
        self.starts: dict[int, simpy.Event] = {}
        self.running: dict[int, Running] = {}
        self.holds: dict[int, Hold] = {}
        self.absences: list[Absence] = []
        self.taken: dict[Absence, int] = {}
        """Units that each absence under way has taken: no more than were up when it began."""
        self.away = 0
        self.plan: Plan = {}
        self.relief: int | None = None
        self.plan_broken = self.freed_early = self.pass_due = False

    def at(self, time: int, phase: int, rank: int = 0) -> simpy.Event:
        return _At(self.env, time, phase + rank)

    # Jobs.

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
            except simpy.Interrupt:
                self.leave_queue(position)
                outcome.end, outcome.state = int(self.env.now), "cancelled"
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
        rule, standing = self.preemption, self.standings[position]
        assert rule is not None
        standing.times += 1
        return "failed" if rule.how[standing.rank or 0] == "cancel" else "preempted"

    def stop(self, position: int) -> None:
        for hold in self.holds.values():
            hold.victims = [each for each in hold.victims if each != position]
        held, standing = self.running.pop(position), self.standings[position]
        standing.served += int(self.env.now) - held.start
        if self.queues:
            self.queues.settle(standing, held.size, standing.served)
        if self.ledger:
            self.ledger.ended(position, int(self.env.now))

    # Ticks.

    def want_tick(self) -> None:
        if self.ledger and self.ledger.period and not self.tick_due:
            self.tick_due = True
            self.at(self.ledger.next_tick(int(self.env.now)), TICK).callbacks.append(self.tick)

    def policy_windows(self, ledger: Ledger, every: int) -> Process:
        while any(each.end is None and each.state != "refused" for each in self.outcomes):
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

    def give_up(self, position: int) -> None:
        """A job that holds units is queued again; its victims stop all the same."""
        del self.holds[position]
        self.queue.append(position)
        if self.ledger:
            self.ledger.key(position, int(self.env.now), self.eligible)

    def kill_until_it_fits(self, absence: Absence) -> None:
        if self.free() < 0:
            for position in list(self.holds):
                self.give_up(position)
        while self.running and self.free() < 0:
            victim = max(self.running.values(), key=lambda held: (held.start, held.position))
            self.stop(victim.position)
            reason = "requeued" if absence.on_start == "requeue" else "failed"
            self.processes[victim.position].interrupt(reason)

    def machine_changed(self) -> None:
        self.plan_broken = True
        self.ask_for_pass()

    def free(self) -> int:
        now = int(self.env.now)
        return (
            self.capacity
            - self.away
            - sum(held.size for held in self.for_nobody())
            - sum(hold.levels(now, self.running)[0][2] for hold in self.holds.values())
        )

    def for_nobody(self) -> list[Running]:
        """Those who run, but for those whose units somebody waits for."""
        awaited = {each for hold in self.holds.values() for each in hold.victims}
        return [held for position, held in self.running.items() if position not in awaited]

    def profile(self) -> Profile:
        now = int(self.env.now)
        profile = Profile(now, self.capacity - self.away)
        for held in self.for_nobody():
            profile.hold(now, held.planned_end(now), held.size)
        for hold in self.holds.values():
            for since, until, units in hold.levels(now, self.running):
                profile.hold(since, until, units)
        for absence in self.absences:
            if absence in self.taken and absence.return_known:
                profile.give_back(absence.end, self.taken[absence])
            elif absence.known_from <= now < absence.start:
                profile.hold(absence.start, absence.end, absence.units)
        return profile

    # The pass.

    def ask_for_pass(self) -> None:
        if not self.pass_due:
            self.pass_due = True
            self.at(int(self.env.now), PASS).callbacks.append(self.make_pass)

    def priority(self, position: int) -> tuple[float, int]:
        job, now = self.jobs[position], int(self.env.now)
        asked = Asked(
            job.size,
            job.walltime,
            now - (self.outcomes[position].eligible or 0),
            job.submit - self.jobs[0].submit,
        )
        return self.order(asked), position

    def make_pass(self, _: simpy.Event) -> None:
        self.pass_due = False
        come = sorted(position for position, hold in self.holds.items() if not hold.victims)
        for position in come:
            del self.holds[position]
            self.begin(position)
        self.let_go()
        queue = self.in_line()
        if self.ledger:
            queue = self.ledger.arrange(queue, int(self.env.now), self.eligible)
        else:
            queue.sort(key=self.priority)
        started, stopped = list[int](), list[int]()
        line = Line(queue, self.bounds, lambda: self.ran(started, stopped), int(self.env.now))
        self.let_sink()
        if self.keeps:
            started, plan = self.keep_places(queue)
        elif self.preemption:
            plan = self.preempting(line, started, stopped, come)
        else:
            plan = reservations(line, self.jobs, self.profile(), self.places, started)
        self.held.update(line.passed)
        if self.on_plan:
            self.on_plan(int(self.env.now), plan)
        for position in started:
            self.queue.remove(position)
            self.begin(position)
        if self.preemption:
            self.after_preempting(bool(started or come), stopped)
        self.held |= self.held_back()
        self.want_relief()

    def held_back(self) -> set[int]:
        """Who waits and may not start beside those who run now."""
        if self.bounds is None or self.bounds.holds == "queue":
            return set()
        now, ran = int(self.env.now), self.ran()
        return {each for each in self.queue if self.bounds.holds_back(each, ran, now)}

    def let_go(self) -> None:
        """Whoever is held back no more gets a key as if it had just come."""
        before, self.held = self.held, self.held_back()
        for position in self.queue:
            if self.ledger and position in before - self.held:
                self.ledger.key(position, int(self.env.now), self.eligible)

    def in_line(self) -> list[int]:
        """Who waits and was not held back at the last pass."""
        return [position for position in self.queue if position not in self.held]

    def ran(self, started: Sequence[int] = (), stopped: Sequence[int] = ()) -> Ran:
        """Who runs and since when, as a pass has decided so far."""
        ran = [
            (position, held.start)
            for position, held in self.running.items()
            if position not in stopped
        ]
        return [*ran, *((position, int(self.env.now)) for position in started)]

    def want_relief(self) -> None:
        if self.bounds:
            held = self.held & {*self.queue}
            self.relief = self.bounds.relief(held, self.ran(), int(self.env.now))
            if self.relief is not None:
                self.at(self.relief, PASS).callbacks.append(self.relieve)

    def relieve(self, _: simpy.Event) -> None:
        if self.relief == self.env.now:
            self.ask_for_pass()

    def begin(self, position: int) -> None:
        job, now = self.jobs[position], int(self.env.now)
        self.running[position] = Running(position, now, job.size, job.walltime)
        self.starts.pop(position).succeed()
        if self.ledger:
            self.ledger.started(position, now)

    def preempting(
        self, line: Line, started: list[int], stopped: list[int], come: list[int]
    ) -> Plan:
        """As ``scheduler.reservations``, but who cannot start at its turn may stop others, except
        those that have just ``come`` to their start."""
        now, profile, waiting = int(self.env.now), self.profile(), 0
        plan = Plan()
        grace = self.preemption.grace if self.preemption else 0
        for position in line:
            job = self.jobs[position]
            length = max(job.walltime, 1)
            place = profile.earliest(job.size, length)
            if place != now:
                chosen = self.victims(position, profile, [*stopped, *come])
                if chosen and grace:
                    profile = self.hold_for(position, profile, chosen)
                    self.told_somebody = True
                    continue
                if chosen:
                    profile, place = self.without(profile, chosen), now
                    stopped += chosen
            if place == now:
                started.append(position)
            elif waiting < self.places:
                waiting += 1
            elif self.places == 0:
                break
            else:
                continue
            plan[position] = place
            if place is not None:
                profile.hold(place, place + length, job.size)
        return plan

    def without(self, profile: Profile, gone: list[int]) -> Profile:
        """The future if these running jobs stopped now."""
        other = profile.copy()
        for position in gone:
            held = self.running[position]
            other.hold(profile.now, held.planned_end(profile.now), -held.size)
        return other

    def hold_for(self, position: int, profile: Profile, chosen: list[int]) -> Profile:
        """Tell these to stop when the grace is over, and let the job wait for them."""
        now, rule = profile.now, self.preemption
        assert rule is not None
        after = self.without(profile, chosen)
        for each in chosen:
            self.running[each] = replace(self.running[each], stop=now + rule.grace)
            self.processes[each].interrupt("told")
        self.queue.remove(position)
        latest = now + rule.grace if self.overrun == "allow" else None
        self.holds[position] = Hold(self.jobs[position], chosen, latest)
        for since, until, units in self.holds[position].levels(now, self.running):
            after.hold(since, until, units)
        return after

    def victims(self, position: int, profile: Profile, spared: list[int]) -> list[int]:
        rule, now, job = self.preemption, profile.now, self.jobs[position]
        waited = now - (self.outcomes[position].eligible or 0)
        if rule is None or waited < rule.after:
            return []
        candidates = [
            Candidate(other, held.start, held.size, now - held.start)
            for other, held in self.running.items()
            if other not in spared
            and held.stop is None
            and outranks(self.standings[position].rank, self.standings[other].rank)
            and may_be_stopped(rule, self.standings[other], now - held.start)
        ]

        def fits_without(gone: list[int]) -> bool:
            length = max(job.walltime, 1) + rule.grace
            return self.without(profile, gone).earliest(job.size, length) == now

        return victims(rule, now, candidates, self.standings, fits_without)

    def after_preempting(self, started: bool, stopped: list[int]) -> None:
        rule, now = self.preemption, int(self.env.now)
        assert rule is not None
        for position in stopped:
            self.stop(position)
            self.standings[position].times += 1
            cancelled = rule.how[self.standings[position].rank or 0] == "cancel"
            self.processes[position].interrupt("failed" if cancelled else "preempted")
            if not cancelled:
                self.outcomes[position].eligible = now
        back = [each for each in stopped if self.outcomes[each].eligible == now]
        waiting = [
            (self.standings[each].rank, self.outcomes[each].eligible or 0)
            for each in [*self.in_line(), *back]
        ]
        running = [
            (self.standings[each].rank, held.start)
            for each, held in self.running.items()
            if held.stop is None
        ]
        outranked = any_outranked((rank for rank, _ in waiting), (rank for rank, _ in running))
        if stopped or self.told_somebody or (started and outranked):
            self.ask_for_pass()
        self.told_somebody = False
        self.wake = next_wake(rule, now, waiting, running)
        if self.wake is not None:
            self.at(self.wake, PASS).callbacks.append(self.wake_up)

        self.want_crossing()

    def let_sink(self) -> None:
        """Queues by attained service: look at those who run."""
        for position, held in self.running.items() if self.queues else ():
            if held.stop is not None:
                continue
            ran = max(self.queues.seen(int(self.env.now)) - held.start, 0)
            standing = self.standings[position]
            self.queues.settle(standing, held.size, standing.served + ran)

    def want_crossing(self) -> None:
        if self.queues and self.in_line():
            now = int(self.env.now)
            times = [
                self.queues.crossing(self.standings[each], held.size, held.start, now)
                for each, held in self.running.items()
                if held.stop is None
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

    def keep_places(self, queue: list[int]) -> tuple[list[int], Plan]:
        now = int(self.env.now)
        overrun = any(held.start + held.walltime <= now for held in self.running.values())
        kept = {} if self.plan_broken or overrun else self.plan
        started, plan = kept_places(
            queue, self.jobs, self.profile(), kept, compress=self.freed_early
        )
        self.plan = {job: place for job, place in plan.items() if job not in started}
        self.plan_broken = self.freed_early = False
        for place in {place for place in self.plan.values() if place is not None}:
            self.at(place, PASS).callbacks.append(self.start_promised)
        return started, plan

    def start_promised(self, _: simpy.Event) -> None:
        if self.env.now in self.plan.values():
            self.ask_for_pass()


def simulate(
    jobs: Sequence[TwinJob],
    capacity: int,
    order: str | Ledger,
    backfill: str,
    *,
    k: int = 4,
    replan: str = "all",
    overrun: str = "kill",
    preemption: Preemption | None = None,
    bounds: Bounds | None = None,
    windows: Sequence[MaintenanceWindow] = (),
    losses: Sequence[CapacityLoss] = (),
    on_plan: Callable[[int, Plan], None] | None = None,
) -> list[Outcome]:
    """What becomes of each job, by position.

    ``order`` is a key of ``orders.ORDERS``, or a ledger with an order that serves somebody;
    ``backfill`` is none, easy, reservations (of ``k`` places) or conservative (``replan`` all or
    earlier); ``overrun`` is kill or allow. ``on_plan``
    hears of each pass: its instant and its plan, with the jobs that start in it.
    """
    twin = _Twin(
        jobs,
        capacity,
        order,
        backfill,
        k=k,
        replan=replan,
        overrun=overrun,
        preemption=preemption,
        bounds=bounds,
        on_plan=on_plan,
    )
    last = jobs[-1].submit if jobs else 0
    for window in windows:
        twin.absences += absences_of_window(window, capacity, last)
    twin.absences += map(absence_of_loss, losses)
    for number, absence in enumerate(twin.absences):
        twin.env.process(twin.absence(number, absence))
    if twin.ledger and (every := getattr(twin.ledger.ordering, "window", 0)):
        twin.env.process(twin.policy_windows(twin.ledger, every))
    for position in range(len(jobs)):
        twin.processes.append(twin.env.process(twin.job(position)))
        twin.env.process(twin.user(position))
    twin.env.run()
    return twin.outcomes
