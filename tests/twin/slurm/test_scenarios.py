"""What a scenario under Slurm's own passes leaves behind, and what its passes obey."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from simulator.cluster.nodes.models import NodeWindow
from simulator.conformance.schedule.decide import site_of
from simulator.engine import run
from simulator.engine.run import replay
from simulator.errors import InputError
from simulator.rules.slurm.state_kernel import (
    KILL_WAIT,
    MAX_TEST,
    MAX_USER,
    MESSAGE_TIMEOUT,
    PREEMPTS,
    REORDER,
    RESOLUTION,
    WINDOW,
)
from simulator.scenario.from_slurm.check import checked
from simulator.scenario.from_slurm.translate import read_cluster, translate
from simulator.slurm.recording.recording import read_recording
from tests.slurm.folders import SCHEDULES, each
from tests.twin.slurm.clocks import Clocks, Work
from tests.twin.slurm.limits import Bound
from tests.twin.slurm.machine import Asks
from tests.twin.slurm.passes import Rules
from tests.twin.slurm.runs import LATENCIES, jobs_of, machine_of, rule_of, with_latencies
from twin.nodes import engine

NODES = [(8, 100, 4, 1)]
OBEYED = (RESOLUTION, WINDOW, MAX_TEST, MAX_USER, REORDER, KILL_WAIT, MESSAGE_TIMEOUT, PREEMPTS)


def two_jobs():
    """A low job of 100 s, and a high one that stops it after 10 s; the rule; the machine."""
    rules = Rules(
        tier={"p": 1},
        part={"p": {0}},
        max_time={"p": None},
        preempts={"high": ["low"], "low": []},
        qos_priority={"high": 100, "low": 0},
        exempt={"high": 0, "low": 0},
    )
    clocks = Clocks(bf_phase=300)
    asks = [
        Asks(0, 1, 0, 0, 4, 100, "low", "p", "u"),
        Asks(1, 1, 0, 0, 4, 20, "high", "p", "u", submit=10),
    ]
    work = [Work(each, each.submit, each.limit) for each in asks]
    machine = machine_of(rules, NODES)
    jobs = with_latencies(jobs_of(work, machine, (each.length for each in work)), work, clocks)
    return jobs, rule_of(rules, clocks), engine.machine(machine)


def test_results_tell_who_was_stopped_and_what_was_lost():
    jobs, rule, machine = two_jobs()
    found = replay(jobs, machine, rule)
    told = found.attempts.select(["position", "start", "end", "reason", "cause"]).to_pylist()
    assert [tuple(each.values()) for each in told] == [
        (0, 0, 10, "preempted", "preemption"),
        (1, 10, 30, "completed", ""),
        (0, 180, 280, "completed", ""),
    ]
    rows = found.jobs.select(["restarts", "lost_gpu_seconds", "queued", "state"]).to_pylist()
    assert [tuple(each.values()) for each in rows] == [
        (1, 40, 170, "completed"),
        (0, 0, 0, "completed"),
    ]


def test_who_was_stopped_comes_back_though_nobody_runs_or_waits():
    jobs, rule, machine = two_jobs()
    assert replay(jobs, machine, rule, snapshots=7).jobs == replay(jobs, machine, rule).jobs


def test_a_run_that_is_cut_leaves_who_was_stopped_unfinished():
    jobs, rule, machine = two_jobs()
    found = replay(jobs, machine, rule, end="cut")
    assert found.jobs["state"].to_pylist() == ["unfinished", "unfinished"]
    assert found.jobs["restarts"].to_pylist() == [0, 0]


def test_a_quality_of_service_that_the_rule_does_not_know_is_refused():
    jobs, rule, machine = two_jobs()
    qos = {"high": rule.qos["high"].model_copy(update={"preempts": ("low",)})}
    with pytest.raises(InputError, match="'low', which the rule does not know"):
        replay(jobs, machine, rule.model_copy(update={"qos": qos}))


@each(SCHEDULES)
def test_a_scenario_of_the_recorded_cluster_obeys_what_its_passes_obey(folder, monkeypatch):
    """Passes that obey these numbers are equal to the recorded ones."""
    tables = (folder / f"{name}" for name in ("assoc.psv", "qos.psv", "partitions.txt"))
    rule = checked(translate(read_cluster(folder / "slurm.conf", *tables)).text, folder).rules[
        "slurm"
    ]
    cluster = read_recording(folder).cluster
    names = [*cluster.qualities]
    jobs, simple, machine = two_jobs()
    made = []
    slurm_of = run.slurm_of
    monkeypatch.setattr(run, "slurm_of", lambda *given: made.append(slurm_of(*given)) or made[0])
    # Its limits are of partitions that these two jobs' machine has not.
    rule = rule.model_copy(update={"ordering": simple.ordering, "limits": {}})
    replay(replace(jobs, qos_names=("normal", "high")), machine, rule)
    mine, theirs = made[0].site, site_of(cluster)
    assert mine.rules[list(OBEYED)].tolist() == theirs.rules[list(OBEYED)].tolist()
    if cluster.preempts:
        count = len(names)
        assert mine.may_stop[:count, :count].tolist() == theirs.may_stop.tolist()
        assert mine.rank[:count].tolist() == theirs.rank.tolist()
        stopped = theirs.may_stop.any(axis=0)
        assert mine.exempt[:count][stopped].tolist() == theirs.exempt[stopped].tolist()


def test_events_tell_how_much_is_away_and_attempts_why_they_ended():
    jobs, rule, machine = two_jobs()
    jobs = jobs.take(np.array([0]))
    windows = [
        NodeWindow(start="40s", duration="100s", announced="30s"),
        NodeWindow(start="90s", duration="100s", announced="30s"),
    ]
    found = replay(jobs, machine, rule, maintenance=windows)
    told = found.events.select(["time", "kind", "units", "capacity"]).to_pylist()
    assert [tuple(each.values()) for each in told] == [
        (0, "capacity", 4, 4),
        (10, "announced", 4, 4),
        (40, "maintenance_start", 4, 0),
        (60, "announced", 4, 0),
        (90, "maintenance_start", 0, 0),
        (140, "maintenance_end", 4, 0),
        (190, "maintenance_end", 0, 4),
    ]
    told = found.attempts.select(["start", "end", "reason", "cause"]).to_pylist()
    assert [tuple(each.values()) for each in told] == [
        (0, 40, "requeued", "maintenance"),
        (240, 340, "completed", ""),
    ]


@pytest.mark.parametrize(
    ("bound", "by"),
    [
        (Bound(jobs=1), "limit"),
        (Bound(gpus=8), "limit"),
        (Bound(gpus=9), ""),
        (Bound(users=("u",), jobs=1), ""),
        # Late A has no work left, and B, at 100 s, 4 GPUs × 20 s of it; C asks for 45 s.
        (Bound(work=124), "limit"),
        (Bound(work=125), ""),
        (Bound(queued=2), "limit"),
        (Bound(job_gpus=4, walltime=45), ""),
    ],
)
def test_a_run_that_is_cut_tells_which_limit_held_and_which_refused(bound, by):
    """A runs past its walltime of 20 s, as nobody looks, B from 90 s on; C comes as it is cut."""
    rules = Rules({"p": 1}, {"p": {0}}, {"p": None}, {"": ()}, {"": 0}, {"": 0}, bounds=[bound])
    clocks = Clocks(check_phase=500, bf_phase=30)
    asks = [
        Asks(0, 1, 0, 0, 4, 20, "", "p", "u"),
        Asks(1, 1, 0, 0, 4, 30, "", "p", "v", submit=90),
        Asks(2, 1, 0, 0, 1, 45, "", "p", "v", submit=100),
    ]
    nodes = [(8, 100, 12, 1)]
    machine = machine_of(rules, nodes)
    jobs = jobs_of([Work(each, each.submit, 0) for each in asks], machine, (200, 30, 10))
    jobs = replace(jobs, latency=np.zeros((3, 4), np.int64), latencies=LATENCIES)
    found = replay(jobs, engine.machine(machine), rule_of(rules, clocks), end="cut")
    assert found.jobs["refused_by"].to_pylist()[-1] == by


def test_latencies_of_the_log_are_refused_where_they_cannot_be_counted():
    jobs, rule, machine = two_jobs()
    with pytest.raises(InputError, match="29 ms of job 1 are none"):
        replay(replace(jobs, latency=np.array([[0, 0, 0, 0], [0, 0, 29, 0]])), machine, rule)
    with pytest.raises(InputError, match="no column 'answer'"):
        replay(replace(jobs, latencies=("launch", "completion", "anwser", "epilog")), machine, rule)
