"""Orders that were found by regression over simulated schedules."""

from __future__ import annotations

from typing import Literal

from simulator.fields import Model


class F1(Model):
    """n·log₁₀(r) + 870·log₁₀(s), lowest first.

    n GPUs, r walltime (at least 1 s), s seconds from the first submit, plus 1.
    Source: Carastan-Santos & de Camargo, SC'17.
    """

    kind: Literal["f1"] = "f1"


class F2(Model):
    """n·√r + 25,600·log₁₀(s), lowest first; letters and source as in F1."""

    kind: Literal["f2"] = "f2"


class F3(Model):
    """n·r + 6,860,000·log₁₀(s), lowest first; letters and source as in F1."""

    kind: Literal["f3"] = "f3"


class F4(Model):
    """r·√n + 530,000·log₁₀(s), lowest first; letters and source as in F1."""

    kind: Literal["f4"] = "f4"
