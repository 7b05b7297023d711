"""Settings of a budget: GPU-time that is granted, spent, and renewed or not."""

from __future__ import annotations

from math import inf
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from simulator.fields import Duration, Fraction01, GpuTime, Model, Name, PositiveInt, refusal

Cause = Literal["maintenance", "loss", "failure", "preemption"]
Term = Literal["weekly", "monthly", "quarterly", "yearly"]
Part = Annotated[float, Field(gt=0, le=1)]


class PullBack(Model):
    """What is taken back from those who let their grant lie idle."""

    after: Annotated[Duration, Field(gt=0)]
    """How long after each renewal it is looked at."""
    used: Part
    """Whoever has spent less than this part of the grant by then loses something."""
    takes: Part = 1.0
    """What part of what is left is taken back."""


class Budget(Model):
    """GPU-time that each holder may spend. Who has no budget left is passed over.

    A job is paid for when it starts, with its whole walltime, and gets back at its end what it did
    not use. So nobody spends more than was granted, and what was allowed beyond it. It is paid from
    the budget of the period in which it starts; what it gives back after that period is gone.
    What is spent is GPUs × seconds × the usage factor of the job's quality of service.

    A job that asks for more than a whole grant can never be paid and is refused when it is
    submitted.
    """

    classes: Annotated[tuple[Name, ...], Field(strict=False)] = ()
    """Classes of applicants that it concerns; all if not given."""
    per: Literal["user", "account", "class", "all"] = "account"
    """Who holds a grant: each user, each account, each class, or all of them together."""
    grant: Annotated[GpuTime, Field(gt=0)]
    """What each holder is granted, each period."""
    grants: dict[str, GpuTime] = Field(default_factory=dict)
    """What those are granted instead who are named here."""
    start: Duration = 0
    """When the first period begins, from the scenario's epoch; nobody can pay before."""
    end: Annotated[Duration, Field(gt=0)] | None = None
    """When the budget expires, from the scenario's epoch: nobody can pay any more."""
    period: Term | Annotated[Duration, Field(gt=0)] | None = None
    """How often it is granted anew: of the calendar, or a length of time; once if not given."""
    parts: PositiveInt = 1
    """In how many equal parts the grant is released over a period."""
    carry_over: Fraction01 = 0.0
    """What part of what is left is added to the next grant; the rest expires."""
    overdraft: GpuTime = 0
    """How much may be spent beyond what was granted."""
    debt: Fraction01 = 1.0
    """What part of what was overdrawn is taken off the next grant."""
    pull_back: Annotated[tuple[PullBack, ...], Field(strict=False)] = ()
    """What is taken back within a period."""
    refund: Annotated[tuple[Cause, ...], Field(strict=False)] = (
        "maintenance",
        "loss",
        "failure",
        "preemption",
    )
    """Causes for which a job gets back, too, what it used and must do again."""

    def granted(self, holder: str) -> int:
        """What this holder is granted each period, GPU-s."""
        return self.grants.get(holder, self.grant)

    def reach(self, holder: str) -> float:
        """The most that this holder can ever have to spend at once, GPU-s; ∞ if it may pile up."""
        kept = 1 - self.carry_over
        return self.granted(holder) / kept + self.overdraft if kept else inf

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Self:
        if self.end is not None and self.end <= self.start:
            raise refusal(
                "the budget ends before it starts",
                right="let 'end' be later than 'start'",
                at=("end",),
            )
        return self

    @model_validator(mode="after")
    def _renewed_where_it_matters(self) -> Self:
        if self.period is not None:
            return self
        for name in ("carry_over", "debt"):
            if name in self.model_fields_set:
                raise refusal(
                    "a budget that is granted once is never renewed",
                    right="add period: quarterly, or leave it out",
                    at=(name,),
                )
        if self.parts > 1 and self.end is None:
            raise refusal(
                "parts of a grant need a time over which they are released",
                right="add period: quarterly, or end",
                at=("parts",),
            )
        return self

    @model_validator(mode="after")
    def _grants_have_holders(self) -> Self:
        if self.per == "all" and self.grants:
            raise refusal(
                "all hold one grant together: nobody has another",
                right="write grant alone, or say per: class",
                at=("grants",),
            )
        return self

    @model_validator(mode="after")
    def _debts_can_be(self) -> Self:
        if "debt" in self.model_fields_set and not self.overdraft:
            raise refusal("nobody can be in debt", right="add overdraft: 10 GPU-h", at=("debt",))
        return self

    @model_validator(mode="after")
    def _pulled_back_within_a_period(self) -> Self:
        lengths = {"weekly": 7, "monthly": 28, "quarterly": 90, "yearly": 365}
        length = self.period
        if isinstance(length, str):
            length = lengths[length] * 86_400
        elif length is None and self.end is not None:
            length = self.end - self.start
        for place, each in enumerate(self.pull_back):
            if length is not None and each.after >= length:
                raise refusal(
                    "by then the next period has begun",
                    right="let 'after' be shorter than the period",
                    at=("pull_back", place, "after"),
                )
        return self
