"""ThetaGPU's log: what is read of it, and what is refused."""

from __future__ import annotations

import gzip

import pytest

from simulator.errors import InputError
from simulator.streams import Streams
from simulator.workload.load_scaling import add_users
from simulator.workload.read_log import read_log
from simulator.workload.readers import by_content, thetagpu

HEADER = ",".join(thetagpu.HEADER)
FIRST = "0,101,77.0,5.0,0,2.0,0,2.0,1672529197.0,5.0,2305.54,3600.0,0.64,Pass"


def log(tmp_path, *lines, newline="\n"):
    path = tmp_path / "theta.csv"
    path.write_bytes(newline.join([HEADER, *lines, ""]).encode())
    return path


def changed(**fields):
    values = dict(zip(thetagpu.HEADER, FIRST.split(","), strict=True)) | fields
    return ",".join(values.values())


def test_a_line_is_a_job(tmp_path):
    read = by_content.read(log(tmp_path, FIRST))
    jobs = read.jobs
    assert jobs.job_id.tolist() == [101]
    assert (read.epoch, jobs.submit.tolist()) == (1672529197, [0])
    assert (jobs.run_time.tolist(), jobs.walltime.tolist()) == ([2306], [3600])
    assert (jobs.users, jobs.accounts) == (("77",), ("5",))
    assert (jobs.shape.nodes.tolist(), jobs.shape.gpus.tolist()) == ([2], [8])
    assert jobs.gpus.tolist() == [16]
    assert (read.capacity, read.time_zone) == (192, "America/Chicago")


def test_what_was_done_is_told(tmp_path):
    lines = (
        FIRST,
        changed(job="102", submit_time="1672529190.0", user="0.0", gpu_num="1", node_num="1"),
        changed(job="103", wall_time="0", run_time="10"),
        changed(job="104", run_time="4000"),
    )
    read = by_content.read(log(tmp_path, *lines))
    assert [(step.name, step.count) for step in read.steps] == [
        ("fractional_run_time", 2), ("missing_walltime", 1), ("out_of_order", 1),
        ("whole_nodes", 4), ("single_node", 1), ("unknown_user", 1), ("overrun", 1),
    ]  # fmt: skip
    assert read.jobs.job_id.tolist() == [102, 101, 103, 104]
    assert read.jobs.submit.tolist() == [0, 7, 7, 7]
    assert read.jobs.users == ("unknown", "77")
    assert read.jobs.walltime.tolist() == [3600, 3600, 10, 3600]
    fixed = by_content.read(log(tmp_path, *lines), missing_walltime=60)
    assert fixed.jobs.walltime.tolist() == [3600, 3600, 60, 3600]


def test_line_ends_and_packing_do_not_matter(tmp_path):
    dos = log(tmp_path, FIRST, "", newline="\r\n")
    packed = tmp_path / "theta.csv.gz"
    packed.write_bytes(gzip.compress(dos.read_bytes()))
    assert by_content.read(packed).jobs.run_time.tolist() == [2306]


REFUSED = {
    "no jobs": ((), ": an empty log: it holds no jobs (a log has one line for each job)"),
    "a field short": ((FIRST, "1,2,3"), ":3: a job of 3 fields (the first line names 14)"),
    "no number": (
        (changed(user="anna"),),
        ":2:7: 'anna' is not a whole number of 0 or more (user) (mend or remove the line)",
    ),
    "half a node": (
        (FIRST, changed(node_num="1.5")),
        ":3:24: '1.5' is not a whole number of 0 or more (node_num) (mend or remove the line)",
    ),
    "negative": (
        (changed(run_time="-1"),),
        ":2:45: '-1' is not a number of 0 or more (run_time) (mend or remove the line)",
    ),
    "empty": (
        (changed(submit_time=""),),
        ":2:28: '' is not a number of 0 or more (submit_time) (mend or remove the line)",
    ),
    "not finite": (
        (changed(wall_time="nan"),),
        ":2:53: 'nan' is not a number of 0 or more (wall_time) (mend or remove the line)",
    ),
    "too large": (
        (changed(job="9" * 17),),
        ":2:3: '99999999999999999' is not a whole number of 0 or more (job) "
        "(mend or remove the line)",
    ),
    "another machine": (
        (changed(gpu_num="0"),),
        ":2:18: job 101 has node_num 2 and gpu_num 0 "
        "(ThetaGPU's log counts nodes in both; other machines' logs of this form are not read)",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_broken_log_is_refused_with_line_and_column(case, tmp_path):
    lines, message = REFUSED[case]
    path = log(tmp_path, *lines)
    with pytest.raises(InputError) as caught:
        by_content.read(path)
    assert str(caught.value) == f"{path}{message}"


def test_the_published_log(shared, monkeypatch):
    monkeypatch.setenv("ADIL_SHARED", str(shared))
    built = read_log("thetagpu")
    jobs = built.jobs
    assert (len(jobs), len(jobs.users), len(jobs.accounts)) == (22_606, 52, 30)
    span = int(jobs.submit[-1] - jobs.submit[0])
    assert span / 86_400 == pytest.approx(308.42, abs=0.01)
    load = int((jobs.gpus * jobs.run_time).sum()) / (built.capacity * span)
    assert load == pytest.approx(0.343, abs=0.001)
    assert (jobs.run_time > jobs.walltime).mean() == pytest.approx(0.2474, abs=0.0001)
    assert (jobs.shape.nodes == 1).sum() == 18_847
    assert jobs.shape.nodes.max() == 21


def test_theta_s_own_log_is_not_taken_for_it(shared):
    with pytest.raises(InputError, match="has node_num 8 and gpu_num 0"):
        by_content.read(shared / "traces/cpu_hpc/lumos_data_theta.csv.gz")


def test_copies_of_users_keep_their_shapes(shared):
    jobs = by_content.read(shared / "traces/gpu/lumos_data_thetagpu.csv.gz").jobs
    more, _ = add_users(jobs, 2.0, Streams(1, 0))
    assert len(more) == 2 * len(jobs)
    assert (more.shape.nodes * more.shape.gpus == more.gpus).all()
