"""What is noted of a job's wait under Slurm's own passes while its run is replayed."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from simulator.engine.probe.aside import Still
from simulator.engine.probe.factors import factors
from simulator.engine.probe.lifts import LIMIT
from simulator.engine.probe.room import room_for
from simulator.engine.probe.slurm_bench import Bench
from simulator.engine.probe.slurm_trial import blocking, in_the_way, limits_against, turn
from simulator.engine.probe.slurm_watch import PassWatch
from simulator.engine.probe.story import InForce, Moment
from simulator.engine.slurm import SlurmNodes
from simulator.kernels.accounts import LAST_TICK
from simulator.kernels.state import DONE, FAR, HEAD, NOW, PENDING, QUEUED, RUNNING, TAIL
from simulator.rules.slurm.run_kernel import BACKFILL as BY_BACKFILL
from simulator.rules.slurm.run_kernel import BACKFILL_COMES, MAIN_COMES
from simulator.rules.slurm.state_kernel import BEYOND, FAILED, PLANNED, STARTED

MAIN, WHOLE_LINE, BACKFILL = "main", "full main", "backfill"
"""The kinds of passes: a main pass of default depth, a full one, backfill."""

AWAY = "away"
"""It was stopped, and may not start again yet: it is in no line."""

RIGHTS = {
    (True, False): "higher in the order, by a main pass",
    (True, True): "higher in the order, by backfill",
    (False, False): "lower in the order, by a main pass",
    (False, True): "lower in the order, by backfill",
}
"""By what right others start: by whether they stand before the job, and whether backfill starts
them."""
STOPPED = "stopped others to start"
PASSED = "passed while it could not start again yet"


class SlurmStory(PassWatch):
    """The wait of one job: give it to a replay as ``watch``, and read what it noted.

    At each instant of ``looks`` it looks at the first main pass and at the first backfill pass from
    then on that have a queue, if the job waits then.
    """

    def __init__(
        self,
        position: int,
        eras: Sequence[InForce],
        looks: Iterable[int],
        starts: Mapping[int, Sequence[int]],
        own: Iterable[int] = (),
    ) -> None:
        """``eras``: the run's rules, one after the other. ``starts``: instants → who starts then,
        of whom it is asked by what right. ``own``: instants at which it starts itself, or is
        stopped for another."""
        self.position = position
        self.moments: list[Moment] = []
        self.started: dict[tuple[int, int], str] = {}
        """(instant, position) → by what right that job started."""
        self.began: dict[int, str] = {}
        """Instant → MAIN or BACKFILL: which pass started it."""
        self.stopped: dict[int, int] = {}
        """Instant → the position of the job for which it was stopped."""
        # What stories of other passes tell.
        self.killed: dict[int, tuple[str, ...]] = {}
        self.reclaimed: dict[int, int] = {}
        self.outranked: dict[int, int] = {}
        self.suspended: dict[int, int] = {}
        self.stood_still: list[Still] = []
        self.ends = frozenset(own)
        """Instants of which it is told by which pass it starts, or for whom it is stopped."""
        self._eras = eras
        self._looks = sorted(set(looks))
        self._starts = starts
        self._told = sorted({*starts, *self.ends})
        self._done = {MAIN_COMES: 0, BACKFILL_COMES: 0}
        """How many of the looks have had their pass, by kind."""
        self._bench: Bench | None = None
        self._pending = False

    def watch(self) -> PassWatch:
        """Who looks on."""
        return self

    def since(self, world: SlurmNodes) -> int:
        """The next instant of which anything is to be told."""
        now = int(world.state.counters[NOW])
        told = bisect_right(self._told, now - 1)
        some = self._told[told : told + 1]
        looks = [self._looks[done] for done in self._done.values() if done < len(self._looks)]
        over = world.state.progress.phase[self.position] == DONE
        return min([*some, *([] if over else looks)], default=FAR)

    def before(self, world: SlurmNodes, coming: int) -> None:
        """Look at the pass, if it is the first of its kind from a look on, and at who stands where
        in its line, if it is to be told by what right they start."""
        now, phase = int(world.state.counters[NOW]), world.state.progress.phase[self.position]
        self._phase, self._places = phase, dict[int, int]()
        looks = bisect_right(self._looks, now)
        is_look, self._done[coming] = self._done[coming] < looks, looks
        self._waits = phase == QUEUED or (phase == PENDING and self._came_back(world))
        bench = self._bench_of(world)
        if is_look and self._waits:
            bench.set(world, coming)
            self._note(world, bench, self._kind(bench, coming))
        elif self._waits and now in self._starts:
            bench.see_line(world)
        else:
            return
        self._places = {each: place for place, each in enumerate(bench.line.tolist())}

    def after(self, world: SlurmNodes) -> None:
        """Note what was free behind the pass, who has started in it, and whom it has stopped."""
        now, progress = int(world.state.counters[NOW]), world.state.progress
        if self._pending:
            self._pending = False
            room = room_for(world, self.position)
            self.moments[-1] = replace(self.moments[-1], after=room)
        for other in self._starts.get(now, ()) if self._waits else ():
            new = progress.start[other] == now and progress.phase[other] == RUNNING
            if other != self.position and new and (now, other) not in self.started:
                self.started[now, other] = self._right(world, other)
        mine = progress.phase[self.position]
        if mine == RUNNING and self._phase == QUEUED:
            self.began[now] = self._began(world, self.position)
        if mine == PENDING and self._phase == RUNNING:
            self._note_stop(world, now)

    def _bench_of(self, world: SlurmNodes) -> Bench:
        """What passes are tried on: another one once a reform has brought other arrays."""
        if self._bench is None or self._bench.run is not world.slurm:
            self._bench = Bench(world.slurm, self.position)
        return self._bench

    def _came_back(self, world: SlurmNodes) -> bool:
        """Whether it has run, and is to be submitted again."""
        return bool(world.state.progress.requeues[self.position] > 0)

    def _kind(self, bench: Bench, coming: int) -> str:
        if coming == BACKFILL_COMES:
            return BACKFILL
        return WHOLE_LINE if bench.full else MAIN

    def _began(self, world: SlurmNodes, position: int) -> str:
        by = world.slurm.times.planned_by[position]
        return BACKFILL if by == BY_BACKFILL else MAIN

    def _note_stop(self, world: SlurmNodes, now: int) -> None:
        did = world.slurm.did
        for index in range(int(did.counts[1])):
            if did.victim[index] == self.position:
                self.stopped[now] = int(did.stopped_for[index])

    def _right(self, world: SlurmNodes, other: int) -> str:
        preempted = world.slurm.asks.preempted[other]
        if preempted >= world.state.progress.eligible[other]:
            return STOPPED
        mine = self._places.get(self.position)
        if mine is None:
            return PASSED
        before = self._places.get(other, len(self._places)) < mine
        return RIGHTS[before, self._began(world, other) == BACKFILL]

    def _note(self, world: SlurmNodes, bench: Bench, kind: str) -> None:
        """Note the moment, unless the job starts in it."""
        names, place = self._eras[world.era].rule.holding, bench.place
        now, room = bench.now, room_for(world, self.position)
        if place is None:
            clauses: tuple[str, ...] = (AWAY,)
            promised, way, against = None, None, list[int]()
        else:
            found = turn(bench)
            if found.outcome == STARTED:
                return
            planned = kind == BACKFILL and found.outcome in (PLANNED, FAILED, BEYOND)
            promised = found.start if planned else None
            way, against = in_the_way(bench), limits_against(bench)
            clauses = blocking(bench)
        held = tuple(names[column] for column in against if LIMIT in clauses)
        head, head_promised = way or (None, None)
        moment = Moment(
            now, world.era, clauses, held, ("",) * len(held), (), (), (), place,
            len(bench.line), self._key(world),
            {} if place is None else self._factors(world), room, room, promised,
            head, head_promised, (), kind,
        )  # fmt: skip
        self.moments.append(moment)
        self._pending = True

    def _key(self, world: SlurmNodes) -> float | None:
        counters, queue = world.state.counters, world.state.queue
        line = slice(int(counters[HEAD]), int(counters[TAIL]))
        mine = np.flatnonzero(queue.position[line] == self.position)
        return float(queue.key[line][mine[0]]) if len(mine) else None

    def _factors(self, world: SlurmNodes) -> dict[str, float]:
        """As of when its priority was made: at the last calculation, or as it came."""
        as_of = None
        if world.program.period:
            last = int(world.state.accounts.clock[LAST_TICK])
            as_of = max(last, int(world.state.progress.eligible[self.position]))
        rule, parts = self._eras[world.era]
        return dict(factors(world, self.position, rule, parts, as_of))
