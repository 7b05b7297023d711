"""Hours of the local clock on days of the week."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from simulator.fields import Model

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Hours(Model):
    """Hours that come back each week."""

    days: Annotated[tuple[Day, ...], Field(min_length=1, strict=False)] = DAYS
    """On which days of the week."""
    start: Annotated[int, Field(ge=0, le=23)] = 0
    """From this hour of the local clock on."""
    end: Annotated[int, Field(ge=1, le=24)] = 24
    """Until this hour; if it is not after the start, until that hour of the next day."""

    def holds(self, weekday: int, hour: int) -> bool:
        """Whether an hour (0–23) of a weekday (0 Monday) of the local clock is one of these."""
        if self.start < self.end:
            return DAYS[weekday] in self.days and self.start <= hour < self.end
        if hour >= self.start:
            return DAYS[weekday] in self.days
        return hour < self.end and DAYS[(weekday - 1) % 7] in self.days
