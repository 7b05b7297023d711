"""A run under Slurm's own clocks: its arrays, and the machine that it happens on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from simulator.cluster.machine import Machine
from simulator.engine.advance_slurm_kernel import advance_slurm
from simulator.engine.slurm_latency import latency_of
from simulator.engine.slurm_qos import Qualities
from simulator.engine.verbs_slurm_kernel import empty_node
from simulator.engine.world import Nodes, Outage
from simulator.kernels.addresses import Handed
from simulator.kernels.grid import UNITS, Grid, longer_held
from simulator.kernels.limits import Limits
from simulator.kernels.state import (
    AT_HORIZON,
    CAPACITY,
    FAR,
    HELD_FULL,
    LOG_FULL,
    Ints,
    Program,
    State,
    longer_log,
)
from simulator.rules.backfill.slurm import MILLISECONDS, SlurmPasses
from simulator.rules.slurm import build
from simulator.rules.slurm.run_kernel import (
    AWAY,
    BATCH_DELAY,
    BF_INTERVAL,
    DEPTH,
    LAST_CHECK,
    LAST_FULL,
    LAST_LOOP,
    LAST_PASS,
    LAST_TURN,
    LIMIT_CHECK,
    MIN_INTERVAL,
    NEXT_BACKFILL,
    NOWS,
    REQUEUE_DELAY,
    SCHED_INTERVAL,
    SECOND,
    SETTINGS,
    TIERED,
    TURN,
    TURN_PHASE,
    VAIN_BACKFILL,
    VAIN_MAIN,
    WHOLE,
    Clock,
    Reserved,
    Slurm,
    Times,
    Waits,
)
from simulator.rules.slurm.state_kernel import (
    ALIKE,
    KILL_WAIT,
    MAX_TEST,
    MAX_USER,
    MEMORY_COUNTS,
    MESSAGE_TIMEOUT,
    PREEMPTS,
    REORDER,
    RESOLUTION,
    RULES,
    UNITS_A_GPU,
    WINDOW,
    Asks,
    Booked,
    Site,
)
from simulator.streams import Streams
from simulator.workload.columns import Jobs, Shapes

REQUEUE = 121
"""Seconds until a requeued job may start: its credential's life and one, batch_requeue_fini()."""
LONG_AGO = -(2**40)


def _none() -> Ints:
    return build.ints(0)


@dataclass(frozen=True, slots=True)
class Recorded:
    """Clocks and times of a recording, in ticks; without them they are as the rule says."""

    submit: Ints
    more: Ints
    """From start to end beside the run time, by job."""
    answer: Ints
    heard: Ints
    epilog: Ints
    turns: Ints = field(default_factory=_none)
    backfills: Ints = field(default_factory=_none)
    calcs: Ints = field(default_factory=_none)
    shows: Ints = field(default_factory=_none)
    """Calls of sshare, on which classic fair share depends."""
    reserved: Sequence[tuple[int, int, int, frozenset[int]]] = ()
    """Advance reservations: the tick when made, start and end in seconds, nodes."""


class SlurmNodes(Nodes):
    """Nodes on which passes come by Slurm's clocks.

    Passes know of planned absences as reservations. As one begins its nodes are emptied; that
    nobody comes to them until its end is the passes' doing.
    """

    def __init__(self, state: State, grid: Grid, slurm: Slurm, program: Program) -> None:
        super().__init__(state, grid, program)
        self.slurm = slurm
        self._slurm_handed = Handed()
        self._away = np.zeros(len(grid.closings), np.int64)

    @property
    def to_come_back(self) -> int:
        """Jobs that were preempted and may not yet start again."""
        return int(self.slurm.clock.now[AWAY])

    def advance(self, horizon: int, rounds: int) -> bool:
        """Handle every instant before ``horizon``; false if ``rounds`` were used up before."""
        return self.go_on(horizon, rounds) == AT_HORIZON

    def go_on(self, horizon: int, rounds: int, since: int = FAR, stage: int = WHOLE) -> int:
        """As ``advance``, but from the second ``since`` on stop before each pass over a queue that
        is not empty; why it stopped: AT_HORIZON, SLICE_USED, MAIN_COMES or BACKFILL_COMES. The last
        two are the ``stage`` at which to go on."""
        while True:
            world = self.state_at, self.grid_at, self._slurm_handed(self.slurm), self.program
            reason = int(advance_slurm(*world, horizon, rounds, since, stage))
            stage = WHOLE
            if reason == LOG_FULL:
                self.state = longer_log(self.state)
            elif reason == HELD_FULL:
                self.grid = longer_held(self.grid)
            else:
                return reason

    def announce(self, now: int, owner: int, outage: Outage, start: int) -> None:
        """Nothing: passes know from when on they are to know."""

    def withdraw(self, now: int, owner: int) -> None:
        """Nothing: passes know until when."""

    def take(self, now: int, outage: Outage) -> int:
        """Stop all jobs on its nodes."""
        world = self.state, self.grid, self.slurm, self.program
        for node in outage.nodes:
            empty_node(*world, now, int(node), outage.requeues, outage.cause)
        gone = outage.nodes[self._away[outage.nodes] == 0]
        self._away[outage.nodes] += 1
        return self._count(gone, -1)

    def give_back(self, now: int, outage: Outage, units: int) -> None:
        """End the outage for its nodes; those that are in no other one come back."""
        self._away[outage.nodes] -= 1
        self._count(outage.nodes[self._away[outage.nodes] == 0], 1)

    def _count(self, nodes: Ints, sign: int) -> int:
        """Units of these nodes, which come to the capacity or leave it."""
        units = int(self.grid.site.gpus[nodes].sum() * self.grid.totals[UNITS])
        self.state.counters[CAPACITY] += sign * units
        return units


def slurm_of(
    jobs: Jobs,
    shapes: Shapes,
    machine: Machine,
    passes: SlurmPasses,
    qualities: Qualities,
    absences: Sequence[Outage],
    grid: Grid,
    streams: Streams,
    limits: Limits,
) -> Slurm:
    """The arrays of a scenario's run; ``shapes`` are in the machine's codes.

    Each set of nodes that jobs may use, by partition and GPU type, is a partition to Slurm; each
    of the ``absences``, which are planned, a reservation.
    """
    second, column = passes.ticks, np.ascontiguousarray
    asks = Asks(
        nodes=column(shapes.nodes, np.int64),
        cpus=column(shapes.cpus, np.int64),
        memory=column(shapes.memory, np.int64),
        gpus=column(shapes.gpus, np.int64),
        limit=column(jobs.walltime, np.int64),
        qos=qualities.of_job,
        partition=grid.requests.allowed,
        user=jobs.user.astype(np.int64),
        priority=build.ints(len(jobs)),
        submit=np.array(jobs.submit, np.int64),
        preempted=np.full(len(jobs), LONG_AGO, np.int64),
    )
    latency = {
        name: latency_of(name, each, jobs, passes, streams) for name, each in passes.latencies
    }
    recorded = Recorded(
        submit=asks.submit * second,
        more=latency["launch"] + latency["completion"],
        answer=latency["answer"],
        heard=latency["answer"],
        epilog=latency["epilog"] + stubborn(jobs, passes) * passes.kill_wait * second,
        reserved=[
            (each.known_from * second, each.start, each.end, frozenset(each.nodes.tolist()))
            for each in absences
        ],
    )
    site = site_of(machine, passes, qualities, grid)._replace(limits=limits)
    return assembled(site, asks, len(jobs.users), passes, recorded)


def stubborn(jobs: Jobs, passes: SlurmPasses) -> Ints:
    """(jobs,) 1 for those that ignore SIGTERM."""
    classes = [code for code, name in enumerate(jobs.classes) if name in passes.ignores_sigterm]
    return np.isin(jobs.job_class, classes).astype(np.int64)


def assembled(site: Site, asks: Asks, users: int, passes: SlurmPasses, recorded: Recorded) -> Slurm:
    """The arrays of a run with these clocks and times."""
    jobs, nodes = len(asks.nodes), site.has.shape[1]
    held = [nodes_ for _, _, _, nodes_ in recorded.reserved]
    return Slurm(
        site=site,
        asks=asks,
        booked=Booked(build.ints(len(held)), build.ints(len(held)), build.set_of(nodes, *held)),
        live=build.live(site.has, jobs),
        plan=build.plan(jobs, nodes),
        did=build.did(jobs, nodes, jobs),
        scratch=build.scratch(asks, nodes, users, len(site.tier)),
        clock=clock_of(passes, site, recorded),
        times=Times(
            recorded.submit,
            recorded.more,
            recorded.answer,
            recorded.heard,
            recorded.epilog,
            began=np.full(jobs, -1, np.int64),
            ended=np.full(jobs, -1, np.int64),
            planned_by=build.ints(jobs),
        ),
        waits=Waits(*(build.ints(size) for size in (2 * jobs, 2 * jobs, jobs, jobs, jobs, nodes))),
        reserved=Reserved(
            *(np.array([each[i] for each in recorded.reserved], np.int64) for i in range(3))
        ),
    )


def site_of(machine: Machine, passes: SlurmPasses, qualities: Qualities, grid: Grid) -> Site:
    """One tier, nodes of one weight; a partition is a set of nodes that jobs may use."""
    partitions = len(grid.site.allowed)
    sets = [frozenset(np.flatnonzero(row).tolist()) for row in grid.site.allowed]
    rules = build.ints(RULES)
    rules[RESOLUTION], rules[WINDOW] = passes.bf_resolution, passes.bf_window
    rules[MAX_TEST], rules[MAX_USER] = passes.bf_max_job_test, passes.bf_max_job_user
    rules[KILL_WAIT], rules[MEMORY_COUNTS], rules[ALIKE] = passes.kill_wait, 1, 1
    rules[PREEMPTS], rules[REORDER] = qualities.preempt, passes.preempt_reorder_count
    rules[MESSAGE_TIMEOUT], rules[UNITS_A_GPU] = passes.message_timeout, grid.totals[UNITS]
    return Site(
        has=np.stack([machine.cpus, machine.memory, machine.gpus]).astype(np.int64),
        weight=build.ints(len(machine)),
        part=build.set_of(len(machine), *sets),
        tier=build.ints(partitions),
        longest=np.full(partitions, build.NO_LIMIT, np.int64),
        may_stop=qualities.may_stop,
        rank=qualities.rank,
        exempt=qualities.exempt,
        rules=rules,
    )


def clock_of(passes: SlurmPasses, site: Site, recorded: Recorded) -> Clock:
    """Slurm's clocks as a run begins."""
    second, phases = passes.ticks, passes.phases
    setting, now = build.ints(SETTINGS), build.ints(NOWS)
    setting[SECOND], setting[TURN] = second, MILLISECONDS * second
    setting[TURN_PHASE] = phases.loop * second // MILLISECONDS % second
    setting[SCHED_INTERVAL], setting[BATCH_DELAY] = passes.sched_interval, passes.batch_sched_delay
    setting[MIN_INTERVAL] = passes.sched_min_interval * second // MILLISECONDS
    setting[DEPTH], setting[LIMIT_CHECK] = passes.default_queue_depth + 1, passes.limit_check
    setting[BF_INTERVAL], setting[REQUEUE_DELAY] = passes.bf_interval * second, REQUEUE
    setting[TIERED] = int(site.rules[PREEMPTS] == 1 or len(set(site.tier.tolist())) > 1)
    now[[LAST_TURN, LAST_LOOP, LAST_PASS]] = LONG_AGO
    now[[VAIN_MAIN, VAIN_BACKFILL]] = -1
    now[LAST_FULL] = phases.sched_interval - passes.sched_interval
    now[LAST_CHECK] = phases.limit_check - passes.limit_check
    now[NEXT_BACKFILL] = phases.backfill * second // MILLISECONDS
    return Clock(setting, now, recorded.turns, recorded.backfills, recorded.calcs, recorded.shows)
