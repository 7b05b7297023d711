"""Tables of Slurm: fields between bars, as its commands print with ``-P``, or between commas."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from simulator.errors import InputError, Place, nearest
from simulator.slurm.text import lines_of

if TYPE_CHECKING:
    from pathlib import Path

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table, its fields by column."""

    fields: dict[str, str]
    place: Place

    def text(self, column: str) -> str:
        """A field without the blanks around it; empty where the table has no such column."""
        return self.fields.get(column, "").strip()

    def read(self, column: str, parse: Callable[[str], T]) -> T:
        """What a reader makes of a field. Raises its InputError with the column and the line."""
        try:
            return parse(self.text(column))
        except InputError as error:
            raise self.wrong(f"{column}: {error.what}", error.right) from None

    def wrong(self, what: str, right: str | None) -> InputError:
        """An error of this line."""
        return InputError(what, right=right, place=self.place)


@dataclass(frozen=True, slots=True)
class Form:
    """What a table may look like."""

    command: str
    """That prints it, for advice."""
    needed: tuple[str, ...]
    known: tuple[str, ...]
    """Columns that it may have beside those; others are refused."""
    separator: str = "|"


def rows(path: Path, form: Form, columns: Sequence[str] | None = None) -> Iterator[Row]:
    """The rows of a table; ``columns`` name its fields where it has no first line of names.

    Raises InputError, with file and line, for a column that is not known or missing, and for a line
    of another number of fields, such as the last one of a table cut in the middle.
    """
    lines = lines_of(path)
    header = tuple(columns) if columns is not None else _header(lines, form, path)
    begin = 0 if columns is not None else 1
    last = len(lines)
    for number, line in enumerate(lines[begin:], start=begin + 1):
        if not line.strip():
            continue
        fields = line.split(form.separator)
        if len(fields) == len(header) + 1 and not fields[-1]:
            fields = fields[:-1]  # -p in place of -P: a bar at the end of each line
        if len(fields) != len(header):
            cut = number == last and len(fields) < len(header)
            raise InputError(
                f"a row of {len(fields)} fields, not {len(header)}"
                + (": the table is cut in the middle" if cut else ""),
                right=f"print it again, whole: {form.command}",
                place=Place(path, number),
            )
        yield Row(dict(zip(header, fields, strict=True)), Place(path, number))


def _header(lines: list[str], form: Form, path: Path) -> tuple[str, ...]:
    first = lines[0] if lines else ""
    names = tuple(name.strip() for name in first.removesuffix("|").split(form.separator))
    place = Place(path, 1)
    right = f"print it with {form.command}"
    known = form.needed + form.known
    if not set(names) & set(known):
        raise InputError(f"{first[:40]!r} names no columns", right=right, place=place)
    for index, name in enumerate(names):
        if name not in known:
            raise InputError(
                f"the column {name!r} is not known", right=nearest(name, known), place=place
            )
        if name in names[:index]:
            raise InputError(f"the column {name!r} stands there twice", right=right, place=place)
    for name in form.needed:
        if name not in names:
            raise InputError(f"the column {name!r} is missing", right=right, place=place)
    return names
