"""Classes of size, with a head start in age for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, model_validator

from simulator.fields import Duration, Model, PositiveInt, refusal
from simulator.rules.ordering.serving import Weighing

if TYPE_CHECKING:
    from simulator.rules.ordering.plain import Ints, Reals, View


class Bin(Model):
    """Jobs of at least so many GPUs, up to the next bin."""

    gpus: PositiveInt
    """The least number of GPUs."""
    boost: Duration
    """How much older such a job counts."""


class SizeBins(Weighing):
    """Oldest first, where large jobs count as older than they are.

    age + boost, highest first; the age counts from when the job came to the queue, the boost is
    that of the last bin that the job is large enough for, and 0 below the first. So no job is
    passed by those of its own bin that came later, nor by any that came later than the largest
    boost.

    Example: with `bins: [{gpus: 64, boost: 10d}, {gpus: 256, boost: 15d}]` a job of 256 GPUs that
    has waited 1 d counts as 16 d old, one of 100 GPUs that has waited 5 d as 15 d, one of 8 GPUs
    that has waited 14 d as 14 d: they go in this order.
    Source: OLCF Summit User Guide, scheduling policy: 15 days for jobs of 60 % of the nodes and
    more, 10 days for those of 20 %, none below (as of 2024).
    """

    kind: Literal["size_bins"] = "size_bins"
    bins: Annotated[tuple[Bin, ...], Field(min_length=1, max_length=100, strict=False)]
    """The bins, smallest first."""

    @model_validator(mode="after")
    def _rising(self) -> Self:
        for number in range(1, len(self.bins)):
            least = self.bins[number - 1].gpus
            if self.bins[number].gpus <= least:
                raise refusal(
                    f"a bin of {self.bins[number].gpus} GPUs stands behind one of {least}",
                    right="smallest first",
                    at=("bins", number, "gpus"),
                )
        return self

    def numbers(self) -> tuple[float, ...]:
        """Pairs of GPUs and boost, s."""
        return tuple(float(part) for each in self.bins for part in (each.gpus, each.boost))

    def keys(self, view: View, waiting: Ints) -> Reals:
        """The order once more, in plain NumPy."""
        import numpy as np

        least = np.array([each.gpus * view.units for each in self.bins])
        boost = np.array([0, *(each.boost for each in self.bins)])
        bins = np.searchsorted(least, view.gpus[waiting], side="right")
        return np.asarray(boost[bins] - view.eligible[waiting], np.float64)
