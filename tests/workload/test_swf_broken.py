"""Every broken log ends in one message that says where, what and what would be right."""

from __future__ import annotations

import gzip
import io
import zipfile

import pytest

from simulator.errors import InputError
from simulator.workload.readers import swf

from .logs import row, write

try:
    from compression import zstd
except ImportError:
    from backports import zstd

FIELDS = "a job has 18 fields; -1 stands for unknown"
UNKNOWN = "-1 stands for unknown"
GOOD = row()

BROKEN_LINES = {
    "short row": (["1 0 -1 100"], "1:8", "a job of 4 fields ends with '100'", FIELDS),
    "long row": (
        [GOOD, GOOD + " 7"],
        f"2:{len(GOOD) + 2}",
        "a job of 19 fields has one too many in '7'",
        FIELDS,
    ),
    "word": (
        [row(submit="soon")],
        "1:3",
        "'soon' is not a number (field 2, submit)",
        UNKNOWN,
    ),
    "not a number": (
        [row(run_time="nan")],
        "1:8",
        "'nan' is not a number (field 4, run_time)",
        UNKNOWN,
    ),
    "infinity": (
        [row(run_time="inf")],
        "1:8",
        "'inf' is not a number (field 4, run_time)",
        UNKNOWN,
    ),
    "hexadecimal": (
        [row(job_id="0x10")],
        "1:1",
        "'0x10' is not a whole number (field 1, job_id)",
        UNKNOWN,
    ),
    "fractional size": (
        [row(allocated="1.5")],
        "1:12",
        "'1.5' is not a whole number (field 5, allocated)",
        UNKNOWN,
    ),
    "two points": (
        [row(submit="1.2.3")],
        "1:3",
        "'1.2.3' is not a number (field 2, submit)",
        UNKNOWN,
    ),
    "decimal comma": (
        [row(submit="1,5")],
        "1:3",
        "'1,5' is not a number (field 2, submit)",
        UNKNOWN,
    ),
    "two signs": (
        [row(user="--1")],
        "1:31",
        "'--1' is not a whole number (field 12, user)",
        UNKNOWN,
    ),
    "lone sign": ([row(user="-")], "1:31", "'-' is not a whole number (field 12, user)", UNKNOWN),
    "not ASCII": ([row(user="Ә")], "1:31", "'Ә' is not a whole number (field 12, user)", UNKNOWN),
    "number too large": (
        [row(job_id=2**63)],
        "1:1",
        "'9223372036854775808' is not a whole number (field 1, job_id)",
        UNKNOWN,
    ),
    "number too large for a fraction": (
        [row(submit=2**53)],
        "1:3",
        "'9007199254740992' is not a number (field 2, submit)",
        UNKNOWN,
    ),
    "comment behind a row": (
        [GOOD + " ; late"],
        f"1:{len(GOOD) + 2}",
        "a job of 20 fields has one too many in ';'",
        FIELDS,
    ),
    "quoted": (
        ['"1" ' + GOOD[2:]],
        "1:1",
        "'\"1\"' is not a whole number (field 1, job_id)",
        UNKNOWN,
    ),
    "after comments and blank lines": (
        ["; Version: 2.2", "", GOOD, "; in the middle", "   ", row(user="x")],
        "6:31",
        "'x' is not a whole number (field 12, user)",
        UNKNOWN,
    ),
    "indented with tabs": (
        ["\t" + row(user="x").replace(" ", "\t\t")],
        "1:43",
        "'x' is not a whole number (field 12, user)",
        UNKNOWN,
    ),
    "negative submit": (
        [GOOD, row(job_id=7, submit=-5)],
        "2:3",
        "job 7 has the negative submit -5",
        "a submit time is 0 or later",
    ),
    "unknown submit of a job that ran": (
        [row(submit=-1)],
        "1:3",
        "job 1 has the negative submit -1",
        "a submit time is 0 or later",
    ),
    "negative run time": (
        ["; note", GOOD, "", row(job_id=8, run_time=-2)],
        "4:8",
        "job 8 has the negative run time -2",
        "a run time is 0 or more; -1 stands for unknown",
    ),
    "negative fraction of a run time": (
        [row(run_time=-0.5)],
        "1:8",
        "job 1 has the negative run time -0.5",
        "a run time is 0 or more; -1 stands for unknown",
    ),
    "machine size no number": (
        ["; MaxProcs: many", GOOD],
        "1",
        "MaxProcs 'many' is not a number",
        "write it like '; MaxProcs: 100', or leave the line out",
    ),
    "empty": ([""], None, "an empty log: it holds no jobs", swf.NO_JOBS),
    "header alone": (["; Version: 2.2"], None, "an empty log: it holds no jobs", swf.NO_JOBS),
}


@pytest.mark.parametrize("case", BROKEN_LINES)
def test_a_broken_log_is_refused_with_its_place(case, tmp_path):
    lines, where, what, right = BROKEN_LINES[case]
    path = write(tmp_path, *lines)
    with pytest.raises(InputError) as caught:
        swf.read(path)
    place = path if where is None else f"{path}:{where}"
    assert str(caught.value) == f"{place}: {what} ({right})"


def test_nothing_left_after_cleaning(tmp_path):
    path = write(tmp_path, row(run_time=-1), row(allocated=0, requested=-1))
    with pytest.raises(
        InputError, match=r"no job is left of 2: 1 jobs that never ran .* 1 jobs of no"
    ):
        swf.read(path)


def _zip(**members: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return packed.getvalue()


LOG = "\n".join(row(job_id=n, submit=n * 17) for n in range(1, 500)).encode()
BROKEN_FILES = {
    "truncated gzip": (gzip.compress(LOG)[:-40], "the gzip file is cut short"),
    "gzip header alone": (gzip.compress(LOG)[:10], "the gzip file is cut short"),
    "gzip with a flipped bit": (
        gzip.compress(LOG)[:-8] + b"\0\0\0\0" + gzip.compress(LOG)[-4:],
        "broken gzip file: CRC check failed",
    ),
    "gzip with rubbish behind": (
        gzip.compress(LOG) + b"rubbish",
        "broken gzip file: Not a gzipped",
    ),
    "truncated zstd": (zstd.compress(LOG)[:-40], "broken Zstandard file"),
    "truncated zip": (_zip(log=LOG.decode())[:-40], "broken zip file"),
    "zip of two": (
        _zip(a="1", b="2"),
        "a zip of 2 files (a, b) (give a zip of one file, or unpack it)",
    ),
    "zip of none": (_zip(), "a zip of 0 files (none)"),
    "binary": (bytes(range(256)) * 4, "not a log: it holds bytes that are not text"),
    "empty file": (b"", "an empty log: it holds no jobs"),
    "gzip of nothing": (gzip.compress(b""), "an empty log: it holds no jobs"),
}


@pytest.mark.parametrize("case", BROKEN_FILES)
def test_a_broken_file_is_refused_by_name(case, tmp_path):
    content, message = BROKEN_FILES[case]
    path = tmp_path / "log.swf"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        swf.read(path)
    assert str(caught.value).startswith(f"{path}: {message}")


def test_a_missing_file_and_a_folder(tmp_path):
    with pytest.raises(InputError, match=r"there is no file '.*none\.swf'"):
        swf.read(tmp_path / "none.swf")
    with pytest.raises(InputError, match="is a folder"):
        swf.read(tmp_path)


def test_an_unreadable_file(tmp_path, monkeypatch):
    path = write(tmp_path, GOOD)

    def refuse(_self):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(path), "read_bytes", refuse)
    with pytest.raises(InputError, match="cannot be read: Permission denied"):
        swf.read(path)
