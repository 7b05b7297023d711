"""Who holds what and has had what, added up from the whole history each time it is asked."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import log
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import brentq

from simulator.kernels.accounts import tree_of
from simulator.rules.ordering.plain import View, by_keys, by_turns, with_requests
from twin.remembered import REMEMBERED, Remembered

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from simulator.kernels.accounts import Tree
    from simulator.rules.accounts.entities import Entities
    from simulator.rules.ordering.serving import Serving
    from twin.preemption import Queues


@dataclass(slots=True)
class Use:
    """One attempt of a job: its entity is charged so much a second."""

    position: int
    start: int
    end: int | None = None
    entered: bool = True
    """It did start then, and does not merely count from then on."""
    before: int = 0
    """Seconds that it had run by then."""


@dataclass(slots=True)
class Ledger:
    """Served order of a run: an ordering, the entities, and everything that ran."""

    ordering: Serving
    entities: Entities
    asks: np.ndarray
    capacity: np.ndarray
    charge: Sequence[int]
    """Thousandths a second, by position."""
    submit: Sequence[int]
    walltime: Sequence[int]
    fade: str = "none"
    span: int = 0
    left: float = 0.0
    """Steps: what part of usage a step leaves."""
    least: float = 0.0
    """Steps: what usage begins at, and never falls below."""
    period: int = 0
    nodes: Sequence[int] = ()
    """Nodes that each job asks for; 1 if none are given."""
    units: int = 1
    """Units of a GPU."""
    machine: Callable[[], tuple[int, int]] = lambda: (0, 0)
    """Units up, and units up and free, now; the twin's."""
    late: Callable[[int], int] = lambda _: 0
    """By how much a waiting job counts as submitted later, now; the twin's."""
    lates: dict[int, int] = field(default_factory=dict)
    """By how much each key that was given counts its job so."""
    queues: Queues | None = None
    """Of the order ``las``."""
    fixed: Sequence[float] = ()
    """What the order knows of each job from the first."""
    own: np.ndarray = field(default_factory=lambda: np.empty(0))
    """What it remembers of each entity."""
    uses: list[Use] = field(default_factory=list)
    last_tick: int = 0
    keys: dict[int, float] = field(default_factory=dict)
    """Keys given to jobs at ticks, or when they came."""
    credits: np.ndarray = field(default_factory=lambda: np.empty(0))
    target: np.ndarray = field(default_factory=lambda: np.empty(0))
    tree: Tree = field(init=False)
    branches: list[list[int]] = field(init=False)
    """Of each job: its entity and those above."""
    _slurm: np.ndarray = field(default_factory=lambda: np.empty(0))
    _at_tick: View | None = None
    terms: np.ndarray = field(default_factory=lambda: np.empty(0))
    remembered: Remembered | None = None
    _coming: list[int] = field(default_factory=list)
    """Jobs that have come to the queue since the last pass: they count behind all ends."""
    _line: list[int] = field(default_factory=list)
    """Jobs of the last pass that would have to start next for all to be in turn."""

    def __post_init__(self) -> None:
        each = self.entities
        self.tree = tree_of(each.parent, each.share, each.user)
        self.branches = [self._branch(entity) for entity in each.of_job.tolist()]
        self._slurm = np.zeros(len(self.entities.names))
        self.own = np.zeros(len(self.entities.names))
        self.last_tick = -self.period
        self.target = np.zeros(len(self._slurm))
        self.credits = np.full(len(self._slurm), np.nan)
        self.credits[0] = 0
        if self.ordering.kind in REMEMBERED:
            self.remembered = REMEMBERED[self.ordering.kind](
                each.of_job,
                self.asks[:, 0],
                self.walltime,
                self.tree.entitled,
                self.fixed,
                (*self.ordering.numbers(), self.units),
            )

    def started(self, position: int, now: int) -> None:
        self.uses.append(Use(position, now))
        if self.remembered:
            self.remembered.until(now)
            in_turn = self._line[:1] == [position]
            self._line = self._line[1:] if in_turn else []
            self.remembered.started(position, in_turn=in_turn)

    def withdrawn(self, position: int) -> None:
        """A waiting job is taken back."""
        if self.remembered:
            self.remembered.withdrawn(position)

    def queued(self, position: int) -> None:
        if self.remembered:
            self._coming.append(position)

    def note_who_came(self) -> None:
        """Count those who have come to the queue."""
        while self.remembered and self._coming:
            self.remembered.queued(self._coming.pop(0))

    def begin_in_mid_run(self, waiting: Sequence[int], now: int) -> None:
        """All come now; then those who run start, with what they have run behind them."""
        if self.remembered is None:
            return
        self.remembered.until(now)
        for position in [*waiting, *(use.position for use in self.uses)]:
            self.remembered.queued(position)
        for use in self.uses:
            self.remembered.started(use.position, in_turn=False)
            self.remembered.ran_before(use.position, use.before)

    def ended(self, position: int, now: int) -> None:
        use = next(use for use in self.uses if use.position == position and use.end is None)
        self._book(use, now)
        use.end = now
        if self.remembered:
            self.remembered.until(now)
            self.remembered.ended(position, now - use.start + use.before)

    # Ticks.

    def _book(self, use: Use, now: int) -> None:
        """Slurm: what it has used since the last tick."""
        seconds = now - max(use.start, self.last_tick)
        if self.fade == "slurm" and seconds > 0:
            used = seconds * (1 - 0.693 / self.span) ** seconds * self.charge[use.position] * 1000
            for entity in self.branches[use.position]:
                self._slurm[entity] += used

    def tick(self, now: int, queue: Sequence[int], eligible: Sequence[int]) -> None:
        """Weigh everybody, and give each waiting job a new key."""
        if self.fade == "slurm":
            self._slurm *= (1 - 0.693 / self.span) ** (now - self.last_tick)
            rate = np.zeros(len(self._slurm), np.int64)
            for use in reversed([use for use in self.uses if use.end is None]):
                if use.start > self.last_tick:
                    self._book(use, now)
                    continue
                for entity in self.branches[use.position]:
                    rate[entity] += self.charge[use.position]
            seconds = now - self.last_tick
            self._slurm += rate * (seconds * (1 - 0.693 / self.span) ** seconds * 1000)
        if self.ordering.kind == "karma":
            self.quanta(now, queue, eligible)
        if hasattr(self.ordering, "sampled"):
            view = self.view(now, eligible, queue)
            self.own = self.ordering.sampled(view, now - self.last_tick)
        self.last_tick = now
        if hasattr(self.ordering, "standing"):
            return
        self._at_tick = self.view(now, eligible, queue)
        for position in queue:
            self.key(position, now, eligible)

    def quanta(self, now: int, queue: Sequence[int], eligible: Sequence[int]) -> None:
        """Karma: the quanta until now; in all but the last nobody wanted anything."""
        view = with_requests(self.view(now, eligible, queue), queue)
        demand = view.requested.astype(np.int64)
        args = view.entitled, int(self.capacity[0])
        for _ in range((now - self.last_tick) // self.period - 1):
            _, self.credits = self.ordering.slices(self.credits, 0 * demand, *args)
        self.target, self.credits = self.ordering.slices(self.credits, demand, *args)

    def window(self, now: int, queue: Sequence[int], eligible: Sequence[int]) -> None:
        """A policy window: divide the machine, which has one type of GPUs."""
        view = with_requests(self.view(now, eligible, queue), queue)
        weight = np.where(view.requested > 0, view.entitled, 0)
        self.target = np.minimum(view.requested, self.capacity[0])
        if view.requested.sum() > self.capacity[0]:
            level = brentq(
                lambda level: np.minimum(view.requested, weight * level).sum() - self.capacity[0],
                0,
                1e9,
                xtol=1e-12,
                rtol=1e-15,
            )
            self.target = np.minimum(view.requested, weight * level)

    def next_tick(self, now: int) -> int:
        """The first that is not before now; earlier ones, when nobody was there, count as one."""
        last = now - 1 - (now - 1) % self.period
        if last > self.last_tick:
            self.tick(last, [], [])
        return (self.last_tick // self.period + 1) * self.period

    def key(self, position: int, now: int, eligible: Sequence[int]) -> None:
        """Give a job that comes between ticks its key."""
        if self.period and self._at_tick is not None:
            late = self.lates[position] = self.late(position)
            eligible_now = np.array(eligible, np.int64) + late
            submit = np.array(self.submit, np.int64) + late
            view = replace(self._at_tick, now=now, eligible=eligible_now, submit=submit)
            [self.keys[position]] = self.ordering.keys(view, np.array([position]))

    def _branch(self, entity: int) -> list[int]:
        found = []
        while entity >= 0:
            found.append(entity)
            entity = int(self.entities.parent[entity])
        return found

    def _weight(self, start: int, end: int, now: int) -> float:
        """How many of the seconds from start to end still count."""
        if self.fade == "none":
            return float(end - start)
        if self.fade == "tumbling":
            return float(max(0, end - max(start, now // self.span * self.span)))
        if self.fade == "sliding":
            return float(max(0, end - max(start, now - self.span)))
        long = self.span / log(2)
        return float(long * (2.0 ** ((end - now) / self.span) - 2.0 ** ((start - now) / self.span)))

    def _stepped(self, now: int) -> np.ndarray:
        """Usage that falls at each whole multiple of the span."""
        total = np.full(len(self.entities.names), self.least)
        for begin in range(0, now, self.span):
            end = min(now, begin + self.span)
            for use in self.uses:
                until = end if use.end is None else min(use.end, end)
                seconds = max(0, until - max(use.start, begin))
                for entity in self.branches[use.position]:
                    total[entity] += seconds * self.charge[use.position] * 1000
            if end == begin + self.span:
                total = np.maximum(total * self.left, self.least)
        return total

    def usage(self, now: int) -> np.ndarray:
        """Of each entity, in millionths of a charge-second."""
        if self.fade == "slurm":
            return self._slurm.copy()
        if self.fade == "steps":
            return self._stepped(now)
        total = [0.0 for _ in self.entities.names]
        for use in self.uses:
            seconds = self._weight(use.start, now if use.end is None else use.end, now)
            for entity in self.branches[use.position]:
                total[entity] += seconds * self.charge[use.position] * 1000
        return np.array(total)

    def counted(self, now: int) -> float:
        """The usage of one unit that was always in use."""
        return now if self.fade == "slurm" else self._weight(0, now, now)

    def memory(self) -> np.ndarray:
        """What the order remembers of each entity."""
        if hasattr(self.ordering, "sampled"):
            return self.own
        return self.credits if self.remembered is None else self.remembered.own

    def attained(self) -> np.ndarray:
        """GPU-seconds of each job's attempts that have ended."""
        found = np.zeros(len(self.submit))
        for use in self.uses:
            if use.end is not None:
                found[use.position] += (use.end - use.start) * self.asks[use.position, 0]
        return found / self.units

    def view(self, now: int, eligible: Sequence[int], queue: Sequence[int]) -> View:
        if self.remembered:
            self.remembered.until(now)
        held = np.zeros((len(self.entities.names), len(self.capacity)), np.int64)
        running, waiting = np.zeros((2, len(self.entities.names)), np.int64)
        for use in self.uses:
            if use.end is None:
                for entity in self.branches[use.position]:
                    held[entity] += self.asks[use.position]
                    running[entity] += 1
        for position in queue:
            waiting[self.entities.of_job[position]] += 1
        late = np.zeros(len(self.submit), np.int64)
        late[list(queue)] = [self.late(position) for position in queue]
        up, free = self.machine()
        each, tree = self.entities, self.tree
        return View(
            now=now,
            submit=np.array(self.submit, np.int64) + late,
            eligible=np.array(eligible, np.int64) + late[: len(eligible)],
            walltime=np.array(self.walltime, np.int64),
            gpus=self.asks[:, 0],
            of_job=each.of_job,
            asks=self.asks,
            capacity=self.capacity,
            parent=each.parent,
            share=each.share,
            part=tree.part,
            entitled=tree.entitled,
            user=each.user,
            held=held,
            usage=self.usage(now),
            up=up,
            free=free,
            busy=sum(use.end is None for use in self.uses),
            queued=len(queue),
            running=running,
            waiting=waiting,
            nodes=np.array(self.nodes or [1 for _ in self.submit], np.int64),
            units=self.units,
            own=self.memory(),
            active=np.array([use.position for use in self.uses if use.end is None], np.int64),
            entered=np.array(
                [use.position for use in self.uses if use.start >= self.last_tick and use.entered],
                np.int64,
            ),
            attained=self.attained(),
            fixed=np.array(self.fixed, np.float64),
            terms=self.terms,
            target=self.target,
            counted=self.counted(now),
        )

    def arrange(self, queue: Sequence[int], now: int, eligible: Sequence[int]) -> list[int]:
        """The queue in the order of this pass."""
        if self.period and not self.ordering.moving and not hasattr(self.ordering, "standing"):
            for position in queue:
                if self.late(position) != self.lates.get(position, 0):
                    self.key(position, now, eligible)
            return sorted(queue, key=lambda position: (-self.keys[position], position))
        self.note_who_came()
        if self.remembered:
            self.remembered.arranged(queue)
        view = self.view(now, eligible, queue)
        if hasattr(self.ordering, "standing"):
            self._line = by_turns(self.ordering, view, queue)
            return list(self._line)
        return by_keys(self.ordering, view, queue)
