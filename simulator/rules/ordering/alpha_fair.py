"""α-fairness at policy windows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from simulator.fields import Duration, Name, Positive
from simulator.rules.ordering.serving import Serving
from simulator.rules.ordering.target import below_target

if TYPE_CHECKING:
    from simulator.rules.ordering.plain import Reals, View


class AlphaFair(Serving):
    """At every policy window the machine is divided in the α-fair way among those who ask for it;
    until the next one whoever is furthest below their part goes next.

    Maximise Σ w^α·x^(1−α)/(1−α), Σ w·log x for α = 1; w is the entitled part, x the GPUs given,
    each counted with the speed of its type, at most as many of each type as are held and waited
    for. α = 0 asks for the largest total, and among those divisions takes the max-min one;
    infinity is weighted max-min. With one type of GPU every α gives x = min(asked, w·λ), λ by
    bisection; with several, α = 0 and infinity are linear programs, and others have cones. A
    target is x in GPUs of mean speed. Next is the lowest GPUs held/target; who asked for nothing
    at the window counts as being at it.

    Example: 12 GPUs of one type, 2, 8 and 10 asked for by three with equal shares: 2, 5 and 5. With
    shares 1, 1 and 3: 2, 2.5 and 7.5.
    Source: Lan, Kao, Chiang & Sabharwal, "An axiomatic theory of fairness in network resource
    allocation", arXiv 0906.0557; Mo & Walrand 2000.
    """

    looks_at_usage: ClassVar[bool] = False

    kind: Literal["alpha_fair"] = "alpha_fair"
    alpha: Annotated[float, Field(ge=0, le=16)] | Literal["infinity"] = 1.0
    """0: the largest total, 1: proportional fairness, infinity: max-min."""
    window: Annotated[Duration, Field(gt=0)] = 3600
    """Time between two policy windows."""
    speed: dict[Name, Positive] = Field(default_factory=dict)
    """What a GPU of each type is worth; types that are not named are worth 1."""

    def standing(self, view: View, entity: int, more: Reals, position: int) -> float:
        """The order once more, in plain NumPy."""
        return below_target(view, entity, more)
