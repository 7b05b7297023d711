"""The orders a queue may have, as a scenario names them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from simulator.fields import Model


class Fcfs(Model):
    """First come, first served: by submit time."""

    kind: Literal["fcfs"] = "fcfs"


class Sjf(Model):
    """Shortest requested walltime first."""

    kind: Literal["sjf"] = "sjf"


class Ljf(Model):
    """Longest requested walltime first."""

    kind: Literal["ljf"] = "ljf"


class Smallest(Model):
    """Fewest GPUs first."""

    kind: Literal["smallest"] = "smallest"


class Largest(Model):
    """Most GPUs first."""

    kind: Literal["largest"] = "largest"


class Wfp3(Model):
    """(wait / walltime)³ · GPUs, highest first, evaluated at every pass.

    The wait counts from when the job became eligible; a walltime of 0 counts as 1 s.
    Source: Tang et al., "Fault-aware, utility-based job scheduling on Blue Gene/P systems", 2009.
    """

    kind: Literal["wfp3"] = "wfp3"


class F1(Model):
    """n·log₁₀(r) + 870·log₁₀(s), lowest first.

    n GPUs, r walltime (at least 1 s), s seconds from the first submit, plus 1.
    Source: Carastan-Santos & de Camargo, SC'17.
    """

    kind: Literal["f1"] = "f1"


Ordering = Annotated[
    Fcfs | Sjf | Ljf | Smallest | Largest | Wfp3 | F1, Field(discriminator="kind")
]
