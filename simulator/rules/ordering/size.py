"""By size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from simulator.fields import Model

if TYPE_CHECKING:
    from simulator.rules.ordering.plain import Ints, Reals, View


class Smallest(Model):
    """Fewest GPUs first.

    Example: of 8, 1 and 4 GPUs the job of 1 goes first, then 4, then 8.
    """

    kind: Literal["smallest"] = "smallest"

    def keys(self, view: View, waiting: Ints) -> Reals:
        """The order once more, in plain NumPy."""
        import numpy as np

        return np.asarray(-view.gpus[waiting], np.float64)


class Largest(Model):
    """Most GPUs first.

    Example: of 8, 1 and 4 GPUs the job of 8 goes first, then 4, then 1.
    """

    kind: Literal["largest"] = "largest"

    def keys(self, view: View, waiting: Ints) -> Reals:
        """The order once more, in plain NumPy."""
        import numpy as np

        return np.asarray(view.gpus[waiting], np.float64)
