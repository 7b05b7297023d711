"""A recorded Slurm, pass by pass: what is equal, and what is said of the first that is not."""

from __future__ import annotations

import gzip
import shutil
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from simulator.conformance.schedule.band import band_of
from simulator.conformance.schedule.check import check_schedule
from simulator.conformance.schedule.moment import Moments
from simulator.conformance.schedule.passes import compared
from simulator.conformance.schedule.whole import run_whole, why_not_whole
from simulator.errors import InputError
from simulator.slurm.recording.recording import read_recording
from simulator.slurm.recording.rows import Run
from tests.slurm.folders import SCHEDULES, each
from tests.twin.slurm.machine import Asks, Runs
from tests.twin.slurm.passes import Rules, Slurm

EQUAL = {
    "A": {
        "main_passes": (578, 578),
        "backfill_passes": (198, 198),
        "starts": (390, 390),
        "plans": (4829, 4829),
        "priorities": (1223, 1225),
    },
    # Nobody tells when sshare was called in B, on which classic shares depend.
    "B-start": {
        "main_passes": (144, 144),
        "backfill_passes": (46, 46),
        "starts": (154, 154),
        "plans": (857, 857),
        "priorities": (540, 585),
    },
}
START = [folder for folder in SCHEDULES if folder.name == "B-start"]


@pytest.fixture(scope="module")
def recording_of():
    """Reads a recording by its name, once."""
    folders = {folder.name: folder for folder in SCHEDULES}

    @cache
    def read(name):
        if name not in folders:
            pytest.skip(f"there is no recording {name} (set ADIL_SHARED)")
        return read_recording(folders[name])

    return read


@each(SCHEDULES)
def test_slurms_own_decisions(folder):
    found = check_schedule(folder)
    counts = {name: (count.equal, count.total) for name, count in found.counts.items()}
    assert counts == EQUAL[folder.name]
    assert found.sentence.startswith("Each pass starts and plans the same jobs")


def test_the_whole_run(recording_of):
    """From the submissions on, with the recorded durations, latencies and clocks."""
    whole = run_whole(recording_of("A"))
    assert (whole.within_1s.equal, whole.within_1s.total) == (390, 390)
    assert whole.same_nodes.equal == 390
    assert whole.ours.mean_wait == pytest.approx(whole.theirs.mean_wait, abs=0.01)
    assert whole.kendall_tau > 0.999


def test_a_recording_that_stops_is_not_run_as_a_whole(recording_of):
    assert why_not_whole(recording_of("A")) is None
    assert "stops in the middle" in why_not_whole(recording_of("B-start"))


def test_a_part_run_as_a_whole(recording_of):
    """What a recording that stops in the middle tells, with preemption, a tier and a reservation.

    Nobody knows when what still ran at the stop ended, so it never does; jobs that had not run, or
    had been stopped for others, are left out.
    """
    part = recording_of("B-start")
    stop = max(each.begin_ms for each in part.passes)
    ended = [run for run in part.runs if run.end_ms is not None]
    cut = [
        replace(run, how_ended="timeout", end_ms=stop, free_ms=stop)
        for run in part.runs
        if run.end_ms is None
    ]
    never = stop + 1, stop + 1, stop + 1, "completed", 10**6, ("n1",), None, part.jobs[1].place
    late = [Run(job, 1, *never) for job in set(part.jobs) - {run.job for run in part.runs}]
    whole = run_whole(replace(part, runs=[*ended, *cut, *late]))
    stopped = {run.job for run in part.runs if run.how_ended == "preempted"}
    rows = [
        row
        for row, job in enumerate(sorted(part.jobs))
        if whole.theirs.start[row] <= stop and job not in stopped
    ]
    assert len(rows) == 150
    assert len(stopped) == 2
    apart = np.abs(whole.ours.start - whole.theirs.start)[rows]
    assert apart.max() < 1000
    assert [whole.ours.nodes[row] for row in rows] == [whole.theirs.nodes[row] for row in rows]


def test_two_real_runs_differ_by_chance(recording_of):
    """Each seed draws the latencies of all jobs, and the recorded run is one of such runs."""
    band, first = band_of(recording_of("A"), 30), band_of(recording_of("A"), 2)
    assert np.array_equal(band.mean_wait.values[:2], first.mean_wait.values)
    assert band.mean_wait.inside
    assert band.utilisation.inside
    assert 110 < band.mean_wait.low < band.mean_wait.high < 160
    assert 0.25 < band.within_1s.mean() < 0.7
    assert band.kendall_tau.min() > 0.8
    assert 80 < band.whole_seconds < 160


def test_latencies_are_drawn_only_where_work_is_known(recording_of):
    recording = recording_of("A")
    jobs = recording.jobs | {3: replace(recording.jobs[3], work=None)}
    with pytest.raises(InputError, match=r"job 3 does not say how long .*sleep_s"):
        band_of(replace(recording, jobs=jobs), 2)


@pytest.mark.parametrize(
    ("lacks", "says"),
    [
        ({"events": []}, "events.csv has no time_limit_check"),
        ({"passes": []}, "passes.csv has no full pass"),
        ({"runs": []}, "job 1 still waits"),
    ],
)
def test_what_a_whole_run_needs(recording_of, lacks, says):
    assert says in why_not_whole(replace(recording_of("A"), **lacks))


def test_jobs_that_were_cancelled_or_ran_before_are_not_run_as_a_whole(recording_of):
    recording = recording_of("A")
    first, *others = recording.runs
    early = replace(recording, runs=[replace(first, pass_id=0), *others])
    assert why_not_whole(early) == f"no recorded pass started job {first.job}"
    killed = replace(recording, runs=[replace(first, how_ended="cancelled"), *others])
    assert f"job {first.job} was cancelled while it ran" in why_not_whole(killed)
    jobs = recording.jobs | {first.job: replace(recording.jobs[first.job], start=None)}
    gone = replace(recording, runs=others, jobs=jobs)
    assert f"job {first.job} was cancelled while it waited" in why_not_whole(gone)


def test_a_job_that_was_cancelled_waits_no_more(recording_of):
    """A pass that is cut short does not come to all who wait; whom it did not see may be gone."""
    recording = recording_of("A")
    each = next(one for one in recording.passes if len(recording.looked.get(one.number, ())) > 5)
    *seen, unseen = recording.looked[each.number]
    looked = recording.looked | {each.number: seen}
    runs = [run for run in recording.runs if run.job != unseen.job]
    cut, job = replace(each, limit="depth"), recording.jobs[unseen.job]

    def waiting(end):
        jobs = recording.jobs | {job.job: replace(job, start=None, end=end)}
        moments = Moments(replace(recording, jobs=jobs, looked=looked, runs=runs))
        return {one.job.job for one in moments.at(cut).queue}

    now = each.begin_ms // 1000
    assert job.job in waiting(None)
    assert job.job in waiting(now + 5)
    assert waiting(None) - waiting(now - 5) == {job.job}


def test_a_priority_from_before_the_recording_is_the_one_last_seen(recording_of):
    recording = recording_of("A")
    for job in (131, 253):
        kept = [row for row in recording.priorities if row.job != job]
        moments = Moments(replace(recording, priorities=kept))
        passes = [each for each in recording.passes if job in _jobs(recording, each)]
        known = Moments(recording)
        for later in passes[1:]:
            (mine,) = [one for one in moments.at(later).queue if one.job.job == job]
            (theirs,) = [one for one in known.at(later).queue if one.job.job == job]
            if theirs.priority != mine.priority:
                assert job in later.started, "it was computed anew since, and only that tells"


def _jobs(recording, each):
    rows = recording.looked.get(each.number, []) or recording.planned.get(each.number, [])
    return [row.job for row in rows]


def test_an_epilog_keeps_nodes_completing_until_it_is_done(recording_of):
    recording = recording_of("A")
    run = next(run for run in recording.runs if run.job == 230)
    assert run.free_ms - run.end_ms == 9
    each = replace(recording.passes[400], begin_ms=run.end_ms + 5, started=())
    assert Moments(recording).at(each).completing == frozenset()
    conf = replace(recording.cluster.conf)
    conf.settings = conf.settings | {"epilog": conf.settings["clustername"]}
    cluster = replace(recording.cluster, conf=conf)
    with_epilog = replace(recording, cluster=cluster)
    assert Moments(with_epilog).at(each).completing == {2}
    assert "an Epilog holds the nodes" in why_not_whole(with_epilog)


@each(SCHEDULES)
def test_all_that_a_pass_says_of_a_job_is_the_same(folder):
    """Order, outcome, nodes, cut ends and numbers of tries too, which the counts leave out."""
    for one in compared(read_recording(folder)):
        if one.moment.kind == "main":
            mine = [(each.job, each.outcome, each.nodes) for each in one.ours]
            theirs = [(each.job, each.outcome, each.nodes) for each in one.theirs]
            assert mine == theirs, one.moment.number
        else:
            assert one.ours == one.theirs, one.moment.number


@each([folder for folder in SCHEDULES if folder.name == "A"])
def test_slurms_clock_lags_the_logs(folder):
    """Pass 107 begins 3 ms after a full second, and job 63, which it starts, the second before."""
    recording = read_recording(folder)
    (late,) = (each for each in recording.passes if each.number == 107)
    assert late.begin_ms == 1795516733_003
    assert Moments(recording).at(late).now == 1795516732


@pytest.mark.slow
@each(SCHEDULES)
def test_the_plain_passes_do_the_same(folder):
    recording = read_recording(folder)
    rules, nodes = rules_of(recording.cluster)
    for one in compared(recording):
        moment = one.moment
        running = [Runs(asks_of(h.job), h.start, frozenset(h.nodes)) for h in moment.running]
        plain = Slurm(
            rules,
            nodes,
            recording.cluster.memory_counts,
            running,
            moment.completing,
            moment.reservations,
            moment.now,
        )
        queue = [
            asks_of(w.job, priority=w.priority, submit=w.submit, preempted=w.preempted)
            for w in moment.queue
        ]
        main = moment.kind == "main"
        did = plain.main(queue, moment.depth) if main else plain.backfill(queue)
        assert [
            (each.id, each.outcome, each.start, tuple(sorted(each.nodes)), each.end, each.tries)
            for each in did
        ] == [
            (each.job, each.outcome, each.start, each.nodes, each.end, each.tries)
            for each in one.ours
        ], moment.number


def rules_of(cluster):
    read = cluster.parameters
    return Rules(
        tier={name: part.tier for name, part in cluster.partitions.items()},
        part={name: set(part.nodes) for name, part in cluster.partitions.items()},
        max_time={name: part.max_time for name, part in cluster.partitions.items()},
        preempts={
            name: one.preempts if cluster.preempts else ()
            for name, one in cluster.qualities.items()
        },
        qos_priority={name: one.priority for name, one in cluster.qualities.items()},
        exempt=dict.fromkeys(cluster.qualities, cluster.exempt),
        resolution=read["bf_resolution"],
        window=read["bf_window"],
        max_test=read["bf_max_job_test"],
        max_user=read["bf_max_job_user"],
        kill_wait=cluster.kill_wait,
        message=cluster.message_timeout,
    ), [(node.cpus, node.memory, node.gpus, node.weight) for node in cluster.nodes]


def asks_of(job, **more):
    each = job.nodes
    return Asks(
        job.job,
        each,
        job.cpus // each,
        job.memory // each,
        job.gpus_per_node,
        job.limit,
        job.qos,
        job.partition,
        job.user,
        **more,
    )


@pytest.fixture
def copied(tmp_path):
    """Copies a recording and changes rows of its tables."""

    def change(folder, **changes):
        target = tmp_path / folder.name
        shutil.copytree(folder, target)
        target.chmod(0o755)
        for name, (old, new) in changes.items():
            path = next(target.glob(f"{name}.csv*"))
            data = path.read_bytes()
            packed = path.suffix == ".gz"
            text = (gzip.decompress(data) if packed else data).decode()
            assert text.count(old) == 1, (name, text.count(old))
            path.unlink()
            (target / f"{name}.csv").write_text(text.replace(old, new))
        return target

    return change


@each(START)
@pytest.mark.parametrize(
    ("table", "old", "new", "lost", "said"),
    [
        (
            "backfill_plan",
            "27,2,27,35831,batch,planned,1795516965,1795517010,n3 n6 n7 n8,1",
            "27,2,27,35831,batch,planned,1795516970,1795517010,n3 n6 n7 n8,1",
            {"plans": 1},
            "Backfill pass 27: we would have planned job 27 at 1795516965 on n3 n6 n7 n8, Slurm"
            " planned job 27 at 1795516970 on n3 n6 n7 n8; the planned ends of running jobs",
        ),
        (
            "backfill_plan",
            "27,6,35,14598,batch,planned,1795516905,1795517070,n5,2",
            "27,6,35,14598,batch,planned,1795516905,1795517070,n6,2",
            {"plans": 1},
            "the choice of nodes decides",
        ),
        (
            "backfill_plan",
            "27,2,27,35831,batch,planned,1795516965,1795517010,n3 n6 n7 n8,1",
            "27,2,27,35831,batch,none,,,,1",
            {},
            "on n3 n6 n7 n8, Slurm found no plan for job 27; the planned ends of running jobs",
        ),
        (
            "main_queue",
            "26,14,27,35831,batch,blocked",
            "26,14,27,35831,batch,skipped",
            {},
            "Each pass starts and plans the same",
        ),
    ],
)
def test_the_first_difference_is_explained(copied, folder, table, old, new, lost, said):
    found = check_schedule(copied(folder, **{table: (old, new)}))
    for name, count in found.counts.items():
        equal, total = EQUAL["B-start"][name]
        dropped = lost.get(name, 0)
        assert count.total in (total, total - 1), name
        assert count.equal == equal - (dropped or total - count.total), name
    assert said in found.sentence


@each(START)
def test_a_start_on_another_node_is_seen(copied, folder):
    ran, looked = "205,1,1795517315.766,,,,backfill,192,batch,", "batch,started,1795517315.766,,"
    target = copied(
        folder,
        runs=(f"{ran}n1,", f"{ran}n3,"),
        backfill_plan=(f"{looked}n1,", f"{looked}n3,"),
    )
    found = check_schedule(target)
    assert found.counts["starts"].equal == 153
    assert found.counts["backfill_passes"].equal == 46, "the same job starts"
    assert (
        "Backfill pass 192: we would have started job 205 on n1, Slurm started job 205 on n3"
        in (found.sentence)
    )
    assert "the choice of nodes decides" in found.sentence


@each(START)
def test_another_order_of_the_queue_is_seen(copied, folder):
    """Job 14's priority is taken for the lowest: Slurm could not have started it first."""
    priorities = gzip.decompress((folder / "priority.csv.gz").read_bytes()).decode()
    row = [line for line in priorities.splitlines() if line.split(",")[1] == "14"][-1]
    time, job, _, *rest = row.split(",")
    target = copied(folder, priority=(row, ",".join([time, job, "5.00", *rest])))
    found = check_schedule(target)
    assert found.counts["main_passes"].equal == 143
    assert "we would have looked at job 13" in found.sentence
    assert "Slurm looked at job 14 (priority 5)" in found.sentence
    assert "the order of the queue decides" in found.sentence


@each(START)
def test_starts_that_contradict_runs_are_refused(copied, folder):
    target = copied(folder, main_queue=("26,8,34,,batch,started,n5", "26,8,34,,batch,started,n6"))
    with pytest.raises(InputError, match="started job 34 on other nodes"):
        check_schedule(target)
