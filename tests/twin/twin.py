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

from math import inf
from typing import TYPE_CHECKING, Any

from twin.absences import Absences
from twin.bureau import open_bureau
from twin.clock import PASS
from twin.life import Lives
from twin.line import Line
from twin.orders import ORDERS, Asked
from twin.outages import absence_of_loss, absences_of_window
from twin.preempting import Preempting
from twin.reforming import Reforming
from twin.scheduler import Plan, kept_places, reservations

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import simpy

    from simulator.cluster.models import CapacityLoss, MaintenanceWindow
    from twin.ledger import Ledger
    from twin.limits import Bounds
    from twin.model import Outcome, TwinJob
    from twin.preemption import Preemption
    from twin.reforming import Change

PLACES = {"none": 0, "easy": 1, "conservative": inf}


class _Twin(Lives, Absences, Preempting, Reforming):
    """Its passes."""

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
        ledger = None if isinstance(order, str) else order
        super().__init__(jobs, capacity, ledger, bounds, overrun=overrun, preemption=preemption)
        self.decide_by(order if isinstance(order, str) else "fcfs", backfill, k, replan)
        self.on_plan = on_plan

    def decide_by(
        self, order: str = "fcfs", backfill: str = "easy", k: int = 4, replan: str = "all"
    ) -> None:
        self.order = ORDERS[order]
        self.keeps = backfill == "conservative" and replan == "earlier"
        self.places = k if backfill == "reservations" else PLACES[backfill]

    def decide(self, rule: dict[str, Any]) -> Preemption | None:
        self.preemption = rule.pop("preemption", None)
        self.overrun = rule.pop("overrun", self.overrun)
        self.decide_by(**rule)
        return self.preemption

    def priority(self, position: int) -> tuple[float, int]:
        job, now, late = self.jobs[position], int(self.env.now), self.late(position)
        asked = Asked(
            job.size,
            job.walltime,
            max(now - (self.outcomes[position].eligible or 0) - late, 0),
            job.submit - self.jobs[0].submit + late,
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
        queue = self.last_last(queue)
        started, stopped = list[int](), list[int]()
        line = Line(queue, self.bounds, lambda: self.ran(started, stopped), int(self.env.now))
        self.let_sink()
        if self.keeps:
            plan = self.keep_places(queue, line, started)
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
        if self.let_others_move_up():
            self.ask_for_pass()
        self.want_relief()

    def keep_places(self, queue: list[int], line: Line, started: list[int]) -> Plan:
        """Who starts is added to ``started``; whom the line does not let stays without a place."""
        now = int(self.env.now)
        overrun = any(held.start + held.walltime <= now for held in self.running.values())
        kept = {} if self.plan_broken or overrun else self.plan
        due, plan = kept_places(queue, self.jobs, self.profile(), kept, compress=self.freed_early)
        self.plan_broken = self.freed_early = False
        started.extend(position for position in line.of(due))
        self.plan = {job: place for job, place in plan.items() if job not in started}
        for place in {place for place in self.plan.values() if place is not None}:
            self.at(place, PASS).callbacks.append(self.start_promised)
        return plan

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
    changes: Sequence[Change] = (),
    windows: Sequence[MaintenanceWindow] = (),
    losses: Sequence[CapacityLoss] = (),
    on_plan: Callable[[int, Plan], None] | None = None,
) -> list[Outcome]:
    """What becomes of each job, by position.

    ``order`` is a key of ``orders.ORDERS``, or a ledger with an order that serves somebody;
    ``backfill`` is none, easy, reservations (of ``k`` places) or conservative (``replan`` all or
    earlier); ``overrun`` is kill or allow. ``changes`` take the place of the rule. ``on_plan``
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
