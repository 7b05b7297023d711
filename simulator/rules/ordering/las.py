"""Least attained service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, model_validator

from simulator.fields import Duration, GpuTime, refusal
from simulator.rules.ordering.serving import Weighing

if TYPE_CHECKING:
    from simulator.rules.ordering.plain import Ints, Reals, View


Thresholds = Annotated[tuple[GpuTime, ...], Field(min_length=1, max_length=100, strict=False)]


class Las(Weighing):
    """Least attained service: jobs that have had little GPU-time so far go before those with more.

    A job begins in the first queue and sinks into the next when GPUs · seconds that it has run, in
    all attempts, reach the next threshold. Jobs of a higher queue go first, in a queue they go by
    submit. With `preemption: {}` beside it jobs of a higher queue stop those of a lower one; jobs
    are looked at whenever one comes, ends or, while somebody waits, reaches a threshold. Without it
    nobody is stopped, and only who has come back to the queue stands further behind. What a job has
    run counts for its queue even if it was lost. Where jobs can be stopped nobody in the first
    queue waits for who has sunk; who has sunk waits for as long as newcomers fill the machine, and
    starves if they always do.

    Example: `thresholds: [1 GPU-h]`. A job of 8 GPUs sinks after 3,600/8 = 450 s. At 500 s a new
    job of 8 GPUs comes to a machine of 8: it stops the first, runs 450 s, sinks too and runs on,
    since the first, of the same queue now, stops nobody; the first starts again when it ends.
    Source: Gu et al., "Tiresias", NSDI 2019: discretised two-dimensional LAS.
    """

    kind: Literal["las"] = "las"
    thresholds: Thresholds = (3600,)
    """GPU-time with which a job sinks into the next queue, ascending; one more queue than these."""
    round: Duration = 0
    """GPU-time of running jobs is looked at every so often alone; 0: at every second."""

    @model_validator(mode="after")
    def _rising(self) -> Self:
        for number in range(len(self.thresholds)):
            if self.thresholds[number] <= (self.thresholds[number - 1] if number else 0):
                raise refusal(
                    "thresholds must rise from above 0",
                    right="write them like [1 GPU-h, 10 GPU-h]",
                    at=("thresholds", number),
                )
        return self

    def numbers(self) -> tuple[float, ...]:
        """GPU-seconds with which a job leaves each queue but the last."""
        return tuple(map(float, self.thresholds))

    def queue_of(self, gpu_seconds: float) -> int:
        """The queue of a job that has attained so much; 0 the first."""
        return sum(gpu_seconds >= each for each in self.thresholds)

    def keys(self, view: View, waiting: Ints) -> Reals:
        """The order once more, in plain NumPy."""
        import numpy as np

        return np.array([-float(self.queue_of(each)) for each in view.attained[waiting]])
