"""What of a cluster's settings a scenario cannot say, and what has no effect in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.errors import Place


@dataclass(frozen=True, slots=True)
class Note:
    """One setting, or what several are about, and what became of it."""

    setting: str
    why: str
    place: Place | None = None

    def __str__(self) -> str:
        if self.place is None or self.place.line is None:
            return f"{self.setting}: {self.why}"
        return f"{self.setting} ({Path(self.place.file).name}:{self.place.line}): {self.why}"


@dataclass(slots=True)
class Notes:
    """Settings by what became of them."""

    lost: list[Note] = field(default_factory=list)
    """They decide something on the real cluster that the scenario does not say."""
    idle: list[Note] = field(default_factory=list)
    """They have no effect in a simulation."""

    def lose(self, setting: str, why: str, place: Place | None = None) -> None:
        """The scenario cannot say this."""
        self.lost.append(Note(setting, why, place))

    def drop(self, setting: str, why: str, place: Place | None = None) -> None:
        """This has no effect in a simulation."""
        self.idle.append(Note(setting, why, place))

    def lines(self) -> Iterator[str]:
        """Both lists for people."""
        for title, notes in (
            ("Settings that this scenario cannot express:", self.lost),
            ("Settings without effect in a simulation:", self.idle),
        ):
            yield title
            yield from (f"- {note}" for note in notes or ())
            if not notes:
                yield "- none"
