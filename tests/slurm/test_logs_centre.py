"""Tables out of the logs of a made-up centre."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from simulator.slurm.logs.make import make_recording
from simulator.slurm.logs.shapes import shape_of
from simulator.slurm.recording.recording import read_recording
from tests.slurm.centre import ATTEMPT, BEGIN, ZONE, write_centre
from tests.slurm.made import TABLES, read


@pytest.fixture
def made(tmp_path):
    write_centre(tmp_path / "centre")
    return make_recording(tmp_path / "centre", tmp_path / "made", ZoneInfo(ZONE))


@pytest.fixture
def tables(made, tmp_path):
    return {table.partition(".")[0]: read(tmp_path / "made" / table) for table in TABLES}


def at(seconds):
    return f"{BEGIN + seconds:.3f}"


def test_runs_of_a_made_up_centre(tables):
    told = [
        [row[name] for name in ("job_id", "start", "end", "free", "how_ended", "pass_id", "nodes")]
        for row in tables["runs"]
    ]
    assert told == [
        ["1001", at(3.002), at(40.002), at(40.04), "preempted", "1", "gpu-a01"],
        ["1003", at(10.003), at(20.5), at(20.505), "completed", "2", "gpu-a02"],
        ["1004", at(50.002), at(60), at(60.03), "cancelled", "4", "gpu-a01"],
    ]
    assert [row["preempted_for"] for row in tables["runs"]] == ["1004", "", ""]
    assert [row["scheduler"] for row in tables["starts"]] == ["main", "backfill", "backfill"]


def test_passes_of_a_made_up_centre(tables):
    names = ("kind", "depth", "begin", "tested", "planned", "limit", "jobs_started")
    assert [[row[name] for name in names] for row in tables["passes"]] == [
        ["main", "default", at(3.001), "2", "0", "", "1001"],
        ["backfill", "", at(10), "2", "1", "", "1003"],
        ["main", "full", at(40), "2", "0", "depth", ""],
        ["backfill", "", at(50), "2", "0", "max_job_test", "1004"],
        ["backfill", "", at(70), "0", "0", "", ""],
    ]
    looked = [
        [row[name] for name in ("pass_id", "job_id", "priority", "partition", "outcome", "nodes")]
        for row in tables["main_queue"]
    ]
    assert looked == [
        ["1", "1001", "", "short", "started", "gpu-a01"],
        ["1", "1002", "506", "long", "blocked", ""],
        ["3", "1004", "900", "short", "blocked", ""],
        ["3", "1002", "506", "long", "skipped", ""],
    ]
    names = ("pass_id", "job_id", "outcome", "planned_start", "planned_end", "nodes", "tries")
    assert [[row[name] for name in names] for row in tables["backfill_plan"]] == [
        ["2", "1002", "planned", f"{BEGIN + 603}", f"{BEGIN + 1803}", "gpu-a01 gpu-a02", "2"],
        ["2", "1003", "started", at(10.003), "", "gpu-a02", "1"],
        ["4", "1004", "started", at(50.002), "", "gpu-a01", "1"],
        ["4", "1002", "failed", "", "", "", "1"],
    ]


def test_jobs_of_a_made_up_centre(tables):
    names = ("job_id", "name", "submit", "start", "gpus_per_node", "mem_mb", "timelimit_s", "state")
    told = [[row[name] for name in names] for row in tables["jobs"]]
    assert told[0] == ["1001", "train_a", f"{BEGIN + 40}", "", "4", "65536", "600", "PENDING"]
    assert told[3][-1] == "CANCELLED"
    assert [row["submit_ms"] for row in tables["jobs"]] == [at(2.1), at(2.5), at(5), at(35)]


def test_terms_are_read_where_the_log_has_them_and_reckoned_where_not(tables):
    names = ("priority", "age", "tres_cpu", "tres_mem", "tres_gpu")
    assert [[row[name] for name in names] for row in tables["priority"]] == [
        ["500.50", "0.00", "25.00", "", "200.00"],
        ["506.00", "0.00", "100.00", "0.00", "400.00"],
    ]


def test_events_of_a_made_up_centre(tables, tmp_path):
    assert [(row["what"], row["job_id"], row["detail"]) for row in tables["events"]] == [
        ("time_limit_check", "", ""),
        ("submit", "1001", "500"),
        ("submit", "1002", ""),
        ("submit", "1003", "100"),
        ("priority_calc", "", "300 1 1"),
        ("done", "1003", ""),
        ("submit", "1004", "900"),
        ("preempt", "1001", "1004"),
        ("epilog", "1001", "gpu-a01"),
        ("cancel", "1004", ""),
        ("epilog", "1004", "gpu-a01"),
    ]
    assert (tmp_path / "made" / "snap_times.txt").read_text() == f"{at(7)}\n"


def test_lines_that_are_not_known_are_counted_by_shape(made, tmp_path):
    unknown = made.unknown["slurmctld.log"]
    ((shape, count, line),) = unknown.most()
    assert (shape, count, line) == ("the flux of # is #", 2, 30)
    listed = (tmp_path / "made" / "lines_not_known.txt").read_text()
    assert listed == f"2\tslurmctld.log:30\t{shape}\n"


def test_what_was_made_is_a_recording(made, tmp_path):
    found = read_recording(tmp_path / "made")
    assert sorted(found.jobs) == [1001, 1002, 1003, 1004]
    assert [run.how_ended for run in found.runs] == ["preempted", "completed", "cancelled"]


def test_a_log_that_goes_on_after_the_schedulers_own(tmp_path):
    centre = write_centre(tmp_path / "centre")
    sched = centre / "sched.log"
    kept = [line for line in sched.read_text().splitlines() if "10:00:40" not in line]
    sched.write_text("\n".join(kept) + "\n")
    made = make_recording(centre, tmp_path / "made", ZoneInfo(ZONE))
    assert (made.main, made.backfill) == (1, 1)
    assert [row["end"] for row in read(tmp_path / "made" / "runs.csv")] == ["", at(20.5)]
    (said,) = made.remarks
    assert said.startswith("the recording ends where sched.log does, at")


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ("have already checked 4 jobs for user 1001; skipping JobId=1002", "user_limit"),
        ("JobId=1002 StartTime set to time after current backfill window. No", "beyond_window"),
        ("JobId=1002 reservation defer", "none"),
    ],
)
def test_what_else_becomes_of_a_job_in_backfill(tmp_path, said, outcome):
    old = "BACKFILL: planned start of JobId=1002 failed: Requested nodes are busy"
    made = replaced(tmp_path, (old, f"BACKFILL: {said}"))
    assert made.unknown["slurmctld.log"].lines == 2, "those of the flux"
    rows = read(tmp_path / "made" / "backfill_plan.csv.gz")
    assert rows[-1]["outcome"] == outcome


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("22.05.8", "23.11.4", "Slurm 23.11.4: its lines are read as 22.05 writes them"),
        (
            "debug2: the flux of gpu-a01 is 88.1",
            "slurmctld version 22.05.8 started on cluster alatau",
            "1 restarts of slurmctld",
        ),
        ("JobId=1003 ", "JobId=1001_2(1003) ", "jobs of arrays or in several parts"),
        (
            "debug2: the flux of gpu-a01 is 88.1",
            "update_node: node gpu-a02 state set to DRAINED",
            "1 nodes that were drained",
        ),
        (
            "debug2: the flux of gpu-a01 is 88.1",
            "_update_job: setting time_limit to 5 for JobId=1002",
            "1 jobs that were changed",
        ),
        (
            "BACKFILL: reached end of",
            "yielding locks after testing 2(2) jobs, usec=7\n[2026-03-02T10:00:10.004]"
            f" {ATTEMPT} BACKFILL: reached end of",
            "1 times that backfill gave its locks away",
        ),
    ],
)
def test_what_the_tables_cannot_tell_is_said(tmp_path, old, new, said):
    centre = write_centre(tmp_path / "centre")
    log = centre / "slurmctld.log"
    assert old in log.read_text()
    log.write_text(log.read_text().replace(old, new))
    (remark,) = make_recording(centre, tmp_path / "made", ZoneInfo(ZONE)).remarks
    assert said in remark


def test_nodes_that_are_away_are_told(tmp_path):
    centre = write_centre(tmp_path / "centre")
    nodes = (centre / "nodes.txt").read_text().replace("State=IDLE", "State=IDLE+DRAIN", 1)
    (centre / "nodes.txt").write_text(nodes)
    (said,) = make_recording(centre, tmp_path / "made", ZoneInfo(ZONE)).remarks
    assert said == "gpu-a01 was IDLE+DRAIN when nodes.txt was printed, and is taken to be up"


def test_a_reservation_that_was_made_meanwhile(tmp_path):
    centre = write_centre(tmp_path / "centre")
    log = centre / "slurmctld.log"
    log.write_text(
        log.read_text().replace(
            "debug2: the flux of gpu-a01 is 88.1",
            "sched: Created reservation=service users=root nodes=gpu-a[01-02] cores=64 "
            "licenses=(null) tres=cpu=64 watts=4294967294 start=2026-03-02T12:00:00 "
            "end=2026-03-02T13:00:00 MaxStartDelay=",
        )
    )
    make_recording(centre, tmp_path / "made", ZoneInfo(ZONE))
    (made,) = read_recording(tmp_path / "made").reservations
    assert (made.name, made.made_ms) == ("service", BEGIN * 1000 + 30_000)
    assert (made.start - BEGIN, made.end - BEGIN) == (7200, 10800)
    assert made.nodes == ("gpu-a01", "gpu-a02")


def replaced(tmp_path, *pairs):
    centre = write_centre(tmp_path / "centre")
    log = centre / "slurmctld.log"
    text = log.read_text()
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    log.write_text(text)
    return make_recording(centre, tmp_path / "made", ZoneInfo(ZONE))


def test_a_job_that_a_pass_looks_at_in_two_partitions(tmp_path):
    """The first look is the row; a start is one, wherever it comes."""
    time = "\n[2026-03-02T10:00:10.002] "
    made = replaced(
        tmp_path,
        (
            f"{ATTEMPT} BACKFILL: test for JobId=1003 Prio=100 Partition=short",
            f"{ATTEMPT} BACKFILL: test for JobId=1003 Prio=100 Partition=long{time}"
            f"{ATTEMPT} BACKFILL: test for JobId=1002 Prio=506 Partition=short{time}"
            f"{ATTEMPT} BACKFILL: test for JobId=1003 Prio=100 Partition=short",
        ),
    )
    (said,) = made.remarks
    assert said.startswith("2 times that backfill looked at a job once more")
    rows = [
        row for row in read(tmp_path / "made" / "backfill_plan.csv.gz") if row["pass_id"] == "2"
    ]
    assert [(row["job_id"], row["outcome"]) for row in rows] == [
        ("1002", "planned"),
        ("1003", "started"),
    ]


def test_a_task_that_leaves_its_array(tmp_path):
    made = replaced(
        tmp_path,
        ("test for JobId=1003 Prio", "test for JobId=1002_* Prio"),
        ("Started JobId=1003 in", "Started JobId=1002_7(1003) in"),
    )
    assert len(made.remarks) == 2
    started = [row["jobs_started"] for row in read(tmp_path / "made" / "passes.csv")]
    assert started == ["1001", "1003", "", "1004", ""]


def test_files_that_slurm_conf_includes_come_along(tmp_path):
    centre = write_centre(tmp_path / "centre")
    text = (centre / "slurm.conf").read_text()
    (centre / "conf.d").mkdir()
    nodes = [line for line in text.splitlines() if line.startswith("NodeName")]
    (centre / "conf.d" / "nodes.conf").write_text("\n".join(nodes) + "\n")
    others = [line for line in text.splitlines() if not line.startswith("NodeName")]
    lines = [*others, "include conf.d/nodes.conf", ""]
    (centre / "slurm.conf").write_text("\n".join(lines))
    make_recording(centre, tmp_path / "made", ZoneInfo(ZONE))
    assert len(read_recording(tmp_path / "made").cluster.nodes) == 2


def test_an_end_that_only_sacct_tells(tmp_path):
    centre = write_centre(tmp_path / "centre")
    log = centre / "slurmctld.log"
    kept = [line for line in log.read_text().splitlines() if "JobId=1003 done" not in line]
    log.write_text("\n".join(kept) + "\n")
    (said,) = make_recording(centre, tmp_path / "made", ZoneInfo(ZONE)).remarks
    assert "ends of jobs that only sacct tells" in said
    run = read(tmp_path / "made" / "runs.csv")[1]
    assert (run["end"], run["how_ended"]) == (at(20), "completed")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("job 7 for user u7 on node n3", "job 12 for user bob on node gpu-a01"),
        ("at 2026-03-02T10:00:00 usec=17", "at 2026-11-02T11:30:00 usec=4"),
        ('using "CPU=1" from /var/spool/a', 'using "CPU=2,Mem=3" from /x'),
        ("nodes n[1-3,5] Partition=short", "nodes n7 Partition=long"),
        ("found 8 of 0x1f", "found 12 of 0xffee"),
    ],
)
def test_shapes_leave_out_numbers_names_and_times(one, other):
    assert shape_of(one) == shape_of(other)
    assert shape_of(one) != shape_of("slurmctld starting")
