"""Reforms: the time of each rule, and how one takes over from another."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from simpy.events import NORMAL, Event, Process

from simulator.cluster.machine import Machine
from simulator.engine.accounts import served
from simulator.engine.applications import Office
from simulator.engine.budgets import Dated, begin_again, budget_process, like, limits_and_books
from simulator.engine.charges import Calendar
from simulator.engine.clock import At, Clock, until_interrupted
from simulator.engine.new_terms import hand_over, take_up
from simulator.engine.nodes import laid_out
from simulator.engine.outages import Entry
from simulator.engine.policy_windows import policy_windows
from simulator.engine.reform_kernel import (
    let_go_of_nodes,
    let_go_of_units,
    note_the_past,
    take_over,
)
from simulator.engine.reservations import reservation_process
from simulator.engine.slurm import SlurmNodes
from simulator.engine.slurm_qos import qualities_of
from simulator.engine.slurm_reform import away_of, keep_away, pass_by
from simulator.engine.the_past import (
    begin_window,
    in_queue,
    note_starts,
    rights_of,
    running_jobs,
    suspensions_of,
)
from simulator.engine.world import Nodes, World
from simulator.errors import InputError
from simulator.kernels.accounts import NEXT_RESET, TICK_STARTS, Accounts
from simulator.kernels.grid import ROWS, SETTLED
from simulator.kernels.limits import NONE, Limits, held_back, no_limits
from simulator.kernels.notices import no_notices
from simulator.kernels.rights import Ranks
from simulator.kernels.state import (
    ARRIVED,
    CAPACITY,
    FAR,
    NOW,
    PENDING,
    REFUSED,
    STARTED,
    TAKEN_BACK,
    WITHDRAWN,
    State,
)
from simulator.rules.backfill.slurm import SlurmPasses
from simulator.rules.models import Reform, Rule
from simulator.rules.ordering.alpha_fair import AlphaFair
from simulator.rules.ordering.las import Las
from simulator.rules.placement.fragmentation import Fragmentation
from simulator.rules.placement.mix import mix_of
from simulator.rules.preemption.ranks import queues_of, ranks_of
from simulator.rules.program import program_of
from simulator.rules.reform_checks import same_usage
from simulator.streams import Streams
from simulator.workload.calendar import unix_time
from simulator.workload.columns import Ints, Jobs, Mask
from simulator.workload.shapes import fits_ever

LAST = NORMAL + 1
"""Of an instant's events, a reform's place: what befalls the machine comes before."""


def who_ranks(jobs: Jobs, rule: Rule) -> Ranks | None:
    """Who preempts whom by rank; None where nobody does and no order needs ranks."""
    if isinstance(rule.ordering, Las):
        queues = len(rule.ordering.thresholds) + 1
        return queues_of(rule.preemption, queues, jobs.classes, jobs.job_class)
    stage = None if rule.backfill.kind == "slurm" else rule.preemption
    return ranks_of(stage, jobs)


def begins(reform: Reform, calendar: Calendar) -> int:
    """When a reform takes effect, s."""
    if isinstance(reform.at, datetime):
        return unix_time(reform.at, calendar.time_zone) - calendar.epoch
    return reform.at


@dataclass
class Eras:
    """The rules of one run, and what else they need; the first one is in force."""

    clock: Clock
    jobs: Jobs
    """As the machine holds them."""
    machine: int | Machine
    calendar: Calendar
    streams: Streams
    entries: list[Entry]
    """For the events table."""
    rule: Rule
    """In force."""
    dated: Dated
    """What of it changes with time."""
    office: Office | None = None
    """Where projects apply; None where they never do."""
    outruns: bool = field(init=False)
    """Whether jobs may run for longer than they asked for, by this rule or one before it."""
    refused: dict[int, str] = field(default_factory=dict)
    """By position, what refused a job under a rule that is in force no more."""
    _processes: list[Process] = field(default_factory=list)

    @property
    def _counted(self) -> tuple[int, int]:
        """Units of a GPU, and GPUs of the machine."""
        if isinstance(self.machine, int):
            return 1, self.machine
        return self.machine.slices, int(self.machine.gpus.sum())

    def __post_init__(self) -> None:
        """The first rule's jobs are the first to outrun what they asked for."""
        self.outruns = self.rule.overrun == "allow"

    def begin(self) -> None:
        """Start the processes of the first rule, and that of its reforms.

        Raises InputError for a reform while no jobs come, or none later than the one before it,
        and under Slurm's own passes for jobs of a quality of service that one does not know.
        """
        reforms, last = self.rule.reforms, 0
        times = [begins(reform, self.calendar) for reform in reforms]
        end = int(self.jobs.submit[-1]) if len(self.jobs) else 0
        for time in times:
            if not last < time <= end:
                raise InputError(
                    f"reforms: one takes effect at {time} s; jobs come until {end} s, and what is"
                    f" before it begins at {last} s",
                    right="let them follow one another while jobs come",
                )
            last = time
        for reform in reforms:
            if reform.rule.backfill.kind == "slurm":
                qualities_of(self.jobs, reform.rule)
        self.clock.renewals = len(reforms)
        self._start(0)
        if reforms:
            self.clock.process(self._reforms(list(zip(times, reforms, strict=True))))

    def open_windows(self, *, at_once: bool = False) -> None:
        """Let the policy windows of the rule in force come, if its order has any."""
        ordering = self.rule.ordering
        if isinstance(ordering, AlphaFair):
            windows = policy_windows(self.clock, ordering, self.machine, at_once=at_once)
            self._processes.append(self.clock.process(until_interrupted(windows)))

    def _start(self, since: int) -> None:
        """Start the processes of the rule in force; what happened to it before is done."""
        clock, units = self.clock, self._counted[0]
        books, reserved = self.dated
        made = [
            *(budget_process(clock, each, self.calendar, units, since) for each in books),
            *(reservation_process(clock, each, self.entries) for each in reserved),
        ]
        self._processes = [clock.process(until_interrupted(each)) for each in made]
        clock.renewals += len(made)

    def _reforms(self, dated: list[tuple[int, Reform]]) -> Generator[Event, Any, None]:
        """The process of all reforms."""
        for number, (time, reform) in enumerate(dated):
            yield At(self.clock, time, LAST)
            self._take_effect(reform, len(dated) - number - 1)

    def _take_effect(self, reform: Reform, to_come: int) -> None:
        clock, now, before = self.clock, int(self.clock.now), self.dated
        world = clock.world
        state = world.state
        self._let_go(world)
        waiting = np.sort(np.r_[in_queue(state), held_back(state.limits)])
        running = running_jobs(state)
        limits, dated = self._limits_and_books(reform.rule, now)
        anew = reform.usage == "reset" or not same_usage(self.rule, reform.rule)
        if not anew:
            note_the_past(state, world.program)
        accounts = self._accounts(state, reform.rule, now, anew=anew)
        ranks = who_ranks(self.jobs, reform.rule)
        if limits is not None:
            clock.show(limits)
            state.counters[NOW], scale = now, self._counted[0] * 1000
            for book in dated.books:
                kept = like(book, before.books) if reform.budgets == "keep" else None
                begin_again(book, kept, state, limits, self.calendar, scale)
            for each in dated.reserved:
                gone = np.searchsorted(each.end, now, side="right")
                limits.bookings.first[each.groups] += gone
        if self.office is not None:
            hand_over(self.office, reform.rule, state, limits)
        waiting, refused = self._who_stays(state, limits, waiting)
        rights = rights_of(state, ranks, reform.rule, accounts)
        world.state = state = state._replace(
            accounts=accounts,
            rights=rights,
            limits=no_limits() if limits is None else limits,
            # Who has been told to stop does so.
            notices=state.notices
            if len(state.notices.stop)
            else no_notices(0 if ranks is None else len(self.jobs)),
            suspensions=suspensions_of(state, None if ranks is None else rights, len(self.jobs)),
        )
        told = world.program.told
        world.program = program_of(reform.rule)
        world.program = world.program._replace(told=max(told, world.program.told))
        state.progress.place[:] = FAR
        if isinstance(world, Nodes):
            _forget_plans(world, reform.rule)
        take_over(state, world.program, now, waiting, running, refused, anew)
        self._let_passes_go_by(reform.rule)
        self.rule, self.dated = reform.rule, dated
        world.era += 1
        clock.renewals = to_come
        self._start(now)
        if self.office is not None:
            self.office.open()
            take_up(self.office)
        self.open_windows(at_once=anew)
        capacity = int(state.counters[CAPACITY])
        title = reform.rule.title or reform.rule.ordering.kind
        self.entries.append(Entry(now, "reform", 0, capacity, title, None))

    def _limits_and_books(self, rule: Rule, now: int) -> tuple[Limits | None, Dated]:
        """What holds jobs back from now on, in which nobody counts yet."""
        self.outruns |= rule.overrun == "allow"
        counted = *self._counted, self.calendar
        limits, dated = limits_and_books(self.jobs, rule, *counted, outruns=self.outruns)
        if limits is not None:
            # What has been run beyond walltimes until now is the matter of the rule before.
            limits.overtime.settled[:] = now
        return limits, dated

    def _let_go(self, world: World) -> None:
        """End the processes of the rule in force; who holds something until others stop waits."""
        for process in self._processes:
            if process.is_alive:
                process.interrupt()
        if isinstance(world, Nodes):
            let_go_of_nodes(world.state, world.grid, world.program)
        else:
            let_go_of_units(world.state, world.program)

    def _who_stays(self, state: State, limits: Limits | None, waiting: Ints) -> tuple[Ints, Ints]:
        """Who of those that wait goes on to, and who is refused; of those who were stopped by
        Slurm's own passes and may not start again yet, too."""
        world = self.clock.world
        away = away_of(world) if isinstance(world, SlurmNodes) else waiting[:0]
        every = np.r_[waiting, away]
        stay = self._refuse(state, limits, every)
        if isinstance(world, SlurmNodes):
            keep_away(world, away, stay[len(waiting) :], limits)
        return waiting[stay[: len(waiting)]], every[~stay]

    def _let_passes_go_by(self, rule: Rule) -> None:
        """Of Slurm's own passes: by the new rule from now on."""
        world, before = self.clock.world, self.rule.backfill
        if not isinstance(world, SlurmNodes):
            return
        assert isinstance(before, SlurmPasses)
        assert isinstance(self.machine, Machine)
        pass_by(world, before, rule, self.jobs, self.machine)

    def _accounts(self, state: State, rule: Rule, now: int, *, anew: bool) -> Accounts:
        """Of the rule to come: with the past, or without it."""
        # The number of a job is the same in every lottery of the run.
        again = Streams(self.streams.seed, self.streams.replication)
        accounts = served(self.jobs, self.machine, rule, self.calendar, again)
        self.streams.taken |= again.taken
        old = state.accounts
        if not anew:
            return accounts._replace(
                had=old.had,
                seen=old.seen,
                room=old.room,
                kind=old.kind,
                clock=old.clock,
                # Stride notes there what each running job adds to the global pass.
                fixed=old.fixed if program_of(rule).remembers else accounts.fixed,
            )
        accounts.had.settled[:] = accounts.had.since[:] = now
        accounts.clock[NEXT_RESET] = np.searchsorted(accounts.resets, now, side="right")
        accounts.clock[TICK_STARTS] = state.counters[STARTED]
        world = self.clock.world
        if accounts.charge.shape[1] > 1 and isinstance(world, Nodes):
            running, held = running_jobs(state), world.grid.held
            types = world.grid.site.gpu_type[held.node[held.first[running]]]
            accounts.kind[running] = np.maximum(types, 0)
        note_starts(state)
        if rule.accounting.fade.kind == "sliding":
            begin_window(state, accounts, now)
        return accounts

    def _refuse(self, state: State, limits: Limits | None, waiting: Ints) -> Mask:
        """Refuse what the new limits would, of those who wait or are to come; which of those who
        wait stay."""
        phase, old, arrived = state.progress.phase, state.limits, int(state.counters[ARRIVED])
        for position in np.flatnonzero(old.refused_by[:arrived] != NONE).tolist():
            self.refused[position] = self.rule.holding[old.refused_by[position]]
        by = np.full(len(phase), NONE) if limits is None else limits.refused_by
        concerned = np.arange(len(phase)) >= arrived
        concerned[waiting] = True
        by[~concerned] = NONE
        phase[arrived:] = PENDING
        when = state.columns.cancelled_at[arrived:]
        if len(when):
            phase[arrived:][(when >= 0) & (when <= state.columns.submit[arrived:])] = WITHDRAWN
        phase[arrived:][self._never_fit()[arrived:]] = REFUSED
        phase[by != NONE] = REFUSED
        # Those who were refused before it are to be taken back again by their users.
        gone = np.searchsorted(state.withdrawals.time, int(self.clock.now), side="right")
        state.counters[TAKEN_BACK] = gone
        return by[waiting] == NONE

    def _never_fit(self) -> Mask:
        """(jobs,): larger than the whole machine."""
        if isinstance(self.machine, int):
            return self.jobs.gpus > self.machine
        return ~fits_ever(laid_out(self.jobs, self.machine)[1], self.machine).fits


def _forget_plans(world: Nodes, rule: Rule) -> None:
    """No plan of the rule before counts, and nodes are chosen as the new one says."""
    world.grid.totals[[SETTLED, ROWS]] = 0
    if isinstance(rule.placement, Fragmentation):
        rows = np.flatnonzero(world.state.progress.phase != REFUSED)
        requests, site = world.grid.requests, world.grid.site
        world.grid = world.grid._replace(mix=mix_of(requests, site, rows, rule.placement.types))
