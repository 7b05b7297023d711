"""The rules of one run, one after the other, and in words what each reform changed."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

from simulator.engine.eras import begins
from simulator.rules.models import Rule

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from simulator.engine.charges import Calendar

_TOLD_ELSEWHERE = ("title", "means", "reforms")
_GONE, _NEW = "dropped", "added"


class Era(NamedTuple):
    """A rule and from when on it was in force."""

    since: int
    """0, or when the reform took effect that brought it, s."""
    rule: Rule
    title: str
    """What people call it; empty if the reform gave it no name of its own."""
    changes: tuple[str, ...]
    """In words what the reform changed, stage by stage; empty of the first rule."""


def eras_of(rule: Rule, calendar: Calendar, title: str) -> tuple[Era, ...]:
    """The rule, called ``title``, and those of its reforms."""
    found = [Era(0, rule, title, ())]
    for reform in rule.reforms:
        before = found[-1].rule
        own = reform.rule.title if reform.rule.title != before.title else ""
        changed = tuple(changes(before, reform.rule))
        found.append(Era(begins(reform, calendar), reform.rule, own, changed))
    return tuple(found)


def in_force(eras: Sequence[Era], when: int) -> int:
    """Which of the rules the pass of an instant goes by: a reform comes before its pass."""
    return bisect_right([era.since for era in eras[1:]], when)


def changes(before: Rule, after: Rule) -> list[str]:
    """In words, stage by stage and name by name, in what the rules differ."""
    found = []
    for stage in Rule.model_fields:
        old, new = getattr(before, stage), getattr(after, stage)
        if stage in _TOLD_ELSEWHERE or old == new:
            continue
        if isinstance(old, dict):
            found += _of_named(stage, old, new)
        else:
            found.append(f"{stage} {_difference(old, new)}")
    return found


def _of_named(stage: str, old: Mapping[str, object], new: Mapping[str, object]) -> list[str]:
    pairs = {name: (old.get(name), new.get(name)) for name in (*old, *new)}
    return [
        f"{stage}.{name} {_difference(was, now)}"
        for name, (was, now) in pairs.items()
        if was != now
    ]


def _difference(old: object, new: object) -> str:
    if old is None:
        return _NEW
    if new is None:
        return _GONE
    if isinstance(old, str):
        return f"{old} → {new}"
    kinds = getattr(old, "kind", None), getattr(new, "kind", None)
    return "changed" if kinds[0] == kinds[1] else f"{kinds[0]} → {kinds[1]}"
