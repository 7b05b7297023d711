"""The twin on nodes: a SimPy process for each job and each absence of nodes.

It shares no code with the kernels and is written to be read, not to be fast. The phases of an
instant are the pool's (see ``twin.twin``): completions by position; jobs taken back by their users,
by position; nodes come back; windows become known; nodes go; arrivals; one pass. Among equals the
windows come in the scenario's order, their occurrences by time, then the failures.

When a node goes every job on it stops, on all of its nodes. A node is up while no absence of it is
under way. Plans take it to be back when the last of these ends, if all of their ends are known.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any

from twin.bureau import open_bureau
from twin.clock import PASS
from twin.line import Line
from twin.nodes.absences import Absences
from twin.nodes.life import Lives
from twin.nodes.model import Hold, Notice, Rule, Share
from twin.nodes.outages import absence_of_failure, absences_of_window
from twin.nodes.preempting import Preempting
from twin.nodes.scheduler import easy, kept_places, no_backfill, reservations
from twin.orders import ORDERS, Asked
from twin.preemption import any_outranked, next_wake
from twin.profile import FOREVER
from twin.reforming import Reforming
from twin.saves import NO_SAVES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import simpy

    from twin.ledger import Ledger
    from twin.limits import Bounds
    from twin.nodes.model import Node, NodeJob, Outcome
    from twin.nodes.outages import Failure, Window
    from twin.nodes.scheduler import Plan, Started
    from twin.preemption import Preemption, Queues
    from twin.reforming import Change
    from twin.saves import Saves

    OnPlan = Callable[[int, Plan], None]


class Twin(Lives, Absences, Reforming):
    """Its passes."""

    on_plan: OnPlan | None = None

    def decide(self, rule: dict[str, Any]) -> Preemption | None:
        self.rule = Rule(**{"overrun": self.rule.overrun, **rule})
        return self.rule.preemption

    def rank_anew(self) -> None:
        line = self.line_to_go_on(self.suspended)
        self.suspended = {position: self.suspended[position] for position in line}
        super().rank_anew()

    def stood_still_after(self, position: int, queues: Queues) -> int:
        if position not in self.suspended:
            return 0
        return max(queues.seen(self.suspended[position]) - self.began(position), 0)

    def stands_still_since(self, position: int) -> int | None:
        return self.suspended.get(position)

    def place_anew(self) -> None:
        self.placement = self.placed_by(self.rule)

    def tell(self, position: int, nodes: list[int], chosen: list[int]) -> None:
        """Tell these to stop when the grace is over, and let the job wait for its nodes."""
        rule = self.rule.preemption
        assert rule is not None
        latest = int(self.env.now) + rule.grace
        for each in chosen:
            self.told[each] = Notice(latest, rule, rule.fate(self.standings[each].rank))
            self.processes[each].interrupt("told")
        self.queue.remove(position)
        self.holds[position] = Hold(nodes, chosen, latest)

    def priority(self, position: int) -> tuple[float, int]:
        job, late = self.jobs[position], self.late(position)
        asked = Asked(
            self.size[position],
            job.walltime,
            max(int(self.env.now) - self.eligible[position] - late, 0),
            job.submit - self.jobs[0].submit + late,
        )
        return ORDERS[self.rule.order](asked), position

    def keep_places(self, queue: list[int], line: Line, started: Started) -> Plan:
        """Who starts is added to ``started``; whom the line does not let stays without a place."""
        now = int(self.env.now)
        overrun = any(
            start + self.jobs[position].walltime <= now
            for position, (start, _) in self.running.items()
        )
        kept = {} if self.plan_broken or overrun else self.plan
        again, self.plan_broken, self.freed_early = self.freed_early, False, False
        machine = self.jobs, self.future, kept
        plan = kept_places(queue, *machine, started, line.of, again=again)
        self.plan = {position: plan[position] for position in plan if position not in started}
        for when in {place[0] for place in self.plan.values() if place is not None}:
            self.at(when, PASS).callbacks.append(lambda _: self.ask_for_pass())
        return plan

    def serve(self, line: Line, started: Started) -> Plan:
        """Adds who starts to ``started``."""
        future = self.future()
        if self.rule.backfill == "none":
            return no_backfill(line, self.jobs, future, started)
        if self.rule.backfill == "easy":
            return easy(line, self.jobs, future, started, avoid_head=self.rule.avoid_head)
        places = self.rule.k if self.rule.backfill == "reservations" else inf
        return reservations(line, self.jobs, future, started, places)

    def make_pass(self, _: simpy.Event) -> None:
        self.pass_due, now = False, int(self.env.now)
        come = self.let_come()
        self.let_go()
        queue = self.in_line()
        if self.ledger:
            queue = self.ledger.arrange(queue, now, self.eligible)
        else:
            queue.sort(key=self.priority)
        queue = self.last_last(queue)
        self.let_sink()
        self.let_go_on()
        preempting = Preempting(self, come) if self.rule.preemption else None
        started: Started = preempting.started if preempting else {}
        stopped = preempting.stopped if preempting else []
        line = Line(queue, self.bounds, lambda: self.ran(started, stopped), now)
        if preempting:
            plan = preempting.decide(line)
        elif self.rule.replan == "earlier":
            plan = self.keep_places(queue, line, started)
        else:
            plan = self.serve(line, started)
        self.held.update(line.passed)
        if self.on_plan:
            self.on_plan(int(self.env.now), plan)
        for position, shares in started.items():
            self.queue.remove(position)
            self.begin(position, shares)
        if preempting:
            self.after_preempting(preempting, bool(started or come))
        self.held |= self.held_back()
        if self.let_others_move_up():
            self.ask_for_pass()
        self.want_relief()

    def kill(self, position: int) -> None:
        self.processes[position].interrupt(("killed", False))

    def let_come(self) -> list[int]:
        """Start those who have waited for others that have all gone."""
        come = sorted(position for position, hold in self.holds.items() if not hold.victims)
        for position in come:
            hold, job = self.holds.pop(position), self.jobs[position]
            future = self.future()
            self.begin(position, [Share(node, future.mask(job, node)) for node in hold.nodes])
        return come

    def after_preempting(self, done: Preempting, started: bool) -> None:
        rule, now, back = self.rule.preemption, int(self.env.now), []
        assert rule is not None
        for position in done.suspended:
            self.standings[position].times += 1
            self.suspended[position] = now
            if self.bounds:
                self.bounds.attempt_of(position).pause(now)
            self.processes[position].interrupt("suspended")
        for position in done.stopped:
            reason, keeps = self.fate(position)
            self.leave(position, "idle" if rule.wanted else "preemption", keeps=keeps)
            self.processes[position].interrupt((reason, keeps))
            if reason == "preempted":
                self.eligible[position] = now
                back.append(position)
        if rule.reclaim:
            self.after_reclaiming(rule, started, [*self.queue, *back], bool(done.rooms_made))
            return
        if rule.wanted:
            self.after_stopping_idle(rule, back, bool(done.rooms_made))
            return
        waiting = [
            (self.standings[each].rank, self.eligible[each]) for each in [*self.in_line(), *back]
        ]
        # Nobody waits for the exempt time of those who stand still.
        running = [
            (self.standings[each].rank, -FOREVER if each in self.suspended else self.began(each))
            for each in self.running
            if each not in self.told
        ]
        outranked = any_outranked((rank for rank, _ in waiting), (rank for rank, _ in running))
        if done.rooms_made or (started and outranked):
            self.ask_for_pass()
        self.wake_at(next_wake(rule, now, waiting, running))
        self.want_crossing()


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
    changes: Sequence[Change] = (),
    made_as: type[Twin] = Twin,
) -> list[Outcome]:
    """What becomes of each job, by position.

    A ``ledger`` has an order that serves somebody, in the place of the rule's. ``changes`` take the
    place of the rule; their stages are those of a ``Rule``, but that ``overrun`` stays as it was.
    ``on_plan`` hears of each pass: its instant and its plan, with the jobs that start in it.
    """
    twin = made_as(jobs, nodes, rule, checkpoints, ledger, bounds)
    twin.on_plan = on_plan
    last = jobs[-1].submit if jobs else 0
    for window in windows:
        twin.absences += absences_of_window(window, last)
    twin.absences += map(absence_of_failure, failures)
    for number, absence in enumerate(twin.absences):
        twin.env.process(twin.absence(number, absence))
    twin.give_windows()
    twin.give_grants()
    for change in changes:
        twin.env.process(twin.reform(change))
    open_bureau(twin, [job.submit for job in jobs])
    for position in range(len(jobs)):
        twin.processes.append(twin.env.process(twin.job(position)))
        twin.env.process(twin.user(position))
    twin.env.run()
    return twin.outcomes
