"""What can go wrong by somebody's input, told so that they can mend it."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a file something stands; line and column count from 1."""

    file: str | Path
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)


class AdilError(Exception):
    """Base of every error that the package raises on purpose."""


class InputError(AdilError):
    """Input that cannot be used: the command ends with exit code 2 and this one message.

    ``what`` says what is wrong and names the offending value; ``right`` says what would be right.
    """

    def __init__(self, what: str, *, right: str | None = None, place: Place | None = None) -> None:
        self.what = what
        self.right = right
        self.place = place
        super().__init__(what, right, place)

    def __str__(self) -> str:
        where = f"{self.place}: " if self.place else ""
        advice = f" ({self.right})" if self.right else ""
        return f"{where}{self.what}{advice}"

    def at(self, place: Place) -> InputError:
        """The same error, placed, if it had no place yet."""
        return self if self.place else InputError(self.what, right=self.right, place=place)


def nearest(name: str, known: Iterable[str]) -> str:
    """Advice for a name nobody knows: the nearest known one, and the whole list if it is short."""
    names = sorted(known)
    close = get_close_matches(name, names, n=1, cutoff=0.5)
    parts = [f"did you mean {close[0]!r}?"] if close else []
    if len(names) <= 12 or not close:
        parts.append("known: " + ", ".join(names))
    return " ".join(parts)
