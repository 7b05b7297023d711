"""What results say of limits: who refused a job, and that those who are held back wait."""

from __future__ import annotations

import pytest
from twin.engine import columns
from twin.model import TwinJob

from simulator.engine.run import replay
from simulator.errors import InputError
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


def test_who_is_refused_or_held_by_limits_on_floods_is_told_their_names() -> None:
    """The last job of user 0 is behind the first that waits when the last arrival cuts the run."""
    limits = {
        "size": {"array_size": 2},
        "rate": {"per": "user", "submitted": {"jobs": 3, "within": "10s"}},
        "first": {"per": "user", "eligible": 1},
    }
    jobs = [
        TwinJob(0, 20, 20, 4, user=0),
        *(TwinJob(1, 20, 20, 1, user=0, array=3) for _ in range(3)),
        TwinJob(2, 20, 20, 4, user=0),
        TwinJob(3, 20, 20, 1, user=0),
        TwinJob(4, 20, 20, 1, user=0),
        TwinJob(9, 20, 20, 1, user=5),
    ]
    rule = Rule.model_validate({"limits": limits})
    found = replay(columns(jobs), 4, rule, end="cut").jobs["refused_by"].to_pylist()
    assert found == ["", "size", "size", "size", "", "first", "rate", ""]


@pytest.mark.parametrize("limit", [{"per": "array", "jobs": 1}, {"array_size": 5}], ids=str)
def test_limits_on_arrays_need_arrays(limit: dict[str, object]) -> None:
    rule = Rule.model_validate({"limits": {"few": limit}})
    with pytest.raises(InputError, match="few: no job of this workload is of an array"):
        replay(columns([TwinJob(0, 1, 1, 1)]), 4, rule)
    jobs = [TwinJob(0, 1, 1, 1, array=0), TwinJob(0, 1, 1, 1)]
    assert replay(columns(jobs), 4, rule).jobs["start"].to_pylist() == [0, 0]


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


def _branch(settings: dict[str, object]) -> Rule:
    tree = {"top": {}, **{f"account{code}": {"parent": "top"} for code in range(3)}}
    return Rule.model_validate({"accounts": {"tree": tree, "others": 1}, **settings})


def test_a_branch_never_holds_more_than_its_limit() -> None:
    jobs = [TwinJob(at // 3, 7 + at % 5, 12, 1 + at % 3, user=at % 8) for at in range(60)]
    rule = _branch({"limits": {"branch": {"accounts": ["top"], "gpus": 4, "jobs": 3}}})
    table = replay(columns(jobs), 12, rule).jobs.to_pylist()
    mine = [row for row in table if row["account"] != "account3"]
    peak, most = 0, 0
    for row in table:
        there = [each for each in mine if each["start"] <= row["start"] < each["end"]]
        peak = max(peak, sum(each["gpus"] for each in there))
        most = max(most, len(there))
    assert (peak, most) == (4, 3)


def test_a_budget_of_a_branch_is_spent_by_all_below_it() -> None:
    """Of 30 GPU-s two jobs of different accounts take 20, a third asks for 12, and 10 are left."""
    jobs = [
        TwinJob(0, 10, 10, 1, user=0),
        TwinJob(0, 10, 10, 1, user=2),
        TwinJob(0, 12, 12, 1, user=4),
        TwinJob(0, 12, 12, 1, user=6),
    ]
    budget = {"per": "all", "accounts": ["top"], "grant": "30 GPU-s"}
    table = replay(columns(jobs), 4, _branch({"budgets": {"hours": budget}})).jobs
    assert table["start"].to_pylist() == [0, 0, None, 0]


def test_an_account_that_is_nowhere_is_refused() -> None:
    rule = _branch({"limits": {"few": {"accounts": ["tpo"], "jobs": 1}}})
    with pytest.raises(InputError, match="no account 'tpo' \\(did you mean 'top'"):
        replay(columns([TwinJob(0, 1, 1, 1)]), 4, rule)
