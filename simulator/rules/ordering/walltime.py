"""By requested walltime."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from simulator.fields import Model

if TYPE_CHECKING:
    from simulator.rules.ordering.plain import Ints, Reals, View


class Sjf(Model):
    """Shortest requested walltime first.

    Example: of 2 h, 30 min and 1 h the job of 30 min goes first, then 1 h, then 2 h.
    """

    kind: Literal["sjf"] = "sjf"

    def keys(self, view: View, waiting: Ints) -> Reals:
        """The order once more, in plain NumPy."""
        import numpy as np

        return np.asarray(-view.walltime[waiting], np.float64)


class Ljf(Model):
    """Longest requested walltime first.

    Example: of 2 h, 30 min and 1 h the job of 2 h goes first, then 1 h, then 30 min.
    """

    kind: Literal["ljf"] = "ljf"

    def keys(self, view: View, waiting: Ints) -> Reals:
        """The order once more, in plain NumPy."""
        import numpy as np

        return np.asarray(view.walltime[waiting], np.float64)
