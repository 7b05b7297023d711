"""KAI's time-based fair share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from simulator.fields import refusal
from simulator.rules.ordering.kueue_drs import Gpus, Weight
from simulator.rules.ordering.serving import Serving

if TYPE_CHECKING:
    from simulator.rules.ordering.plain import Reals, View
    from simulator.rules.ordering.serving import Served

Tier = Annotated[int, Field(ge=0, le=99)]


class Kai(Serving):
    """Everybody has a deserved quota; what is left of the machine is divided by weights, which what
    one has had lately lowers; whoever is furthest below their fair share goes next.

    Fair share: min(deserved, requested); what is left goes tier by tier, highest first, in
    proportion to P = max(0, W′ + k(W′ − U′)), at most as much as requested, again until nothing is
    left. W′ = weight/weights of all in the tier who want more, U′ = usage/all that the machine
    could give in the time that the accounting counts, requested = GPUs held and waited for. Next
    is: whoever does not exceed the fair share; of those whose next job stays within the deserved
    quota; then the highest tier; then the lowest (held + next job)/fair share. Unlike KAI's,
    shares are not rounded to whole GPUs. KAI's window is accounting: {fade: {kind: sliding,
    window: 7d}}.

    Example: two queues of weight 1 without deserved quota ask for all of 10 GPUs; the first has had
    24 GPU-h in a window of 10 h, U′ = 0.24 of the 100 that there were. P = ½ + (½ − 0.24) = 0.76
    and 1: 4.3 and 5.7 GPUs.
    Source: NVIDIA/KAI-Scheduler, proportion plugin: resource_division.go, queue_order.go.
    """

    by_names: ClassVar[tuple[str, ...]] = ("deserved", "over_quota_weight", "tier")
    quotas: ClassVar[tuple[str, ...]] = ("deserved",)

    kind: Literal["kai"] = "kai"
    deserved: dict[str, Gpus] = Field(default_factory=dict)
    """Deserved quotas in GPUs, by name; who is not named has the entitled part of the machine."""
    over_quota_weight: dict[str, Weight] = Field(default_factory=dict)
    """Weights in what is left, by name; who is not named has 1."""
    tier: dict[str, Tier] = Field(default_factory=dict)
    """Priorities in what is left, by name; who is not named has 0."""
    k: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 1.0
    """How much past usage matters (kValue)."""

    @model_validator(mode="after")
    def _some_weight(self) -> Self:
        weights = self.over_quota_weight
        if weights and not any(weights.values()):
            right = "give somebody more"
            raise refusal("all weights are 0", right=right, at=("over_quota_weight",))
        return self

    def numbers(self) -> tuple[float, ...]:
        """k."""
        return (self.k,)

    def terms(self, served: Served) -> Reals:
        """Of each entity: deserved quota in units, weight, tier."""
        import numpy as np

        whole = served.entitled * served.units / served.gpu
        deserved = served.by_name(self.deserved, whole, "deserved") * served.gpu
        ones = np.ones(len(deserved))
        weight = served.by_name(self.over_quota_weight, ones, "over_quota_weight")
        return np.stack([deserved, weight, served.by_name(self.tier, 0 * ones, "tier")], axis=1)

    def shares(self, view: View) -> Reals:
        """Fair shares of all entities in units, once more in plain NumPy."""
        import numpy as np

        deserved, weight, tier = view.terms.T
        requested = view.requested
        fair = np.minimum(deserved, requested)
        left = max(0.0, float(view.capacity[0] - fair.sum()))
        could_give = float(view.capacity[0]) * view.counted * 1e6
        used = view.usage / could_give if could_give > 0 else 0 * view.usage
        for level in sorted(set(tier), reverse=True):
            while True:
                wanting = np.flatnonzero((tier == level) & (fair < requested))
                if len(wanting) == 0 or weight[wanting].sum() == 0:
                    break
                part = weight[wanting] / weight[wanting].sum()
                portion = np.maximum(0, part + self.k * (part - used[wanting]))
                if portion.sum() == 0 or left <= 0:
                    break
                offered = left * portion / portion.sum()
                wanted = requested[wanting] - fair[wanting]
                enough = wanted <= offered
                fair[wanting] = np.where(enough, requested[wanting], fair[wanting] + offered)
                left = max(0.0, left - float(np.minimum(wanted, offered).sum()))
                if not enough.any():
                    break
        return np.asarray(fair)

    def standing(self, view: View, entity: int, more: Reals, position: int) -> float:
        """The order once more, in plain NumPy."""
        fair = float(self.shares(view)[entity])
        taken = float(view.held[entity, 0] + more[0])
        after = taken + float(view.asks[position, 0])
        deserved, _, tier = view.terms[entity]
        rank = 4000.0 * (taken > fair) + 2000.0 * (after > deserved) + 10 * (99 - tier)
        # Below 1, and the larger the more of the share is used; 2 without any.
        return float(rank + (after / (after + fair) if fair > 0 else 2.0))
