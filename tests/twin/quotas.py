"""Quotas of a cohort, counted anew from all jobs each time one is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Member:
    """Units of its own, and how many it may borrow and lends; None for any."""

    units: int
    borrow: int | None = None
    lend: int | None = None

    @property
    def lends(self) -> int:
        """How many others may hold."""
        return self.units if self.lend is None else self.lend

    def beyond(self, held: int) -> int:
        """What of so many held units counts against what the cohort lends."""
        return max(held - (self.units - self.lends), 0)


@dataclass(frozen=True, slots=True)
class Cohort:
    """Members by key: a class, or the number of an account."""

    name: str
    per: str
    members: dict[Any, Member]
    others: int | None = None

    def settings(self, units: int) -> dict[str, Any]:
        """As a scenario says it; ``units``: of a GPU."""
        said: dict[str, Any] = {"per": self.per, "members": {}}
        for key, member in self.members.items():
            name = key if self.per == "class" else f"account{key}"
            said["members"][name] = {
                word: value // units
                for word, value in (
                    ("gpus", member.units),
                    ("borrow", member.borrow),
                    ("lend", member.lend),
                )
                if value is not None
            }
        if self.others is not None:
            said["others"] = self.others // units
        return said

    def allows(self, key: Any, asked: int, held: dict[Any, int]) -> bool:
        """Whether a job may start; ``held``: units by key."""
        after = held | {key: held.get(key, 0) + asked}
        member = self.members.get(key)
        if member is None:
            return self.others is None or after[key] <= self.others
        if member.borrow is not None and after[key] > member.units + member.borrow:
            return False
        borrowed = sum(each.beyond(after.get(who, 0)) for who, each in self.members.items())
        return borrowed <= sum(each.lends for each in self.members.values())

    def owns(self, key: Any, asked: int, held: dict[Any, int]) -> bool:
        """Whether a job would be on GPUs that are its member's own."""
        member = self.members.get(key)
        return member is not None and 0 < asked <= member.units - held.get(key, 0)

    def borrowers(self, held: dict[Any, int]) -> set[Any]:
        """Members who hold what is not theirs."""
        return {who for who, each in self.members.items() if held.get(who, 0) > each.units}
