"""From GrpTRESMins to budgets of a rule, where its passes know budgets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, get_args

from simulator.rules.limits.budget_models import Term
from simulator.scenario.from_slurm.charging import RESETS, WEEK
from simulator.scenario.from_slurm.limit_names import name_of
from simulator.scenario.from_slurm.limits_by_user import branches
from simulator.slurm.associations import ROOT
from simulator.units import format_duration

if TYPE_CHECKING:
    from simulator.errors import Place
    from simulator.scenario.from_slurm.limit_amounts import Amount
    from simulator.scenario.from_slurm.limits import Limits
    from simulator.slurm.associations import Association, Tree
    from simulator.slurm.settings import SlurmConf

COLUMN = "GrpTRESMins"
OWN_PASSES = (
    "GPU-time that may be spent is a budget, and Slurm's own passes know none: put"
    " `backfill: reservations` in their place by patches, and add `budgets`"
)
BOTH = "usage fades and is reset too (PriorityUsageResetPeriod), and no budget does both"
NO_TERM = "no budget is granted anew so often"
FROM_NOTHING = "nothing of it has been used when the run begins"
KILLED = "; who outruns its walltime is killed when nothing is left, as Slurm does without safe"
SAFE = ("safe", "all")
NO_DECAY = "nodecay"
"""A flag of a quality of service: its usage neither fades nor is reset."""


@dataclass(slots=True)
class Budgets:
    """The budgets of a rule as they are found."""

    limits: Limits
    spent: dict[str, Any]
    """What all of them say of how usage is charged."""
    why: str
    """Why there are none; empty if there are."""
    told: str
    found: dict[str, dict[str, Any]] = field(default_factory=dict)

    def note(self, called: str, text: str, place: Place, why: str) -> None:
        """Say why an amount is no budget, or what is not the same about one."""
        self.limits.notes.lose(f"{COLUMN}={text}", f"{called}: {why or self.told}", place)

    def add(
        self, origin: str, who: dict[str, Any], amount: Amount, renewed: dict[str, Any]
    ) -> None:
        """A budget under the name of its origin."""
        concerned = {key: value for key, value in who.items() if value}
        grant = {"grant": amount.said, **renewed, **self.spent}
        self.found[name_of(origin, COLUMN, self.found)] = {"per": "all", **concerned, **grant}

    def add_of_association(
        self, origin: str, who: dict[str, Any], amount: Amount, renewed: dict[str, Any]
    ) -> None:
        """A budget of an association, for jobs of qualities of service that have none."""
        rest = self.limits.without_own(origin, COLUMN, amount)
        if rest is not None:
            self.add(origin, who | {"qos": rest}, amount, renewed)


def budgets_of(
    conf: SlurmConf, tree: Tree | None, rule: dict[str, Any], limits: Limits
) -> dict[str, Any]:
    """Budgets by name. Raises InputError, with file and line, for an amount that is none."""
    renewed, why = _renewal(conf)
    passes = OWN_PASSES if rule["backfill"]["kind"] == "slurm" else ""
    safe = any(word.text.lower() in SAFE for word in conf.words("AccountingStorageEnforce"))
    told = FROM_NOTHING + (KILLED if safe and rule.get("overrun") == "allow" else "")
    made = Budgets(limits, {} if safe else {"safe": False}, passes or why, told)
    if tree is not None:
        _of_associations(tree, made, renewed)
    for name, quality in limits.qos.items():
        text = quality.limits.get(COLUMN, "")
        amount = limits.read.amount(COLUMN, text, name, quality.place) if text else None
        if amount is None:
            continue
        lasts = any(flag.lower() == NO_DECAY for flag in quality.flags)
        made.note(name, text, quality.place, passes if lasts else made.why)
        if not passes and (lasts or not why):
            made.add(f"qos-{name}", {"qos": [name]}, amount, {} if lasts else renewed)
    return made.found


def _of_associations(tree: Tree, made: Budgets, renewed: dict[str, Any]) -> None:
    limits = made.limits
    for each in (tree.root, *tree.walk()):
        amount = limits.amount(each, COLUMN)
        if amount is None:
            continue
        why = made.why
        if each.partition and not why:
            why = f"a limit of one partition, {each.partition}, is not kept"
        made.note(each.called, each.limits[COLUMN], each.place, why)
        if not made.why and not each.user:
            accounts = [] if each.account == ROOT else [each.account]
            made.add_of_association(each.account, {"accounts": accounts}, amount, renewed)
    if not made.why:
        _of_users(tree, made, renewed)


def _of_users(tree: Tree, made: Budgets, renewed: dict[str, Any]) -> None:
    """What users have in their own associations, each by itself."""

    def amount(each: Association) -> Amount | None:
        return made.limits.amount(each, COLUMN, told=True) if each.user else None

    for found in branches(tree, amount, inherited=False, counts=True):
        if found.also_beneath:
            why = f"{', '.join(found.also_beneath)}: jobs in accounts beneath count too"
            made.limits.notes.lose(f"{COLUMN} of {found.origin}", why, found.amount.place)
        who = {"accounts": found.accounts, "users": found.users, "per": "user"}
        made.add_of_association(found.origin, who, found.amount, renewed)


def _renewal(conf: SlurmConf) -> tuple[dict[str, Any], str]:
    """How usage is forgotten, as a budget says it; or why none does."""
    half_life = conf.period("PriorityDecayHalfLife", WEEK)
    reset = RESETS.get(conf.text("PriorityUsageResetPeriod", "none").lower(), "never")
    if half_life and reset != "never":
        return {}, BOTH
    if half_life:
        every = conf.period("PriorityCalcPeriod", 300)
        times = {"half_life": half_life, "every": every}
        return {"fade": {name: format_duration(time, 4) for name, time in times.items()}}, ""
    if reset == "never":
        return {}, ""
    return ({"period": reset}, "") if reset in get_args(Term) else ({}, NO_TERM)
