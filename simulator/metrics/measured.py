"""One run as metrics see it: its jobs as arrays, its machine as step functions of time."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from simulator.metrics.arrays import Codes, Floats, Ints, Mask, among, codes_of
from simulator.metrics.base import Undefined
from simulator.metrics.lost import lost_by_cause
from simulator.metrics.occupancy import Occupancy, occupancy
from simulator.metrics.readings import Groups, groups_of
from simulator.metrics.settings import Settings
from simulator.metrics.shares import Shares, shares
from simulator.metrics.spells import Spells, spells
from simulator.metrics.steps import Steps
from simulator.metrics.warm_up import WarmUp, warm_up
from simulator.results.reader import Run, Tables

SHORTEST_RUN = 10
"""s; runs shorter than this count as this long in a bounded slowdown (Feitelson)."""


class Measured:
    """The view of one run that metrics use.

    Arrays have one entry a job, in the order of positions. Refused and cancelled jobs are never
    ``counted``; those submitted before the end of warm-up are counted but not ``measured``.
    ``warm_up_end`` is an instant that replaces the run's own, so that all rules of a replication
    are measured over the same time.
    """

    def __init__(
        self, run: Run | Tables, manifest: Mapping[str, Any], warm_up_end: int | None = None
    ) -> None:
        self.settings = Settings.of(manifest)
        self.jobs = run.jobs
        self.attempts = run.attempts
        self.events = run.events
        self.applications = run.applications
        self.nodes = run.nodes
        if warm_up_end is not None:
            self.begin = warm_up_end

    @property
    def gpu_hour(self) -> int:
        """Unit-seconds in a GPU-hour."""
        return 3600 * self.settings.units_per_gpu

    def column(self, name: str, missing: int = -1) -> Ints:
        """A column of jobs.parquet as integers, nulls as ``missing``."""
        values = self.jobs[name]
        return (values.fill_null(missing) if values.null_count() else values).to_numpy()

    @cached_property
    def user(self) -> Codes:
        """Names and codes of users."""
        return codes_of(self.jobs["user"])

    @cached_property
    def account(self) -> Codes:
        """Names and codes of accounts."""
        return codes_of(self.jobs["account"])

    @cached_property
    def job_class(self) -> Codes:
        """Names and codes of classes of applicants."""
        return codes_of(self.jobs["job_class"])

    @cached_property
    def _state(self) -> Codes:
        return codes_of(self.jobs["state"])

    @cached_property
    def cause(self) -> Codes:
        """Names and codes of the causes of attempts' ends."""
        return codes_of(self.attempts["cause"])

    @cached_property
    def reason(self) -> Codes:
        """Names and codes of how attempts ended."""
        return codes_of(self.attempts["reason"])

    def in_state(self, *states: str) -> Mask:
        """Jobs in one of these states."""
        return among(self._state, states)

    def with_attempt(self, chosen: Mask) -> Mask:
        """Jobs of which one of the chosen attempts is."""
        found = np.zeros(len(self.jobs), np.bool_)
        found[self.attempts["position"].to_numpy()[chosen]] = True
        return found

    @cached_property
    def refused_by(self) -> dict[str, int]:
        """How many jobs each limit refused, or the machine, where they can never fit; by name."""
        return self._named_by("refused")

    @cached_property
    def held_by(self) -> dict[str, int]:
        """How many jobs each limit, quota or budget held back until the run ended; by name."""
        return self._named_by("unfinished")

    def _named_by(self, state: str) -> dict[str, int]:
        by = self.jobs["refused_by"].filter(pl.Series(self.in_state(state))).cast(pl.String)
        return dict(by.filter(by != "").value_counts().sort("refused_by").iter_rows())

    @cached_property
    def counted(self) -> Mask:
        """Jobs that the machine was to run: neither refused nor withdrawn."""
        return ~self.in_state("refused", "cancelled")

    @cached_property
    def submit(self) -> Ints:
        """s"""
        return self.column("submit")

    @cached_property
    def gpus(self) -> Ints:
        """Units of the machine that each job holds."""
        return self.column("gpus")

    @cached_property
    def horizon(self) -> int:
        """The last instant that the results know of, s."""
        times = pl.concat([self.attempts["start"], self.attempts["end"], self.jobs["submit"]])
        return int(times.drop_nulls().to_numpy().max(initial=0))

    @cached_property
    def spells(self) -> Spells:
        """When each job waited and ran."""
        return spells(self)

    @cached_property
    def occupancy(self) -> Occupancy | Undefined:
        """The nodes over time; undefined on a pool."""
        return occupancy(self)

    @cached_property
    def lost_by_cause(self) -> pl.DataFrame:
        """What was lost, cause by cause."""
        return lost_by_cause(self)

    @cached_property
    def lost_hours(self) -> dict[str, float]:
        """GPU-hours lost by cause; of causes that cost nothing there is none."""
        return dict(self.lost_by_cause.select("cause", "gpu_hours").iter_rows())

    @cached_property
    def groups(self) -> Groups | Undefined:
        """The groups of the study's reading and their entitlements."""
        return groups_of(self)

    @cached_property
    def shares(self) -> Shares | Undefined:
        """What the groups got and were entitled to, window by window."""
        return shares(self)

    @cached_property
    def wait(self) -> Ints:
        """First start − submit, s; until the horizon for a job that never started."""
        start = self.column("start")
        return np.where(start >= 0, start, self.horizon) - self.submit

    @cached_property
    def own_end(self) -> Mask:
        """Jobs that ended by themselves, well or not, or by their walltime."""
        own = self.in_state("completed", "killed")
        own |= self.with_attempt(among(self.cause, ["itself"]))
        return own & ~self.with_attempt(among(self.cause, ["budget"]))

    @cached_property
    def in_time(self) -> Mask:
        """Jobs that are needed by a time and had come to their own end by then."""
        return self.own_end & (self.column("end") <= self.column("needed_by"))

    @cached_property
    def late(self) -> Mask:
        """Jobs that had not by the time by which they were needed, and were not taken back.

        Whoever can still make it when the run ends is not late; a job that is refused, or that
        others ended for good, is.
        """
        time = self.column("needed_by")
        over = (time < self.horizon) | ~self.in_state("unfinished")
        return (time >= 0) & over & ~self.in_time & ~self.in_state("cancelled")

    @cached_property
    def need(self) -> Ints:
        """Seconds that each job ran; where it did not end by itself, what it needs or may have."""
        asked = np.minimum(self.column("run_time"), self.column("walltime"))
        return np.where(self.own_end, self.spells.last_length, asked)

    @cached_property
    def turnaround(self) -> Ints:
        """End − submit, s; a job that did not end by itself would at best end after its need."""
        return self.spells.last_start - self.submit + self.need

    @cached_property
    def slowdown(self) -> Floats:
        """Bounded slowdown: max(1, turnaround/max(run, 10 s)), restarts counting as waiting."""
        return np.maximum(1.0, self.turnaround / np.maximum(self.need, SHORTEST_RUN))

    @cached_property
    def running(self) -> Steps:
        """GPUs running."""
        ran = self.spells.ran
        return Steps.of_intervals(ran.start, ran.end, self.gpus[ran.job])

    @cached_property
    def queued(self) -> Steps:
        """GPUs asked for by waiting jobs."""
        waited = self.spells.waited
        return Steps.of_intervals(waited.start, waited.end, self.gpus[waited.job])

    @cached_property
    def capacity(self) -> Steps:
        """GPUs up."""
        events = self.events.select("time", "capacity")
        return Steps(events["time"].to_numpy(), events["capacity"].to_numpy())

    @cached_property
    def warm_up(self) -> WarmUp:
        """What this run leaves out at its beginning by its own choice."""
        return warm_up(self)

    @cached_property
    def begin(self) -> int:
        """The end of warm-up, s."""
        return self.warm_up.end

    @cached_property
    def last_arrival(self) -> int:
        """The last submission of a counted job, s; 0 if there is none."""
        return int(self.submit[self.counted].max()) if self.counted.any() else 0

    @cached_property
    def measured(self) -> Mask:
        """Counted jobs submitted from the end of warm-up on."""
        return self.counted & (self.submit >= self.begin)
