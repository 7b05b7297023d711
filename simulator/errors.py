"""What can go wrong by somebody's input, told so that they can mend it."""

from __future__ import annotations

import copyreg
import unicodedata
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a file something stands; line and column count from 1."""

    file: str | Path
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        return ":".join(
            str(part) for part in (self.file, self.line, self.column) if part is not None
        )


class AdilError(Exception):
    """Base of every error that the package raises on purpose."""


class WorkerDiedError(AdilError):
    """A process that worked for this one was ended from outside, or crashed."""


class InputError(AdilError):
    """Input that cannot be used: the command ends with exit code 2 and this one message.

    ``what`` says what is wrong and names the offending value; ``right`` says what would be right.
    ``others`` are further things wrong with the same input: the message lists them below the first.
    """

    def __init__(
        self,
        what: str,
        *,
        right: str | None = None,
        place: Place | None = None,
        others: Sequence[InputError] = (),
    ) -> None:
        self.what = what
        self.right = right
        self.place = place
        self.others = tuple(others)
        super().__init__(what, right, place)

    def __reduce__(self) -> tuple[Any, ...]:
        # Workers raise it for the process that waits for them.
        return copyreg.__newobj__, (type(self), *self.args), self.__dict__  # type: ignore[attr-defined]

    def __str__(self) -> str:
        where = f"{self.place}: " if self.place else ""
        advice = f" ({self.right})" if self.right else ""
        lines = [f"{where}{self.what}{advice}", *map(str, self.others[: _LISTED - 1])]
        unlisted = len(self.others) + 1 - len(lines)
        return "\n".join([*lines, f"and {unlisted} more"] if unlisted else lines)

    def at(self, place: Place | None) -> InputError:
        """The same error, placed, if it had no place yet."""
        if self.place or place is None:
            return self
        return InputError(self.what, right=self.right, place=place, others=self.others)


_LISTED = 5
"""Things wrong that one message lists."""
_LISTED_NAMES = 8
"""Known names that a message lists beside the nearest one."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Advice for a name nobody knows: the nearest known one, and the whole list if it is short.

    A letter of another alphabet that hides in the name is pointed out.
    """
    names = sorted(known)
    close = get_close_matches(name, names, n=1, cutoff=0.55)
    parts = [f"did you mean {close[0]!r}?"] if close else []
    foreign = next((sign for sign in name if not sign.isascii()), None)
    if close and foreign and close[0].isascii():
        parts.append(f"{foreign!r} is {unicodedata.name(foreign, 'no ASCII letter').lower()};")
    if names and (len(names) <= _LISTED_NAMES or not close):
        parts.append("known: " + ", ".join(names))
    return " ".join(parts).removesuffix(";")
