from __future__ import annotations

import gzip
import io
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.workload.readers import swf, swf_table
from simulator.workload.readers.swf_fields import FIELDS
from simulator.workload.readers.swf_table import _collapse, _parse, _parse_exactly

from .logs import row, write

try:
    from compression import zstd
except ImportError:
    from backports import zstd


def steps(recorded):
    return {step.name: step.count for step in recorded.steps}


def test_blanks_tabs_and_line_ends_make_no_difference(tmp_path):
    plain = swf.read(write(tmp_path, row(), row(job_id=2, submit=5), name="a"))
    odd = tmp_path / "b"
    odd.write_bytes(
        b"  ; a comment\r\n\t  " + row().replace(" ", "   ").encode() + b" \t \r\n\r\n"
        b";\n" + row(job_id=2, submit=5).replace(" ", "\t").encode()
    )
    other = swf.read(odd)
    for name in ("job_id", "submit", "run_time", "walltime", "gpus", "user", "account"):
        np.testing.assert_array_equal(getattr(plain.jobs, name), getattr(other.jobs, name))


def test_header_is_honoured_wherever_it_stands(tmp_path):
    path = write(
        tmp_path,
        "; Version: 2.2",
        ";MaxProcs:  128 (of them 4 spare)",
        "; UnixStartTime: 749458803",
        "; TimeZoneString: US/Pacific",
        "; Queue:  1  interactive",
        row(queue=0),
        "; Queue:  0 batch   ",
        "; Partition: 3 gpu",
        row(queue=1, partition=3),
    )
    read = swf.read(path)
    assert (read.capacity, read.epoch, read.time_zone) == (128, 749458803, "US/Pacific")
    assert [read.queues[code] for code in read.queue] == ["batch", "interactive"]
    assert [read.partitions[code] for code in read.partition] == ["unknown", "gpu"]


@pytest.mark.parametrize(
    ("line", "zone"), [("TimeZone: 3600", "Etc/GMT-1"), ("TimeZone: -28800", "Etc/GMT+8")]
)
def test_the_older_time_zone_is_an_offset_in_seconds(line, zone, tmp_path):
    assert swf.read(write(tmp_path, f"; {line}", row())).time_zone == zone


def test_nodes_stand_in_for_processors(tmp_path):
    assert swf.read(write(tmp_path, "; MaxNodes: 64", row())).capacity == 64


def test_two_queues_of_one_name_keep_their_numbers(tmp_path):
    path = write(tmp_path, "; Queue: 1 x", "; Queue: 2 x", row(queue=1), row(queue=2))
    assert swf.read(path).queues == ("1", "2")


def test_size_is_allocated_or_requested(tmp_path):
    path = write(
        tmp_path, row(allocated=4, requested=8), row(allocated=-1, requested=16), row(requested=0)
    )
    read = swf.read(path)
    assert read.jobs.gpus.tolist() == [4, 16, 4]
    assert steps(read) == {"requested_size": 1, "repeated_job_numbers": 2}
    asked = swf.read(path, size="requested")
    assert asked.jobs.gpus.tolist() == [8, 16, 4]
    assert steps(asked)["allocated_size"] == 1


def test_cleaning_is_counted(tmp_path):
    path = write(
        tmp_path,
        "; MaxJobs: 12",
        "; MaxProcs: 8",
        row(job_id=1, submit=50.9, run_time=10.2),
        row(job_id=2, submit=20, run_time=0),
        row(job_id=3, submit=30, walltime=-1),
        row(job_id=4, submit=40, run_time=-1),
        row(job_id=5, submit=-1, run_time=-1),
        row(job_id=6, submit=60, allocated=0, requested=0),
        row(job_id=7, submit=70, status=1),
        row(job_id=7, submit=70, status=2, run_time=40),
        row(job_id=8, submit=80, status=2),
        row(job_id=9, submit=90, allocated=9, run_time=500, preceding=2, think_time=3),
    )
    read = swf.read(path)
    assert steps(read) == {
        "pieces_of_jobs": 1,
        "missing_run_time": 2,
        "missing_size": 1,
        "fractional_submit": 1,
        "fractional_run_time": 1,
        "missing_walltime": 1,
        "out_of_order": 1,
        "rows_not_as_stated": 2,
        "larger_than_machine": 1,
        "overrun": 1,
        "zero_run_time": 1,
        "dependencies": 1,
    }
    jobs = read.jobs
    assert jobs.job_id.tolist() == [2, 3, 1, 7, 8, 9]
    assert jobs.submit.tolist() == [20, 30, 50, 70, 80, 90]
    assert jobs.run_time.tolist() == [0, 100, 11, 100, 100, 500]
    assert jobs.walltime.tolist() == [200, 100, 200, 200, 200, 200]
    assert jobs.preceding.tolist() == [-1, -1, -1, -1, -1, 2]
    assert jobs.think_time.tolist()[-1] == 3


def test_equal_submits_keep_the_order_of_the_log(tmp_path):
    path = write(
        tmp_path, row(job_id=9, submit=5), row(job_id=8, submit=1), row(job_id=7, submit=5)
    )
    assert swf.read(path).jobs.job_id.tolist() == [8, 9, 7]


def test_a_missing_walltime_can_be_a_fixed_time(tmp_path):
    path = write(tmp_path, row(walltime=-1), row(walltime=0))
    assert swf.read(path, missing_walltime=7200).jobs.walltime.tolist() == [7200, 7200]


def test_people_are_codes(tmp_path):
    path = write(tmp_path, row(user=30, account=-1), row(user=4, account=2), row(user=10**15))
    jobs = swf.read(path).jobs
    assert jobs.users == ("4", "30", str(10**15))
    assert jobs.user.tolist() == [1, 0, 2]
    assert jobs.accounts == ("unknown", "1", "2")
    assert jobs.user.dtype == np.int32


def test_compression_is_told_by_content(tmp_path):
    text = (row() + "\n").encode()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("folder/", "")
        archive.writestr("folder/log.txt", text)
    for content in (text, gzip.compress(text), zstd.compress(text), packed.getvalue()):
        path = tmp_path / "misleading.zip"
        path.write_bytes(content)
        assert swf.read(path).jobs.submit.tolist() == [0]


numbers = st.integers(-1, 10**6).map(str)
fractions = st.decimals(0, 10**6, places=2).map(str)
rows = st.lists(
    st.tuples(*[fractions if name in ("submit", "run_time") else numbers for name in FIELDS]),
    min_size=1,
    max_size=8,
)
blanks = st.text(" \t", min_size=1, max_size=4)


@settings(max_examples=80, deadline=None)
@given(rows, st.lists(blanks, min_size=30, max_size=30))
def test_the_fast_path_reads_what_the_exact_one_reads(lines, between):
    gaps = iter(between * 20)
    text = "\n".join(
        next(gaps) + "".join(token + next(gaps) for token in line) for line in lines
    ).encode()
    fast, exact = _parse(_collapse(text)), _parse_exactly(text, "log")
    for name in FIELDS:
        np.testing.assert_array_equal(fast[name], exact[name])
        assert fast[name].dtype == exact[name].dtype


def test_exponents_take_the_exact_path(tmp_path):
    assert swf.read(write(tmp_path, row(submit="1.5e3", user="+4"))).jobs.submit.tolist() == [1500]


def test_real_logs(shared):
    kth = swf.read(shared / "traces/swf/KTH-SP2-1996-full28489.swf.gz")
    assert len(kth.jobs) == 28_489
    assert (kth.capacity, kth.epoch, kth.time_zone) == (100, 843480031, "Europe/Stockholm")
    assert len(kth.jobs.users) == 214
    assert kth.jobs.run_time[kth.jobs.run_time > 0].mean() == pytest.approx(8879, abs=0.5)
    assert kth.jobs.gpus.mean() == pytest.approx(7.669, abs=0.001)
    assert steps(kth) == {"rows_not_as_stated": 1, "overrun": 475, "zero_run_time": 8}
    nasa = swf.read(shared / "traces/swf/NASA-iPSC-1993-3.1-cln.swf.zip")
    assert len(nasa.jobs) == 18_239
    assert nasa.queues == ("unknown",)
    thunder = swf.read(shared / "traces/swf/LLNL-Thunder-2007-1.1-cln.swf.gz")
    assert steps(thunder)["missing_run_time"] + len(thunder.jobs) <= 121_039


@pytest.mark.parametrize("piece", [1, 7, 64])
def test_pieces_join_without_a_seam(piece, monkeypatch):
    text = "\n".join(row(job_id=n).replace(" ", "  " * (n % 3 + 1)) for n in range(9)).encode()
    whole = _collapse(text).tobytes()
    monkeypatch.setattr(swf_table, "PIECE", piece)
    assert _collapse(text).tobytes() == whole
