"""A rule: settings for the stages of a scheduler."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from simulator.fields import Model, Moment, Name, refusal
from simulator.rules.accounting.models import Accounting
from simulator.rules.accounts.models import Accounts
from simulator.rules.applications.fit import no_applications
from simulator.rules.applications.models import NAME as APPLICATIONS
from simulator.rules.applications.models import Applications
from simulator.rules.backfill.conservative import Conservative
from simulator.rules.backfill.easy import Easy
from simulator.rules.backfill.registry import Backfill
from simulator.rules.limits.budget_models import Budget
from simulator.rules.limits.fit import why_not_limited
from simulator.rules.limits.models import MACHINE, Limit
from simulator.rules.limits.overuse import why_nobody_is_later
from simulator.rules.limits.quota_models import Cohort
from simulator.rules.limits.reservation_models import Reservation
from simulator.rules.ordering.fcfs import Fcfs
from simulator.rules.ordering.las import Las
from simulator.rules.ordering.registry import Ordering
from simulator.rules.ordering.serving import Serving
from simulator.rules.own_clocks import no_slurm_passes
from simulator.rules.placement.registry import Placement
from simulator.rules.preemption.by_qos import why_not_by_qos
from simulator.rules.preemption.idle import why_nobody_is_idle
from simulator.rules.preemption.models import Preemption
from simulator.rules.preemption.reclaim import why_nobody_reclaims
from simulator.rules.preemption.suspension import why_nobody_is_suspended
from simulator.rules.qos.models import Qos
from simulator.rules.reform_checks import why_not_reformed


class Reform(Model):
    """A rule that takes the place of the one before at a certain time.

    It is given as `patches` of the rule before, settings by their dotted paths like
    `{limits.person.gpus: 10%, quotas: null}`, or as a whole `rule`. Reforms build on one another.

    It takes effect behind the ends of jobs and before the arrivals of its instant. Who runs runs
    on; who waits stands in the new order with the time since it came to the queue. A waiting job
    whose request the new rule would refuse is refused then.
    """

    at: Moment
    """When it takes effect: time from the scenario's epoch, like 90d, or a date of the local clock,
    like 2027-04-01."""
    usage: Literal["keep", "reset"] = "keep"
    """What becomes of past usage, and of what the order remembers: it counts on, where the order,
    the accounts and what is charged stay the same; or it is forgotten."""
    budgets: Literal["keep", "reset"] = "keep"
    """What becomes of budgets of the same name and holders (`per`): what was granted and what was
    spent stays until the next period, and where none is to come a new grant counts at once; or they
    are granted anew, as if nothing had been spent."""
    rule: Rule
    """The rule from then on: whole, a named one, or that before with `patches`."""


class Rule(Model):
    """One candidate rule. A stage given as a word is short for ``{kind: word}``."""

    title: str = ""
    """What people call it; the rule's name if empty."""
    means: dict[str, str] = Field(default_factory=dict)
    """What it means for whom, in plain words: for each class of applicants, or whom one likes."""
    accounts: Accounts = Field(default_factory=Accounts)
    """Who is entitled to what, for orders that serve somebody, and which accounts are part of
    others, for limits and budgets of accounts."""
    qos: dict[Name, Qos] = Field(default_factory=dict)
    """Qualities of service by name."""
    limits: dict[Name, Limit] = Field(default_factory=dict)
    """Who may have how much at once, by name."""
    quotas: dict[Name, Cohort] = Field(default_factory=dict)
    """What is whose, and what of it may be lent and borrowed: cohorts by name."""
    budgets: dict[Name, Budget] = Field(default_factory=dict)
    """GPU-time that may be spent, by name."""
    reservations: dict[Name, Reservation] = Field(default_factory=dict)
    """GPUs that are kept free for some jobs at some times, by name."""
    applications: Applications | None = None
    """Who must apply for GPU-time before it may compute, and who decides; nobody if not given."""
    holds: Literal["job", "queue"] = "job"
    """What a limit holds: the job alone, which others pass, or with it all who stand behind it in
    the queue, as Slurm's assoc_limit_stop."""
    accounting: Accounting = Field(default_factory=Accounting)
    """How usage is counted, for orders that look at it."""
    ordering: Ordering = Field(default_factory=Fcfs)
    """Who is next."""
    backfill: Backfill = Field(default_factory=Easy)
    """Who may overtake."""
    placement: Placement | None = None
    """Which nodes a job gets; best fit if not given. Pools have none."""
    preemption: Preemption | None = None
    """Who must give way to whom; nobody if not given."""
    overrun: Literal["kill", "allow"] = "kill"
    """What becomes of a job that reaches its walltime."""
    reforms: tuple[Reform, ...] = Field(default=(), strict=False)
    """Rules that take its place one after the other."""
    conformance: Literal["none", "pyss"] = "none"
    """Decide exactly as another simulator does: pyss takes a pass after every single event."""

    @field_validator("ordering", "backfill", "placement", mode="before")
    @classmethod
    def _word(cls, value: Any) -> Any:
        return {"kind": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _nothing_without_effect(self) -> Self:
        ordering = self.ordering
        unused = []
        if not isinstance(ordering, Serving) or not ordering.keeps_accounts:
            unused = ["accounting"] if self.limits_branches else ["accounts", "accounting"]
        elif not ordering.needs_accounting:
            unused = ["accounting"]
        for name in unused:
            if name in self.model_fields_set:
                raise refusal(
                    f"the order {ordering.kind} looks at no {name}",
                    right="leave it out, or choose an order that does",
                    at=(name,),
                )
        if self.accounting.fade.kind == "slurm" and not getattr(ordering, "period", 0):
            raise refusal(
                "Slurm's decay happens at ticks, and this order has none",
                right="give the ordering a period, like 5min",
                at=("accounting", "fade"),
            )
        return self

    @model_validator(mode="after")
    def _one_qos_a_class(self) -> Self:
        seen: dict[str, str] = {}
        for name, qos in self.qos.items():
            for place, each in enumerate(qos.classes):
                if each in seen:
                    raise refusal(
                        f"the class {each!r} has the quality of service {seen[each]!r} already",
                        right="let it stand in one of them",
                        at=("qos", name, "classes", place),
                    )
                seen[each] = name
        return self

    @model_validator(mode="after")
    def _limits_fit(self) -> Self:
        if found := why_not_limited(self):
            what, right, at = found
            raise refusal(what, right=right, at=at)
        return self

    @property
    def eras(self) -> tuple[tuple[tuple[str | int, ...], Rule], ...]:
        """This rule and those of its reforms, each with where its settings stand below this one."""
        later = ((("reforms", place, "rule"), each.rule) for place, each in enumerate(self.reforms))
        return (((), self), *later)

    @property
    def limits_branches(self) -> bool:
        """Whether limits or budgets are of accounts, which a tree may make parts of others."""
        named = any(each.accounts for each in self.limits.values())
        named |= any(each.accounts for each in self.budgets.values())
        return named and bool(self.accounts.tree)

    @property
    def holding(self) -> tuple[str, ...]:
        """Names of all that may hold jobs back or refuse them, in the order in which they do."""
        applied = () if self.applications is None else (APPLICATIONS,)
        return (*self.limits, *self.quotas, *self.budgets, *self.reservations, *applied)

    @model_validator(mode="after")
    def _who_applies_is_paid_for_beforehand(self) -> Self:
        found = no_applications(self)
        if found is not None:
            raise refusal(found[0], right=found[1], at=found[2])
        return self

    @model_validator(mode="after")
    def _what_holds_jobs_has_a_name_of_its_own(self) -> Self:
        seen: dict[str, str] = {}
        for kind, names in (
            ("limits", self.limits),
            ("quotas", self.quotas),
            ("budgets", self.budgets),
            ("reservations", self.reservations),
        ):
            for name in names:
                if name == MACHINE:
                    raise refusal(
                        f"results write {MACHINE!r} for jobs that can never fit",
                        right="give it another name",
                        at=(kind, name),
                    )
                if name in seen:
                    raise refusal(
                        f"{name!r} is one of the {seen[name]} already, and results name both",
                        right="give it another name",
                        at=(kind, name),
                    )
                seen[name] = kind
        return self

    @model_validator(mode="after")
    def _limits_are_for_plans_made_anew(self) -> Self:
        if not self.holding:
            if "holds" in self.model_fields_set:
                raise refusal(
                    "nobody is limited", right="add limits, or leave it out", at=("holds",)
                )
            return self
        kept = isinstance(self.backfill, Conservative) and self.backfill.replan == "earlier"
        if kept and self.holds == "queue":
            raise refusal(
                "a job that holds the queue would keep a place that it cannot take",
                right="say holds: job, or replan: all",
                at=("holds",),
            )
        if self.conformance == "pyss":
            raise refusal(
                "conformance pyss knows nothing that limits jobs",
                right="leave it out",
                at=("conformance",),
            )
        if self.preemption and self.preemption.grace > 0:
            raise refusal(
                "whom limits touch cannot be told to stop and run on (grace)",
                right="leave it out, or drop what limits them",
                at=("preemption", "grace"),
            )
        return self

    @model_validator(mode="after")
    def _budgets_hold_no_queue(self) -> Self:
        for name in self.budgets:
            if self.holds == "queue":
                raise refusal(
                    "a budget cannot hold the queue: all would wait for its next period",
                    right="say holds: job, or leave budgets out",
                    at=("budgets", name),
                )
        return self

    @model_validator(mode="after")
    def _overuse_matters_where_jobs_age(self) -> Self:
        found = why_nobody_is_later(self)
        if found is not None:
            raise refusal(found[0], right=found[1], at=found[2])
        return self

    @model_validator(mode="after")
    def _walltimes_tell_who_reaches_into_reservations(self) -> Self:
        for name in self.reservations:
            if self.overrun == "allow":
                raise refusal(
                    "jobs may outrun their walltimes: nobody knows who would run into it",
                    right="say overrun: kill, or leave reservations out",
                    at=("reservations", name),
                )
        return self

    @model_validator(mode="after")
    def _work_is_known_and_falls(self) -> Self:
        for name, limit in self.limits.items():
            at = ("limits", name, "work")
            if limit.work is not None and self.overrun == "allow":
                raise refusal(
                    "jobs may outrun their walltimes: nobody knows what work they have left",
                    right="say overrun: kill, or limit gpus",
                    at=at,
                )
            if limit.work is not None and self.holds == "queue":
                raise refusal(
                    "a limit on work cannot hold the queue",
                    right="say holds: job, or limit gpus",
                    at=at,
                )
        return self

    @model_validator(mode="after")
    def _easy_alone_has_a_shadow_time(self) -> Self:
        if self.placement and self.placement.avoid_head and self.backfill.kind != "easy":
            raise refusal(
                f"under backfill {self.backfill.kind} the head has no shadow time to be heeded",
                right="leave avoid_head out, or say backfill: easy",
                at=("placement", "avoid_head"),
            )
        return self

    @model_validator(mode="after")
    def _slurms_passes_are_narrow(self) -> Self:
        found = no_slurm_passes(self)
        if found is not None:
            raise refusal(found[0], right=found[1], at=found[2])
        return self

    @model_validator(mode="after")
    def _pyss_is_narrow(self) -> Self:
        if self.conformance == "pyss":
            if self.ordering.kind != "fcfs":
                raise ValueError("conformance pyss knows the order fcfs alone")
            if self.backfill.kind in ("reservations", "slurm"):
                raise ValueError("conformance pyss knows the backfills none, easy and conservative")
            if self.preemption is not None:
                raise ValueError("conformance pyss knows no preemption")
            if self.overrun == "allow":
                raise ValueError("conformance pyss kills jobs that reach their walltime")
        return self

    @model_validator(mode="after")
    def _rights_by_qos_are_slurms(self) -> Self:
        found = why_not_by_qos(self)
        if found is not None:
            raise refusal(found[0], right=found[1], at=found[2])
        return self

    @model_validator(mode="after")
    def _ranks_have_one_source(self) -> Self:
        stage = self.preemption
        if stage is None or self.backfill.kind == "slurm":
            return self
        if isinstance(self.ordering, Las) and stage.ranks:
            raise refusal(
                "the queues of the order las are the ranks",
                right="leave ranks out",
                at=("preemption", "ranks"),
            )
        if not isinstance(self.ordering, Las) and not _by_any_right(stage):
            raise refusal(
                "nobody has a right to preempt",
                right="add ranks: [a_class, another], idle: {below: 10%, after: 2h}, "
                "or beside quotas reclaim: true",
                at=("preemption",),
            )
        return self

    @model_validator(mode="after")
    def _owners_can_reclaim(self) -> Self:
        found = why_nobody_reclaims(self)
        if found is not None:
            raise refusal(found[1], right=found[2], at=found[0])
        return self

    @model_validator(mode="after")
    def _idle_gpus_can_be_taken_back(self) -> Self:
        found = why_nobody_is_idle(self)
        if found is not None:
            raise refusal(found[1], right=found[2], at=found[0])
        return self

    @model_validator(mode="after")
    def _who_is_suspended_can_be_planned(self) -> Self:
        found = why_nobody_is_suspended(self)
        if found is not None:
            at, what, right = found
            raise refusal(what, right=right, at=at)
        return self

    @model_validator(mode="after")
    def _can_be_reformed(self) -> Self:
        found = why_not_reformed(self)
        if found is not None:
            at, what, right = found
            raise refusal(what, right=right, at=at)
        return self

    @model_validator(mode="after")
    def _kept_places_are_not_preempted(self) -> Self:
        kept = isinstance(self.backfill, Conservative) and self.backfill.replan == "earlier"
        if kept and self.preemption is not None:
            raise refusal(
                "places that are kept (replan: earlier) know no preemption",
                right="say replan: all",
                at=("backfill", "replan"),
            )
        return self


def _by_any_right(stage: Preemption) -> bool:
    """Whether anybody can be stopped, and it is said by what right."""
    return bool(stage.ranks or stage.reclaim or stage.idle)


Reform.model_rebuild()
