"""What makes an instant and a pass due, on pools as on nodes: events by phase, ticks, wakes."""

from __future__ import annotations

from functools import partial
from itertools import dropwhile
from typing import TYPE_CHECKING, Any

import simpy
from simpy.events import EventPriority

from twin.either import next_try, tries_by_rank, who_tries
from twin.overtime import is_overdue, overdue_at
from twin.preemption import next_wanted

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from twin.ledger import Ledger
    from twin.limits import Bounds
    from twin.preemption import Preemption, Queues, Standing

    Process = Generator[simpy.Event, None, None]
    Ran = list[tuple[int, int]]

COMPLETION, TAKEN_BACK, BACK, KNOWN, GONE, ARRIVAL, TICK, PASS = (
    phase * 10**9 for phase in range(1, 9)
)
LAST = 9 * 10**8
"""Of a phase, behind all jobs."""
ENOUGH = 120
"""Periods in which nothing changes: nothing ever will. The engine gives up after 100."""


class _At(simpy.Event):
    """An event of a given time and phase; like ``simpy.Timeout``, which knows no phases."""

    def __init__(self, env: simpy.Environment, time: int, priority: int) -> None:
        super().__init__(env)
        self._ok, self._value = True, None
        env.schedule(self, EventPriority(priority), time - env.now)


class Clock:
    """The times of a run; who waits, who runs and what a pass does is told by its subclasses."""

    running: dict[int, object]
    holds: dict[int, object]

    def __init__(
        self,
        ledger: Ledger | None,
        bounds: Bounds | None,
        eligible: list[int],
        preemption: Preemption | None,
    ) -> None:
        self.env = simpy.Environment()
        self.ledger, self.eligible = ledger, eligible
        self.come: list[int] = []
        """Who has come and was not refused."""
        self.bounds = self.bounds_of(bounds, preemption)
        if ledger:
            ledger.late = self.late
        self.queues: Queues | None = ledger.queues if ledger else None
        self.standings: list[Standing] = []
        self.processes: list[simpy.Process] = []
        self.queue: list[int] = []
        self.plan: dict[int, Any] = {}
        """Places that are kept."""
        self.plan_broken = self.freed_early = False
        self.held: set[int] = set()
        """Whom limits held back in the last pass, or after it."""
        self.pass_due = self.tick_due = False
        self.relief: int | None = None
        self.wake: int | None = None
        self.era = 0
        """How many rules there were before this one."""
        self.crossing: int | None = None

    def bounds_of(self, bounds: Bounds | None, rule: Preemption | None) -> Bounds | None:
        """What holds jobs back under a rule that begins now."""
        reclaims = rule is not None and rule.reclaim

        def ranked(position: int) -> bool:
            return tries_by_rank(rule, self.standings[position])

        return (
            bounds.of_run(self.kept, self.come, reclaims=reclaims, ranked=ranked)
            if bounds
            else None
        )

    def make_pass(self, _: simpy.Event) -> None:
        """One pass."""
        raise NotImplementedError

    def ran(self) -> Ran:
        """Who runs and since when."""
        raise NotImplementedError

    def began(self, position: int) -> int:
        """When a running job started."""
        raise NotImplementedError

    def kept(self, position: int) -> int:
        """What of a running job a checkpoint would keep, s, if it were preempted now."""
        return 0

    def untold(self) -> list[tuple[int, int, int]]:
        """(position, size, start) of those who run and have not been told to stop."""
        raise NotImplementedError

    def at(self, time: int, phase: int, rank: int = 0) -> simpy.Event:
        return _At(self.env, time, phase + rank)

    def ask_for_pass(self) -> None:
        if not self.pass_due:
            self.pass_due = True
            self.at(int(self.env.now), PASS).callbacks.append(self.make_pass)

    def in_line(self) -> list[int]:
        """Who waits and was not held back at the last pass."""
        return [position for position in self.queue if position not in self.held]

    # Ticks, and windows of policies.

    def want_tick(self) -> None:
        if self.ledger and self.ledger.period and not self.tick_due:
            self.tick_due, ledger = True, self.ledger
            due = self.at(ledger.next_tick(int(self.env.now)), TICK)
            due.callbacks.append(lambda _: self.tick() if ledger is self.ledger else None)

    def tick(self) -> None:
        self.tick_due = False
        if self.ledger and (self.running or self.in_line()):
            self.ledger.tick(int(self.env.now), self.in_line(), self.eligible)
            self.ask_for_pass()
            self.want_tick()

    def tick_on(self) -> None:
        """Nothing ran and nobody was in line, so that ticks had ended; now somebody is."""
        if self.ledger and self.ledger.period and not self.tick_due:
            now = int(self.env.now)
            if self.ledger.next_tick(now) == now:
                self.ledger.tick(now, self.in_line(), self.eligible)
            self.want_tick()

    def policy_windows(self, ledger: Ledger, every: int) -> Process:
        while any(process.is_alive for process in self.processes):
            yield self.at(int(self.env.now) // every * every + every, GONE)
            if ledger is not self.ledger:
                return
            waiting = [*self.in_line(), *self.holds]
            ledger.window(int(self.env.now), waiting, self.eligible)
            self.ask_for_pass()

    def give_windows(self) -> None:
        """Let the windows of the order's policy come, if it has any."""
        if self.ledger and (every := getattr(self.ledger.ordering, "window", 0)):
            self.env.process(self.policy_windows(self.ledger, every))

    def after_reclaiming(
        self, rule: Preemption, started: bool, waiting: list[int], stopped: bool
    ) -> None:
        """Ask for what is due when owners may have got something to reclaim, or soon will."""
        now, ran = int(self.env.now), self.ran()
        assert self.bounds is not None
        if rule.beside:
            tries = who_tries(self.bounds, waiting, ran, now, self.standings)
            if stopped or (started and tries):
                self.ask_for_pass()
            since = [self.eligible[each] for each in tries]
            running = [(self.began(each), self.standings[each]) for each, _ in ran]
            self.wake_at(next_try(rule, now, since, running))
            return
        pairs = self.bounds.pairs(waiting, ran, now)
        if stopped or (started and pairs):
            self.ask_for_pass()
        times = [self.eligible[each] + rule.after for each, _ in pairs]
        for _, others in pairs:
            there = [each for each in others if not self.standings[each].reclaimed]
            times += [self.began(each) + rule.exempt for each in there]
        self.wake_at(min((time for time in times if time > now), default=None))

    # Limits: whom they hold back, and what loosens them.

    def held_back(self) -> set[int]:
        """Who waits and may not start beside those who run now."""
        if self.bounds is None or self.bounds.holds == "queue":
            return set()
        now, ran = int(self.env.now), self.ran()
        return {each for each in self.queue if self.bounds.holds_back(each, ran, now)}

    def let_go(self) -> None:
        """Whoever is held back no more gets a key as if it had just come."""
        if self.bounds:
            self.bounds.look_at(self.queue)
        before, self.held = self.held, self.held_back()
        free = [position for position in self.queue if position in before - self.held]
        if free:
            self.tick_on()
        self.let_others_move_up()
        for position in free if self.ledger else ():
            self.ledger.key(position, int(self.env.now), self.eligible)

    def let_others_move_up(self) -> bool:
        """Who is held back keeps no place; whether any comes free by that."""
        places = [self.plan.pop(position, None) for position in self.held]
        freed = any(place is not None for place in places)
        self.freed_early |= freed
        return freed

    def last_last(self, queue: list[int]) -> list[int]:
        """The same order, but those behind whose budgets have too little left for them."""
        if self.bounds is None:
            return queue
        behind = self.bounds.those_behind(queue, self.ran(), int(self.env.now))
        return sorted(queue, key=lambda position: position in behind)

    def late(self, position: int) -> int:
        """By how much the job counts as submitted later, now."""
        if self.bounds is None:
            return 0
        return self.bounds.late(position, self.ran(), int(self.env.now))

    def give_grants(self) -> None:
        """Let happen what happens to budgets and reservations."""
        for grant in self.bounds.grants if self.bounds else ():
            self.env.process(self.dated(grant.times(), grant.happenings))
        for each in self.bounds.reserved if self.bounds else ():
            self.env.process(self.dated((edge for pair in each.windows() for edge in pair), 2))

    def dated(self, times: Iterable[int], in_a_period: int) -> Process:
        """A pass at each of these times, so many in a period, until they change nothing any more or
        the rule does."""
        begun, idle, era, most = 0, 0, self.era, ENOUGH * in_a_period
        for time in dropwhile(lambda time: time <= self.env.now and era > 0, times):
            yield self.at(time, GONE)
            if era != self.era:
                return
            self.ask_for_pass()
            self.at(time, GONE, LAST).callbacks.append(lambda _: self.stop_spenders(granted=True))
            attempts = len(self.bounds.attempts) if self.bounds else 0
            idle, begun = idle + 1 if attempts == begun and not self.running else 0, attempts
            if not any(process.is_alive for process in self.processes) or idle > most:
                return

    def stop_spenders(self, *, granted: bool) -> None:
        """Kill who runs and has used up what its holder may spend."""
        if self.bounds:
            now, ran = int(self.env.now), self.ran()
            for position in sorted(each for each, _ in ran):
                if self.bounds.has_used_up(position, ran, now, granted=granted) or is_overdue(
                    self.bounds, position, ran, now, before=not granted
                ):
                    self.kill(position)

    def expire(self) -> None:
        """A grant has ended, and the next one has begun if there is one."""
        self.stop_spenders(granted=True)
        self.ask_for_pass()

    def kill(self, position: int) -> None:
        """A running job is killed."""
        self.processes[position].interrupt("killed")

    # Units that are left idle.

    def leaves_idle(self, rule: Preemption, position: int) -> bool:
        """Whether the job leaves units idle."""
        return rule.is_idle(self.uses(position), self.units_of(position))

    def uses(self, position: int) -> int:
        """Thousandths of its units' time that a job uses."""
        raise NotImplementedError

    def units_of(self, position: int) -> int:
        """How many it holds."""
        raise NotImplementedError

    def watch_idle(self, rule: Preemption | None, position: int) -> None:
        """A job runs: stop it when its time is over, if it leaves units idle and the rule lasts."""
        if rule is None or rule.idle is None or rule.wanted or not self.leaves_idle(rule, position):
            return
        most = rule.idle.at_most
        if most is not None and self.standings[position].idled >= most:
            return
        start, era = self.began(position), self.era
        time = max(start + rule.idle.after, int(self.env.now))

        def look(_: simpy.Event) -> None:
            there = {each for each, _, since in self.untold() if since == start}
            if era == self.era and position in there:
                self.reap(position)

        self.at(time, COMPLETION, LAST + 1 + position).callbacks.append(look)

    def reap(self, position: int) -> None:
        """A running job is stopped for leaving units idle."""
        self.processes[position].interrupt("idle")

    def after_stopping_idle(self, rule: Preemption, back: list[int], stopped: bool) -> None:
        """Ask for what is due where who waits may stop those that leave units idle."""
        if stopped:
            self.ask_for_pass()
        waiting = [each for each in [*self.in_line(), *back] if self.units_of(each) > 0]
        idle = [each for each in self.untold() if self.leaves_idle(rule, each[0])]
        self.wake_at(
            next_wanted(
                rule,
                int(self.env.now),
                (self.eligible[each] for each in waiting),
                ((self.standings[each], start) for each, _, start in idle),
            )
        )

    def want_relief(self) -> None:
        if self.bounds:
            ran, now = self.ran(), int(self.env.now)
            for time in {*self.bounds.used_up_at(ran, now), *overdue_at(self.bounds, ran, now)}:
                used_up = self.at(time, COMPLETION, LAST)
                # What happens now to budgets has, by now.
                stop = partial(self.stop_spenders, granted=time == now)
                used_up.callbacks.append(lambda _, stop=stop: stop())
            held = self.held & {*self.queue}
            self.relief = self.bounds.relief(held, self.ran(), int(self.env.now))
            if self.relief is not None:
                self.at(self.relief, PASS).callbacks.append(self.relieve)
            if self.bounds.would_look_at_more(self.queue):
                self.ask_for_pass()

    def relieve(self, _: simpy.Event) -> None:
        if self.relief == self.env.now:
            self.ask_for_pass()

    # Rights to preempt that time alone gives.

    def wake_at(self, time: int | None) -> None:
        self.wake = time
        if time is not None:
            self.at(time, PASS).callbacks.append(self.wake_up)

    def wake_up(self, _: simpy.Event) -> None:
        if self.wake == self.env.now:
            self.ask_for_pass()

    # Queues by attained service.

    def let_sink(self) -> None:
        """Look at those who run."""
        if self.queues:
            seen = self.queues.seen(int(self.env.now))
            for position, size, start in self.untold():
                standing = self.standings[position]
                self.queues.settle(standing, size, standing.served + max(seen - start, 0))

    def want_crossing(self) -> None:
        if self.queues and self.in_line():
            now = int(self.env.now)
            times = [
                self.queues.crossing(self.standings[position], size, start, now)
                for position, size, start in self.untold()
            ]
            self.crossing = min((time for time in times if time is not None), default=None)
            if self.crossing is not None:
                self.at(self.crossing, PASS).callbacks.append(self.cross)

    def cross(self, _: simpy.Event) -> None:
        if self.crossing == self.env.now and self.in_line():
            self.ask_for_pass()
