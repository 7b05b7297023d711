"""Settings of quotas: what is whose, and how much of it may be lent and borrowed."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from simulator.fields import LARGEST, Model, PositiveInt, refusal

Count = Annotated[int, Field(ge=0, le=LARGEST)]


class Quota(Model):
    """What one member of a cohort may hold."""

    gpus: Count
    """GPUs that are its own. (Kueue: nominalQuota.)"""
    borrow: Count | None = None
    """How many GPUs of others it may hold beyond those; no limit if not given. With its own, its
    ceiling. (borrowingLimit.)"""
    lend: Count | None = None
    """How many of its own others may hold while it does not; all if not given. What it does not
    lend is its floor: kept free for it. (lendingLimit.)"""

    @property
    def lends(self) -> int:
        """GPUs that others may hold."""
        return self.gpus if self.lend is None else self.lend

    @property
    def floor(self) -> int:
        """GPUs that are kept free for it."""
        return self.gpus - self.lends

    @model_validator(mode="after")
    def _lends_its_own(self) -> Self:
        if self.lend is not None and self.lend > self.gpus:
            raise refusal(
                f"{self.lend} GPUs are lent and {self.gpus} are there to lend",
                right=f"write lend: {self.gpus}, or leave it out",
                at=("lend",),
            )
        if self.gpus == 0 and self.borrow == 0:
            raise refusal(
                "it has nothing and may borrow nothing: none of its jobs could start",
                right="leave borrow out, or say gpus: 8",
                at=("borrow",),
            )
        return self


class Cohort(Model):
    """Members who lend each other what they do not use.

    A job may start if its member then holds no more than its own and what it may borrow, and if all
    that members hold beyond what they keep for themselves is no more than all that members lend.
    """

    per: Literal["class", "account"] = "class"
    """What the members are."""
    members: Annotated[dict[str, Quota], Field(min_length=1)]
    """Quotas by the name of a class or account."""
    others: PositiveInt | None = None
    """GPUs that each other class or account may hold; no limit if not given. They neither lend nor
    borrow."""

    @model_validator(mode="after")
    def _borrows_from_others(self) -> Self:
        for name, quota in self.members.items():
            lent = sum(other.lends for who, other in self.members.items() if who != name)
            if quota.borrow and not lent:
                raise refusal(
                    f"nobody else lends anything: {name!r} would borrow from itself",
                    right="let another member lend, or leave borrow out",
                    at=("members", name, "borrow"),
                )
        return self
