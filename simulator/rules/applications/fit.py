"""What applications cannot be beside in a rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.rules.applications.models import NAME

if TYPE_CHECKING:
    from simulator.rules.models import Rule

Refusal = tuple[str, str, tuple[str, ...]]
"""What is wrong, what would be right, and where."""
OR_NONE = "or leave applications out"


def no_applications(rule: Rule) -> Refusal | None:
    """Why a rule's applications cannot be beside its other stages; None if they can, or nobody
    applies."""
    if rule.applications is None:
        return None
    for kind in ("limits", "quotas", "budgets", "reservations"):
        if NAME in getattr(rule, kind):
            what = f"results write {NAME!r} for jobs of projects that hold no grant"
            return what, "give it another name", (kind, NAME)
    return _unplanned(rule) or _unpaid(rule)


def _unplanned(rule: Rule) -> Refusal | None:
    """Who is held back in ways that a grant cannot hold him."""
    if rule.conformance == "pyss":
        return "conformance pyss knows no applications", "leave it out", ("conformance",)
    if rule.holds == "queue":
        what = "who waits for a grant cannot hold the queue"
        return what, f"say holds: job, {OR_NONE}", ("holds",)
    return None


def _unpaid(rule: Rule) -> Refusal | None:
    """Who runs for longer than was paid for beforehand."""
    stage = rule.preemption
    if stage is not None and stage.grace > 0:
        what = "whom a grant pays for cannot be told to stop and run on (grace)"
        return what, "leave grace out, or applications", ("preemption", "grace")
    return None
