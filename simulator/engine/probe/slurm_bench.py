"""Arrays of a probe's own, on which Slurm's passes are tried: the run sees nothing of it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from simulator.engine.probe.slurm_kernel import (
    backfill_until,
    main_until,
    one_backfill_turn,
    one_main_turn,
    runs_on,
    see_pass,
)
from simulator.engine.slurm import SlurmNodes
from simulator.kernels.addresses import Handed
from simulator.kernels.state import NOW, Ints
from simulator.kernels.words import Words
from simulator.rules.slurm import build
from simulator.rules.slurm.run_kernel import DEPTH, FULL, MAIN_COMES, REQUEST, Slurm
from simulator.rules.slurm.state_kernel import CHANGES, MAX_TEST, STARTED, Did

Kept = list[tuple["Ints | Words", "Ints | Words"]]
"""Arrays, and what their first rows were."""


class Turn(NamedTuple):
    """What became of a job at its turn."""

    outcome: int
    """An outcome of ``slurm.state_kernel``."""
    start: int
    """When it is planned to start, if it is planned."""
    victims: tuple[int, ...]
    """Whom it stops for itself."""


class Bench:
    """The pass to come of a run, up to the turn of one job, and that turn as often as one likes.

    ``set`` to a pass, then ``take_turn``, or ``rewind`` and change its arrays before.
    """

    def __init__(self, slurm: Slurm, position: int) -> None:
        """Of the run of these arrays; something may be lifted for the job alone."""
        self.position = position
        self.run = slurm
        self.slurm = _own(slurm, position)
        self.anywhere = len(slurm.site.tier)
        """The partition of all nodes that some job may use."""
        self._handed = Handed()
        self._changes = 0
        self._said = _of_job(self.slurm, position)
        self._at_pass: Kept = []
        self._at_turn: Kept = []

    @property
    def slurm_at(self) -> Slurm:
        """The arrays as they are best handed to kernels."""
        found: Slurm = self._handed(self.slurm)
        return found

    def set(self, world: SlurmNodes, coming: int) -> None:
        """Come to the turn of the job in the pass that is coming in the run."""
        self.main = coming == MAIN_COMES
        self._copy(world.slurm)
        self.see_line(world)
        waiting = len(self.line)
        places = np.flatnonzero(self.line == self.position)
        self.place = int(places[0]) if len(places) else None
        depth = int(world.slurm.clock.setting[DEPTH])
        self.full = bool(world.slurm.clock.now[REQUEST] == FULL)
        self.depth = waiting if not self.main or self.full else min(waiting, depth)
        self._at_pass = self._save(0)
        if self.place is not None:
            self._go_to_turn(self.place)

    def see_line(self, world: SlurmNodes) -> None:
        """See who stands in the line of the pass that is coming, and no more of it."""
        self.now = int(world.state.counters[NOW])
        waiting = int(see_pass(world.state_at, self.slurm_at, world.program))
        self.line: Ints = self.slurm.scratch.order[:waiting].copy()

    def _go_to_turn(self, place: int) -> None:
        """Let those before the job have their turns."""
        if self.main:
            self.looked = place < self.depth
            main_until(self.slurm_at, min(place, self.depth), self.now)
        else:
            tested = int(backfill_until(self.slurm_at, place, self.now))
            self.looked = tested < self.slurm.site.rules[MAX_TEST]
        did = self.slurm.did
        self.before = [
            (int(did.row[index]), int(did.outcome[index]), int(did.start[index]), index)
            for index in range(int(did.counts[0]))
        ]
        """(job, outcome, planned start, row of ``Did``) of each that has had its turn."""
        self._at_turn = self._save(int(did.counts[0]))

    def whole_pass(self) -> None:
        """Make all of the pass: who starts and who is stopped stands in ``Did``."""
        self._restore(self._at_pass)
        if self.main:
            main_until(self.slurm_at, self.depth, self.now)
        else:
            backfill_until(self.slurm_at, len(self.line), self.now)

    def rewind(self, *, first: bool = False) -> None:
        """To the job's turn, or, if it is to be the ``first``, to where the pass begins."""
        self._forget_lifts()
        if not first:
            self._restore(self._at_turn)
            return
        self._restore(self._at_pass)
        if self.main:
            main_until(self.slurm_at, 0, self.now)
        else:
            backfill_until(self.slurm_at, 0, self.now)

    def take_turn(self) -> Turn:
        """Let the job have its turn, as things are now."""
        did, job = self.slurm.did, self.position
        victims = int(did.counts[1])
        (one_main_turn if self.main else one_backfill_turn)(self.slurm_at, job, self.now)
        row, last = int(did.counts[0]) - 1, int(did.counts[1])
        stopped = tuple(int(each) for each in did.victim[victims:last])
        return Turn(int(did.outcome[row]), int(did.start[row]), stopped)

    def turn_again(self) -> Turn:
        """Once more, as if whom it has just stopped had been gone before, nodes and all."""
        live = self.slurm.live
        fields = live.free, live.row, live.end, live.begun, live.order, live.nodes, live.counts
        kept = [(array, array.copy()) for array in fields]
        self._restore(self._turned_from)
        for array, values in kept:
            array[:] = values
        self._count_change()
        return self.take_turn()

    def mark(self) -> None:
        """Keep how things are for ``turn_again``."""
        self._turned_from = self._save(int(self.slurm.did.counts[0]))

    def let_go(self) -> None:
        """Nobody holds anything but who has started in the pass."""
        live, site, did, asks = self.slurm.live, self.slurm.site, self.slurm.did, self.slurm.asks
        rows = range(int(did.counts[0]))
        started = [index for index in rows if did.outcome[index] == STARTED]
        live.counts[0] = 0
        live.free[:] = site.has
        for index in started:
            job = int(did.row[index])
            end = self.now + int(asks.limit[job])
            runs_on(self.slurm_at, job, self.now, end, index)
        self._count_change()

    def _copy(self, run: Slurm) -> None:
        """Be what the run is, but for what is lifted."""
        mine, count = self.slurm, int(run.live.counts[0])
        self._forget_lifts()
        mine.asks.preempted[:] = run.asks.preempted
        for name in ("free", "completing"):
            getattr(mine.live, name)[:] = getattr(run.live, name)
        for name in ("row", "end", "begun", "order", "nodes"):
            getattr(mine.live, name)[:count] = getattr(run.live, name)[:count]
        mine.live.counts[0] = count
        for name in _COUNTED:
            getattr(mine.site.limits, name)[:] = getattr(run.site.limits, name)
        self._count_change()

    def _forget_lifts(self) -> None:
        asks, site, job = self.slurm.asks, self.slurm.site, self.position
        limits = site.limits
        asks.cpus[job], asks.memory[job], asks.partition[job] = self._said[:3]
        if len(limits.group):
            limits.group[job] = self._said[3]
        asks.preempted[job] = self.run.asks.preempted[job]
        site.exempt[:] = self.run.site.exempt
        site.rules[:] = self.run.site.rules

    def _count_change(self) -> None:
        """Let nothing be thought known of where jobs fit."""
        # A pass counts each start and each victim, at most twice as many as there are jobs.
        self._changes += 2 * len(self.slurm.asks.nodes) + 2
        self.slurm.live.counts[CHANGES] = self._changes
        fits = self.slurm.scratch.fits
        row = fits.row[fits.ask[self.position]]
        if fits.owner[row] == fits.ask[self.position]:
            fits.owner[row] = -1

    def _save(self, did: int) -> Kept:
        """All that a pass changes, so many have had their turns."""
        mine, count = self.slurm, int(self.slurm.live.counts[0])
        live, plan, scratch = mine.live, mine.plan, mine.scratch
        records = 0 if self.main else int(plan.counts[0])
        parts: list[tuple[Ints | Words, int]] = [
            *((array, len(array)) for array in (live.free, live.completing, live.counts)),
            *((array, count) for array in (live.row, live.end, live.begun, live.order, live.nodes)),
            *((array, records) for array in (plan.begin, plan.end, plan.next, plan.free)),
            (plan.counts, 1),
            *((array, len(array)) for array in (scratch.sets, scratch.seen, scratch.closed)),
            *((getattr(mine.site.limits, name), len(mine.site.limits.jobs)) for name in _COUNTED),
            *((array, len(array)) for array in (mine.booked.start, mine.booked.end)),
            *((array, did) for array in _told(mine.did)),
            (mine.did.counts, 2),
        ]
        return [(array, array[:rows].copy()) for array, rows in parts]

    def _restore(self, kept: Kept) -> None:
        for array, values in kept:
            array[: len(values)] = values
        self._count_change()


def _told(did: Did) -> tuple[Ints | Words, ...]:
    """Its columns that are read here."""
    return did.row, did.outcome, did.start, did.nodes


_COUNTED = ("jobs", "units", "reach")
"""Of limits, what passes count in."""


def _of_job(slurm: Slurm, job: int) -> tuple[int, int, int, Ints]:
    asks, group = slurm.asks, slurm.site.limits.group
    mine = group[job].copy() if len(group) else build.ints(0)
    return int(asks.cpus[job]), int(asks.memory[job]), int(asks.partition[job]), mine


def _own(slurm: Slurm, position: int) -> Slurm:
    """Arrays beside those of a run; what no pass writes to, and nobody lifts, is shared."""
    site, asks, limits, scratch = slurm.site, slurm.asks, slurm.site.limits, slurm.scratch
    jobs, nodes, partitions = len(asks.nodes), site.has.shape[1], len(site.tier) + 1
    ask = scratch.fits.ask.copy()
    # The job's own, since something may be lifted of what it asks for.
    ask[position] = ask.max(initial=-1) + 1
    mine = asks.partition[position]
    counted = {name: getattr(limits, name).copy() for name in ("group", *_COUNTED)}
    return slurm._replace(
        site=site._replace(
            part=np.vstack([site.part, np.bitwise_or.reduce(site.part, axis=0)]),
            tier=np.r_[site.tier, site.tier[mine]],
            longest=np.r_[site.longest, site.longest[mine]],
            exempt=site.exempt.copy(),
            rules=site.rules.copy(),
            limits=limits._replace(**counted),
        ),
        asks=asks._replace(
            cpus=asks.cpus.copy(),
            memory=asks.memory.copy(),
            partition=asks.partition.copy(),
            priority=asks.priority.copy(),
            preempted=asks.preempted.copy(),
        ),
        booked=slurm.booked._replace(start=slurm.booked.start.copy(), end=slurm.booked.end.copy()),
        live=build.live(site.has, jobs),
        plan=build.plan(jobs, nodes),
        did=build.did(jobs, nodes, jobs),
        scratch=scratch._replace(
            sets=np.zeros_like(scratch.sets),
            offers=build.ints(nodes),
            free=build.ints(3, nodes),
            **{name: build.ints(jobs) for name in ("order", "half", "slots", "gone", "usable")},
            seen=np.zeros_like(scratch.seen),
            closed=build.ints(partitions),
            fits=build.fits(ask, nodes),
            kept=scratch.kept._replace(
                numbers=scratch.kept.numbers.copy(),
                line=build.ints(jobs),
                barred=build.ints(jobs),
                vain=scratch.kept.vain.copy(),
                vainly_tested=build.ints(jobs),
            ),
            until=build.ints(1),
        ),
    )
