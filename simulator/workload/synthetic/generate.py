"""Jobs made from the settings of a scenario, user by user, each from streams of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.errors import InputError
from simulator.workload.columns import Jobs, Shapes
from simulator.workload.speedups import speed_columns
from simulator.workload.steps import Step
from simulator.workload.synthetic import arrays, gpu_use, run_times, walltimes
from simulator.workload.synthetic.cycle import BusyClock
from simulator.workload.synthetic.deadlines import needed_by
from simulator.workload.synthetic.endings import cancellations, failures
from simulator.workload.synthetic.population import Group, groups, stretch
from simulator.workload.synthetic.presence import Presence, present
from simulator.workload.synthetic.requests import asked_partitions, asked_types
from simulator.workload.synthetic.requests import draw as draw_requests

if TYPE_CHECKING:
    from simulator.streams import Streams
    from simulator.workload.columns import Ints, Reals
    from simulator.workload.synthetic.models import Arrays, Endings, GpuUse, Requests, Synthetic

    Made = tuple[Ints, Ints, Ints, Ints]
    """Submit, run time, walltime and GPUs of some jobs."""

COLUMNS = ("submit", "run_time", "walltime", "gpus", "user", "account", "job_class")


def generate(
    workload: Synthetic, *, capacity: int, epoch: int, time_zone: str, streams: Streams
) -> tuple[Jobs, tuple[Step, ...]]:
    """Jobs in submit order, and what is assumed.

    ``load`` is met in expectation: a class's rate follows from its demand and the exact mean work
    of its jobs. The k-th job of a user is the same, in size, run time and walltime, whoever
    else there is; only its instant moves where a change of the settings changes the user's rate.
    Raises InputError for sizes above the capacity and for settings that make no job.
    """
    classes = groups(workload)
    for group in classes:
        if group.gpus[-1] > capacity:
            raise InputError(
                f"class {group.name!r} has jobs of {group.gpus[-1]:,} GPUs",
                right=f"the machine has {capacity:,}",
            )
    clock = BusyClock(workload.cycle, workload.duration, epoch, time_zone)
    if not clock.total:
        raise InputError(
            "the whole duration lies in hours of weight 0", right="give such hours a weight above 0"
        )
    factor = stretch(workload, classes)
    maker = _Maker(workload, clock, factor, streams)
    for group in classes:
        rate = workload.load * capacity * group.demand
        count = rate * workload.duration / group.mean_work(factor, workload.walltime.longest)
        maker.add(group, count)
    what = f"jobs made by a model of {len(maker.users):,} users at load {workload.load:g}"
    jobs = maker.jobs()
    return jobs, (Step("synthetic", len(jobs), f"{what}: assumptions, not records"),)


class _Maker:
    """Collects the jobs of one user after the other."""

    def __init__(
        self, workload: Synthetic, clock: BusyClock, factor: float, streams: Streams
    ) -> None:
        self.workload, self.clock, self.factor, self.streams = workload, clock, factor, streams
        self.users: dict[str, int] = {}
        self.accounts: dict[str, int] = {}
        self.classes: list[str] = []
        self.pieces: list[tuple[Ints, ...]] = []
        self.shapes: list[Shapes] = []
        self.ends: list[tuple[Ints, Ints]] = []
        self.uses: list[Ints] = []
        of_classes = (each.gpu_use for each in workload.classes.values())
        self.known_use = any((workload.gpu_use, *of_classes))
        self.times: list[Ints] = []
        self.arrays: list[Ints] = []
        self.submissions = 0
        self.types = asked_types(workload)
        self.partitions = asked_partitions(workload)

    def add(self, group: Group, count: float) -> None:
        """The jobs of a class of which ``count`` are expected."""
        named = bool(group.applicants.members)
        there = present(group, self.workload.duration, self.clock, self.streams)
        for (account, user), part in zip(group.people, group.activity(), strict=True):
            # Who is in several organisations has a stream of random numbers in each.
            entity = f"{group.name}/{account}/{user}" if named else user
            made = self._user(group, entity, count * part, there.get(account))
            shapes = None
            if group.requests is not None:
                shapes = self._shapes(group.requests, entity, made[3])
            if group.arrays is not None:
                made, shapes = self._arrays(group.arrays, entity, made, shapes)
            codes = (_code(self.users, user), _code(self.accounts, account), len(self.classes))
            self.pieces.append((*made, *(np.full(len(made[0]), code) for code in codes)))
            if shapes is not None:
                self.shapes.append(shapes)
            if group.endings is not None:
                self.ends.append(self._ends(group.endings, entity, made[0], made[1]))
            if self.known_use:
                self.uses.append(self._use(group.gpu_use, entity, len(made[0])))
            if group.deadlines is not None:
                drawn = self.streams.take("deadlines", entity).random((len(made[0]), 2))
                self.times.append(needed_by(group.deadlines, made[0], made[1], drawn))
        self.classes.append(group.name)

    def _user(self, group: Group, name: str, expected: float, there: Presence | None) -> Made:
        """Submit, run time, walltime and GPUs (n,) of one user's submissions, of which so many jobs
        are expected."""
        part = 1.0 if there is None else there.busy
        expected /= 1.0 if group.arrays is None else group.arrays.mean_jobs
        arrived = _poisson(expected * part, self.streams.take("arrivals", name))
        if there is not None:
            arrived = there.since + arrived * there.share
        size, kind, used, honest = self.streams.take("jobs", name).random((len(arrived), 4)).T
        gpus = group.gpus[np.searchsorted(np.cumsum(group.chance)[:-1], size, side="right")]
        rng, longest = self.streams.take("run_times", name), self.workload.walltime.longest
        run_time = run_times.draw(
            group.run_time, gpus, kind, rng, stretch=self.factor, longest=longest
        )
        walltime = walltimes.draw(self.workload.walltime, run_time, used, honest)
        return self.clock.instants(arrived), run_time, walltime, gpus

    def _shapes(self, requests: Requests, name: str, gpus: Ints) -> Shapes:
        """What one user's jobs ask for."""
        uniform = self.streams.take("requests", name).random((len(gpus), 3))
        return draw_requests(requests, gpus, uniform, self.types, self.partitions)

    def _arrays(
        self, model: Arrays, name: str, made: Made, shapes: Shapes | None
    ) -> tuple[Made, Shapes | None]:
        """The jobs of one user's submissions, some of which are arrays."""
        counts = arrays.elements(model, self.streams.take("arrays", name).random((len(made[0]), 2)))
        self.arrays.append(arrays.numbered(self.submissions, counts))
        self.submissions += len(counts)
        rows = np.repeat(np.arange(len(counts)), counts)
        submit, run_time, walltime, gpus = (column[rows] for column in made)
        return (submit, run_time, walltime, gpus), None if shapes is None else shapes.take(rows)

    def _ends(self, endings: Endings, name: str, submit: Ints, run_time: Ints) -> tuple[Ints, Ints]:
        """When one user's jobs fail, and when they are taken back."""
        failing = self.streams.take("job_failures", name).random((len(submit), 2))
        leaving = self.streams.take("cancellations", name).random((len(submit), 2))
        return failures(endings, run_time, failing), cancellations(endings, submit, leaving)

    def _use(self, model: GpuUse | None, name: str, count: int) -> Ints:
        """How much one user's jobs use their GPUs."""
        if model is None:
            return np.full(count, gpu_use.UNKNOWN)
        return gpu_use.draw(model, self.streams.take("gpu_use", name).random((count, 2)))

    def jobs(self) -> Jobs:
        """All jobs, sorted by submit; job numbers are 1, 2, 3 … in that order."""
        joined = (np.concatenate(column) for column in zip(*self.pieces, strict=True))
        columns: dict[str, Any] = dict(zip(COLUMNS, joined, strict=True))
        if not len(columns["submit"]):
            raise InputError("not a single job was made", right="raise load or duration")
        order = np.argsort(columns["submit"], kind="stable")
        for name, column in columns.items():
            code = name in ("user", "account", "job_class")
            columns[name] = column[order].astype(np.int32 if code else np.int64)
        if self.ends:
            names = ("fails_after", "cancelled_at")
            for name, pieces in zip(names, zip(*self.ends, strict=True), strict=True):
                columns[name] = np.concatenate(pieces)[order]
        if self.uses:
            columns["gpu_use"] = np.concatenate(self.uses)[order]
        if self.times:
            columns["needed_by"] = np.concatenate(self.times)[order]
        job_id = np.arange(1, len(order) + 1, dtype=np.int64)
        if self.arrays:
            columns["array"] = arrays.by_first_job(np.concatenate(self.arrays)[order], job_id)
        applicants = self.workload.classes
        own = {name: each.speedups for name, each in applicants.items() if each.speedups}
        columns |= speed_columns(columns["job_class"], self.classes, own)
        return Jobs(
            job_id=job_id,
            users=tuple(self.users),
            accounts=tuple(self.accounts),
            classes=tuple(self.classes),
            shape=Shapes.joined(self.shapes).take(order) if self.shapes else None,
            **columns,
        )


def _code(known: dict[str, int], name: str) -> int:
    """The code of a name, a new one if need be."""
    return known.setdefault(name, len(known))


def _poisson(expected: float, rng: np.random.Generator) -> Reals:
    """Arrivals of a Poisson process in [0, 1) of which so many are expected, ascending.

    Exponential gaps, summed: more arrivals continue the same sequence.
    """
    batch = int(expected + 4 * np.sqrt(expected) + 16)
    arrived = np.cumsum(rng.standard_exponential(batch))
    while arrived[-1] < expected:
        arrived = np.append(arrived, arrived[-1] + np.cumsum(rng.standard_exponential(batch)))
    return arrived[arrived < expected] / expected
