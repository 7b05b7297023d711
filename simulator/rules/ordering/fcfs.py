"""First come, first served."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from simulator.fields import Model

if TYPE_CHECKING:
    from simulator.rules.ordering.plain import Ints, Reals, View


class Fcfs(Model):
    """First come, first served: by submit time, then by the place in the log.

    Example: jobs submitted at 10 s, 5 s and 5 s go in the order second, third, first.
    """

    kind: Literal["fcfs"] = "fcfs"

    def keys(self, view: View, waiting: Ints) -> Reals:
        """The order once more, in plain NumPy."""
        import numpy as np

        return np.zeros(len(waiting))
