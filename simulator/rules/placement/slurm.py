"""Slurm's own choice of nodes."""

from __future__ import annotations

from typing import Literal

from simulator.rules.placement.packing import Heeding


class SlurmChoice(Heeding):
    """As select/cons_tres chooses, within Slurm's own passes: no best fit where GPUs are asked for.

    Nodes that have all that is asked for are cut into runs of neighbours. The shortest run that is
    enough wins, the first on a tie, and in it the lowest node; a gang that no run holds takes the
    longest ones one after another. Jobs without GPUs count free CPUs instead of nodes.

    Example: nodes with 8, 3, 0, 5 and 8 GPUs free, in this order. A job of 2 GPUs finds two runs,
    equally long, and gets the first node, though the second has fewer free.
    Source: SchedMD/slurm 22.05, src/plugins/select/cons_tres/job_test.c, gres_select_filter.c.
    """

    kind: Literal["slurm"] = "slurm"
