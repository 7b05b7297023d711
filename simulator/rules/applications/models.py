"""Settings of applications: tiers by size, automatic checks, and panels that meet."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from simulator.fields import (
    LARGEST,
    Duration,
    Fraction01,
    Grant,
    Model,
    Name,
    Positive,
    PositiveInt,
    part_of,
    refusal,
)
from simulator.rules.limits.budget_models import DAY, LENGTHS, Part, Term
from simulator.units import format_duration

NAME = "applications"
"""What results call the want of a grant; no limit, quota or budget has this name beside it."""
Long = Annotated[Duration, Field(gt=0)]


class Automatic(Model):
    """A check that takes a fixed time and accepts a part of what is applied for.

    Where there are so many reviewers only, each checks one application at a time, the earliest
    first; the others wait.
    """

    kind: Literal["automatic"] = "automatic"
    takes: Duration = 0
    """How long the check of one application takes."""
    accepts: Fraction01 = 1.0
    """What part of applications is accepted: those of the best merit."""
    reviewers: PositiveInt | None = None
    """How many applications are checked at a time; all of them if not given."""


class ByPanel(Model):
    """A panel decides, when it meets."""

    kind: Literal["panel"] = "panel"
    panel: Name
    """Which one, of `panels`."""


class Supplement(Model):
    """More for a project that has used much of its grant before that ends.

    Who decides on the tier's grants decides on it. It is added to the grant, and ends with it.
    """

    used: Part
    """From what part on of what it has been granted it may want more: 0.8 is 80 %. Jobs that run
    count with their whole walltimes."""
    adds: Part
    """The most that is added at a time, as a part of `up_to`."""
    at_most: PositiveInt = 1
    """How many a project may apply for while one grant lasts, refused ones included."""
    every: Long = DAY
    """How often it looks whether it wants more, from the start of its grant on."""

    def most(self, up_to: int) -> int:
        """The most that one adds, GPU-s, rounded down; ``up_to``: of the tier."""
        return int(Fraction(repr(self.adds)) * up_to)


class Tier(Model):
    """Grants up to a size, and who decides on them.

    A grant starts when it is decided on, or when an earlier one of the project ends, and expires
    after its term: use it or lose it.
    """

    classes: Annotated[tuple[Name, ...], Field(strict=False, min_length=1)]
    """Classes of applicants that may apply here."""
    up_to: Grant
    """The most that is granted: GPU-time, or a part, like 2%, of what the machine's GPUs have in
    a term."""
    asks: Literal["needs", "up_to"] = "needs"
    """What a project asks for: what its jobs need, or always all that there is to be had here."""
    term: Long
    """How long a grant lasts."""
    review: Automatic | ByPanel = Field(discriminator="kind")
    """Who decides."""
    renew: bool = False
    """Whether a project applies again before its grant ends, or once it has jobs again."""
    again: Long | None = None
    """How long after a refusal a project applies again; never if not given."""
    supplement: Supplement | None = None
    """What a project may apply for while its grant lasts; nothing if not given."""

    @field_validator("review", mode="before")
    @classmethod
    def _word(cls, value: Any) -> Any:
        return {"kind": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _grants_something(self) -> Self:
        if part_of(self.up_to, LARGEST) == 0:
            raise refusal(
                "nothing is granted", right="write it like 512 GPU-h or 2%", at=("up_to",)
            )
        if isinstance(self.up_to, int) and self.supplement and not self.supplement.most(self.up_to):
            raise refusal(
                "nothing is added", right="write a larger part", at=("supplement", "adds")
            )
        return self


class Panel(Model):
    """People who meet now and then and decide on what has been applied for by then."""

    meets: Term | Long
    """How often: of the calendar, at its midnight, or a length of time."""
    first: Duration = 0
    """When it meets first, from the scenario's epoch."""
    decides: Duration = 0
    """How long after a meeting its decisions are given."""
    capacity: PositiveInt | None = None
    """How many applications it decides on at a meeting; the others wait for the next one. All if
    not given."""
    order: Literal["application", "merit"] = "application"
    """Which it decides on first: the earliest, or those of the best merit."""
    accepts: Fraction01 = 1.0
    """What part of applications is accepted: those of the best merit."""
    to_give: Grant | None = None
    """What it may grant at a meeting: GPU-time, or a part of what the machine's GPUs have from one
    meeting to the next (a month of 30 days, a quarter of 91, a year of 365). No bound if not
    given."""
    over: Literal["cut", "put_off"] = "cut"
    """What becomes of an application for more than is left to give: it gets the rest, or waits for
    the next meeting."""

    @property
    def every(self) -> int:
        """From one meeting to the next, s."""
        return LENGTHS[self.meets] if isinstance(self.meets, str) else self.meets

    @model_validator(mode="after")
    def _gives_something(self) -> Self:
        if self.to_give is None:
            if "over" in self.model_fields_set:
                raise refusal(
                    "nothing is ever over: the panel has no bound",
                    right="add to_give: 10%, or leave it out",
                    at=("over",),
                )
        elif part_of(self.to_give, LARGEST) == 0:
            raise refusal(
                "nothing is granted", right="write it like 512 GPU-h or 2%", at=("to_give",)
            )
        return self


class Applications(Model):
    """Projects apply for GPU-time, and may compute once they are granted it.

    A project is the jobs of one account in one class. Its jobs wait until it holds a grant; each is
    paid for when it starts, with its whole walltime, and gets back at its end what it did not use.
    """

    ahead: Duration = 0
    """How long before its first job comes, and before its grant ends, a project applies; not before
    the run begins."""
    margin: Positive = 1.0
    """What a project's jobs need is multiplied by this."""
    beyond: Literal["cut", "refuse"] = "cut"
    """What becomes of a project that asks for more than its largest tier grants."""
    tiers: Annotated[dict[Name, Tier], Field(min_length=1)]
    """A project applies in the first one of its class, in this order, that grants so much."""
    panels: dict[Name, Panel] = Field(default_factory=dict)
    """Panels by name."""

    @model_validator(mode="after")
    def _panels_are_there_and_have_work(self) -> Self:
        asked = set()
        for name, tier in self.tiers.items():
            if isinstance(tier.review, Automatic):
                continue
            asked.add(tier.review.panel)
            if tier.review.panel not in self.panels:
                known = f"known: {', '.join(self.panels)}" if self.panels else "add it to panels"
                raise refusal(
                    f"there is no panel {tier.review.panel!r}",
                    right=known,
                    # The kind of review, then its setting.
                    at=("tiers", name, "review", "panel", "panel"),
                )
        for name in self.panels:
            if name not in asked:
                raise refusal(
                    f"no tier is decided on by the panel {name!r}",
                    right=f"say review: {{kind: panel, panel: {name}}} in a tier, or leave it out",
                    at=("panels", name),
                )
        return self

    @model_validator(mode="after")
    def _there_is_time_for_supplements(self) -> Self:
        for name, tier in self.tiers.items():
            time = tier.term - (self.ahead if tier.renew else 0)
            if tier.supplement is None or tier.supplement.every < time:
                continue
            ends = "looks for its next one" if tier.renew else "has lost its grant"
            right = f"let it be below {format_duration(time)}, or leave supplement out"
            if time <= 0:
                right = "let 'ahead' be shorter than the term, or leave supplement out"
            at = ("tiers", name, "supplement", "every")
            raise refusal(f"by then a project {ends}", right=right, at=at)
        return self

    @property
    def classes(self) -> tuple[str, ...]:
        """Classes whose projects must apply, each once."""
        return tuple(dict.fromkeys(each for tier in self.tiers.values() for each in tier.classes))

    def of_class(self, job_class: str) -> list[str]:
        """Names of the tiers of a class, in order."""
        return [name for name, tier in self.tiers.items() if job_class in tier.classes]
