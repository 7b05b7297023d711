"""Settings of quotas: what is whose, and how much of it may be lent and borrowed."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from simulator.fields import LARGEST, Gpus, GpusOrNone, Model, part_of, refusal


class Quota(Model):
    """What one member of a cohort may hold. Each is a number of GPUs or a part of the machine's,
    like 25%, rounded down."""

    gpus: GpusOrNone
    """GPUs that are its own. (Kueue: nominalQuota.)"""
    borrow: GpusOrNone | None = None
    """How many GPUs of others it may hold beyond those; no limit if not given. With its own, its
    ceiling. (borrowingLimit.)"""
    lend: GpusOrNone | None = None
    """How many of its own others may hold while it does not; all if not given. What it does not
    lend is its floor: kept free for it. (lendingLimit.)"""

    def own(self, machine: int) -> int:
        """GPUs that are its own, of so many that there are."""
        return part_of(self.gpus, machine)

    def lends(self, machine: int) -> int:
        """GPUs of its own that others may hold."""
        return self.own(machine) if self.lend is None else part_of(self.lend, machine)

    def floor(self, machine: int) -> int:
        """GPUs that are kept free for it."""
        return max(self.own(machine) - self.lends(machine), 0)

    def ceiling(self, machine: int) -> int | None:
        """GPUs that it may hold; None for no limit."""
        return None if self.borrow is None else self.own(machine) + part_of(self.borrow, machine)

    @model_validator(mode="after")
    def _lends_its_own(self) -> Self:
        alike = isinstance(self.lend, int) == isinstance(self.gpus, int)
        if self.lend is not None and alike and self.lends(LARGEST) > self.own(LARGEST):
            raise refusal(
                f"{self.lend} of its GPUs are lent, and {self.gpus} are its own",
                right=f"write lend: {self.gpus}, or leave it out",
                at=("lend",),
            )
        if self.ceiling(LARGEST) == 0:
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
    others: Gpus | None = None
    """GPUs that each other class or account may hold; no limit if not given. They neither lend nor
    borrow."""

    @model_validator(mode="after")
    def _borrows_from_others(self) -> Self:
        for name, quota in self.members.items():
            lent = sum(other.lends(LARGEST) for who, other in self.members.items() if who != name)
            borrows = quota.borrow is not None and part_of(quota.borrow, LARGEST)
            if borrows and not lent:
                raise refusal(
                    f"nobody else lends anything: {name!r} would borrow from itself",
                    right="let another member lend, or leave borrow out",
                    at=("members", name, "borrow"),
                )
        return self
