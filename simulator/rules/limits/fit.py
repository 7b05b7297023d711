"""What limits and budgets go together with in a rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.errors import nearest

if TYPE_CHECKING:
    from simulator.rules.models import Rule

Path = tuple[str | int, ...]


def why_not_limited(rule: Rule) -> tuple[str, str, Path] | None:
    """Why a rule's limits or budgets cannot be: what is wrong, what would be right, and where; None
    if they can."""
    for kind, settings in (("limits", rule.limits), ("budgets", rule.budgets)):
        for name, one in settings.items():
            for place, each in enumerate(one.qos):
                if each not in rule.qos:
                    right = nearest(each, rule.qos) if rule.qos else "add qos to the rule"
                    what = f"the rule knows no quality of service {each!r}"
                    return what, right, (kind, name, "qos", place)
    for name, limit in rule.limits.items():
        if limit.eligible is not None and rule.holds == "queue":
            what = "who is not looked at cannot hold the queue"
            return what, "say holds: job, or limit jobs", ("limits", name, "eligible")
    return None
