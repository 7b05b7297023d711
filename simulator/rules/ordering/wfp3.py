"""WFP3: who has waited long for what they asked, the larger the sooner."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from simulator.fields import Model

if TYPE_CHECKING:
    from simulator.rules.ordering.plain import Ints, Reals, View


class Wfp3(Model):
    """(wait / walltime)³ · GPUs, highest first, evaluated at every pass.

    The wait counts from when the job became eligible; a walltime of 0 counts as 1 s.

    Example: a job of 8 GPUs and 2 h that has waited 1 h has 0.5³ · 8 = 1; one of 1 GPU and 30 min
    that has waited 1 h has 2³ · 1 = 8 and goes first.
    Source: Tang et al., "Fault-aware, utility-based job scheduling on Blue Gene/P systems", 2009.
    """

    kind: Literal["wfp3"] = "wfp3"

    def keys(self, view: View, waiting: Ints) -> Reals:
        """The order once more, in plain NumPy."""
        import numpy as np

        ratio = (view.now - view.eligible[waiting]) / np.maximum(view.walltime[waiting], 1)
        return np.asarray(ratio * ratio * ratio * view.gpus[waiting])
