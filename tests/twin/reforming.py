"""Reforms: another rule takes over, on pools as on nodes."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from twin.clock import COMPLETION, GONE, LAST, Clock
from twin.ledger import Use

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twin import model
    from twin.bureau import Bureau
    from twin.clock import Process
    from twin.ledger import Ledger
    from twin.limits import Bounds
    from twin.nodes import model as nodes
    from twin.preemption import Preemption, Queues


@dataclass(frozen=True, slots=True)
class Change:
    """A rule that takes over: its stages, ``preemption`` and ``bounds`` among them; and, in the
    place of an order, a ledger that begins then. With neither the ledger before goes on."""

    time: int
    rule: dict[str, Any]
    ledger: Ledger | None = None
    keep_budgets: bool = True


class Reforming(Clock):
    """Who runs, who waits and who has been told to stop, under a rule that begins in mid-run."""

    outcomes: Sequence[model.Outcome | nodes.Outcome]
    bureau: Bureau

    @abstractmethod
    def decide(self, rule: dict[str, Any]) -> Preemption | None:
        """Let these stages decide from now on; how jobs stop others under them."""

    @abstractmethod
    def rank_of(self, position: int) -> int | None:
        """The rank of the job's class, where that gives it rights."""

    @abstractmethod
    def attach(self, ledger: Ledger) -> None:
        """Let the ledger see the machine."""

    @abstractmethod
    def give_up(self, position: int) -> None:
        """A job that holds units is queued again; its victims stop all the same."""

    def stands_still_since(self, position: int) -> int | None:
        """Since when a running job is suspended; nobody on a pool is."""
        return None

    def place_anew(self) -> None:
        """Let nodes be chosen as the new rule says; units of a pool are all alike."""

    def reform(self, change: Change) -> Process:
        """Another rule takes over, behind the ends of jobs and before arrivals."""
        yield self.at(change.time, GONE, 10**6)
        rule = dict(change.rule)
        for position in sorted(self.holds):
            self.give_up(position)
        bounds = rule.pop("bounds", None)
        preemption = self.decide(rule)
        self.limit_by(self.bounds_of(bounds, preemption), keep=change.keep_budgets)
        self.held = set()
        for standing in self.standings if preemption is None else ():
            standing.reclaimed = False
        self.era += 1
        self.wake = self.relief = None
        self.plan, self.plan_broken = {}, True
        if self.ledger:
            self.ledger.note_who_came()
        for position in [*self.queue] if self.bounds else ():
            if self.bounds.refused(position):
                self.processes[position].interrupt("refused")
                self.come.remove(position)
        self.give_grants()
        # They leave first.
        yield self.at(change.time, GONE, 10**6 + 1)
        self.place_anew()
        self.bureau.take_over()
        if change.ledger:
            self.open_ledger(change.ledger)
        else:
            self.ledger = None if "order" in change.rule else self.ledger
            self.rank_anew()
        if self.ledger and not change.ledger:
            for position in self.queue:
                self.ledger.key(position, int(self.env.now), self.eligible)
        used_up = self.at(change.time, COMPLETION, LAST)
        used_up.callbacks.append(lambda _: self.stop_spenders(granted=True))
        for position in self.running:
            self.watch_idle(preemption, position)
        self.ask_for_pass()

    def limit_by(self, bounds: Bounds | None, *, keep: bool) -> None:
        """Let these limits hold jobs back; who runs counts in them."""
        before, self.bounds = self.bounds, bounds
        if bounds is None:
            return
        self.bounds = bounds.go_on(before, int(self.env.now), keep=keep)
        for position in self.running if before is None else ():
            self.bounds.begin(position, self.began(position))
            since = self.stands_still_since(position)
            if since is not None:
                self.bounds.attempt_of(position).pause(since)

    def open_ledger(self, ledger: Ledger) -> None:
        """Whoever runs is as if it had started now."""
        now, self.ledger = int(self.env.now), ledger
        ledger.late = self.late
        self.attach(ledger)
        self.rank_anew()
        starts = {position: self.began(position) for position in self.running}
        for position, start in starts.items():
            ledger.uses.append(Use(position, now, entered=False, before=now - start))
        if self.queues:
            # What has been attained is a fact.
            ledger.uses = [Use(position, start) for position, start in starts.items()]
            for position, outcome in enumerate(self.outcomes):
                ledger.uses += [Use(position, *attempt[:2]) for attempt in outcome.attempts]
        ledger.begin_in_mid_run(self.queue, now)
        if hasattr(ledger.ordering, "window"):
            ledger.window(now, self.queue, self.eligible)
        self.give_windows()
        self.tick_due = False
        if ledger.period:
            ledger.last_tick = now
            ledger.tick(now, self.queue, self.eligible)
            if ledger.ordering.kind == "karma":
                # The quantum under way began then.
                ledger.last_tick = now - now % ledger.period
            self.want_tick()

    def rank_anew(self) -> None:
        """Ranks are those of classes, or queues by what has been attained."""
        self.queues, self.crossing = self.ledger.queues if self.ledger else None, None
        for position, standing in enumerate(self.standings):
            standing.rank = 0 if self.queues else self.rank_of(position)
            if self.queues:
                seconds = standing.served + self.stood_still_after(position, self.queues)
                self.queues.settle(standing, self.units_of(position), seconds)

    def stood_still_after(self, position: int, queues: Queues) -> int:
        """What a job that stands still had been seen to run in the attempt under way, s."""
        return 0
