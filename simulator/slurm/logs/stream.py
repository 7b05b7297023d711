"""The lines of a log, one after another: a log may be larger than the memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.errors import InputError, Place
from simulator.files import BROKEN, open_bytes
from simulator.slurm.logs.stamps import FORMAT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from simulator.slurm.logs.stamps import Stamps

LONGEST = 1 << 20
BACK_MS = 10_000
"""Threads write a little out of order; a clock that goes back by more was set."""
AGAIN = "copy the log again, whole; of a log that is still being written, leave out the last line"


def log_lines(path: Path, stamps: Stamps) -> Iterator[tuple[int, int | None, str]]:
    """Number, milliseconds and text of each line; milliseconds None: it has no time.

    Raises InputError, with file and line, for a log that is cut in the middle, for one without
    milliseconds, and for one whose times go back.
    """
    number, latest, seen = 0, 0, False
    for raw in _raw(path):
        number += 1
        text = raw.decode("utf-8", "replace").rstrip("\r\n")
        if raw[-1:] != b"\n":
            what = "a line without an end" if len(raw) == LONGEST else "the log is cut in this line"
            raise InputError(what, right=AGAIN, place=Place(path, number))
        try:
            time, rest = stamps.line(text)
        except InputError as error:
            raise error.at(Place(path, number)) from None
        if time is None and not seen and rest.removeprefix("sched: ").startswith("["):
            stamp = rest.partition("[")[2][:40].partition("]")[0]
            raise InputError(
                f"the time {stamp!r} cannot be read", right=FORMAT, place=Place(path, 1)
            )
        if time is not None:
            if time < latest - BACK_MS:
                raise InputError(
                    f"the time goes back by {(latest - time) / 1000:.0f} s",
                    right="give the lines of one slurmctld in the order written, none twice",
                    place=Place(path, number),
                )
            seen, latest = True, max(latest, time)
        yield number, time, rest
    if not seen:
        raise InputError(
            "no line has a time" if number else "the log is empty", right=FORMAT, place=Place(path)
        )


def first_time(path: Path, stamps: Stamps) -> int:
    """Milliseconds of the first line that has a time. Raises InputError as ``log_lines`` does."""
    return next(time for _, time, _ in log_lines(path, stamps) if time is not None)


def _raw(path: Path) -> Iterator[bytes]:
    number = 0
    with open_bytes(path) as file:
        try:
            while raw := file.readline(LONGEST):
                number += 1
                yield raw
        except BROKEN as error:
            what = "is cut short" if isinstance(error, EOFError) else f"is broken ({error})"
            raise InputError(
                f"the packed log {what} after this line", right=AGAIN, place=Place(path, number)
            ) from None
