"""A whole run under Slurm's clocks, one SimPy process a job, a loop that turns each second.

Within a tick things come in the order of the numbers below; what comes too late for its number
comes in a further round of the tick. Passes are those of ``passes.py``.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import simpy

from tests.twin.slurm.machine import Asks, Runs
from tests.twin.slurm.passes import Rules, Slurm

END, WINDOW, REFORM, ANSWER, ARRIVE, BACK, LOOP, KILLED_ANSWER, CALC, MAIN, BACKFILL = range(11)
ROUND, TICK = 11, 1100
"""Units of SimPy's clock a round, and a tick."""
REQUEUE = 121


@dataclass
class Work:
    """A job: what it asks for, and what nobody knows beforehand; times in ticks."""

    asks: Asks
    submit: int
    length: int
    answer: int = 0
    heard: int = 0
    epilog: int = 0
    beside: tuple[int, int] = (0, 0)
    """Of its length: launch and completion."""


@dataclass
class Clocks:
    """Seconds, but for those that say ticks."""

    second: int = 1  # ticks
    loop_phase: int = 0  # ticks
    sched_interval: int = 60
    full_phase: int = 0
    batch_delay: int = 3
    min_interval: int = 0  # ticks
    depth: int = 100
    limit_check: int = 30
    check_phase: int = 0
    bf_interval: int = 30
    bf_phase: int = 0  # ticks
    period: int = 0
    calc_phase: int = 0


@dataclass
class Window:
    """Planned work on nodes, in seconds: who still runs there as it begins is stopped."""

    start: int
    duration: int
    nodes: frozenset[int]
    announced: int | None = None
    lost: bool = False

    @property
    def reservation(self):
        known = 0 if self.announced is None else max(0, self.start - self.announced)
        return known, self.start, self.start + self.duration, self.nodes


@dataclass
class Reform:
    """Other rules, and other clocks but for their phases, from a second on."""

    at: int
    rules: Rules
    clocks: Clocks


@dataclass
class Fate:
    """Ticks of starts and of the last end, nodes of the last start, and how it ended."""

    starts: list = field(default_factory=list)
    end: int | None = None
    nodes: tuple = ()
    how: str = ""


class Clocked:
    """``priority(job, age)``: its whole number, by seconds waited at the last calculation.

    ``reservations``: the tick when made, start and end in seconds, nodes.
    """

    def __init__(
        self, work, nodes, rules, clocks, priority, reservations=(), windows=(), reforms=()
    ):
        self.env = simpy.Environment()
        self.nodes, self.rules, self.clocks = nodes, rules, clocks
        self.priority, self.reservations = priority, reservations
        self.queue, self.eligible, self.running, self.completing = {}, {}, {}, []
        self.stop, self.begin, self.fates = {}, {}, {}
        self.heard, self.changed, self.request, self.scheduled = False, False, None, False
        self.last_pass = -(10**9)
        self.full = clocks.full_phase - clocks.sched_interval
        self.check, self.last = clocks.check_phase - clocks.limit_check, -(10**9)
        self.reformed = self.env.event()
        self.preempted, self.there, self.come = {}, {}, []
        self.lives = [self.env.process(self.life(each)) for each in work]
        self.env.process(self.loop())
        self.env.process(self.backfill())
        for window in windows:
            known, *rest = window.reservation
            self.reservations = [*self.reservations, (known * clocks.second, *rest)]
            self.env.process(self.maintain(window))
        for reform in reforms:
            self.env.process(self.reform(reform))
        if clocks.period:
            self.env.process(self.calculate())

    def run(self):
        self.env.run(self.env.all_of(self.lives))
        return self.fates

    @property
    def tick(self):
        return self.env.now // TICK

    @property
    def second(self):
        return self.tick // self.clocks.second

    def at(self, tick, number):
        """Wait for a tick, and within it for one's turn."""
        if tick == self.tick:
            rounds, done = divmod(self.env.now % TICK, ROUND)
            when = tick * TICK + (rounds + (number <= done)) * ROUND + number
        else:
            when = tick * TICK + number
        return self.env.timeout(when - self.env.now)

    # -- jobs

    def life(self, work):
        job = work.asks
        self.fates[job.id] = fate = Fate()
        yield self.at(work.submit, ARRIVE)
        others = self.there.values(), self.come, self.second
        if any(bound.refuses(job, *others) for bound in self.rules.bounds):
            fate.how = "refused"
            return
        self.come.append((job, self.second))
        self.heard, self.there[job.id] = True, job
        job = replace(job, submit=self.second)
        while True:
            job = replace(job, priority=self.priority(job, 0))
            self.queue[job.id], self.eligible[job.id] = job, self.second
            self.changed = True
            self.begin[job.id] = self.env.event()
            yield self.begin[job.id]
            if fate.how == "refused":
                return
            stopped = self.stop[job.id]
            yield self.at(self.tick + work.length, END) | stopped
            fate.end, self.changed = self.tick, True
            if not stopped.triggered:
                del self.there[job.id]
                run = self.running.pop(job.id)
                late = run.start + job.limit < self.second
                fate.how = "killed" if late else "completed"
                self.env.process(self.leave(run.nodes, work.answer, killed=False))
                self.env.process(self.hear(work.heard))
                return
            run, fate.how = stopped.value
            self.env.process(self.leave(run.nodes, work.epilog, killed=True))
            if fate.how in ("killed", "failed"):
                del self.there[job.id]
                return
            gone = (self.tick + work.epilog) // self.clocks.second
            job = replace(job, submit=gone)
            yield self.at((gone + REQUEUE) * self.clocks.second, BACK)
            if fate.how == "refused":
                return

    def leave(self, nodes, latency, *, killed):
        self.completing.append(nodes)
        at_once = KILLED_ANSWER if killed and self.env.now % ROUND == LOOP else ANSWER
        yield self.at(self.tick + latency, at_once if latency == 0 else ANSWER)
        self.completing.remove(nodes)
        if killed:
            self.ask("default")

    def hear(self, latency):
        yield self.at(self.tick + latency, ANSWER)
        self.heard = True

    def maintain(self, window):
        yield self.at(window.start * self.clocks.second, WINDOW)
        for job in sorted(self.running):
            if self.running[job].nodes & window.nodes:
                how = "failed" if window.lost else "requeued"
                self.stop[job].succeed((self.running.pop(job), how))
                self.changed = True

    def reform(self, reform):
        """Who waits is judged and ordered anew, and all clocks begin anew."""
        yield self.at(reform.at * self.clocks.second, REFORM)
        self.rules, self.clocks, now = reform.rules, reform.clocks, self.second
        for number, job in list(self.there.items()):
            if number in self.running or not any(bound.never(job) for bound in self.rules.bounds):
                continue
            del self.there[number]
            self.fates[number].how = "refused"
            if self.queue.pop(number, None) is not None:
                self.begin[number].succeed()
        for number, job in self.queue.items():
            age = now - self.eligible[number]
            self.queue[number] = replace(job, priority=self.priority(job, age))
        self.full, self.check = now - self.clocks.sched_interval, now - self.clocks.limit_check
        self.changed = True
        self.reformed.succeed()
        self.reformed = self.env.event()

    # -- passes

    def ask(self, depth):
        self.request = "full" if "full" in (depth, self.request) else "default"
        if not self.scheduled:
            self.scheduled = True
            self.env.process(self.agent())

    def agent(self):
        yield self.at(max(self.tick, self.last_pass + self.clocks.min_interval), MAIN)
        depth, self.request, self.scheduled = self.request, None, False
        self.last_pass = self.tick
        if self.queue:
            slurm = self.slurm()
            waiting = list(self.waiting().values())
            self.carry_out(slurm.main(waiting, 0 if depth == "full" else self.clocks.depth + 1))

    def backfill(self):
        when = self.clocks.bf_phase
        while True:
            reformed = self.reformed
            yield self.at(when, BACKFILL) | reformed
            if reformed.triggered and self.env.now % ROUND == REFORM:
                when = self.tick
            elif self.queue or self.changed:
                self.changed = False
                if self.queue:
                    self.carry_out(self.slurm().backfill(list(self.waiting().values())))
                when = self.tick + self.clocks.bf_interval * self.clocks.second
            else:
                when = self.tick + self.clocks.second

    def waiting(self):
        return {
            job: replace(self.queue[job], preempted=self.preempted.get(job))
            for job in sorted(self.queue)
        }

    def slurm(self):
        known = [
            (start, end, nodes)
            for made, start, end, nodes in self.reservations
            if made <= self.tick and end > self.second
        ]
        running = [self.running[job] for job in sorted(self.running)]
        busy = set().union(*self.completing) if self.completing else set()
        return Slurm(self.rules, self.nodes, True, running, busy, known, self.second)

    def carry_out(self, did):
        for each in did:
            if each.outcome == "started":
                job = self.queue.pop(each.id)
                self.running[each.id] = Runs(job, self.second, each.nodes)
                self.fates[each.id].starts.append(self.tick)
                self.fates[each.id].nodes = tuple(sorted(each.nodes))
                # Somebody else may stop it in this very pass.
                self.stop[each.id] = self.env.event()
                self.begin[each.id].succeed()
                self.changed = True
        for each in did:
            for victim in each.victims:
                self.preempted[each.id] = self.second
                self.stop[victim].succeed((self.running.pop(victim), "preempted"))
                self.changed = True

    # -- the loop

    def loop(self):
        yield self.at(self.clocks.loop_phase, LOOP)
        while True:
            now, clocks = self.second, self.clocks
            if now - self.check >= clocks.limit_check:
                self.check = now
                for job in sorted(self.running):
                    run = self.running[job]
                    if run.end <= now:
                        del self.running[job]
                        self.stop[job].succeed((run, "killed"))
            if now - self.full >= clocks.sched_interval:
                self.full, self.last, self.heard = now, now, False
                self.ask("full")
            elif self.heard and now - self.last >= clocks.batch_delay:
                self.last, self.heard = now, False
                self.ask("default")
            yield self.at(self.tick + clocks.second, LOOP)

    def calculate(self):
        yield self.at(self.clocks.calc_phase * self.clocks.second, CALC)
        while True:
            for job, asks in self.queue.items():
                age = self.second - self.eligible[job]
                self.queue[job] = replace(asks, priority=self.priority(asks, age))
            if self.queue or self.running:
                self.changed = True
            yield self.at(self.tick + self.clocks.period * self.clocks.second, CALC)
