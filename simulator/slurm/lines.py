"""The lines of slurm.conf and gres.conf: keys and values with their places."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from simulator.errors import InputError, Place
from simulator.slurm.text import lines_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")
DEEPEST = 16
"""Files that include one another."""
_PAIR = re.compile(
    r'\s*(?P<key>[\w./]+)\s*(?P<sign>[-+*/]?=)\s*("(?P<quoted>[^"]*)"|(?P<bare>\S+))'
)
_INCLUDE = re.compile(r"\s*include\s+(?P<file>\S+)\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Value:
    """What a line says of one key."""

    key: str
    """As written."""
    text: str
    place: Place

    def read(self, parse: Callable[[str], T]) -> T:
        """What a reader makes of it. Raises its InputError with the key and the place."""
        try:
            return parse(self.text)
        except InputError as error:
            raise self.wrong(error.what, error.right) from None

    def wrong(self, what: str, right: str | None) -> InputError:
        """An error of this value."""
        return InputError(f"{self.key}: {what}", right=right, place=self.place)


Line = dict[str, Value]
"""Key in lower case → what the line says of it, in the order written."""


def conf_lines(path: Path, depth: int = 0) -> Iterator[Line]:
    """The lines that say something, of this file and of those that it includes.

    A line that ends in a backslash goes on in the next; ``#`` begins a comment. Raises InputError,
    with file, line and column, for what is no ``Key=value``.
    """
    for text, number in _joined(lines_of(path)):
        include = _INCLUDE.fullmatch(text)
        if include is None:
            line = _pairs(text, path, number)
            if line:
                yield line
            continue
        yield from conf_lines(_inner(path, include["file"], number, depth), depth + 1)


def included_files(path: Path, depth: int = 0) -> list[Path]:
    """The files that a file includes, and those that they include.

    Raises InputError as ``conf_lines`` does.
    """
    found: list[Path] = []
    for text, number in _joined(lines_of(path)):
        include = _INCLUDE.fullmatch(text)
        if include is not None:
            inner = _inner(path, include["file"], number, depth)
            found += [inner, *included_files(inner, depth + 1)]
    return found


def _inner(path: Path, name: str, number: int, depth: int) -> Path:
    place = Place(path, number)
    if depth == DEEPEST:
        raise InputError("files include one another without end", right="take one out", place=place)
    inner = path.parent / name
    if not inner.is_file():
        raise InputError(
            f"there is no file {name!r} to include",
            right="copy it beside this one, or take the line out",
            place=place,
        )
    return inner


def _joined(lines: list[str]) -> Iterator[tuple[str, int]]:
    """Lines without comments, continued ones together, and the number of the first of each."""
    begun, first = "", 0
    for number, line in enumerate(lines, start=1):
        said = re.sub(r"(?<!\\)#.*", "", line).rstrip().replace("\\#", "#")
        goes_on = said.endswith("\\")
        first = first if begun else number
        begun += said[:-1] + " " if goes_on else said
        if not goes_on:
            yield begun, first
            begun = ""
    if begun:
        yield begun, first


def _pairs(text: str, path: Path, number: int) -> Line:
    line: Line = {}
    end = 0
    text = text.rstrip()
    while end < len(text):
        pair = _PAIR.match(text, end)
        column = end + 1 + len(text[end:]) - len(text[end:].lstrip())
        place = Place(path, number, column)
        if pair is None:
            rest = text[end:].strip()
            raise InputError(
                f"{rest[:40]!r} is no setting", right="write it like Key=value", place=place
            )
        if pair["sign"] != "=":
            raise InputError(
                f"{pair['key']}{pair['sign']} changes a value",
                right="write the whole value: Key=…",
                place=place,
            )
        key = pair["key"].lower()
        if key in line:
            raise InputError(
                f"{pair['key']} stands twice in a line", right="take one out", place=place
            )
        said = pair["bare"] if pair["quoted"] is None else pair["quoted"]
        line[key] = Value(pair["key"], said, place)
        end = pair.end()
    return line
