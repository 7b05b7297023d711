"""What limits go together with in a rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.errors import nearest

if TYPE_CHECKING:
    from simulator.rules.models import Rule

Path = tuple[str | int, ...]


def why_not_limited(rule: Rule) -> tuple[str, str, Path] | None:
    """Why a rule's limits cannot be: what is wrong, what would be right, and where; None if they
    can."""
    for name, limit in rule.limits.items():
        at: Path = ("limits", name)
        for place, each in enumerate(limit.qos):
            if each not in rule.qos:
                right = nearest(each, rule.qos) if rule.qos else "add qos to the rule"
                return f"the rule knows no quality of service {each!r}", right, (*at, "qos", place)
        if limit.eligible is not None and rule.holds == "queue":
            what = "who is not looked at cannot hold the queue"
            return what, "say holds: job, or limit jobs", (*at, "eligible")
    return None
