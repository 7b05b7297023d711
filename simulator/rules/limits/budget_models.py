"""Settings of a budget: GPU-time that is granted, spent, and renewed or not."""

from __future__ import annotations

from math import inf
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from simulator.fields import (
    Duration,
    Fraction01,
    GpuTime,
    Grant,
    Model,
    Name,
    PositiveInt,
    part_of,
    refusal,
)

DAY = 86_400
Cause = Literal["maintenance", "loss", "failure", "preemption"]
Term = Literal["weekly", "monthly", "quarterly", "yearly"]
LENGTHS = {"weekly": 7 * DAY, "monthly": 30 * DAY, "quarterly": 91 * DAY, "yearly": 365 * DAY}
SHORTEST = {"monthly": 28 * DAY, "quarterly": 90 * DAY}
Part = Annotated[float, Field(gt=0, le=1)]


class PullBack(Model):
    """What is taken back from those who let their grant lie idle."""

    after: Annotated[Duration, Field(gt=0)]
    """How long after each renewal it is looked at."""
    used: Part
    """Whoever has spent less than this part of the grant by then loses something."""
    takes: Part = 1.0
    """What part of what is left is taken back."""


class Overuse(Model):
    """What follows for a holder who has spent so much since it was last granted anything."""

    used: Annotated[float, Field(gt=0)]
    """From what part of the grant on: 1.25 is 125 %. Jobs that run count with their whole
    walltimes."""
    later: Duration = 0
    """The holder's waiting jobs stand in the order as if they had been submitted so much later, as
    of when a pass begins; nobody has waited less than nothing."""
    jobs: PositiveInt | None = None
    """How many of its jobs may run at once; further ones are passed over."""

    @model_validator(mode="after")
    def _something_follows(self) -> Self:
        if not self.later and self.jobs is None:
            raise refusal("nothing follows from it", right="add later: 30d, or jobs: 3")
        return self


class Fading(Model):
    """What has been used fades, as Slurm fades it: at ticks, by 1 − 0.693/half-life a second."""

    half_life: Annotated[Duration, Field(gt=0)]
    """After how long half of it has faded. (PriorityDecayHalfLife.)"""
    every: Annotated[Duration, Field(gt=0)] = 300
    """Time between two ticks, the first of which comes so long after `start`.
    (PriorityCalcPeriod.)"""

    @property
    def left(self) -> float:
        """What part a tick leaves."""
        return float((1 - 0.693 / self.half_life) ** self.every)


class Budget(Model):
    """GPU-time that each holder may spend. Who has no budget left is passed over, or stands last.

    A job is paid for when it starts, with its whole walltime, and gets back at its end what it did
    not use. So nobody spends more than was granted, and what was allowed beyond it; but with
    `when_spent: last` everybody may, behind the others, and with `go_on` where they stand. It is
    paid from the budget of the period in which it starts; what it gives back after that period is
    gone.
    What is spent is GPUs × seconds × the usage factor of the job's quality of service; time for
    which a job is suspended costs nothing. Where jobs may outrun their walltimes (`overrun: allow`)
    what they run beyond is charged as they run it, and they are killed when nothing is left.

    A job that asks for more than a whole grant can never be paid and is refused when it is
    submitted, unless its budget lets it go all the same.
    """

    classes: Annotated[tuple[Name, ...], Field(strict=False)] = ()
    """Classes of applicants that it concerns; all if not given."""
    accounts: Annotated[tuple[str, ...], Field(strict=False)] = ()
    """Accounts that it concerns, with all that are part of them in the rule's `accounts.tree`; all
    if not given. So `per: all` is one grant of a whole branch."""
    users: Annotated[tuple[str, ...], Field(strict=False)] = ()
    """Users that it concerns. Of classes, accounts, users, qos and partitions all that are given
    count."""
    qos: Annotated[tuple[Name, ...], Field(strict=False)] = ()
    """Qualities of service of the rule that it concerns; all jobs if not given. (GrpTRESMins of a
    QOS.)"""
    partitions: Annotated[tuple[Name, ...], Field(strict=False)] = ()
    """Partitions of the machine whose jobs it concerns; all jobs if not given, and of a job that
    names no partition none."""
    per: Literal["user", "account", "class", "all"] = "account"
    """Who holds a grant: each user, each account, each class, or all of them together."""
    grant: Grant
    """What each holder is granted, each period: GPU-time, or what part, like 2%, of that which the
    machine's GPUs have in such a period (a month of 30 days, a quarter of 91, a year of 365)."""
    grants: dict[str, Grant] = Field(default_factory=dict)
    """What those are granted instead who are named here."""
    start: Duration = 0
    """When the first period begins, from the scenario's epoch; nobody can pay before."""
    end: Annotated[Duration, Field(gt=0)] | None = None
    """When the budget expires, from the scenario's epoch: nobody can pay any more."""
    period: Term | Annotated[Duration, Field(gt=0)] | None = None
    """How often it is granted anew: of the calendar, or a length of time; once if not given."""
    safe: bool = True
    """Whether a job is paid for beforehand. If not, it starts while anything is left, is charged
    while it runs, and at the first second by which all that its holder may spend has been used, all
    jobs of the holder are killed. (Slurm without AccountingStorageEnforce=safe.)"""
    fade: Fading | None = None
    """Nothing is granted anew, but what has been used fades; not at all if not given. What running
    jobs have been paid for and not yet used does not fade. (GrpTRESMins with
    AccountingStorageEnforce=safe.)"""
    parts: PositiveInt = 1
    """In how many equal parts the grant is released over a period."""
    carry_over: Fraction01 = 0.0
    """What part of what is left is added to the next grant; the rest expires."""
    when_spent: Literal["stop", "last", "go_on"] = "stop"
    """What becomes of a job that costs more than is left: it is passed over (stop); or (last) it
    stands behind all that cost no more than is left, in the rule's own order among its like, and is
    paid for all the same. Who stands behind is settled when a pass begins, and holds for it. Or
    (go_on) nothing but what `overuse` says."""
    overuse: Annotated[tuple[Overuse, ...], Field(strict=False)] = ()
    """What follows from having spent certain parts of the grant, in rising order; of those that a
    holder has reached the last counts."""
    overdraft: GpuTime = 0
    """How much may be spent beyond what was granted; with `when_spent: last`, before jobs stand
    behind."""
    debt: Fraction01 = 1.0
    """What part of what was overdrawn is taken off the next grant."""
    debt_at_most: Annotated[float, Field(gt=0)] | None = None
    """The most that is taken off it, as a part of a grant: 1.01 is 101 %. All if not given."""
    pull_back: Annotated[tuple[PullBack, ...], Field(strict=False)] = ()
    """What is taken back within a period; of several at one time what takes most from a holder."""
    refund: Annotated[tuple[Cause, ...], Field(strict=False)] = (
        "maintenance",
        "loss",
        "failure",
        "preemption",
    )
    """Causes for which a job gets back, too, what it used and must do again."""

    @property
    def refunded(self) -> tuple[Cause, ...]:
        """Causes for which lost work is given back; none where it was paid for as it was done."""
        return () if self.fade is not None or not self.safe else self.refund

    @property
    def length(self) -> int | None:
        """Of a period, s; None where it never ends."""
        if isinstance(self.period, str):
            return LENGTHS[self.period]
        if self.period is None:
            return None if self.end is None else self.end - self.start
        return self.period

    def granted(self, holder: str, gpus: int) -> int:
        """What this holder is granted each period, GPU-s; ``gpus``: of the machine."""
        return part_of(self.grants.get(holder, self.grant), gpus * (self.length or 0))

    def reach(self, holder: str, gpus: int) -> float:
        """The most that this holder can ever have to spend at once, GPU-s; ∞ if it may pile up."""
        kept = 1 - self.carry_over
        return self.granted(holder, gpus) / kept + self.overdraft if kept else inf

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
        for name in ("carry_over", "debt", "debt_at_most"):
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
    def _parts_of_a_machine_need_a_time(self) -> Self:
        named = ((("grants", name), said) for name, said in self.grants.items())
        for at, said in ((("grant",), self.grant), *named):
            if part_of(said, DAY) == 0:
                raise refusal("nothing is granted", right="write it like 512 GPU-h or 2%", at=at)
            if isinstance(said, str) and self.length is None:
                raise refusal(
                    "a part of the machine's GPU-time needs a time",
                    right="add period: quarterly, or end, or write it like 512 GPU-h",
                    at=at,
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
    def _overuse_rises(self) -> Self:
        for place in range(1, len(self.overuse)):
            least = self.overuse[place - 1].used
            if self.overuse[place].used <= least:
                raise refusal(
                    f"{self.overuse[place].used:g} stands behind {least:g}",
                    right="smallest first",
                    at=("overuse", place, "used"),
                )
        return self

    @model_validator(mode="after")
    def _fades_alone(self) -> Self:
        if self.fade is None:
            return self
        for name, why in (
            ("period", "what fades is not granted anew"),
            ("parts", "what fades is not granted in parts"),
            ("pull_back", "what fades is not taken back"),
            ("refund", "what was used may have faded: it is not given back"),
            ("overuse", "of what fades no part is spent for good"),
        ):
            if name in self.model_fields_set:
                raise refusal(why, right="leave it out, or leave fade out", at=(name,))
        if self.when_spent != "stop":
            raise refusal(
                "who has used too much waits until it has faded",
                right="say when_spent: stop, or leave fade out",
                at=("when_spent",),
            )
        return self

    @model_validator(mode="after")
    def _charged_as_used(self) -> Self:
        if self.safe:
            return self
        for name, why in (
            ("refund", "what was paid for while it was used is not given back"),
            ("overuse", "jobs are killed when all is spent, and nothing follows from a part"),
        ):
            if name in self.model_fields_set:
                raise refusal(why, right="leave it out, or leave safe: false out", at=(name,))
        if self.when_spent != "stop":
            raise refusal(
                "jobs are killed when all is spent (safe: false)",
                right="say when_spent: stop, or leave safe: false out",
                at=("when_spent",),
            )
        return self

    @model_validator(mode="after")
    def _what_is_left_matters(self) -> Self:
        if self.when_spent != "go_on":
            return self
        if not self.overuse:
            raise refusal(
                "nothing follows from spending such a budget",
                right="add overuse: [{used: 1.0, later: 30d}], or say stop or last",
                at=("when_spent",),
            )
        for name in ("parts", "carry_over", "overdraft", "debt", "debt_at_most", "pull_back"):
            if name in self.model_fields_set:
                raise refusal(
                    "with when_spent: go_on it does not matter what is left",
                    right="leave it out, or say stop or last",
                    at=(name,),
                )
        return self

    @model_validator(mode="after")
    def _debts_can_be(self) -> Self:
        if self.overdraft or self.when_spent == "last" or not self.safe:
            return self
        for name in ("debt", "debt_at_most"):
            if name in self.model_fields_set:
                raise refusal(
                    "nobody can be in debt",
                    right="add overdraft: 10 GPU-h, or when_spent: last",
                    at=(name,),
                )
        return self

    @model_validator(mode="after")
    def _pulled_back_within_a_period(self) -> Self:
        length = SHORTEST.get(str(self.period), self.length)
        for place, each in enumerate(self.pull_back):
            if length is not None and each.after >= length:
                raise refusal(
                    "by then the next period has begun",
                    right="let 'after' be shorter than the period",
                    at=("pull_back", place, "after"),
                )
        return self
