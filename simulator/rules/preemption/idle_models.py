"""Settings of the stage: jobs that hold GPUs and leave them idle."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from simulator.fields import Duration, Model, Name, Percent, PositiveInt, part_of
from simulator.rules.preemption.how import Cancel
from simulator.rules.preemption.registry import HowWord


class Idle(Model):
    """Jobs that hold GPUs and hardly use them have to give them back.

    A job is idle if its ``gpu_use``, the part of the time of its GPUs that it uses, is known and
    below a threshold. What it uses is taken to be the same at any time of its run.

    Example: below 10 %, after 2h, when always: a notebook of 4 GPUs that uses 3 % of their time is
    stopped after 2 h; when wanted: 2 h after its start or later, once another job can start on its
    GPUs.
    """

    below: Percent
    """Who uses less than this part of the time of its GPUs is idle; like 10 %."""
    after: Duration = Field(gt=0)
    """An attempt runs undisturbed for so long: over it, use is looked at."""
    when: Literal["always", "wanted"] = "always"
    """always: an idle job is stopped then, whoever waits. wanted: from then on a waiting job that
    asks for GPUs, whosesoever, may stop it so as to start at once."""
    how: HowWord = Field(default_factory=Cancel)
    """What becomes of the jobs that are stopped so."""
    classes: dict[Name, HowWord] = Field(default_factory=dict)
    """Classes whose jobs fare otherwise."""
    at_most: PositiveInt | None = None
    """How often a job can be stopped so; then it is left alone. It must be given where jobs are
    queued again: they stay as idle as they are."""

    @property
    def thousandths(self) -> int:
        """The threshold as the whole number that is compared with ``gpu_use``."""
        return part_of(self.below, 1000)

    def how_of(self, name: str) -> HowWord:
        """What becomes of the jobs of a class."""
        return self.classes.get(name, self.how)
