"""Files of a centre that cannot be read: refused with file and line, and nothing is written."""

from __future__ import annotations

import gzip
from zoneinfo import ZoneInfo

import pytest

from simulator.errors import InputError
from simulator.slurm.logs.make import make_recording
from tests.slurm.centre import ATTEMPT, FILES, ZONE, write_centre

NEEDED = [name for name in FILES if name not in ("nodes.txt", "partitions.txt")]
START = "Started JobId=1003"
LINES = {name: len(text.splitlines()) for name, text in FILES.items()}


@pytest.fixture
def centre(tmp_path):
    return write_centre(tmp_path / "centre")


def line_of(file, text):
    """The first line of a file that holds a text."""
    return next(n for n, line in enumerate(FILES[file].splitlines(), start=1) if text in line)


def refused(centre, zone=ZONE):
    before = sorted(centre.parent.iterdir())
    with pytest.raises(InputError) as caught:
        make_recording(centre, centre.parent / "made", ZoneInfo(zone))
    assert sorted(centre.parent.iterdir()) == before, "nothing is written, whole or half"
    assert caught.value.right, caught.value
    return caught.value


def refused_at(centre, file, line, said, zone=ZONE):
    error = refused(centre, zone)
    assert error.place, error
    assert (error.place.file, error.place.line) == (centre / file, line), error
    assert said in error.what, error
    return error


@pytest.mark.parametrize("name", NEEDED)
def test_a_folder_without_a_file(centre, name):
    (centre / name).unlink()
    error = refused(centre)
    assert error.what == f"there is no {name}"
    assert error.place.file == centre


def test_all_files_that_are_missing_are_named_at_once(centre):
    for name in ("sched.log", "sacct.psv", "config.txt"):
        (centre / name).unlink()
    said = str(refused(centre))
    assert "SlurmSchedLogLevel=1" in said
    assert "sacct -a -X -P" in said
    assert "scontrol show config" in said


@pytest.mark.parametrize("name", ["slurmctld.log", "sched.log"])
def test_a_log_that_is_cut_in_its_last_line(centre, name):
    path = centre / name
    path.write_bytes(path.read_bytes()[:-9])
    refused_at(centre, name, LINES[name], "cut in this line")


@pytest.mark.parametrize("name", ["slurmctld.log", "sched.log"])
def test_a_packed_log_that_is_cut(centre, name):
    # Once more from its first line on: only what can be unpacked before the cut is numbered.
    packed = gzip.compress((centre / name).read_bytes())
    (centre / name).unlink()
    (centre / f"{name}.gz").write_bytes(packed[:-12])
    error = refused(centre)
    assert error.place.file == centre / f"{name}.gz"
    assert error.place.line is not None
    assert "cut short after this line" in error.what


@pytest.mark.parametrize(
    ("file", "old", "new", "line", "said"),
    [
        ("config.txt", "Backfill,Priority", "Priority", 3, "DebugFlags lacks Backfill"),
        ("config.txt", "Backfill,Priority", "Backfill", 3, "DebugFlags lacks Priority"),
        ("config.txt", "= debug2", "= info", 6, "SlurmctldDebug is less"),
        ("config.txt", "iso8601_ms", "iso8601", 4, "LogTimeFormat has no"),
        ("config.txt", "LogLevel      = 1", "LogLevel      = 0", 7, "SlurmSchedLogLevel is 0"),
        ("config.txt", "SLURM_VERSION", "VERSION", None, "no SLURM_VERSION"),
        ("slurm.conf", "bf_interval=10", "bf_interval=30", 4, "'bf_interval=10,bf_resolution=1'"),
        ("slurm.conf", "cons_tres", "linear", 2, "decides in a way that is not known"),
        ("nodes.txt", "CPUTot=32 Gres", "CPUTot=64 Gres", 1, "'64' of gpu-a01 is 32 in slurm.conf"),
        ("nodes.txt", "NodeName=gpu-a02", "NodeName=b7", 3, "no node 'b7'"),
        ("partitions.txt", "=long", "=huge", 3, "no partition 'huge'"),
        ("partitions.txt", "a[01-02]\n", "a01\n", 1, "of short are others in slurm.conf"),
        ("partitions.txt", "MaxTime=UNLIMITED", "MaxTime=60", 1, "of short is another"),
        ("partitions.txt", "Tier=1", "Tier=5", 2, "of short is another in slurm.conf"),
        ("partitions.txt", "State=UP", "State=DRAIN", 2, "the partition short is DRAIN"),
        ("sacct.psv", "|2026-03-02T10:00:40|2026", "|soon|2026", 2, "Submit: 'soon' is no time"),
        ("sacct.psv", "|Unknown|10|", "|Unknown||", 2, "without a walltime"),
        ("slurmctld.log", f"{ATTEMPT} beg", f"debug:  {ATTEMPT} beg", 16, "DebugFlags=Backfill"),
        ("slurmctld.log", "00:00.040", "00:00", 1, "has no milliseconds"),
        ("slurmctld.log", "10:00:30.000", "10:00:05.000", 30, "goes back by 16 s"),
        ("sched.log", "[2026-03-02T10:00:00.050]", "[Mar 2 10:00]", 1, "cannot be read"),
    ],
)
def test_settings_and_lines_that_cannot_be_right(centre, file, old, new, line, said):
    text = (centre / file).read_text()
    assert old in text
    (centre / file).write_text(text.replace(old, new))
    refused_at(centre, file, line, said)


@pytest.mark.parametrize(
    ("file", "kept_out", "said"),
    [
        ("slurmctld.log", "_get_priority_internal", "no priority (DebugFlags=Priority)"),
        ("slurmctld.log", "node_did_resp", "no answer of a node (SlurmctldDebug=debug2)"),
        ("sched.log", "Running job scheduler", "no pass of the main scheduler"),
    ],
)
def test_logs_without_the_lines_of_the_debug_settings(centre, file, kept_out, said):
    kept = [line for line in FILES[file].splitlines() if kept_out not in line]
    (centre / file).write_text("\n".join(kept) + "\n")
    error = refused_at(centre, file, None, said)
    assert "DebugFlags=Backfill,Priority" in error.right


def test_a_log_without_passes_of_backfill(centre):
    kept = [line for line in FILES["slurmctld.log"].splitlines() if "backfill" not in line]
    (centre / "slurmctld.log").write_text("\n".join(kept) + "\n")
    refused_at(centre, "slurmctld.log", None, "no pass of backfill (DebugFlags=Backfill)")


def change(centre, file, *pairs):
    text = (centre / file).read_text()
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    (centre / file).write_text(text)


def test_a_job_that_starts_twice(centre):
    line = next(each for each in FILES["slurmctld.log"].splitlines() if "Allocate JobId" in each)
    change(centre, "slurmctld.log", (f"{line}\n", f"{line}\n{line}\n"))
    refused_at(centre, "slurmctld.log", 12, "job 1001 starts while it runs")


def test_a_node_that_is_over_full(centre):
    change(
        centre, "slurmctld.log", (f"{START} in short on gpu-a02", f"{START} in short on gpu-a01")
    )
    change(centre, "sacct.psv", ("gres/gpu=1|gpu-a02", "gres/gpu=1|gpu-a01"))
    line = line_of("slurmctld.log", START)
    refused_at(centre, "slurmctld.log", line, "node gpu-a01 is over-full once job 1003 starts")


@pytest.mark.parametrize(
    ("old", "new", "marked", "said"),
    [
        ("T10:00:10|2026", "T10:00:14|2026", START, "starts at 1772427610"),
        ("|2026-03-02T10:00:20|", "|2026-03-02T10:00:29|", "JobId=1003 done", "ends at 1772427620"),
        ("gres/gpu=1|gpu-a02", "gres/gpu=1|gpu-a01", START, "starts on gpu-a02"),
        ("1003|small", "1009|small", "JobId=1003 InitPrio", "sacct.psv has no job 1003"),
        ("1004|now", "1005|now", "JobId=1004 InitPrio", "sacct.psv has no job 1004"),
    ],
)
def test_logs_that_contradict_sacct(centre, old, new, marked, said):
    change(centre, "sacct.psv", (old, new))
    refused_at(centre, "slurmctld.log", line_of("slurmctld.log", marked), said)


def test_a_start_that_no_log_tells(centre):
    more = (
        "1006|x|lee|physics|normal|short|T|T|2026-03-02T10:00:33|Unknown|5|RUNNING|cpu=1|cpu=1|\n"
    )
    time = "2026-03-02T10:00:30"
    (centre / "sacct.psv").write_text(
        FILES["sacct.psv"] + more.replace("|T|", f"|{time}|", 2).replace("|T|", f"|{time}|")
    )
    refused_at(centre, "sacct.psv", 6, "job 1006 started at 1772427633, which no log tells")


def test_the_two_logs_of_different_passes(centre):
    change(centre, "sched.log", ("for full queue", "for default depth"))
    refused_at(centre, "slurmctld.log", 33, "has another one at line 6")


def test_a_start_that_the_schedulers_own_log_lacks(centre):
    kept = [line for line in FILES["sched.log"].splitlines() if "Allocate" not in line]
    (centre / "sched.log").write_text("\n".join(kept) + "\n")
    refused_at(centre, "slurmctld.log", 11, "sched.log has no such start")


def test_times_of_another_zone(centre):
    error = refused_at(centre, "slurmctld.log", None, "tried again -5.0 h", zone="UTC")
    assert "--time-zone" in error.right


def test_a_target_that_is_there(centre):
    (centre.parent / "made").mkdir()
    assert "there already" in refused(centre).what


def test_no_folder(tmp_path):
    (tmp_path / "centre").write_text("a file")
    assert "there is no folder" in refused(tmp_path / "centre").what


@pytest.mark.parametrize("junk", [b"", b"\x00\x01", b"\xff\xfe\n", b"\x1f\x8b\x08junk\n"])
@pytest.mark.parametrize("name", NEEDED)
def test_bytes_that_are_no_such_file(centre, name, junk):
    if name == "assoc.psv" and junk == b"":
        pytest.skip("a cluster without associations is one")
    (centre / name).write_bytes(junk)
    assert refused(centre).what
