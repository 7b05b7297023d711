"""Who has had the least for their share goes first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from simulator.rules.ordering.serving import Ticking

if TYPE_CHECKING:
    from simulator.rules.ordering.plain import Ints, Reals, View


class LeastUsage(Ticking):
    """Jobs of whoever has had the least for their share go first.

    usage / entitled part of the machine, lowest first; usage as the accounting counts it.

    Example: two users with shares 1 and 3 have used 10 and 20 GPU-h: 10/0.25 = 40 and 20/0.75 =
    26.7. The second goes first.
    """

    kind: Literal["least_usage"] = "least_usage"

    def keys(self, view: View, waiting: Ints) -> Reals:
        """The order once more, in plain NumPy."""
        import numpy as np

        with np.errstate(divide="ignore", invalid="ignore"):
            value = np.where(view.entitled > 0, -view.usage / view.entitled, -np.inf)
        return np.asarray(value[view.of_job[waiting]])
