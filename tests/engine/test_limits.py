"""What results say of limits: who refused a job, and that those who are held back wait."""

from __future__ import annotations

from twin.engine import columns
from twin.model import TwinJob

from simulator.engine.run import replay
from simulator.results.schema import MACHINE
from simulator.rules.limits import models
from simulator.rules.models import Rule

RULE = Rule.model_validate(
    {
        "limits": {
            "one": {"per": "user", "jobs": 1, "queued": 2},
            "short": {"walltime": "50s", "job_gpus": 3},
        }
    }
)


def test_a_refused_job_names_the_limit_or_the_machine() -> None:
    jobs = [
        TwinJob(0, 20, 20, 1, user=0),
        TwinJob(0, 20, 60, 1, user=1),
        TwinJob(0, 20, 20, 4, user=1),
        TwinJob(1, 20, 20, 1, user=0),
        TwinJob(2, 20, 20, 1, user=0),
    ]
    table = replay(columns(jobs), 4, RULE).jobs
    assert table["refused_by"].to_pylist() == ["", "short", "short", "", "one"]
    refused = [by != "" for by in table["refused_by"].to_pylist()]
    assert [state == "refused" for state in table["state"].to_pylist()] == refused


def test_without_limits_the_machine_alone_refuses() -> None:
    jobs = [TwinJob(0, 20, 20, 5), TwinJob(0, 20, 20, 4)]
    table = replay(columns(jobs), 4, Rule()).jobs
    assert table["refused_by"].to_pylist() == [MACHINE, ""]


def test_no_limit_is_called_like_the_machine() -> None:
    assert models.MACHINE == MACHINE


def test_snapshots_count_who_is_held_back_as_waiting() -> None:
    jobs = [TwinJob(0, 20, 20, 1, user=0), TwinJob(1, 20, 20, 3, user=0)]
    usage = replay(columns(jobs), 4, RULE, snapshots=10).usage
    mine = [row for row in usage.to_pylist() if row["account"] == "account0"]
    assert [(row["time"], row["queued_jobs"], row["queued_gpus"]) for row in mine[:2]] == [
        (10, 1, 3),
        (20, 1, 3),
    ]
