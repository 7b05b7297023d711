"""Orders in which it matters when a job came, so that a budget can make it count as later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.rules.ordering.multifactor import Multifactor

if TYPE_CHECKING:
    from simulator.rules.models import Rule

    Path = tuple[str | int, ...]

AGED = ("fcfs", "wfp3", "f1", "f2", "f3", "f4", "size_bins", "multifactor")
"""Of these the last, if its age has a weight."""


def why_nobody_is_later(rule: Rule) -> tuple[str, str, Path] | None:
    """What is wrong with a rule's overuse, what would be right, and where; None if nothing is."""
    ordering = rule.ordering
    ages = ordering.kind in AGED
    if isinstance(ordering, Multifactor):
        ages = ordering.weights.age > 0
    for name, budget in rule.budgets.items():
        for place, each in enumerate(budget.overuse):
            if each.later and not ages:
                return (
                    f"in this order, {ordering.kind}, nobody stands better for having come earlier",
                    f"limit jobs, or order by {', '.join(AGED)} with a weight of age",
                    ("budgets", name, "overuse", place, "later"),
                )
    return None
