"""Quality of service: what some jobs pay more or less for, and come sooner or later by."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from simulator.fields import Duration, Model, Name


class Qos(Model):
    """A quality of service. A job has the one that its log names, else the one of its class."""

    classes: tuple[str, ...] = Field(default=(), strict=False)
    """Classes of applicants whose jobs have it."""
    priority: Annotated[int, Field(ge=0, le=2**32 - 1)] = 0
    """How much it counts, beside the largest of all, in orders that look at it."""
    usage_factor: Annotated[float, Field(ge=0, le=1000)] = 1.0
    """What its jobs are charged is multiplied by this; thousandths count."""
    preempts: tuple[Name, ...] = Field(default=(), strict=False)
    """Qualities of service whose running jobs its jobs may stop, under ``backfill: slurm`` with
    ``preemption``; Slurm's Preempt. Rights are no chain: who is to be stopped has to be named."""
    exempt: Duration | None = None
    """How long its jobs run untouched; Slurm's PreemptExemptTime of a QOS. As ``preemption`` says
    if not given."""
