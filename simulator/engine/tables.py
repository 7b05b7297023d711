"""What a run leaves behind, as the tables of ``simulator.results.schema``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from simulator.cluster.machine import UNCOUNTED, Machine
from simulator.engine.outages import Entry
from simulator.engine.snapshots import Snapshots
from simulator.engine.stretches import Stretches
from simulator.engine.world import Nodes, World
from simulator.kernels.limits import held_back, held_by
from simulator.kernels.state import (
    CANCELLED,
    FAILED,
    KILLED,
    LOGGED,
    PREEMPTED,
    REFUSED,
    REQUEUED,
    RUNS,
    UNFINISHED,
    WITHDRAWN,
    State,
)
from simulator.results.schema import (
    ARRAY,
    ATTEMPTS,
    CAUSES,
    EVENTS,
    GPU_USE,
    JOBS,
    MACHINE,
    NODES,
    REASONS,
    STATES,
    USAGE,
)
from simulator.workload.columns import Jobs

Ints = NDArray[np.int64]


_LOSING = (REQUEUED, FAILED, PREEMPTED, CANCELLED)
"""Attempts that end like this lose their work, but for what is kept of it."""


def _text(codes: NDArray[np.integer], names: Sequence[str]) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(
        pa.array(codes, pa.int32()), pa.array(list(names), pa.string())
    )


def _nullable(values: Ints, missing: NDArray[np.bool_]) -> pa.Array:
    return pa.array(values, pa.int64(), mask=missing)


class Attempts:
    """All attempts of a run by columns: those that ended, in the order of ends, then those cut."""

    def __init__(self, world: World, gpus: Ints, finish: int) -> None:
        """Of a run that finished at ``finish``, whose jobs hold so many ``gpus`` each."""
        state = world.state
        log, ended = state.log, int(state.counters[LOGGED])
        cut = np.flatnonzero(np.isin(state.progress.phase, RUNS))
        self.open = np.r_[np.zeros(ended, bool), np.ones(len(cut), bool)]
        self.position = np.r_[log.position[:ended], cut]
        self.start = np.r_[log.start[:ended], state.progress.start[cut]]
        self.end = np.r_[log.end[:ended], np.zeros(len(cut), np.int64)]
        self.reason = np.r_[log.reason[:ended], np.full(len(cut), UNFINISHED, np.int8)]
        self.cause = np.r_[log.cause[:ended], np.zeros(len(cut), np.int8)]
        self.kept = np.r_[log.kept[:ended], np.zeros(len(cut), np.int64)]
        # What checkpoints kept is lost after all where the job never comes to its end.
        in_vain = np.isin(state.progress.phase, (WITHDRAWN, REFUSED))
        in_vain[self.position[np.isin(self.reason, (FAILED, CANCELLED))]] = True
        self.kept[in_vain[self.position]] = 0
        self.sequence = np.r_[log.sequence[:ended], state.progress.sequence[cut]]
        self.grid = world.grid if isinstance(world, Nodes) else None
        self.order = np.argsort(self.position, kind="stable")
        """Rows by position, then by time."""
        self.stretches = Stretches(state, self.position, self.start, self.sequence, finish)
        self.seconds = np.where(self.open, finish, self.end) - self.start
        losing = np.isin(self.reason, _LOSING)
        in_vain = np.where(losing, self.seconds - self.kept, self.stretches.seconds())
        held = gpus[self.position]
        self.held, self.lost = held * self.seconds, held * in_vain
        """GPU-seconds; lost: of work to be done again or never done, or of standing still."""

    def numbers(self) -> Ints:
        """Which attempt of its job each is, from 0."""
        grouped = self.position[self.order]
        first = np.r_[True, grouped[1:] != grouped[:-1]] if len(grouped) else np.empty(0, bool)
        begin = np.maximum.accumulate(np.where(first, np.arange(len(grouped)), 0))
        number = np.empty(len(grouped), np.int64)
        number[self.order] = np.arange(len(grouped)) - begin
        return number

    def places(self) -> tuple[pa.Array, pa.Array]:
        """Node numbers and GPU masks of each; nulls on a pool."""
        kinds = ATTEMPTS.field("nodes").type, ATTEMPTS.field("gpu_masks").type
        if self.grid is None:
            empty, also = (pa.nulls(len(self.position), kind) for kind in kinds)
            return empty, also
        count = self.grid.requests.nodes[self.position]
        # Entries were written in the order of starts.
        by_start = np.zeros(self.sequence.max(initial=-1) + 1, np.int64)
        by_start[self.sequence] = count
        first = (np.cumsum(by_start) - by_start)[self.sequence]
        ends = np.cumsum(count)
        entry = np.repeat(first - (ends - count), count) + np.arange(count.sum())
        offsets = pa.array(np.r_[0, ends], pa.int32())
        columns = self.grid.held.node[entry], self.grid.held.mask[entry]
        nodes, masks = (
            pa.ListArray.from_arrays(offsets, pa.array(column, kind.value_type))
            for column, kind in zip(columns, kinds, strict=True)
        )
        return nodes, masks

    def suspended(self) -> tuple[pa.Array, pa.Array]:
        """When each was suspended, and when it went on; nulls on a pool."""
        if self.grid is None:
            kind = ATTEMPTS.field("suspended").type
            return pa.nulls(len(self.position), kind), pa.nulls(len(self.position), kind)
        return self.stretches.columns()


def attempts_table(jobs: Jobs, attempts: Attempts) -> pa.Table:
    """The attempts of a run."""
    nodes, masks = attempts.places()
    suspended, resumed = attempts.suspended()
    return pa.table(
        [
            jobs.job_id[attempts.position],
            attempts.position,
            attempts.numbers(),
            attempts.start,
            _nullable(attempts.end, attempts.open),
            _text(attempts.reason, REASONS),
            _text(attempts.cause, CAUSES),
            nodes,
            masks,
            suspended,
            resumed,
            attempts.held,
            attempts.lost,
        ],
        schema=ATTEMPTS,
    )


def _states(state: State, last_reason: NDArray[np.int8], ran: NDArray[np.bool_]) -> Ints:
    """A place in STATES for each job, from how its last attempt ended."""
    result = np.full(len(ran), STATES.index("unfinished"), np.int64)
    done = ran & ~np.isin(last_reason, (REQUEUED, PREEMPTED, UNFINISHED))
    result[done] = STATES.index("completed")
    result[done & (last_reason == KILLED)] = STATES.index("killed")
    result[done & (last_reason == FAILED)] = STATES.index("failed")
    cancelled = (done & (last_reason == CANCELLED)) | (state.progress.phase == WITHDRAWN)
    result[cancelled] = STATES.index("cancelled")
    result[state.progress.phase == REFUSED] = STATES.index("refused")
    return result


def _refused_by(
    state: State, limits: Sequence[str], before: Mapping[int, str]
) -> pa.DictionaryArray:
    """What refused each job, or held it back to the end: nothing, the machine, or one of these."""
    codes = (state.progress.phase == REFUSED).astype(np.int64)
    if limits:
        codes += np.where(codes == 1, state.limits.refused_by + 1, 0)
        held = held_back(state.limits)
        codes[held] = 2 + held_by(state.limits, held)
    names = dict.fromkeys(("", MACHINE, *limits, *before.values()))
    for position, name in before.items():
        codes[position] = list(names).index(name)
    return _text(codes, tuple(names))


def jobs_table(
    jobs: Jobs,
    world: World,
    attempts: Attempts,
    limits: Sequence[str],
    before: Mapping[int, str],
    finish: int,
) -> pa.Table:
    """One row a job, in the order of positions.

    ``limits``: names of all that the rule limits by; ``before``: what of the rules before it
    refused jobs, by position.
    """
    state, count = world.state, len(jobs)
    tries = np.bincount(attempts.position, minlength=count)
    ran = tries > 0
    rows = attempts.order
    first = np.cumsum(tries)[ran] - tries[ran]
    last = first + tries[ran] - 1
    start, end, reason = (
        np.zeros(count, np.int64),
        np.zeros(count, np.int64),
        np.zeros(count, np.int8),
    )
    start[ran] = attempts.start[rows[first]]
    end[ran] = attempts.end[rows[last]]
    reason[ran] = attempts.reason[rows[last]]
    charge, losses, away = (np.zeros(count, np.int64) for _ in range(3))
    np.add.at(charge, attempts.position, attempts.held)
    np.add.at(losses, attempts.position, attempts.lost)
    np.add.at(away, attempts.position, attempts.seconds)
    what = _states(state, reason, ran)
    refused = what == STATES.index("refused")
    unfinished = what == STATES.index("unfinished")
    withdrawn = never_came = state.progress.phase == WITHDRAWN
    if withdrawn.any():
        never_came = withdrawn & (jobs.cancelled_at <= jobs.submit)
        end = np.where(withdrawn, np.maximum(jobs.cancelled_at, jobs.submit), end)
    needed_by = jobs.needed_by if len(jobs.needed_by) else np.full(count, -1, np.int64)
    known_end = np.where(unfinished, np.maximum(finish, jobs.submit), end)
    queued = np.where(refused, 0, known_end - jobs.submit - away)
    table = pa.table(
        [
            jobs.job_id,
            _text(jobs.user, jobs.users),
            _text(jobs.account, jobs.accounts),
            _text(jobs.job_class, jobs.classes),
            jobs.submit,
            _nullable(state.progress.eligible, refused | never_came),
            _nullable(start, ~ran),
            _nullable(end, ~(ran | withdrawn) | unfinished),
            jobs.run_time,
            jobs.walltime,
            _nullable(needed_by, needed_by < 0),
            jobs.gpus,
            world.grid.requests.nodes if isinstance(world, Nodes) else np.zeros(count, np.int64),
            _text(what, STATES),
            _refused_by(state, limits, before),
            np.maximum(tries - 1, 0),
            losses,
            charge,
            _nullable(start - jobs.submit, ~ran),
            queued,
        ],
        schema=JOBS,
    )
    for column, values in ((GPU_USE, jobs.gpu_use), (ARRAY, jobs.array)):
        if len(values):
            table = table.append_column(column, _nullable(values, values < 0))
    return table


def usage_table(accounts: Sequence[str], snapshots: Snapshots | None) -> pa.Table:
    """One row an account and snapshot."""
    if snapshots is None or not snapshots.times:
        return USAGE.empty_table()
    count = len(accounts)
    time = np.repeat(np.array(snapshots.times, np.int64), count)
    account = np.tile(np.arange(count), len(snapshots.times))
    values = np.concatenate(snapshots.rows, axis=1)
    return pa.table([time, _text(account, accounts), *values], schema=USAGE)


def events_table(machine: int | Machine, entries: Sequence[Entry]) -> pa.Table:
    """What happened to the machine; first, what there is."""
    units = machine if isinstance(machine, int) else machine.units
    rows = [Entry(0, "capacity", units, units, "units of the machine", None), *entries]
    columns = dict(zip(Entry._fields, zip(*rows, strict=True), strict=True))
    return pa.table(
        {name: pa.array(list(values), EVENTS.field(name).type) for name, values in columns.items()},
        schema=EVENTS,
    )


def nodes_table(machine: Machine) -> pa.Table:
    """The nodes of a machine, one row each."""

    def counted(values: Ints) -> pa.Array:
        return _nullable(values, values >= UNCOUNTED)

    types = np.where(machine.gpu_type < 0, len(machine.gpu_types), machine.gpu_type)
    return pa.table(
        [
            pa.array(np.arange(len(machine)), pa.int32()),
            pa.array(machine.names, pa.string()),
            _text(machine.node_class, machine.classes),
            pa.array(machine.gpus, pa.int32()),
            _text(types, (*machine.gpu_types, "")),
            pa.array(machine.leaf, pa.int32()),
            counted(machine.cpus),
            counted(machine.memory),
            pa.array(machine.idle_watts, from_pandas=True),
            pa.array(machine.busy_watts, from_pandas=True),
        ],
        schema=NODES,
    )
