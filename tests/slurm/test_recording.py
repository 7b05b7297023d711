"""Recordings of passes: what is read, what is refused with its file and line."""

from __future__ import annotations

import gzip
import json
import shutil

import pytest

from simulator.errors import InputError
from simulator.slurm.recording.recording import read_recording
from tests.slurm.folders import SCHEDULES, each

CONF = """ClusterName=c
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=bf_resolution=30,bf_window=20,bf_continue
PreemptType=preempt/qos
PreemptMode=REQUEUE
PreemptExemptTime=00:01:00
NodeName=n[1-10] CPUs=64 RealMemory=1000 Gres=gpu:8
PartitionName=batch Nodes=n[1-10] Default=YES PriorityTier=1
PartitionName=debug Nodes=n[1,10] MaxTime=2 PriorityTier=2
"""
TABLES = {
    "slurm.conf": CONF,
    "qos.psv": "Name|Priority|Preempt|UsageFactor\nnormal|10||1\nhigh|100|low|2\nlow|0||0.5\n",
    "assoc.psv": "Account|ParentName|User|Share\nroot|||1\na|root||1\na||u|1\n",
    "jobs.csv": "job_id,submit,eligible,start,end,user,account,qos,partition,nodes,gpus_per_node,"
    "cpus,mem_mb,timelimit_s,submit_ms\n"
    "1,100,100,102,,u,a,normal,batch,1,8,64,500,600,100.100\n"
    "2,101,101,,,u,a,normal,batch,2,1,8,100,60,101.250\n",
    "runs.csv": "job_id,run,start,end,free,how_ended,pass_id,nodes,preempted_for\n"
    "1,1,102.010,,,,1,n10,\n",
    "passes.csv": "pass_id,kind,depth,begin,limit,jobs_started\n"
    "1,main,full,102.000,,1\n2,backfill,,110.000,,\n",
    "main_queue.csv": "pass_id,pos,job_id,priority,outcome,nodes\n"
    "1,1,1,,started,n10\n1,2,2,50,blocked,\n",
    "backfill_plan.csv": "pass_id,pos,job_id,priority,outcome,planned_start,planned_end,nodes,"
    "tries\n2,1,2,50,planned,120,180,n1 n2,1\n",
    "priority.csv": "time,job_id,priority\n100.100,1,60.00\n101.250,2,50.00\n",
    "events.csv": "time,what,job_id,detail\n100.100,submit,1,\n",
}


@pytest.fixture
def folder(tmp_path):
    for name, text in TABLES.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def refused(folder, file, line, said):
    with pytest.raises(InputError) as caught:
        read_recording(folder)
    error = caught.value
    assert error.place, error
    assert error.place.file == (folder / file if file else folder), error
    assert error.place.line == line, error
    assert said in error.what, error
    assert error.right, error


@each(SCHEDULES)
def test_the_recordings_are_read(folder):
    found = read_recording(folder)
    assert len(found.jobs) == {"A": 390, "B-start": 206}[folder.name]
    assert (
        sum(row.outcome == "planned" for rows in found.planned.values() for row in rows)
        == {
            "A": 4829,
            "B-start": 857,
        }[folder.name]
    )
    still = [run for run in found.runs if run.end_ms is None]
    assert bool(still) == (folder.name == "B-start"), "it stops in the middle, which is no error"


def test_a_small_recording_plain_or_packed(folder):
    before = read_recording(folder)
    packed = gzip.compress((folder / "jobs.csv").read_bytes())
    (folder / "jobs.csv.gz").write_bytes(packed)
    (folder / "jobs.csv").unlink()
    found = read_recording(folder)
    assert found.runs == before.runs
    assert [job.submit_ms for job in found.jobs.values()] == [100_100, 101_250]
    assert [node.name for node in found.cluster.nodes][-2:] == ["n9", "n10"], "numbers as numbers"
    assert found.cluster.partitions["debug"].nodes == (0, 9)
    assert found.cluster.parameters["bf_resolution"] == 30
    assert found.cluster.parameters["bf_window"] == 1200, "minutes in the file"
    assert found.cluster.parameters["bf_max_job_test"] == 500, "Slurm's default"
    assert found.cluster.exempt == 60
    assert found.reservations == []


def test_reservations_are_read_and_their_nodes_known(folder):
    one = {"name": "m", "made": 90.5, "start": 200, "end": 300, "nodes": ["n1"], "flags": "MAINT"}
    path = folder / "reservation.json"
    path.write_text(json.dumps([one]))
    (made,) = read_recording(folder).reservations
    assert (made.made_ms, made.start, made.end, made.nodes) == (90_500, 200, 300, ("n1",))
    path.write_text(json.dumps([one | {"nodes": ["x"]}]))
    refused(folder, "reservation.json", None, "no node 'x'")
    path.write_text(json.dumps([one | {"end": 10**30}]))
    refused(folder, "reservation.json", None, "ends before it starts, or never")
    path.write_text("[{")
    refused(folder, "reservation.json", 1, "no JSON")
    path.write_text(json.dumps([{"name": "m"}]))
    refused(folder, "reservation.json", None, "cannot be read")


@pytest.mark.parametrize("name", [name for name in TABLES if name.endswith(".csv")])
def test_a_folder_without_a_table_is_refused(folder, name):
    (folder / name).unlink()
    refused(folder, None, None, f"there is no table {name}")


def test_no_folder_at_all(tmp_path):
    with pytest.raises(InputError, match="there is no folder"):
        read_recording(tmp_path / "none")


@pytest.mark.parametrize(
    ("file", "old", "new", "line", "said"),
    [
        ("jobs.csv", "2,101,", "1,101,", 3, "job 1 stands there twice"),
        ("jobs.csv", "batch,2,", "gone,2,", 3, "no partition 'gone'"),
        ("jobs.csv", "a,normal,batch,2", "a,best,batch,2", 3, "no 'best'"),
        ("jobs.csv", "2,1,8,", "2,1,9,", 3, "not the same on each"),
        ("jobs.csv", "101.250", "101.25", 3, "submit_ms: '101.25' is no time"),
        ("jobs.csv", "2,1,8,100,60,101.250", "2,1,8", 3, "cut in the middle"),
        ("jobs.csv", "timelimit_s", "limit", 1, "'limit' is not known"),
        ("runs.csv", "n10,", "n11,", 2, "no node 'n11'"),
        ("runs.csv", "1,1,102", "3,1,102", 2, "no job 3"),
        ("runs.csv", "n10,", "n9 n10,", 2, "ran on 2 nodes, asked for 1"),
        ("runs.csv", "1,n10,\n", "1,n10,\n1,2,103.000,,,,1,n9,\n", 3, "it starts twice"),
        ("runs.csv", ".010,,,,", ".010,101.000,,completed,", 2, "ends before it starts"),
        ("runs.csv", ",1,n10", ",2,n10", 2, "runs.csv has no run of job 1"),
        ("passes.csv", "2,backfill", "1,backfill", 3, "pass 1 stands there twice"),
        ("passes.csv", "110.000", "90.000", 3, "begins before the one above"),
        ("passes.csv", "102.000,,1", "102.000,,2", 2, "its rows say [1]"),
        ("passes.csv", "2,backfill,,110", "2,main,full,110", 2, "no backfill pass 2"),
        ("main_queue.csv", "1,2,2", "1,2,1", 3, "job 1 stands twice in pass 1"),
        ("main_queue.csv", "blocked", "dropped", 3, "'dropped' is not known"),
        ("backfill_plan.csv", "2,1,2,50", "2,1,7,50", 2, "no job 7"),
        ("priority.csv", "101.250,2", "101.250,5", 3, "no job 5"),
        ("priority.csv", "50.00", "inf", 3, "'inf' is no number"),
        ("backfill_plan.csv", "n1 n2", "n1 n99", 2, "no node 'n99'"),
        ("events.csv", "100.100", "noon", 2, "'noon' is no time"),
        ("slurm.conf", "cons_tres", "linear", 2, "'select/linear' decides in a way"),
        ("slurm.conf", "bf_continue", "bf_busy_nodes", 4, "'bf_busy_nodes' is not covered"),
        ("slurm.conf", "REQUEUE", "SUSPEND,GANG", 6, "'suspend,gang' is not covered"),
        ("slurm.conf", "MaxTime=2", "LLN=YES", 10, "'YES' is not covered"),
        ("slurm.conf", "Core_Memory", "Socket", 3, "is not covered"),
        ("slurm.conf", "bf_resolution=30", "bf_resolution=x", 4, "'x' cannot be used"),
    ],
)
def test_tables_that_contradict_one_another_or_cannot_be_read(folder, file, old, new, line, said):
    text = (folder / file).read_text()
    assert old in text
    (folder / file).write_text(text.replace(old, new))
    blamed = {
        "no backfill pass 2": "backfill_plan.csv",
        "runs.csv has no run of job 1": "passes.csv",
    }.get(said, file)
    refused(folder, blamed, line, said)


def test_a_run_that_no_recorded_pass_began_and_one_that_was_cancelled(folder):
    runs, passes = folder / "runs.csv", folder / "passes.csv"
    runs.write_text(runs.read_text().replace(",,,,1,n10,", ",110.500,110.600,cancelled,,n10,"))
    passes.write_text(passes.read_text().replace("102.000,,1", "102.000,,"))
    looked = folder / "main_queue.csv"
    looked.write_text(looked.read_text().replace("1,1,1,,started,n10\n", ""))
    (run,) = read_recording(folder).runs
    assert (run.pass_id, run.how_ended) == (0, "cancelled")


def test_a_node_that_is_over_full(folder):
    runs, passes = folder / "runs.csv", folder / "passes.csv"
    runs.write_text(runs.read_text() + "2,1,110.100,,,,2,n9 n10,\n")
    passes.write_text(passes.read_text().replace("110.000,,", "110.000,,2"))
    plan = folder / "backfill_plan.csv"
    plan.write_text(plan.read_text().replace("planned,120,180,n1 n2", "started,110.100,,n9 n10"))
    refused(folder, "runs.csv", 3, "node n10 is over-full once job 2 starts")


@pytest.mark.parametrize("junk", [b"\x00\x01", b"\xff\xfe", b"", b"\x1f\x8b\x08junk"])
def test_bytes_that_are_no_table(folder, junk):
    for name in set(TABLES) - {"assoc.psv"}:
        shutil.copy(folder / name, folder / "kept")
        (folder / name).write_bytes(junk)
        with pytest.raises(InputError):
            read_recording(folder)
        shutil.copy(folder / "kept", folder / name)
