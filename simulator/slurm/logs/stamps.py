"""Times in a log of Slurm: local ones to the millisecond, as ``LogTimeFormat=iso8601_ms`` has."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from simulator.errors import InputError

FORMAT = "set LogTimeFormat=iso8601_ms in slurm.conf"


@dataclass(slots=True)
class Stamps:
    """Reads times of one zone; what it has read lately it knows by heart."""

    zone: tzinfo
    _seconds: dict[str, int] = field(default_factory=dict)

    def line(self, text: str) -> tuple[int | None, str]:
        """Milliseconds since 1970 of a line ``[2026-11-24T10:34:55.603] …``, and the rest of it.

        None for a line without a time: one that goes on from the line above. Raises InputError for
        a time that has no milliseconds.
        """
        begin = 7 if text.startswith("sched: [") else 0
        if not text.startswith("[", begin):
            return None, text
        stamp, closed, _ = text[begin + 1 : begin + 48].partition("]")
        second, dot, part = stamp.partition(".")
        since = self._second(second + part[3:]) if closed else None
        if since is None:
            return None, text
        if not dot or not (part[:3].isascii() and part[:3].isdigit()):
            raise InputError(f"the time {stamp!r} has no milliseconds", right=FORMAT)
        return since * 1000 + int(part[:3]), text[begin + len(stamp) + 2 :].removeprefix(" ")

    def second(self, text: str) -> int | None:
        """Seconds since 1970 of a time like ``2026-11-24T10:50:47``; None for what is none."""
        return self._second(text)

    def _second(self, text: str) -> int | None:
        known = self._seconds.get(text)
        if known is not None:
            return known
        try:
            time = datetime.fromisoformat(text)
        except ValueError:
            return None
        aware = time if time.tzinfo else time.replace(tzinfo=self.zone)
        if len(self._seconds) > 1 << 16:
            self._seconds.clear()
        since = self._seconds[text] = int(aware.timestamp())
        return since
