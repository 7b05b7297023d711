"""Rules under which no owner of quota can reclaim."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.errors import nearest
from simulator.fields import LARGEST
from simulator.rules.ordering.las import Las

if TYPE_CHECKING:
    from simulator.rules.limits.quota_models import Cohort
    from simulator.rules.models import Rule
    from simulator.rules.preemption.models import Preemption

    Found = tuple[tuple[str, ...], str, str]

RECLAIM = ("preemption", "reclaim")


def why_nobody_reclaims(rule: Rule) -> Found | None:
    """Which setting of a rule whose owners reclaim forbids it, why, and what would be right; None
    if none does, or the rule lets nobody reclaim."""
    stage = rule.preemption
    if stage is None or not stage.reclaim:
        return None
    if isinstance(rule.ordering, Las):
        what = "the queues of the order las say who stops whom"
        return RECLAIM, what, "leave reclaim out, or choose another order"
    if not rule.quotas:
        what = "nobody has a quota to reclaim"
        return RECLAIM, what, "add quotas, like quotas: {parts: {members: {a_class: {gpus: 50%}}}}"
    return _not_reclaimed(stage, rule) or _not_one_quota_each(rule)


def _not_reclaimed(stage: Preemption, rule: Rule) -> Found | None:
    if not any(_lent_to_somebody(cohort) for cohort in rule.quotas.values()):
        what = "no member may borrow from another: there is nothing to reclaim"
        return RECLAIM, what, "leave it out, or let members borrow and lend"
    for name in stage.classes:
        members = {each for cohort in rule.quotas.values() for each in cohort.members}
        lower = {each for names in stage.ranks[1:] for each in names}
        if name not in members | lower and _per(rule) == {"class"}:
            what = f"nobody reclaims from jobs of class {name!r}"
            what += ", and nobody outranks them" if stage.ranks else ""
            right = nearest(name, members | lower) or "leave it out"
            return ("preemption", "classes", name), what, right
    if stage.order == "lowest_rank" and not stage.ranks:
        what = "who reclaims and who is reclaimed from have no ranks"
        return ("preemption", "order"), what, "say youngest, cheapest, smallest or the like"
    for where, how in (
        *((("classes", name), how) for name, how in stage.classes.items()),
        (("how",), stage.how),
    ):
        if how.kind == "suspend":
            what = "a suspended job keeps its GPUs: nothing would be reclaimed"
            return ("preemption", *where), what, "say requeue, cancel or checkpoint"
    return None


def _lent_to_somebody(cohort: Cohort) -> bool:
    """Whether a member may borrow what another lends."""
    members = cohort.members
    return any(
        quota.ceiling(LARGEST) != quota.own(LARGEST)
        and any(other.lends(LARGEST) for who, other in members.items() if who != name)
        for name, quota in members.items()
    )


def _per(rule: Rule) -> set[str]:
    """What members of the rule's cohorts are."""
    return {cohort.per for cohort in rule.quotas.values()}


def _not_one_quota_each(rule: Rule) -> Found | None:
    """Whose quota a job is has to be one thing."""
    if len(_per(rule)) > 1:
        what = "jobs would be of a class's quota and of an account's at once"
        return RECLAIM, what, "let all quotas have the same per"
    seen: dict[str, str] = {}
    for name, cohort in rule.quotas.items():
        for each in cohort.members:
            if each in seen:
                what = f"{each!r} is a member of {seen[each]!r} already, and owners reclaim"
                at = ("quotas", name, "members", each)
                return at, what, "let it be a member of one of them"
            seen[each] = name
    return None
