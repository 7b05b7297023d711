"""A scenario file → nodes: what can be wrong with a file before its settings are looked at."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.errors import InputError, Place, nearest
from simulator.scenario.parse import parse

if TYPE_CHECKING:
    from simulator.scenario.node import Node

MAX_BYTES = 256 << 10


def read(path: Path, asked_at: Place | None = None) -> tuple[Node, str]:
    """The settings of a file, a mapping, and the SHA-256 of its bytes.

    ``asked_at`` is where another file names this one: there a missing file is reported. Raises
    InputError for whatever cannot be read as a mapping in YAML.
    """
    data = _bytes(path, asked_at or Place(path))
    root = parse(_text(data, path), path)
    if not isinstance(root.value, dict):
        raise InputError(
            "a scenario is a mapping of settings",
            right="begin with name: my_study",
            place=root.place,
        )
    return root, hashlib.sha256(data).hexdigest()


def _bytes(path: Path, place: Place) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise InputError(
            f"there is no file {path.name}", right=_neighbour(path, place), place=place
        ) from None
    except IsADirectoryError:
        raise InputError(
            f"{path.name or path} is a folder", right="name a scenario file in it", place=place
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"cannot read {path.name}: {reason}", place=place) from None
    if len(data) > MAX_BYTES:
        raise InputError(
            f"{path.name} is too large for a scenario",
            right=f"at most {MAX_BYTES >> 10} KiB; logs are named by workload.trace",
            place=place,
        )
    return data


def _neighbour(path: Path, place: Place) -> str | None:
    """Advice from the folder: the files there that could have been meant."""
    if not path.parent.is_dir():
        return f"nor is there a folder {path.parent}"
    names = [each.name for each in path.parent.glob("*.y*ml") if each != Path(place.file)]
    return nearest(path.name, names) if names else None


def _text(data: bytes, path: Path) -> str:
    """UTF-8, with or without a byte-order mark, with any line ends."""
    if b"\0" in data:
        raise InputError("this is not text", right="a scenario is YAML in UTF-8", place=Place(path))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"the byte 0x{data[error.start]:02x} is not UTF-8",
            right="save the file as UTF-8",
            place=Place(path, line),
        ) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")
