"""The comments of an SWF log, and what they state of the machine."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from simulator.errors import InputError, Place

_DIRECTIVE = re.compile(r"\s*;+\s*(?P<key>[A-Za-z]+)\s*:\s*(?P<value>.*?)\s*$")
_NUMBER = re.compile(r"-?\d+")
_NAMED = re.compile(r"(?P<number>\d+)\s*(?P<name>.*)$")
_NAMES = {"Queue": "queues", "Partition": "partitions", "User": "users", "Group": "groups"}


@dataclass(slots=True)
class Header:
    """What an SWF log states of itself; None or empty where it is silent."""

    numbers: dict[str, int] = field(default_factory=dict)
    """Of MaxJobs, MaxRecords, MaxNodes, MaxProcs, UnixStartTime, TimeZone."""
    texts: dict[str, str] = field(default_factory=dict)
    """Of Computer, Installation, Acknowledge, TimeZoneString, Preemption."""
    queues: dict[int, str] = field(default_factory=dict)
    partitions: dict[int, str] = field(default_factory=dict)
    users: dict[int, str] = field(default_factory=dict)
    """Names as this package's own writer states them (``User: 1 name``)."""
    groups: dict[int, str] = field(default_factory=dict)

    def read(self, comment: str, place: Place) -> None:
        """Take in one comment line. Raises InputError where a number is none."""
        match = _DIRECTIVE.match(comment)
        if match is None:
            return
        key, value = match["key"], match["value"]
        if key in _NAMES:
            named = _NAMED.match(value)
            if named and named["name"]:
                getattr(self, _NAMES[key])[int(named["number"])] = named["name"]
        elif key in ("MaxJobs", "MaxRecords", "MaxNodes", "MaxProcs", "UnixStartTime", "TimeZone"):
            number = _NUMBER.match(value)
            if number is None:
                raise InputError(
                    f"{key} {value!r} is not a number",
                    right=f"write it like '; {key}: 100', or leave the line out",
                    place=place,
                )
            self.numbers.setdefault(key, int(number[0]))
        elif key in ("Computer", "Installation", "Acknowledge", "TimeZoneString", "Preemption"):
            self.texts.setdefault(key, value)

    @property
    def capacity(self) -> int | None:
        """Processors of the machine (MaxProcs, else MaxNodes)."""
        for key in ("MaxProcs", "MaxNodes"):
            if self.numbers.get(key, 0) > 0:
                return self.numbers[key]
        return None

    @property
    def time_zone(self) -> str | None:
        """TimeZoneString, else the fixed offset that the older TimeZone states in seconds."""
        named = self.texts.get("TimeZoneString")
        if named:
            return named
        offset = self.numbers.get("TimeZone")
        if offset is None or offset % 3600:
            return None
        return f"Etc/GMT{-offset // 3600:+d}" if offset else "Etc/GMT"


def split(text: bytes, file: str) -> tuple[Header, bytes]:
    """The header (comments anywhere in the log) and the text without them, line for line.

    Only the part up to the last semicolon is looked at line by line; comment lines are left empty,
    so that line numbers stay.
    """
    header = Header()
    last = text.rfind(b";")
    if last < 0:
        return header, text
    end = text.find(b"\n", last)
    end = len(text) if end < 0 else end
    lines = text[:end].split(b"\n")
    for number, line in enumerate(lines, start=1):
        if line.lstrip().startswith(b";"):
            header.read(line.decode("utf-8", "replace"), Place(file, number))
            lines[number - 1] = b""
    return header, b"\n".join(lines) + text[end:]
