"""Which rules can follow one another in one run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.rules.backfill.slurm import SlurmPasses
from simulator.rules.ordering.serving import Serving
from simulator.rules.preemption.suspension import where_suspended, why_not_beside_suspended

if TYPE_CHECKING:
    from simulator.rules.models import Reform, Rule

Path = tuple[str | int, ...]
REMEMBERING = ("karma", "stride", "lottery", "htcondor")
"""Orders that remember something else than usage."""


def same_usage(before: Rule, after: Rule) -> bool:
    """Whether what was used until a reform can be counted on from it."""
    return (
        before.ordering == after.ordering
        and before.accounts == after.accounts
        and before.accounting == after.accounting
        and _factors(before) == _factors(after)
    )


def _factors(rule: Rule) -> dict[str, float]:
    return {name: qos.usage_factor for qos in rule.qos.values() for name in qos.classes}


def why_not_reformed(rule: Rule) -> tuple[Path, str, str] | None:
    """Which setting forbids a rule's reforms, why, and what would be right; None if none does."""
    before, suspends = rule, False
    if rule.reforms and (alone := _stands_alone(rule)):
        return alone
    for place, reform in enumerate(rule.reforms):
        at: Path = ("reforms", place)
        if place and _earlier(reform, rule.reforms[place - 1]):
            return (*at, "at"), "the reform before it is no earlier", "write them in their order"
        suspends = suspends or where_suspended(before.preemption) is not None
        found = _why_not_after(before, reform, suspends=suspends)
        if found is not None:
            return (*at, *found[0]), *found[1:]
        before = reform.rule
    return None


def _why_not_after(before: Rule, reform: Reform, *, suspends: bool) -> tuple[Path, str, str] | None:
    """The same of one reform; when it begins jobs may be suspended (``suspends``)."""
    after = reform.rule
    if after.reforms:
        return (
            ("rule", "reforms"),
            "a reform has no reforms of its own",
            "let them follow one another",
        )
    found = _stands_alone(after) or _other_clocks(before, after)
    if found is None and suspends:
        found = _why_not_suspended(after)
    if found is not None:
        return ("rule", *found[0]), *found[1:]
    if reform.usage == "reset" or not same_usage(before, after):
        return _begins_without_past(before, after, reset=reform.usage == "reset")
    return None


def _why_not_suspended(after: Rule) -> tuple[Path, str, str] | None:
    """The same where jobs may be suspended when a rule takes over."""
    found = why_not_beside_suspended(after)
    if found is None:
        return None
    return found[0], f"jobs may be suspended when it begins: {found[1]}", found[2]


def _earlier(reform: Reform, other: Reform) -> bool:
    """Whether it is no later than the other, as far as times of the same form tell."""
    if isinstance(reform.at, int) and isinstance(other.at, int):
        return reform.at <= other.at
    if isinstance(reform.at, int) or isinstance(other.at, int):
        return False
    return reform.at <= other.at


def _stands_alone(rule: Rule) -> tuple[Path, str, str] | None:
    """What nobody can come from, or go to, while jobs run and wait."""
    if rule.conformance == "pyss":
        return ("conformance",), "conformance pyss knows no reforms", "leave it out"
    return None


OF_THE_MACHINE = ("phases", "latencies", "clock")
"""What of Slurm's passes stays as it is in a run."""


def _other_clocks(before: Rule, after: Rule) -> tuple[Path, str, str] | None:
    """Why Slurm's own passes cannot come, go, or go on so."""
    old, new = before.backfill, after.backfill
    if isinstance(old, SlurmPasses) != isinstance(new, SlurmPasses):
        what = "Slurm's own passes neither follow others nor are followed by them"
        return ("backfill",), what, "say backfill: slurm in both rules, or in neither"
    for name in OF_THE_MACHINE if isinstance(old, SlurmPasses) else ():
        if getattr(old, name) != getattr(new, name):
            what = f"the {name} of Slurm's passes stay as they are in a run"
            return ("backfill", name), what, "say the same as before"
    return None


def _begins_without_past(before: Rule, after: Rule, *, reset: bool) -> tuple[Path, str, str] | None:
    ordering = after.ordering
    if not isinstance(ordering, Serving) or not ordering.keeps_accounts:
        return None
    if ordering.needs_accounting and not reset:
        what = "the order, its accounts or what is charged change: past usage means nothing there"
        return ("usage",), what, "say usage: reset"
    if ordering.kind in REMEMBERING and not reset:
        what = f"nothing before it can tell what the order {ordering.kind} remembers"
        return ("usage",), what, "say usage: reset"
    return None
