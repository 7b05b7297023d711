"""Lines by their shape: numbers, names and times left out. What is not known is counted so."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'|`[^']*'")
_NAMED = re.compile(r"(?<=[A-Za-z#]=)[^\s,()]+")
_AFTER = re.compile(r"\b(user|acct|account|node|nodes|partition|reservation) \S+")
_NUMBER = re.compile(r"[^\s()=,:;\[\]]*\d[^\s()=,:;\]]*")
_PATH = re.compile(r"/[\w./%-]+")
_MANY = re.compile(r"#([\s.,:\[\]-]*#)+")
LONGEST = 160


def shape_of(text: str) -> str:
    """``job 7 for user u7`` and ``job 12 for user bob`` both become ``job # for user #``."""
    text = _QUOTED.sub("'#'", text)
    text = _AFTER.sub(r"\1 #", _NAMED.sub("#", text))
    return _MANY.sub("#", _NUMBER.sub("#", _PATH.sub("/#", text)))[:LONGEST]


@dataclass(slots=True)
class Shapes:
    """How many lines of each shape there were, and where the first stood."""

    counts: dict[str, list[int]] = field(default_factory=dict)
    """Shape → how many, line of the first."""

    def add(self, text: str, line: int) -> None:
        """Count a line."""
        entry = self.counts.setdefault(shape_of(text), [0, line])
        entry[0] += 1

    @property
    def lines(self) -> int:
        """How many lines there were."""
        return sum(count for count, _ in self.counts.values())

    def most(self) -> Iterable[tuple[str, int, int]]:
        """Shape, how many, line of the first; the most frequent first."""
        ranked = sorted(self.counts.items(), key=lambda item: (-item[1][0], item[1][1]))
        return [(shape, count, line) for shape, (count, line) in ranked]
