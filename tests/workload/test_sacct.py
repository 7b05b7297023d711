"""A table of sacct as a log: what is read of it, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from simulator.engine.run import replay
from simulator.errors import InputError
from simulator.metrics.settings import Settings
from simulator.rules.models import Rule
from simulator.scenario.load import load
from simulator.study.measuring import chosen
from simulator.study.run import run_study
from simulator.workload.readers import by_content

HEADER = (
    "JobIDRaw|JobID|JobName|User|Account|QOS|Partition|Submit|Eligible|Start|End|TimelimitRaw|"
    "State|ReqTRES|AllocTRES|NodeList"
)
FIRST = (
    "7|7|x|aigerim|physics|high|batch|2026-03-02T10:00:05|2026-03-02T10:00:05|"
    "2026-03-02T10:01:00|2026-03-02T10:02:30|10|COMPLETED|"
    "cpu=16,mem=3G,node=2,gres/gpu=4,gres/gpu:h200=4|"
    "billing=7,cpu=16,mem=3G,node=2,gres/gpu=4,gres/gpu:h200=4|n[1-2]"
)
STEP = FIRST.replace("7|7|x", "7.batch|7.batch|batch")
EARLIER = (
    "8|8_2|y|lee|biology|normal|debug|2026-03-02T10:00:00|2026-03-02T10:00:00|"
    "2026-03-02T10:00:01|2026-03-02T10:05:01|UNLIMITED|TIMEOUT|"
    "cpu=3,mem=1000M,node=1|cpu=3,mem=1000M,node=1|n3"
)


def log(tmp_path, *lines):
    path = tmp_path / "sacct.psv"
    path.write_text("\n".join([HEADER, *lines, ""]))
    return path


def test_a_line_is_a_job(tmp_path):
    read = by_content.read(log(tmp_path, FIRST, STEP, EARLIER))
    jobs, shape = read.jobs, read.jobs.shape
    assert jobs.job_id.tolist() == [8, 7], "by submission"
    assert (read.epoch, read.time_zone) == (1772445600, "UTC")
    assert jobs.submit.tolist() == [0, 5]
    assert jobs.run_time.tolist() == [300, 90]
    assert jobs.walltime.tolist() == [365 * 86400, 600]
    assert (jobs.users, jobs.accounts) == (("lee", "aigerim"), ("biology", "physics"))
    assert (jobs.qos_names, jobs.qos.tolist()) == (("normal", "high"), [0, 1])
    assert jobs.array.tolist() == [8, -1], "8_2 is of the array 8"
    assert (shape.nodes.tolist(), shape.gpus.tolist()) == ([1, 2], [0, 2])
    assert shape.cpus.tolist() == [3, 8]
    assert shape.memory.tolist() == [1000 * 2**20, 1536 * 2**20]
    assert [shape.gpu_types[code] for code in shape.gpu_type if code >= 0] == ["h200"]
    assert shape.gpu_type.tolist()[0] == -1
    assert [shape.partitions[code] for code in shape.partition] == ["debug", "batch"]
    assert read.attribute("partition")[1] == ("debug", "batch")
    assert read.steps == ()


def test_what_was_done_is_told(tmp_path):
    waits = EARLIER.replace("2026-03-02T10:00:01|2026-03-02T10:05:01", "Unknown|Unknown")
    uneven = (
        FIRST.replace("gres/gpu=4", "gres/gpu=3").replace("|10|", "|1|").replace("7|7|", "9|9|")
    )
    rest = waits.replace("8|8_2", "10|10_[3-9%2]")
    read = by_content.read(log(tmp_path, FIRST, waits, rest, uneven))
    assert [(step.name, step.count) for step in read.steps] == [
        ("never_ran", 2),
        ("uneven", 1),
        ("overrun", 1),
    ]
    assert read.jobs.shape.gpus.tolist() == [2, 2], "3 GPUs on two nodes"
    assert not len(read.jobs.array), "of the array nobody has run"


def test_of_a_job_that_was_requeued_the_last_run_counts(tmp_path):
    again = FIRST.replace("T10:00:05", "T10:01:30").replace("T10:01:00", "T10:01:40")
    read = by_content.read(log(tmp_path, FIRST, again))
    assert read.jobs.run_time.tolist() == [50]


def with_latencies(tmp_path, names, *lines):
    path = tmp_path / "sacct.psv"
    path.write_text("\n".join([HEADER + names, *lines, ""]))
    return path


def test_latencies_may_stand_beside(tmp_path):
    path = with_latencies(
        tmp_path, "|LaunchMs|CompletionMs|EpilogMs", FIRST + "|700|900|29", EARLIER + "|28|400|47"
    )
    read = by_content.read(path)
    assert read.jobs.latencies == ("LaunchMs", "CompletionMs", "EpilogMs")
    assert read.jobs.latency.tolist() == [[28, 400, 47], [700, 900, 29]]
    assert read.jobs.run_time.tolist() == [300, 88], "what takes place beside is no work"
    assert [(step.name, step.count) for step in read.steps] == [("launched", 2)]
    assert read.jobs.take(np.array([1])).latency.tolist() == [[700, 900, 29]]


@pytest.mark.parametrize(
    ("lines", "line", "said"),
    [
        ([FIRST + "|29", EARLIER + "|"], 3, "job 8 has no AnswerMs, which others have"),
        ([FIRST + "|2.5", EARLIER + "|1"], 2, "AnswerMs: '2.5' cannot be used"),
    ],
)
def test_latencies_that_cannot_be_read(tmp_path, lines, line, said):
    path = with_latencies(tmp_path, "|AnswerMs", *lines)
    with pytest.raises(InputError) as caught:
        by_content.read(path)
    assert said in caught.value.what
    assert (caught.value.place.file, caught.value.place.line) == (path, line)


@pytest.mark.parametrize(
    ("lines", "line", "said"),
    [
        ([FIRST.replace("T10:02:30", "noon")], 2, "End: '2026-03-02noon' is no time"),
        ([FIRST, FIRST[:40]], 3, "cut in the middle"),
        ([FIRST, EARLIER.replace("8|8_2", "|8_2")], 3, "a task of an array has no JobIDRaw"),
        ([FIRST.replace("|10|", "||")], 2, "without a walltime"),
        ([FIRST.replace("2026-03-02T10:01:00", "Unknown")], None, "no job of the table has run"),
        ([], None, "no job of the table has run"),
    ],
)
def test_a_table_that_cannot_be_read(tmp_path, lines, line, said):
    path = log(tmp_path, *lines)
    with pytest.raises(InputError) as caught:
        by_content.read(path)
    assert said in caught.value.what
    assert (caught.value.place.file, caught.value.place.line) == (path, line)


def test_outcomes_are_not_told(tmp_path):
    with pytest.raises(InputError, match="does not tell when jobs would have failed"):
        by_content.read(log(tmp_path, FIRST), outcomes="replay")


def test_how_much_gpus_were_used_may_stand_beside(tmp_path):
    path = with_latencies(
        tmp_path, "|GpuUse", FIRST + "|3.25", FIRST.replace("7|7|", "9|9|") + "|", EARLIER + "|50"
    )
    read = by_content.read(path)
    assert read.jobs.job_id.tolist() == [8, 7, 9]
    assert read.jobs.gpu_use.tolist() == [-1, 32, -1], "job 8 has no GPUs, of 9 nobody knows"
    assert [(step.name, step.count) for step in read.steps] == [("use_unknown", 1)]
    assert len(by_content.read(log(tmp_path, FIRST)).jobs.gpu_use) == 0


@pytest.mark.parametrize(
    ("column", "told", "line", "said"),
    [
        ("GpuUse", "101", 2, "GpuUse: '101' is more than all"),
        ("GpuUse", "3 %", 2, "GpuUse: '3 %' is no number"),
        ("TRESUsageInTot", "gres/gpuutil=90", 1, "TRESUsageInTot tells the highest use of GPUs"),
    ],
)
def test_use_of_gpus_that_cannot_be_read(tmp_path, column, told, line, said):
    path = with_latencies(tmp_path, f"|{column}", f"{FIRST}|{told}")
    with pytest.raises(InputError) as caught:
        by_content.read(path)
    assert said in caught.value.what
    assert (caught.value.place.file, caught.value.place.line) == (path, line)


def test_idle_gpus_of_a_log_are_taken_back(tmp_path):
    """Job 7 used 3 % of its GPUs, and is stopped after a minute of its minute and a half; of job 9
    nobody knows."""
    rule = Rule.model_validate({"preemption": {"idle": {"below": "10%", "after": "1min"}}})
    lines = [FIRST, FIRST.replace("7|7|", "9|9|")]
    path = with_latencies(tmp_path, "|GpuUse", f"{lines[0]}|3", f"{lines[1]}|")
    attempts = replay(by_content.read(path).jobs, 8, rule).attempts.to_pylist()
    assert [(each["end"] - each["start"], each["cause"]) for each in attempts] == [
        (60, "idle"),
        (90, ""),
    ]
    with pytest.raises(InputError, match="nobody knows how much the jobs"):
        replay(by_content.read(log(tmp_path, *lines)).jobs, 8, rule)


@pytest.mark.parametrize("known", [True, False])
def test_a_comparison_shows_how_idle_gpus_were_where_a_log_tells(tmp_path, known):
    with_latencies(tmp_path, "|GpuUse", f"{FIRST}|3") if known else log(tmp_path, FIRST)
    (scenario := tmp_path / "s.yaml").write_text(
        "name: s\ncluster: {kind: pool, capacity: 8}\nworkload: {kind: log, trace: sacct.psv}\n"
        "rules: [easy]\n"
    )
    study = run_study(load(scenario), tmp_path / "out", workers=1)
    assert ("idle_gpu_hours" in chosen(Settings.of(study.manifest))) == known
