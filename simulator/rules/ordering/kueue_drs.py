"""Kueue's fair sharing."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from simulator.fields import refusal
from simulator.rules.ordering.serving import Serving

if TYPE_CHECKING:
    from simulator.rules.ordering.plain import Reals, View
    from simulator.rules.ordering.serving import Served

Gpus = Annotated[int, Field(ge=0, le=1_000_000_000)]
Weight = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class KueueDrs(Serving):
    """Whoever would stay within their quota goes next, then whoever would borrow the least for
    their weight.

    1000·max(0, GPUs held + asked for by the next job − quota)/lendable/weight, lowest first; 0
    while nothing is borrowed. A weight of 0 borrows last. Lendable is what all together may lend.
    Quotas are of GPUs, of all types together.

    Example: quotas of 4, 3 and 3 GPUs, all lendable. Who holds 7 with a quota of 4 and would start
    a job of 1 borrows 4: 1000·4/10 = 400, or 200 with weight 2. Who stays within the quota has 0
    and goes first.
    Source: kubernetes-sigs/kueue, pkg/cache/scheduler/fair_sharing.go.
    """

    looks_at_usage: ClassVar[bool] = False
    by_names: ClassVar[tuple[str, ...]] = ("quota", "lends", "weight")
    quotas: ClassVar[tuple[str, ...]] = ("quota",)

    kind: Literal["kueue_drs"] = "kueue_drs"
    quota: dict[str, Gpus] = Field(default_factory=dict)
    """Nominal quotas in GPUs, by name; who is not named has the entitled part of the machine."""
    lends: dict[str, Gpus] = Field(default_factory=dict)
    """Lending limits in GPUs, by name; who is not named may lend the whole quota."""
    weight: dict[str, Weight] = Field(default_factory=dict)
    """Weights by name; who is not named has 1."""

    @model_validator(mode="after")
    def _some_weight(self) -> Self:
        if self.weight and not any(self.weight.values()):
            raise refusal("all weights are 0", right="give somebody more", at=("weight",))
        return self

    def terms(self, served: Served) -> Reals:
        """Of each entity: quota in units, weight, and what all together may lend, in units."""
        import numpy as np

        quota = served.by_name(self.quota, served.entitled * served.units / served.gpu, "quota")
        lends = np.minimum(quota, served.by_name(self.lends, quota, "lends"))
        weight = served.by_name(self.weight, np.ones(len(quota)), "weight")
        lendable = np.full(len(quota), lends[served.leaf].sum())
        return np.stack([quota * served.gpu, weight, lendable * served.gpu], axis=1)

    def standing(self, view: View, entity: int, more: Reals, position: int) -> float:
        """The order once more, in plain NumPy."""
        quota, weight, lendable = view.terms[entity]
        asked = float(view.held[entity, 0] + more[0]) + float(view.asks[position, 0])
        borrowed = max(0.0, asked - quota)
        if borrowed == 0:
            return 0.0
        if weight == 0:
            return math.inf
        return float(1000 * borrowed / lendable / weight) if lendable > 0 else 0.0
