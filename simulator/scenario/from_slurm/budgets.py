"""From GrpTRESMins of accounts to budgets of a rule, where its passes know budgets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from simulator.rules.limits.budget_models import Term
from simulator.scenario.from_slurm.charging import RESETS, WEEK
from simulator.scenario.from_slurm.limit_names import name_of
from simulator.slurm.associations import ROOT
from simulator.units import format_duration

if TYPE_CHECKING:
    from simulator.scenario.from_slurm.limits import Limits
    from simulator.slurm.associations import Tree
    from simulator.slurm.settings import SlurmConf

COLUMN = "GrpTRESMins"
OWN_PASSES = (
    "GPU-time that may be spent is a budget, and Slurm's own passes know none: put"
    " `backfill: reservations` in their place by patches, and add `budgets`"
)
BOTH = "usage fades and is reset too (PriorityUsageResetPeriod), and no budget does both"
NO_TERM = "no budget is granted anew so often"
FROM_NOTHING = "nothing of it has been used when the run begins"


SAFE = ("safe", "all")


def budgets_of(conf: SlurmConf, tree: Tree, rule: dict[str, Any], limits: Limits) -> dict[str, Any]:
    """Budgets by name. Raises InputError, with file and line, for an amount that is none."""
    found: dict[str, Any] = {}
    renewed, why = _renewal(conf)
    if rule["backfill"]["kind"] == "slurm":
        why = OWN_PASSES
    elif rule.get("overrun") == "allow":
        why = "jobs outrun their walltimes, and nobody knows what they cost"
    safe = any(word.text.lower() in SAFE for word in conf.words("AccountingStorageEnforce"))
    for each in (tree.root, *tree.walk()):
        amount = limits.amount(each, COLUMN)
        if amount is None:
            continue
        lost = why or ("a budget of one user is not written" if each.user else "")
        told = f"{each.called}: {lost or FROM_NOTHING}"
        limits.notes.lose(f"{COLUMN}={each.limits[COLUMN]}", told, each.place)
        if not lost:
            who = {} if each.account == ROOT else {"accounts": [each.account]}
            spent = {"grant": amount.said, **renewed} | ({} if safe else {"safe": False})
            found[name_of(each.account, COLUMN, found)] = who | {"per": "all"} | spent
    return found


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
