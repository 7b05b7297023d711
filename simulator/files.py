"""Data files: where they lie, and their bytes, plain, gzip, Zstandard or zip, told by content."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import sys
import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO, cast

from simulator.errors import InputError, Place

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

GZIP, ZSTD, ZIP = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", (b"PK\x03\x04", b"PK\x05\x06")
WHOLE = "copy or fetch the file again, whole"
BROKEN = (EOFError, gzip.BadGzipFile, zlib.error, zstd.ZstdError)
"""What reading a broken packed file raises."""


def shared_folders(base: Path) -> list[Path]:
    """Where shared data may lie, in the order in which it is looked for.

    ``$ADIL_SHARED/traces``; without that variable, in a folder ``shared`` beside the current
    directory, ``base`` or the folder around ``base``.
    """
    shared = os.environ.get("ADIL_SHARED")
    if shared:
        return [Path(shared) / "traces"]
    around = (Path.cwd(), base.resolve(), base.resolve().parent)
    return [folder.parent / "shared" / "traces" for folder in dict.fromkeys(around)]


def read_bytes(path: Path) -> tuple[bytes, str]:
    """Content of a file, unpacked, and the SHA-256 of the file as it lies there.

    Raises InputError for a file that is missing, unreadable, broken or an archive of several files.
    """
    try:
        packed = path.read_bytes()
    except FileNotFoundError:
        raise InputError(f"there is no file {str(path)!r}", right="give an existing file") from None
    except IsADirectoryError:
        raise InputError(f"{str(path)!r} is a folder", right="give a file in it") from None
    except OSError as error:
        raise InputError(f"{str(path)!r} cannot be read: {error.strerror}") from None
    return _unpack(packed, Place(path)), hashlib.sha256(packed).hexdigest()


def open_bytes(path: Path) -> BinaryIO:
    """A file to be read bit by bit, plain, gzip or Zstandard, told by content.

    Raises InputError for a file that is missing or cannot be read.
    """
    try:
        with path.open("rb") as file:
            begin = file.read(4)
        if begin.startswith(GZIP):
            return cast("BinaryIO", gzip.open(path, "rb"))
        if begin.startswith(ZSTD):
            return cast("BinaryIO", zstd.open(path, "rb"))
        return path.open("rb")
    except FileNotFoundError:
        raise InputError(f"there is no file {str(path)!r}", right="give an existing file") from None
    except OSError as error:
        raise InputError(f"{str(path)!r} cannot be read: {error.strerror}") from None


def _unpack(packed: bytes, place: Place) -> bytes:
    if packed.startswith(GZIP):
        return _gunzip(packed, place)
    if packed.startswith(ZSTD):
        try:
            return zstd.decompress(packed)
        except zstd.ZstdError as error:
            raise InputError(f"broken Zstandard file: {error}", right=WHOLE, place=place) from None
    if packed.startswith(ZIP):
        return _unzip(packed, place)
    return packed


def _gunzip(packed: bytes, place: Place) -> bytes:
    try:
        return gzip.decompress(packed)
    except EOFError:
        raise InputError("the gzip file is cut short", right=WHOLE, place=place) from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise InputError(f"broken gzip file: {error}", right=WHOLE, place=place) from None


def _unzip(packed: bytes, place: Place) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            if len(members) != 1:
                names = ", ".join(member.filename for member in members[:5]) or "none"
                raise InputError(
                    f"a zip of {len(members)} files ({names})",
                    right="give a zip of one file, or unpack it",
                    place=place,
                )
            return archive.read(members[0])
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise InputError(f"broken zip file: {error}", right=WHOLE, place=place) from None
    except (RuntimeError, NotImplementedError) as error:
        raise InputError(
            f"a zip that cannot be read: {error}", right="unpack it", place=place
        ) from None
