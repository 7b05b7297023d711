"""The numbers of an SWF log as columns: a fast path, and an exact one that finds the mistake."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
from numpy.typing import NDArray

from simulator.errors import InputError, Place
from simulator.workload.readers.swf_fields import FIELDS, FRACTIONAL

Table = dict[str, NDArray[Any]]
"""Columns by name: int64, or float64 for those that may hold fractions."""

_BLANKS = bytes.maketrans(b"\t\r\v\f", b"    ")
_NUMBER = re.compile(rb"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_WHOLE = re.compile(rb"[+-]?\d+(\.0*)?")
_TOKEN = re.compile(rb"\S+")
_TYPES = {name: pa.float64() if name in FRACTIONAL else pa.int64() for name in FIELDS}
PIECE = 1 << 18
"""Bytes looked at together: what is kept of them stays in the processor's cache."""
LIMIT = 2**53
"""Numbers from here on are refused: they would not survive being read as a fraction."""


def read_table(text: bytes, file: str) -> Table:
    """Columns by the names of FIELDS, one entry a job, in the file's order.

    ``text`` has no comments. Raises InputError, with line and column, for a row of other than 18
    fields and for what is no number.
    """
    compact = _collapse(text)
    if compact.max() <= ord("9"):
        try:
            return _parse(compact)
        except pa.ArrowInvalid:
            pass
    return _parse_exactly(text, file)


def _collapse(text: bytes) -> NDArray[np.uint8]:
    """The text with one blank between fields and none at either end of a line."""
    if any(blank in text for blank in (b"\t", b"\r", b"\v", b"\f")):
        text = text.translate(_BLANKS)
    characters = np.frombuffer(b"\n" + text + b"\n", np.uint8)
    compact = np.concatenate(
        [
            _collapse_piece(characters[start : start + PIECE + 1])
            for start in range(0, len(text) + 1, PIECE)
        ]
    )
    trailing = np.flatnonzero(compact[1:] == ord("\n"))
    trailing = trailing[compact[trailing] == ord(" ")]
    return np.delete(compact, trailing) if len(trailing) else compact


def _collapse_piece(characters: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The characters after the first that are no blank, or a blank that ends a field."""
    blank = characters == ord(" ")
    edge = blank | (characters == ord("\n"))
    kept: NDArray[np.bool_] = ~(blank[1:] & edge[:-1])
    return characters[1:][kept]


def _parse(compact: NDArray[np.uint8]) -> Table:
    table = pyarrow.csv.read_csv(
        pa.py_buffer(compact),
        read_options=pyarrow.csv.ReadOptions(column_names=list(FIELDS), block_size=1 << 22),
        parse_options=pyarrow.csv.ParseOptions(delimiter=" ", quote_char=False),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=_TYPES, null_values=[], strings_can_be_null=False
        ),
    )
    columns = {name: table.column(name).to_numpy() for name in FIELDS}
    if any(np.abs(column).max(initial=0) >= LIMIT for column in columns.values()):
        raise pa.ArrowInvalid("a number too large")
    return columns


def _parse_exactly(text: bytes, file: str) -> Table:
    rows = []
    for number, line in enumerate(text.split(b"\n"), start=1):
        tokens = list(_TOKEN.finditer(line))
        if tokens:
            rows.append(_row(tokens, Place(file, number)))
    return {
        name: np.array([row[index] for row in rows], np.float64 if name in FRACTIONAL else np.int64)
        for index, name in enumerate(FIELDS)
    }


def _row(tokens: list[re.Match[bytes]], place: Place) -> list[float]:
    row: list[float] = []
    for token, name in zip(tokens, FIELDS, strict=False):
        text = token[0]
        wanted = _NUMBER if name in FRACTIONAL else _WHOLE
        if not wanted.fullmatch(text) or abs(float(text)) >= LIMIT:
            kind = "number" if name in FRACTIONAL else "whole number"
            raise InputError(
                f"{_shown(text)} is not a {kind} (field {len(row) + 1}, {name})",
                right="-1 stands for unknown",
                place=Place(place.file, place.line, token.start() + 1),
            )
        row.append(float(text) if name in FRACTIONAL else int(float(text)))
    if len(tokens) != len(FIELDS):
        many = len(tokens) > len(FIELDS)
        token = tokens[len(FIELDS)] if many else tokens[-1]
        where = "has one too many in" if many else "ends with"
        raise InputError(
            f"a job of {len(tokens)} fields {where} {_shown(token[0])}",
            right=f"a job has {len(FIELDS)} fields; -1 stands for unknown",
            place=Place(place.file, place.line, token.start() + 1),
        )
    return row


def _shown(token: bytes) -> str:
    text = token.decode("utf-8", "backslashreplace")
    return repr(text if len(text) <= 40 else text[:40] + "…")


def place_of(text: bytes, file: str, row: int, name: str) -> Place:
    """Where the field ``name`` of the job in this row (from 0) stands in the file."""
    for number, line in enumerate(text.split(b"\n"), start=1):
        tokens = list(_TOKEN.finditer(line))
        if tokens:
            if row == 0:
                return Place(file, number, tokens[FIELDS.index(name)].start() + 1)
            row -= 1
    raise IndexError("the text has fewer jobs")
