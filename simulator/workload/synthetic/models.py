"""Settings of the synthetic generator, with defaults measured on public GPU clusters.

The defaults follow the GPU jobs of the Helios clusters (Hu et al., "Characterization and Prediction
of Deep Learning Workloads in Large-Scale GPU Datacenters", SC'21; public data): size mix, run times
and the cycle of arrivals. They are no measurements of the machine that is being planned.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from simulator.fields import (
    Duration,
    Fraction01,
    GpuTime,
    Memory,
    Model,
    Name,
    Positive,
    PositiveInt,
    Speedups,
    refusal,
)

Weight = Annotated[float, Field(ge=0, allow_inf_nan=False, strict=False)]
Sizes = dict[Annotated[PositiveInt, Field(strict=False)], Positive]
Member = Annotated[str, Field(min_length=1, max_length=200)]
DAY, HOUR = 86_400, 3_600
ANY_TYPE = "any"
"""Word for no preference of a GPU type."""

HOURS = (
    *(0.90, 0.66, 0.60, 0.38, 0.27, 0.21, 0.19, 0.22, 0.37, 0.80, 1.29, 1.47),
    *(1.16, 1.30, 1.56, 1.66, 1.73, 1.73, 1.28, 1.31, 1.34, 1.36, 1.15, 1.04),
)
"""Arrivals by hour of day, relative to the mean: GPU jobs of Helios Venus, April–September 2020."""
WEEKDAYS = (1.03, 1.07, 1.28, 1.21, 0.95, 0.68, 0.78)
"""Arrivals by weekday, Monday first; same source."""
SIZES = {1: 0.55, 2: 0.052, 4: 0.063, 8: 0.221, 16: 0.054, 32: 0.03, 64: 0.02, 128: 0.01}
"""Share of jobs by GPUs: Helios GPU jobs, with in-between sizes counted to the power of two."""
FAVOURITES = (600, 1800, HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, 12 * HOUR, DAY, 2 * DAY, 3 * DAY)
"""Walltimes that people ask for: the most frequent ones of public logs."""


class RunTime(Model):
    """Run times: ln(seconds) is hyper-gamma, p·Γ(a1, b1) + (1 − p)·Γ(a2, b2).

    The form of Lublin & Feitelson (2003), shape a and scale b; the default is the fit to Helios GPU
    jobs (KS distance 0.031). With ``p_slope`` larger jobs are more often of one of the two kinds.
    """

    p: Fraction01 = 0.393
    """Share of jobs of the first, shorter kind."""
    p_slope: Annotated[float, Field(allow_inf_nan=False, strict=False)] = 0.0
    """Added to p for each GPU of a job (the sum is kept within 0 and 1)."""
    a1: Positive = 3.54
    """Shape of the first kind."""
    b1: Positive = 1.195
    """Scale of the first kind."""
    a2: Positive = 9.39
    """Shape of the second kind."""
    b2: Positive = 0.776
    """Scale of the second kind."""


class Walltime(Model):
    """What people ask for: more than they need, and rounded to what is easy to remember."""

    accuracy: Annotated[float, Field(gt=0, lt=1)] = 0.4
    """Mean share of the time asked for that a job uses, before rounding; public logs: 0.2–0.5."""
    exact: Fraction01 = 0.1
    """Share of jobs that ask for what they need, to the next minute."""
    favourites: Annotated[
        tuple[Duration, ...], Field(min_length=1, strict=False, validate_default=False)
    ] = FAVOURITES
    """The others round up to the next of these; beyond the last one they ask for the longest."""
    longest: Annotated[Duration, Field(gt=0, validate_default=False)] = 7 * DAY
    """No job may ask for more; a job that would need more is cut there."""


class Slices(Model):
    """Jobs that ask for a part of one GPU."""

    share: Fraction01
    """Share of the jobs of one GPU that ask for slices of it instead."""
    sizes: Annotated[Sizes, Field(min_length=1)]
    """Slices and their weights, such as {1: 50, 2: 30, 3: 20}."""


class Requests(Model):
    """What jobs ask for beside GPUs, on a machine of nodes; refused on a pool."""

    slices: Slices | None = None
    """Jobs of slices; nobody asks for any if not given. ``load`` counts each as a whole GPU."""
    cpus_per_gpu: Annotated[int, Field(ge=0, le=10_000)] = 0
    """CPUs that a job asks for with each GPU."""
    memory_per_gpu: Memory | None = None
    """Memory that a job asks for with each GPU; none if not given."""
    gpu_types: dict[Name, Positive] = Field(default_factory=dict)
    """Types of GPU that jobs ask for and their weights; the type any is no preference."""
    partition: Name | None = None
    """The partition that jobs ask for; any if not given."""


class Endings(Model):
    """Jobs that end before their work is done: they fail, or their users take them back."""

    fail: Fraction01 = 0.0
    """Share of jobs that fail by themselves, each after a part of its work, evenly drawn."""
    cancel: Fraction01 = 0.0
    """Share of jobs that their users take back if they have not ended by then."""
    patience: Annotated[Duration, Field(gt=0, validate_default=False)] = DAY
    """Half of these are taken back within this time after their submission: lognormal times."""
    spread: Annotated[float, Field(ge=0, le=5)] = 1.0
    """Standard deviation of ln(time until it is taken back)."""

    @model_validator(mode="after")
    def _somebody_is_patient(self) -> Self:
        for name in ("patience", "spread"):
            if not self.cancel and name in self.model_fields_set:
                raise refusal(
                    f"{name} of jobs that nobody takes back",
                    right="add cancel: 0.05, or leave it out",
                    at=(name,),
                )
        return self


class GpuUse(Model):
    """How much of the time of the GPUs that they hold jobs use: an assumption of the scenario's.

    A part of the jobs hold GPUs and leave them idle, such as notebooks left open and jobs that
    sleep; the others use them more or less. The use of each kind is drawn evenly.
    """

    idle: Fraction01
    """Share of jobs that leave their GPUs idle."""
    idle_most: Fraction01 = 0.05
    """What these use at most; at least nothing."""
    least: Fraction01 = 0.3
    """What the others use at least."""
    most: Fraction01 = 1.0
    """What the others use at most."""

    @model_validator(mode="after")
    def _some_use(self) -> Self:
        if self.least > self.most:
            raise refusal(
                f"no use is at least {self.least:g} and at most {self.most:g}",
                right=f"at least {self.least:g}",
                at=("most",),
            )
        return self


class Deadlines(Model):
    """Jobs whose end is of use by a time alone. An assumption: no public log records such times.

    A job is needed by submission + ``factor`` × its run time + a drawn time. The generator alone
    and the metrics know it: no rule sees it, and a job that is late runs on.
    """

    share: Fraction01
    """Share of jobs that have such a time; 0: none of the class, whatever the workload says."""
    factor: Annotated[float, Field(ge=1, le=1000)] = 1.0
    """The job's run time counts this many times."""
    slack: Annotated[Duration, Field(gt=0)] | None = None
    """Half of these jobs have at most this time beside: lognormal times. None if not given."""
    spread: Annotated[float, Field(ge=0, le=5)] = 1.0
    """Standard deviation of ln(that time)."""

    @model_validator(mode="after")
    def _somebody_can_wait(self) -> Self:
        if not self.share:
            for name in ("factor", "slack", "spread"):
                if name in self.model_fields_set:
                    raise refusal(
                        f"{name} of jobs that have no deadline",
                        right="give a share above 0, or leave it out",
                        at=(name,),
                    )
        elif self.slack is None and self.factor == 1:
            raise refusal(
                "every job would be late unless it started at once",
                right="add slack: 1d, or a factor above 1",
                at=("share",),
            )
        elif self.slack is None and "spread" in self.model_fields_set:
            raise refusal(
                "spread without a slack", right="add slack: 1d, or leave it out", at=("spread",)
            )
        return self


class ArraySizes(Model):
    """How many jobs an array has: each number from the least to the most is as likely."""

    least: Annotated[int, Field(ge=2, le=1_000_000)]
    """The fewest; one job alone is no array."""
    most: Annotated[int, Field(ge=2, le=1_000_000)]
    """The most."""

    @model_validator(mode="after")
    def _some_number(self) -> Self:
        if self.least > self.most:
            raise refusal(
                f"no array has at least {self.least} jobs and at most {self.most}",
                right=f"at least {self.least}",
                at=("most",),
            )
        return self


class Arrays(Model):
    """Job arrays: many like jobs that their user submits at once, in the place of one.

    The jobs of an array ask for the same and would run as long; an assumption. ``load`` is met as
    without arrays: who submits many jobs at once comes the less often.
    """

    share: Fraction01
    """Share of submissions that are arrays; 0: none of the class, whatever the workload says."""
    size: ArraySizes | None = None
    """How many jobs they have; needed with a share above 0."""

    @property
    def mean_jobs(self) -> float:
        """Expected jobs of a submission."""
        if self.size is None:
            return 1.0
        return 1 + self.share * ((self.size.least + self.size.most) / 2 - 1)

    @model_validator(mode="after")
    def _sizes_of_arrays(self) -> Self:
        if self.share and self.size is None:
            raise refusal(
                "nobody knows how many jobs an array has",
                right="add size: {least: 10, most: 100}",
                at=("share",),
            )
        if not self.share and self.size is not None:
            raise refusal(
                "size of arrays that nobody submits",
                right="give a share above 0, or leave it out",
                at=("size",),
            )
        return self


class Cycle(Model):
    """How the rate of arrivals follows the hours and days, in the scenario's time zone."""

    hours: Annotated[tuple[Weight, ...], Field(min_length=24, max_length=24, strict=False)] = HOURS
    """24 weights, from midnight; only their ratios count."""
    weekdays: Annotated[tuple[Weight, ...], Field(min_length=7, max_length=7, strict=False)] = (
        WEEKDAYS
    )
    """7 weights, Monday first."""

    @model_validator(mode="after")
    def _some_time(self) -> Self:
        if not any(self.hours) or not any(self.weekdays):
            raise ValueError("every weight is 0: nobody would ever submit")
        return self


class Projects(Model):
    """Organisations that come and go: each submits for a time, and not before or after it.

    Each begins at an instant drawn evenly from one such time before the beginning of the run to its
    end. So they come as in a Poisson process, one every (duration + lasting)/accounts on average,
    and as many are there at the beginning as later. While it is there, a user submits at a steady
    rate, by which ``load`` is met in expectation.
    """

    lasting: Annotated[Duration, Field(gt=0)]
    """How long each one submits."""


class Applicants(Model):
    """A class of applicants: organisations (accounts) and their users."""

    demand: Positive
    """Share of the GPU-time that this class asks for, relative to the other classes'."""
    accounts: PositiveInt = 1
    """Organisations; users join them in turn, so each has busy and idle ones."""
    users: PositiveInt = 1
    """People who submit."""
    members: dict[Member, Annotated[tuple[Member, ...], Field(min_length=1, strict=False)]] = Field(
        default_factory=dict
    )
    """Organisations and their users by name, in place of ``accounts`` and ``users``; the busiest
    first, taken from the organisations in turn."""
    zipf: Weight = 1.0
    """The user of rank k submits as k to the power −zipf; 0: all alike. Public logs: 0.8–1.4."""
    sizes: Annotated[Sizes, Field(min_length=1)] | None = None
    """GPUs of a job and their weights; the workload's if not given."""
    run_time: RunTime | None = None
    """Run times; the workload's if not given."""
    requests: Requests | None = None
    """What jobs ask for beside GPUs; the workload's if not given."""
    endings: Endings | None = None
    """Which jobs fail or are taken back; the workload's if not given."""
    gpu_use: GpuUse | None = None
    """How much they use the GPUs that they hold; the workload's if not given."""
    deadlines: Deadlines | None = None
    """Which jobs are needed by a time; the workload's if not given."""
    arrays: Arrays | None = None
    """Which submissions are job arrays; the workload's if not given."""
    projects: Projects | None = None
    """Organisations that come and go; all are there from beginning to end if not given."""
    speedups: Speedups | None = None
    """How fast its jobs are on some types of GPU; the machine's ``speeds`` on others."""

    def people(self, name: str) -> list[tuple[str, str]]:
        """(organisation, user) of each who submits, the busiest first; ``name``: of the class."""
        if not self.members:
            return [
                (f"{name}-a{rank % self.accounts + 1}", f"{name}-u{rank + 1}")
                for rank in range(self.users)
            ]
        longest = max(map(len, self.members.values()))
        return [
            (account, users[turn])
            for turn in range(longest)
            for account, users in self.members.items()
            if turn < len(users)
        ]

    @model_validator(mode="after")
    def _members_are_named_once(self) -> Self:
        for account, users in self.members.items():
            for place, user in enumerate(users):
                if user in users[:place]:
                    raise refusal(
                        f"the user {user!r} stands twice in {account!r}",
                        right="take one out",
                        at=("members", account, place),
                    )
        for setting in ("accounts", "users"):
            if self.members and setting in self.model_fields_set:
                raise refusal(
                    f"members say already what {setting} there are",
                    right=f"leave {setting} out",
                    at=(setting,),
                )
        return self

    @model_validator(mode="after")
    def _accounts_have_users(self) -> Self:
        if self.users < self.accounts:
            raise ValueError(
                f"{self.users} users cannot fill {self.accounts} accounts; each needs one at least"
            )
        return self


class Synthetic(Model):
    """Jobs made by a model: Poisson arrivals with a daily and weekly cycle, user by user."""

    kind: Literal["synthetic"]
    duration: Annotated[Duration, Field(gt=0)]
    """How long people submit, from the scenario's epoch."""
    load: Positive
    """Mean GPU-time asked for over GPU-time there is: 0.9 leaves a tenth of the machine idle."""
    mean_work: Annotated[GpuTime, Field(gt=0)] | None = None
    """Mean GPU-time of a job, like 20 GPU-h: run times are stretched to it. As drawn if absent."""
    sizes: Annotated[Sizes, Field(min_length=1)] = SIZES
    """GPUs of a job and their weights."""
    run_time: RunTime = Field(default_factory=RunTime)
    """How long jobs run."""
    walltime: Walltime = Field(default_factory=Walltime)
    """How long they ask for."""
    requests: Requests | None = None
    """What jobs ask for beside GPUs; nothing if not given."""
    endings: Endings | None = None
    """Which jobs fail or are taken back; none if not given. ``load`` counts them as whole."""
    gpu_use: GpuUse | None = None
    """How much jobs use the GPUs that they hold; nobody knows if not given."""
    deadlines: Deadlines | None = None
    """Which jobs are of use by a time alone; none if not given."""
    arrays: Arrays | None = None
    """Which submissions are job arrays; none if not given."""
    cycle: Cycle = Field(default_factory=Cycle)
    """When they come."""
    classes: Annotated[dict[Name, Applicants], Field(min_length=1)]
    """Who submits."""


def arrays_by_class(workload: Synthetic) -> dict[str, Arrays | None]:
    """Which submissions of each class are job arrays: its own setting, or else the workload's."""
    return {name: each.arrays or workload.arrays for name, each in workload.classes.items()}
