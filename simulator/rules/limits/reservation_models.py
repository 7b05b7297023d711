"""Settings of a reservation: GPUs that are kept free for some jobs, once or again and again."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from simulator.fields import Duration, Gpus, Model, Name, refusal
from simulator.rules.accounting.hours import Hours

FOR = ("classes", "accounts", "users", "at_least")
"""What tells whom it is for."""


class Reservation(Model):
    """GPUs that are kept free for some jobs while it lasts; the machine is drained for it.

    A job that it is not for may start if, of all such jobs, those that will still run in it by
    their walltimes hold no more than what is left beside the GPUs reserved. So while it lasts they
    never hold more. Which nodes are kept free is not said: GPUs are counted.

    Jobs that it is for start as if it were not there, then and at any other time.
    """

    classes: Annotated[tuple[Name, ...], Field(strict=False)] = ()
    """Classes of applicants that it is for."""
    accounts: Annotated[tuple[str, ...], Field(strict=False)] = ()
    """Accounts that it is for."""
    users: Annotated[tuple[str, ...], Field(strict=False)] = ()
    """Users that it is for. Of classes, accounts, users and at_least all that are given count."""
    at_least: Gpus | None = None
    """It is for jobs of so many GPUs or more, or of such a part of the machine's: a day of big
    runs."""
    gpus: Gpus = "100%"
    """How many GPUs are kept free, or what part of the machine's; all of them if not given."""
    start: Duration = 0
    """When the first one begins, or from when on the hours count, from the scenario's epoch."""
    duration: Annotated[Duration, Field(gt=0)] | None = None
    """How long each lasts."""
    every: Annotated[Duration, Field(gt=0)] | None = None
    """After how long the next one begins; there is one alone if not given."""
    hours: Hours | None = None
    """Instead of duration and every: hours of the week, like those of a course."""
    end: Annotated[Duration, Field(gt=0)] | None = None
    """None begins at this time or later, from the scenario's epoch."""
    confined: bool = False
    """Jobs that it is for may start only while one lasts, and if they end within it by their
    walltimes."""

    @model_validator(mode="after")
    def _comes_at_some_time(self) -> Self:
        if self.hours is None and self.duration is None:
            raise refusal(
                "nobody knows when it is", right="add duration: 12h, or hours: {start: 9, end: 13}"
            )
        for name in ("duration", "every"):
            if self.hours is not None and getattr(self, name) is not None:
                raise refusal(
                    "the hours say already when it is", right=f"leave {name} out", at=(name,)
                )
        if self.every is not None and self.duration is not None and self.every <= self.duration:
            raise refusal(
                "it begins again before it has ended",
                right="let 'every' be longer than 'duration'",
                at=("every",),
            )
        if self.end is not None and self.end <= self.start:
            raise refusal(
                "the reservation ends before it starts",
                right="let 'end' be later than 'start'",
                at=("end",),
            )
        return self

    @model_validator(mode="after")
    def _is_not_for_all(self) -> Self:
        if not any(getattr(self, name) for name in FOR):
            raise refusal(
                "it would be for all jobs, and keep nothing from anybody",
                right=f"say whom it is for by {', '.join(FOR)}",
            )
        return self

    @model_validator(mode="after")
    def _hours_end(self) -> Self:
        hours = self.hours
        if hours is not None and all(
            hours.holds(day, hour) for day in range(7) for hour in range(24)
        ):
            raise refusal(
                "these hours never end",
                right="a limit on all others keeps GPUs free for ever",
                at=("hours",),
            )
        return self
