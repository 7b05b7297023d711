"""The lines of a file that Slurm wrote or reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.errors import InputError, Place
from simulator.files import read_bytes

if TYPE_CHECKING:
    from pathlib import Path

MOST_BYTES = 1 << 28
LONGEST_LINE = 1 << 20


def lines_of(path: Path) -> list[str]:
    """The lines without their ends; plain or packed files.

    Raises InputError for a file that cannot be read and for one that is no text.
    """
    data, _ = read_bytes(path)
    if len(data) > MOST_BYTES:
        raise InputError(
            "the file is too large", right=f"at most {MOST_BYTES >> 20} MiB", place=Place(path)
        )
    if b"\0" in data:
        line = data.count(b"\n", 0, data.index(b"\0")) + 1
        raise InputError("this is no text", right="give the file itself", place=Place(path, line))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"the byte 0x{data[error.start]:02x} is not UTF-8",
            right="give a text file in UTF-8",
            place=Place(path, data.count(b"\n", 0, error.start) + 1),
        ) from None
    lines = text.replace("\r\n", "\n").split("\n")
    for number, each in enumerate(lines, start=1):
        if len(each) > LONGEST_LINE:
            raise InputError("a line without an end", place=Place(path, number))
    return lines[:-1] if lines and not lines[-1] else lines
