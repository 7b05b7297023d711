"""What the orders that serve entities, not jobs, have in common."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from simulator.fields import Duration, Model
from simulator.rules.accounts.models import Level


class Serving(Model):
    """An order that looks at what somebody holds or has had."""

    looks_at_usage: ClassVar[bool] = True
    """Whether what was charged in the past matters, so that the rule may say how it counts."""
    serve: Level = "user"
    """Whom it treats as one."""

    def numbers(self) -> tuple[float, ...]:
        """Parameters, in the order in which the kernel reads them."""
        return ()


class Ticking(Serving):
    """An order that may be made anew at ticks alone."""

    period: Annotated[Duration, Field(ge=0)] = 0
    """Time between two ticks; 0: it is made anew at every pass."""
