"""Limits of associations and of qualities of service become limits of the rule."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pytest

from simulator.cluster.machine import machine_of
from simulator.engine.run import replay
from simulator.errors import InputError
from simulator.scenario.from_slurm.translate import translate
from simulator.streams import Streams
from simulator.workload.build import build
from tests.slurm.clusters import MULTIFACTOR, NODES, assoc, cluster_of, qualities
from tests.slurm.folders import SNAPSHOTS, each

ENFORCED = "AccountingStorageEnforce=associations,limits,qos\n"
SLURM = MULTIFACTOR + ENFORCED


@pytest.fixture
def limits(made):
    """The limits that a cluster gets, as a scenario says them, and the settings noted as lost."""

    def of(conf=SLURM, **tables):
        scenario, notes = made(conf, **tables)
        rule = scenario.rules["slurm"]
        found = {
            name: each.model_dump(exclude_defaults=True, mode="json")
            for name, each in rule.limits.items()
        }
        return found, notes

    return of


LAB = (("lab", "root", ""), ("lab", "", "ann"), ("lab", "", "bob"))


def test_an_accounts_group_limits_count_its_whole_branch(limits):
    found, notes = limits(
        assoc=assoc(
            "GrpJobs GrpTRES GrpTRESRunMins GrpSubmit",
            ("root", "", "", "", "gres/gpu=12"),
            ("lab", "root", "", 9, "gres/gpu=8", "gres/gpu=600", 40),
            ("team", "lab", "", "", "gres/gpu=4"),
            ("team", "", "ann"),
        )
    )
    assert found == {
        "lab.GrpJobs": {"accounts": ["lab"], "jobs": 9},
        "root.GrpTRES": {"gpus": 12},
        "lab.GrpTRES": {"accounts": ["lab"], "gpus": 8},
        "team.GrpTRES": {"accounts": ["team"], "gpus": 4},
        "lab.GrpTRESRunMins": {"accounts": ["lab"], "work": 600 * 60},
        "lab.GrpSubmit": {"accounts": ["lab"], "queued": 40},
    }
    assert not [note for note in notes.lost if "Grp" in note.setting]


def test_limits_of_an_account_on_each_user_hold_for_all_beneath(limits):
    printed = (
        ("lab", "root", "", 4, "gres/gpu=2", 50, "1-00:00:00"),
        ("lab", "", "ann", 4, "gres/gpu=2", 50, "1-00:00:00"),
        ("lab", "", "bob", 4, "gres/gpu=2", 50, "1-00:00:00"),
        ("free", "root", ""),
        ("free", "", "eve"),
    )
    columns = "MaxJobs MaxTRES MaxSubmit MaxWall"
    found, _ = limits(assoc=assoc(columns, *printed))
    assert found == {
        "lab.MaxJobs": {"accounts": ["lab"], "per": "user", "jobs": 4},
        "lab.MaxTRES": {"accounts": ["lab"], "job_gpus": 2},
        "lab.MaxSubmit": {"accounts": ["lab"], "per": "user", "queued": 50},
        "lab.MaxWall": {"accounts": ["lab"], "walltime": 86_400},
    }
    # As sacctmgr prints them with WOPLimits: where they are set alone.
    alone = [row if not row[2] else row[:3] for row in printed]
    assert limits(assoc=assoc(columns, *alone))[0] == found


def test_a_limit_of_all_concerns_all(limits):
    found, _ = limits(assoc=assoc("MaxJobs", ("root", "", "", 7), *LAB))
    assert found == {"root.MaxJobs": {"per": "user", "jobs": 7}}


def test_users_with_limits_of_their_own_are_named(limits):
    rows = ("lab", "root", "", 4), ("lab", "", "ann"), ("lab", "", "bob", 9), ("lab", "", "cat")
    found, _ = limits(assoc=assoc("MaxJobs", *rows))
    assert found == {
        "lab.MaxJobs": {"accounts": ["lab"], "users": ["ann", "cat"], "per": "user", "jobs": 4},
        "lab.MaxJobs-2": {"accounts": ["lab"], "users": ["bob"], "per": "user", "jobs": 9},
    }
    rows = ("lab", "root", ""), ("lab", "", "ann", "gres/gpu=3"), ("lab", "", "bob")
    found, _ = limits(assoc=assoc("GrpTRES", *rows))
    assert found == {
        "lab.GrpTRES": {"accounts": ["lab"], "users": ["ann"], "per": "user", "gpus": 3}
    }


def test_who_is_in_two_accounts_counts_in_each_by_itself(limits):
    found, notes = limits(
        assoc=assoc(
            "MaxJobs MaxWall",
            ("root", "", "", 5, 60),
            ("a", "root", ""),
            ("a", "", "ann"),
            ("b", "root", ""),
            ("b", "", "bob"),
            ("c", "root", ""),
            ("c", "", "ann"),
        )
    )
    assert found == {
        "root.MaxJobs": {"accounts": ["a", "b"], "per": "user", "jobs": 5},
        "c.MaxJobs": {"accounts": ["c"], "per": "user", "jobs": 5},
        "root.MaxWall": {"walltime": 3600},
    }
    assert not [note for note in notes.lost if "Max" in note.setting]


def test_users_alike_in_several_accounts_are_one_limit_if_nobody_is_in_two(limits):
    four = "gres/gpu=4"
    rows = (
        *(("a", "root", ""), ("a", "", "ann", four), ("a", "", "bob", four)),
        *(("b", "root", ""), ("b", "", "cat", four)),
        *(("c", "root", ""), ("c", "", "dan", four), ("c", "", "bob")),
    )
    found, _ = limits(assoc=assoc("GrpTRES", *rows))
    both = {"accounts": ["a", "b"], "users": ["ann", "bob", "cat"], "per": "user", "gpus": 4}
    # Bob is in c, where he has no limit.
    alone = {"accounts": ["c"], "users": ["dan"], "per": "user", "gpus": 4}
    assert found == {"root.GrpTRES": both, "c.GrpTRES": alone}


def test_who_is_in_an_account_and_beneath_it_is_told(limits):
    found, notes = limits(
        assoc=assoc(
            "MaxJobs",
            ("lab", "root", "", 5),
            ("lab", "", "ann"),
            ("team", "lab", ""),
            ("team", "", "ann"),
        )
    )
    assert found == {
        "lab.MaxJobs": {"accounts": ["lab"], "users": ["ann"], "per": "user", "jobs": 5},
        "team.MaxJobs": {"accounts": ["team"], "per": "user", "jobs": 5},
    }
    [told] = [note for note in notes.lost if note.setting == "MaxJobs of lab"]
    assert told.why == "ann: jobs in accounts beneath count too"


def test_limits_of_a_quality_of_service(limits):
    columns = "GrpJobs GrpTRES MaxTRES MaxWall MaxTRESPU MaxJobsPU MaxSubmitPU MaxTRESPA MaxJobsPA"
    values = 30, "gres/gpu=8", "gres/gpu=4", "2:00:00", "gres/gpu=6", 3, 20, "gres/gpu=7", 5
    found, notes = limits(qos=qualities(columns, ("high", "DenyOnLimit", *values), ("low",)))
    assert found == {
        "qos-high.GrpJobs": {"qos": ["high"], "jobs": 30},
        "qos-high.GrpTRES": {"qos": ["high"], "gpus": 8},
        "qos-high.MaxTRES": {"qos": ["high"], "job_gpus": 4},
        "qos-high.MaxWall": {"qos": ["high"], "walltime": 7200},
        "qos-high.MaxTRESPU": {"qos": ["high"], "per": "user", "gpus": 6},
        "qos-high.MaxJobsPU": {"qos": ["high"], "per": "user", "jobs": 3},
        "qos-high.MaxSubmitPU": {"qos": ["high"], "per": "user", "queued": 20},
        "qos-high.MaxTRESPA": {"qos": ["high"], "per": "account", "gpus": 7},
        "qos-high.MaxJobsPA": {"qos": ["high"], "per": "account", "jobs": 5},
    }
    assert "Flags=DenyOnLimit" in [note.setting for note in notes.idle]


def test_a_quality_of_service_takes_the_place_of_associations(limits):
    found, notes = limits(
        assoc=assoc("MaxJobs MaxWall GrpJobs", ("lab", "root", "", 4, 60, 9), *LAB[1:]),
        qos=qualities("MaxJobsPU MaxWall", ("high", "", 8, 120), ("low", "", "", 30), ("mid",)),
    )
    assert found == {
        "lab.GrpJobs": {"accounts": ["lab"], "jobs": 9},
        "lab.MaxJobs": {"accounts": ["lab"], "per": "user", "qos": ["low", "mid"], "jobs": 4},
        "lab.MaxWall": {"accounts": ["lab"], "qos": ["mid"], "walltime": 3600},
        "qos-high.MaxJobsPU": {"qos": ["high"], "per": "user", "jobs": 8},
        "qos-high.MaxWall": {"qos": ["high"], "walltime": 7200},
        "qos-low.MaxWall": {"qos": ["low"], "walltime": 1800},
    }
    told = {
        note.setting: note.why for note in notes.lost if "of accounts and users" in note.setting
    }
    assert list(told) == ["MaxJobs of accounts and users"], "walltimes are looked at one by one"
    assert "(high)" in told["MaxJobs of accounts and users"]
    found, notes = limits(
        assoc=assoc("GrpJobs", ("lab", "root", "", 9), *LAB[1:]),
        qos=qualities("GrpJobs", ("high", "", 8), ("low", "", 4)),
    )
    assert set(found) == {"qos-high.GrpJobs", "qos-low.GrpJobs"}
    assert "GrpJobs of lab" in [note.setting for note in notes.idle]


@pytest.mark.parametrize("word", ["limits", "safe", "all", "associations,Limits"])
def test_limits_are_kept_where_they_are_enforced(limits, word):
    conf = MULTIFACTOR + f"AccountingStorageEnforce={word}\n"
    assert limits(conf, assoc=assoc("GrpJobs", ("lab", "root", "", 9)))[0]


@pytest.mark.parametrize("line", ["", "AccountingStorageEnforce=associations,qos\n"])
def test_limits_that_slurm_does_not_keep_are_told(limits, line):
    tables = {
        "assoc": assoc("GrpJobs", ("lab", "root", "", 9)),
        "qos": qualities("MaxWall LimitFactor", ("high", "", "1-0", "0.000000")),
    }
    found, notes = limits(MULTIFACTOR + line, **tables)
    assert not found
    [told] = [note.setting for note in notes.idle if note.setting.startswith("limits of")]
    assert told == "limits of associations and of qualities of service (GrpJobs, MaxWall)"


@pytest.mark.parametrize("value", ["", "-1", "NONE", "UNLIMITED"])
def test_what_is_not_set_limits_nobody(limits, value):
    columns = "GrpJobs GrpTRES MaxJobs MaxTRES MaxWall GrpTRESMins MaxTRESMins"
    rows = [(*row, *[value] * 7) for row in LAB]
    found, notes = limits(
        assoc=assoc(columns, *rows),
        qos=qualities("MaxJobsPU MaxWall MinTRES LimitFactor", ("q", "", *[value] * 3, "0")),
    )
    assert not found
    assert not [note for note in notes.lost if "=" in note.setting]


def test_what_no_limit_says_is_told(limits):
    found, notes = limits(
        assoc=assoc(
            "GrpTRES GrpTRESMins MaxJobs GrpWall MaxTRES",
            ("lab", "root", "", "cpu=64,gres/gpu=8,gres/gpu:h200=4,node=-1", "gres/gpu=99", 0, 90),
            ("lab", "", "ann", "", "", 0, "", "cpu=4"),
            ("lab", "", "bob", "", "", 0, "", "cpu=4"),
        ),
        qos=qualities("MinTRES GrpTRESMins", ("q", "OverPartQOS", "gres/gpu=1", "gres/gpu=5")),
    )
    assert found == {"lab.GrpTRES": {"accounts": ["lab"], "gpus": 8}}
    told = {note.setting: note.why for note in notes.lost}
    for setting, why in {
        "GrpTRES=cpu=64": "lab: nothing but GPUs is limited here",
        "GrpTRES=gres/gpu:h200=4": "lab: GPUs of one type are limited by nothing here",
        "MaxJobs=0": "lab: nobody may run: leave these jobs out of the workload",
        "GrpWall=90": "lab: wall time that may be spent is limited by nothing here",
        "MaxTRES=cpu=4": "bob in lab: nothing but GPUs is limited here",
        "MinTRES=gres/gpu=1": "q: small jobs are not refused",
        "Flags=OverPartQOS": "q does not do this",
    }.items():
        assert told[setting] == why
    assert "put `backfill: reservations` in their place" in told["GrpTRESMins=gres/gpu=99"]
    assert [n.setting for n in notes.lost].count("MaxJobs=0") == 1, "not once for each user"


def test_limits_of_a_partition_are_told(limits):
    table = (
        "Account|ParentName|User|Partition|Share|MaxJobs\nroot||||1|\nlab|root|||1|\n"
        "lab||ann|big|1|3\nlab||ann||1|5\n"
    )
    found, notes = limits(assoc=table)
    assert found == {
        "lab.MaxJobs": {"accounts": ["lab"], "users": ["ann"], "per": "user", "jobs": 5}
    }
    told = {note.setting: note.why for note in notes.lost}
    assert told["MaxJobs=3"] == "ann in lab: a limit of one partition, big, is not kept"


def test_the_quality_of_service_of_a_partition_is_told(made):
    _, notes = made(SLURM + "PartitionName=p Nodes=n[1-4] Default=YES QOS=part\n")
    told = {note.setting: note.why for note in notes.lost}
    assert "limits of the partition p, which come before a job's, are not kept" in told["QOS=part"]


def test_an_order_that_serves_nobody_gets_the_tree_for_its_limits(made):
    table = assoc("GrpJobs", ("lab", "root", "", 9), ("team", "lab", ""), ("team", "", "ann"))
    conf = NODES + ENFORCED + "PriorityType=priority/basic\n"
    rule = made(conf, assoc=table)[0].rules["slurm"]
    assert (rule.ordering.kind, rule.accounts.tree["team"].parent) == ("fcfs", "lab")
    assert not made(conf, assoc=assoc("", *LAB))[0].rules["slurm"].accounts.tree


@pytest.mark.parametrize(
    ("columns", "value", "what", "right"),
    [
        ("MaxJobs", "many", "MaxJobs of lab: 'many' cannot be used", "a whole number"),
        ("GrpSubmit", "1.5", "GrpSubmit of lab: '1.5' cannot be used", "a whole number"),
        ("GrpTRES", "gres/gpu", "GrpTRES of lab: 'gres/gpu' is no resource", "gres/gpu=2"),
        ("GrpTRES", "gres/gpu=2.5", "GrpTRES of lab: '2.5' cannot be used", "a whole number"),
        ("MaxTRES", "cpu=few", "MaxTRES of lab: 'few' is no number", "a number"),
        ("GrpTRESMins", "gres/gpu=x", "GrpTRESMins of lab: 'x' is no number", "a number"),
        ("MaxWall", "soon", "MaxWall of lab: 'soon' is no time", "1:00:00"),
    ],
)
def test_what_is_no_amount_is_refused_with_its_line(made, columns, value, what, right):
    with pytest.raises(InputError) as caught:
        made(SLURM, assoc=assoc(columns, ("lab", "root", "", value)))
    error = caught.value
    assert what in error.what
    assert right in (error.right or "")
    assert (Path(error.place.file).name, error.place.line) == ("assoc.psv", 3)
    if columns == "MaxJobs":
        with pytest.raises(InputError, match="MaxJobsPU of high: 'many' cannot be used") as caught:
            made(SLURM, qos=qualities("MaxJobsPU", ("low",), ("high", "", value)))
        assert (Path(caught.value.place.file).name, caught.value.place.line) == ("qos.psv", 3)


@each(SNAPSHOTS[:1])
def test_a_recorded_cluster_without_limits_has_none(folder):
    text = translate(cluster_of(folder)).text
    [limits] = [line.split("limits: ")[1] for line in text.splitlines() if "limits: " in line]
    assert limits == "{partition-debug.MaxTime: {partitions: [debug], walltime: 30min}}"


def test_the_scenario_runs_and_its_limits_hold(made, tmp_path):
    """Lab holds 3 GPUs at most, and each of its users runs one job at most."""
    scenario, _ = made(
        SLURM,
        assoc=assoc("GrpTRES MaxJobs", ("lab", "root", "", "gres/gpu=3", 1), *LAB[1:]),
        qos=qualities("", ("normal",)),
    )
    built = build(
        scenario.workload,
        capacity=16,
        streams=Streams(1, 0),
        base=tmp_path,
        epoch=0,
        time_zone="UTC",
    )
    machine, rule = machine_of(scenario.cluster, tmp_path), scenario.rules["slurm"]
    ran = replay(built.jobs, machine, rule).jobs
    ran = ran.filter(pc.not_equal(ran["state"], "refused"))
    starts, ends, gpus = (ran[name].to_numpy() for name in ("start", "end", "gpus"))
    users = np.array(ran["user"].to_pylist())
    for mine, weights, most in (
        (users != "", gpus, 3),
        (users == "ann", gpus > 0, 1),
        (users == "bob", gpus > 0, 1),
    ):
        held = [weights[mine & (starts <= t) & (t < ends)].sum() for t in starts[mine]]
        assert max(held) == most
    assert (starts - ran["submit"].to_numpy()).max() > 3600, "they hold somebody"
