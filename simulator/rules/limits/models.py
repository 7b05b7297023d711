"""Settings of a limit: whom it concerns, who counts together, and how much each may have."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from simulator.fields import Duration, Gpus, GpuTime, Model, Name, PositiveInt, refusal

AT_ONCE = ("jobs", "gpus", "work", "eligible")
"""What may be used at once: a job that would go beyond it waits."""
AT_SUBMISSION = ("queued", "walltime", "job_gpus", "submitted", "array_size")
"""What is looked at once: a job that goes beyond it is refused."""
NO_ARRAYS = (
    "no job of this workload is of an array",
    "give it arrays, like arrays: {share: 0.1, size: {least: 10, most: 100}}, or leave this out",
)
"""What is wrong with a limit on arrays where there are none, and what would be right."""
NO_PARTITIONS = (
    "a pool has no partitions",
    "leave partitions out, or say cluster: {kind: nodes, partitions: …}",
)
"""The same of partitions."""
MACHINE = "machine"
"""No limit's name: results say that the machine refused a job that can never fit."""


class Submitted(Model):
    """How many jobs a group may submit within a time: of any window of that length."""

    jobs: PositiveInt
    """How many. Further ones are refused, and do not count themselves."""
    within: Annotated[Duration, Field(gt=0)]
    """The length of the window, which ends at each submission."""


class Limit(Model):
    """Who may have how much at once. Of several limits that concern a job each must allow it.

    A job that would break one of `jobs`, `gpus` and `work` by starting is held back: it is passed
    over, is not the head of the queue and has no place, until what its group uses has fallen. Plans
    do not foresee that. So is who waits behind the first `eligible` jobs of its group. A job beyond
    `queued`, `walltime`, `job_gpus`, `submitted` or `array_size` is refused when it is submitted,
    and counted with the limit that refused it.

    A part of the machine is kept free for a class by a limit on all others together.
    """

    classes: Annotated[tuple[Name, ...], Field(strict=False)] = ()
    """Classes of applicants that it concerns; all if not given."""
    accounts: Annotated[tuple[str, ...], Field(strict=False)] = ()
    """Accounts that it concerns, with all that are part of them in the rule's `accounts.tree`; all
    if not given. So `per: all` counts a whole branch together. (The limits of an association.)"""
    users: Annotated[tuple[str, ...], Field(strict=False)] = ()
    """Users that it concerns. Of classes, accounts, users, qos and partitions all that are given
    count."""
    qos: Annotated[tuple[Name, ...], Field(strict=False)] = ()
    """Qualities of service of the rule that it concerns; all jobs if not given. (The limits of a
    QOS.)"""
    partitions: Annotated[tuple[Name, ...], Field(strict=False)] = ()
    """Partitions of the machine whose jobs it concerns; all jobs if not given, and of a job that
    names no partition none. (MaxTime of a partition, the limits of an association with one.)"""
    newcomers: Annotated[Duration, Field(gt=0)] | None = None
    """It concerns those jobs alone that come before their user's first one is so old."""
    established: Annotated[Duration, Field(gt=0)] | None = None
    """Or those alone that come later: on all of them together it keeps GPUs free for newcomers."""
    per: Literal["user", "account", "class", "array", "all"] = "all"
    """Who counts together: each user's jobs, each account's, each class's, those of each job array
    (a job of none is not concerned), or all of them."""
    jobs: PositiveInt | None = None
    """How many jobs may run at once. (MaxJobsPU, GrpJobs; of an array: sbatch --array=…%N.)"""
    gpus: Gpus | None = None
    """How many GPUs they may hold at once, or what part of the machine's. (MaxTRESPU, GrpTRES.)"""
    work: Annotated[GpuTime, Field(gt=0)] | None = None
    """How much GPU-time running jobs may still ask for: GPUs × what is left of their walltimes.
    (GrpTRESRunMins.)"""
    eligible: PositiveInt | None = None
    """How many waiting jobs are looked at: the first to be submitted. The others wait outside the
    queue until, before a later pass, they are among the first. (MAXIJOB of Maui and Moab.)"""
    queued: PositiveInt | None = None
    """How many jobs may wait or run; further ones are refused. (MaxSubmitJobsPU.)"""
    walltime: Annotated[Duration, Field(gt=0)] | None = None
    """The longest walltime that a job may ask for. (MaxWall.)"""
    job_gpus: Gpus | None = None
    """The most GPUs that one job may ask for, or what part of the machine's. (MaxTRES.)"""
    submitted: Submitted | None = None
    """How many jobs may be submitted within a time; further ones are refused."""
    array_size: PositiveInt | None = None
    """The most jobs that an array may have; all of a larger one are refused. (MaxArraySize.)"""

    @model_validator(mode="after")
    def _limits_something(self) -> Self:
        if all(getattr(self, name) is None for name in (*AT_ONCE, *AT_SUBMISSION)):
            raise refusal(
                "this limits nothing", right=f"add one of {', '.join((*AT_ONCE, *AT_SUBMISSION))}"
            )
        return self

    @model_validator(mode="after")
    def _concerns_newcomers_or_others(self) -> Self:
        if self.newcomers is not None and self.established is not None:
            raise refusal(
                "a limit concerns newcomers or those who have been there for a while",
                right="make them two limits",
                at=("established",),
            )
        return self
