"""One run: jobs, a machine and a rule in; tables out."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from simulator.cluster.machine import UNCOUNTED, Machine
from simulator.cluster.models import CapacityLoss, MaintenanceWindow
from simulator.cluster.nodes.models import NodeWindow
from simulator.cluster.outages.models import Checkpoints, Failures
from simulator.engine.accounts import served
from simulator.engine.applications import office_of
from simulator.engine.applications_table import applications_table
from simulator.engine.budgets import Dated, limits_and_books
from simulator.engine.charges import UTC, Calendar, calendar_end, refuse_beyond
from simulator.engine.clock import Clock, Watch
from simulator.engine.eras import Eras, who_ranks
from simulator.engine.failures import most_at_once, start_failures
from simulator.engine.nodes import laid_out, start_on
from simulator.engine.outages import Happenings, outages_of, timetable
from simulator.engine.slurm import Recorded, SlurmNodes, assembled, slurm_of
from simulator.engine.slurm_limits import note_who_is_held
from simulator.engine.slurm_qos import qualities_of
from simulator.engine.snapshots import Snapshots
from simulator.engine.tables import (
    Attempts,
    attempts_table,
    events_table,
    jobs_table,
    usage_table,
)
from simulator.engine.world import Nodes, Outage, Pool, World
from simulator.errors import InputError
from simulator.kernels.accounts import LAST_TICK, NEXT_TICK
from simulator.kernels.state import FAR, INSTANTS, NOW, PASSES, Columns, at_start
from simulator.rules.backfill.slurm import SlurmPasses
from simulator.rules.models import Rule
from simulator.rules.ordering.multifactor import Multifactor
from simulator.rules.places import no_places_for_slices
from simulator.rules.preemption.idle import USE_UNTOLD, takes_back_idle_gpus
from simulator.rules.preemption.suspension import ON_A_POOL, WITHOUT_CPUS, where_suspended
from simulator.rules.program import program_of
from simulator.rules.slurm.classic_kernel import UNASKED
from simulator.rules.slurm.run_kernel import ONE_BY_ONE
from simulator.rules.slurm.state_kernel import Asks, Site
from simulator.streams import Streams
from simulator.workload.columns import Jobs

CLASSIC = "classic_fair_share"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The tables of a run, in the columns of ``simulator.results.schema``, and how it went."""

    jobs: pa.Table
    attempts: pa.Table
    usage: pa.Table
    events: pa.Table
    applications: pa.Table
    finish: int
    """The last instant that was handled, s."""
    seconds: float
    """Wall time of the replay alone: reading, compiling and making tables left out."""
    instants: int
    passes: int

    @property
    def tables(self) -> dict[str, pa.Table]:
        """The tables by the names of their files."""
        return {
            "jobs": self.jobs,
            "attempts": self.attempts,
            "usage": self.usage,
            "events": self.events,
            "applications": self.applications,
        }


def _columns(jobs: Jobs, *, least_run: int) -> Columns:
    contiguous = np.ascontiguousarray
    run_time = np.maximum(contiguous(jobs.run_time, np.int64), least_run)
    fails = np.empty(0, np.int8)
    if len(jobs.fails_after):
        fails = ((jobs.fails_after >= 0) & (jobs.fails_after <= run_time)).astype(np.int8)
        run_time = np.where(fails, jobs.fails_after, run_time)
    return Columns(
        contiguous(jobs.submit, np.int64),
        run_time,
        contiguous(jobs.walltime, np.int64),
        contiguous(jobs.gpus, np.int64),
        fails,
        contiguous(jobs.cancelled_at, np.int64),
    )


def _refuse_what_pyss_lacks(rule: Rule, jobs: Jobs, outages: Sequence[object], end: str) -> None:
    if rule.conformance != "pyss":
        return
    if len(jobs.fails_after) or len(jobs.cancelled_at):
        raise InputError(
            "conformance pyss knows no jobs that fail by themselves or are taken back",
            right="leave them out, or drop 'conformance: pyss'",
        )
    if outages or end == "cut":
        raise InputError(
            "conformance pyss knows neither maintenance nor losses nor a cut at the last arrival",
            right="leave them out, or drop 'conformance: pyss'",
        )


def _refuse_what_slurm_lacks(
    rule: Rule, jobs: Jobs, absences: Sequence[Outage], failures: Failures | None
) -> None:
    if rule.backfill.kind != "slurm":
        return
    shape = jobs.shape
    unplanned = any(each.known_from > each.start or each.end == FAR for each in absences)
    lacks = {
        "outages that are not planned": unplanned or failures is not None,
        "jobs that their users take back": len(jobs.cancelled_at) > 0,
        "slices of a GPU": shape is not None and bool(shape.slices.any()),
        "jobs that ask for whole nodes": shape is not None and bool(shape.exclusive.any()),
    }
    for what, there in lacks.items():
        if there:
            raise InputError(
                f"Slurm's own passes know no {what}",
                right="leave them out, or say another backfill",
            )


def _refuse_what_pools_alone_know(rule: Rule) -> None:
    if rule.conformance == "pyss":
        raise InputError(
            "conformance pyss knows pools alone", right="drop it, or say cluster: {kind: pool}"
        )


def _refuse_places_of_slices(rule: Rule) -> None:
    found = no_places_for_slices(rule)
    if found is not None:
        raise InputError(found[0], right=found[1])


def _refuse_what_nodes_alone_know(rule: Rule) -> None:
    if rule.backfill.kind == "slurm":
        raise InputError(
            "Slurm's own passes hold whole nodes, and a pool has none",
            right="say another backfill, or cluster: {kind: nodes}",
        )
    if rule.placement is not None:
        raise InputError(
            f"placement {rule.placement.kind} chooses among nodes, and a pool has none",
            right="leave placement out, or say cluster: {kind: nodes}",
        )


def _refuse_unknown_use(rule: Rule, jobs: Jobs) -> None:
    if takes_back_idle_gpus(rule) and not len(jobs.gpu_use):
        raise InputError(USE_UNTOLD[0], right=USE_UNTOLD[1])


def _refuse_idle_suspension(rule: Rule, machine: int | Machine) -> None:
    if where_suspended(rule.preemption) is None:
        return
    if isinstance(machine, int):
        raise InputError(ON_A_POOL[0], right=ON_A_POOL[1])
    if (machine.cpus >= UNCOUNTED).all():
        raise InputError(WITHOUT_CPUS[0], right=WITHOUT_CPUS[1])


def _world(
    jobs: Jobs,
    machine: int | Machine,
    rule: Rule,
    absences: Sequence[Outage],
    known: int,
    checkpoints: Checkpoints | None,
    calendar: Calendar,
    streams: Streams,
) -> tuple[Jobs, World, Dated]:
    """The jobs as this machine holds them, what they run on, and what changes with time.

    ``known``: outages at a time, of which ``absences`` have their times given.
    """
    pyss = rule.conformance == "pyss"
    _refuse_idle_suspension(rule, machine)
    if isinstance(machine, int):
        _refuse_what_nodes_alone_know(rule)
        accounts = served(jobs, machine, rule, calendar, streams)
        columns = _columns(jobs, least_run=int(pyss))
        limits, dated = limits_and_books(
            jobs, rule, 1, machine, calendar, outruns=rule.overrun == "allow"
        )
        ranks = who_ranks(jobs, rule)
        state = at_start(columns, machine, known, accounts=accounts, ranks=ranks, limits=limits)
        return jobs, Pool(state, program_of(rule), pyss=pyss), dated
    _refuse_what_pools_alone_know(rule)
    jobs, shapes = laid_out(jobs, machine)
    if shapes.slices.any():
        for _, era in rule.eras:
            _refuse_places_of_slices(era)
    columns = _columns(jobs, least_run=0)
    accounts = served(jobs, machine, rule, calendar, streams)
    counted = machine.slices, int(machine.gpus.sum())
    limits, dated = limits_and_books(
        jobs, rule, *counted, calendar, outruns=rule.overrun == "allow"
    )
    ranks = who_ranks(jobs, rule)
    state, grid = start_on(
        machine, jobs, shapes, columns, known, checkpoints, accounts, rule, ranks, limits
    )
    program = program_of(rule)
    if isinstance(rule.backfill, SlurmPasses):
        of_run = qualities_of(jobs, rule), absences, grid, streams, state.limits
        slurm = slurm_of(jobs, shapes, machine, rule.backfill, *of_run)
        return jobs, SlurmNodes(state, grid, slurm, program), dated
    return jobs, Nodes(state, grid, program), dated


def replay_recorded(
    jobs: Jobs,
    machine: Machine,
    rule: Rule,
    passes: SlurmPasses,
    site: Site,
    asks: Asks,
    recorded: Recorded,
) -> SlurmNodes:
    """Run a recording's jobs under its own clocks; returns the machine when all is over.

    ``jobs`` stand in the order of their submission, ``asks`` likewise; ``site`` numbers nodes as
    ``machine`` does. The rule's order is the recording's; its backfill is not looked at.
    """
    jobs, shapes = laid_out(jobs, machine)
    accounts = served(jobs, machine, rule)
    columns = _columns(jobs, least_run=0)
    state, grid = start_on(machine, jobs, shapes, columns, 0, None, accounts, rule, None, None)
    slurm = assembled(site, asks, int(asks.user.max(initial=0)) + 1, passes, recorded)
    program = program_of(rule.model_copy(update={"backfill": passes}))
    if program.period and len(recorded.calcs):
        first = int(recorded.calcs[0]) // passes.ticks
        program = program._replace(phase=first % program.period)
        if isinstance(rule.ordering, Multifactor) and rule.ordering.share_rule.kind == CLASSIC:
            slurm.clock.setting[ONE_BY_ONE] = 1
            accounts.clock[LAST_TICK], accounts.clock[NEXT_TICK] = first - program.period, first
            accounts.room.heap_key[:-1] = np.where(accounts.tree.user == 1, UNASKED, 0.0)
    world = SlurmNodes(state, grid, slurm, program)
    Clock(world).run()
    return world


def replay(
    jobs: Jobs,
    machine: int | Machine,
    rule: Rule,
    *,
    maintenance: Sequence[MaintenanceWindow | NodeWindow] = (),
    losses: Sequence[CapacityLoss] = (),
    outages: Sequence[Outage] = (),
    failures: Failures | None = None,
    checkpoints: Checkpoints | None = None,
    streams: Streams | None = None,
    calendar: Calendar = UTC,
    snapshots: int = 0,
    end: str = "drain",
    on_progress: Callable[[int], None] | None = None,
    watch: Watch | None = None,
) -> Outcome:
    """Run ``jobs`` on a pool of so many units, or on a machine of nodes, under ``rule``.

    ``maintenance``, ``losses`` (of a pool) and ``outages`` happen in this order where they fall
    together. Nodes may have random ``failures``, and jobs on them ``checkpoints``. What is random
    is drawn from ``streams`` (of seed 0 if not given). ``calendar`` tells the hours that have a
    price of their own. ``snapshots``: seconds between two records of usage, 0 for none. ``end``:
    ``drain`` runs until the last job has ended, ``cut`` stops after the instant of
    the last arrival. ``on_progress`` is called now and then with the number of jobs that have
    arrived; ``watch`` looks on. Raises InputError for what the rule cannot do on this machine.
    """
    jobs = jobs.ordered()
    last_submit = int(jobs.submit[-1]) if len(jobs) else 0
    absences = [*outages_of(maintenance, losses, machine, last_submit), *outages]
    _refuse_what_pyss_lacks(rule, jobs, absences, end)
    _refuse_what_slurm_lacks(rule, jobs, absences, failures)
    _refuse_unknown_use(rule, jobs)
    known = len(absences) + most_at_once(failures, machine)
    streams = streams or Streams(0, 0)
    over_time = absences, known, checkpoints, calendar, streams
    jobs, world, dated = _world(jobs, machine, rule, *over_time)
    until = last_submit + 1 if end == "cut" else FAR
    clock = Clock(world, until=until, on_progress=on_progress, watch=watch)
    happenings = Happenings(clock)
    office = office_of(clock, jobs, machine, rule, calendar, streams)
    entries = happenings.entries
    eras = Eras(clock, jobs, machine, calendar, streams, entries, rule, dated, office)
    eras.begin()
    if office is not None:
        office.name_all(rule, world.state.limits)
        office.open()
    eras.open_windows()
    if absences:
        clock.process(timetable(happenings, absences))
    if failures is not None and isinstance(machine, Machine):
        start_failures(happenings, failures, machine, streams)
    recorder = None
    if snapshots:
        recorder = Snapshots(clock, jobs.account, len(jobs.accounts), snapshots)
        clock.process(recorder.process())
    began = time.perf_counter()
    clock.run()
    seconds = time.perf_counter() - began
    counters = world.state.counters
    finish = min(int(counters[NOW]), until)
    units = machine if isinstance(machine, int) else machine.units
    refuse_beyond(eras.rule, calendar_end(jobs, units), finish)
    attempts = Attempts(world, jobs.gpus, finish)
    if isinstance(world, SlurmNodes):
        note_who_is_held(world.state)
    return Outcome(
        jobs_table(jobs, world, attempts, eras.rule.holding, eras.refused, finish),
        attempts_table(jobs, attempts),
        usage_table(jobs.accounts, recorder),
        events_table(machine, happenings.entries),
        applications_table(office, rule, attempts),
        finish,
        seconds,
        int(counters[INSTANTS]),
        int(counters[PASSES]),
    )
