"""WFP3: who has waited long for what they asked, the larger the sooner."""

from __future__ import annotations

from typing import Literal

from simulator.fields import Model


class Wfp3(Model):
    """(wait / walltime)³ · GPUs, highest first, evaluated at every pass.

    The wait counts from when the job became eligible; a walltime of 0 counts as 1 s.
    Source: Tang et al., "Fault-aware, utility-based job scheduling on Blue Gene/P systems", 2009.
    """

    kind: Literal["wfp3"] = "wfp3"
