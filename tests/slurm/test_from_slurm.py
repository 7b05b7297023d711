"""A scenario made from slurm.conf: it is right, it can be run, and it drops nothing in silence."""

from __future__ import annotations

import gzip

import numpy as np
import pytest

from simulator.cluster.machine import machine_of
from simulator.engine.run import replay
from simulator.errors import InputError
from simulator.scenario.from_slurm.check import checked
from simulator.scenario.from_slurm.notes import Notes
from simulator.scenario.from_slurm.translate import (
    HANDLED,
    read_cluster,
    rule_settings,
    translate,
)
from simulator.scenario.load import load
from simulator.slurm.settings import read_conf
from simulator.streams import Streams
from simulator.workload.build import build
from tests.slurm.clusters import MULTIFACTOR, NODES, cluster_of
from tests.slurm.folders import SCHEDULES, SNAPSHOTS, each


@each(SNAPSHOTS + SCHEDULES)
def test_recorded_clusters_make_scenarios(folder, tmp_path):
    found = translate(cluster_of(folder))
    path = tmp_path / "scenario.yaml"
    path.write_text(found.text, encoding="utf-8")
    scenario = load(path).scenario
    conf = read_conf(folder / "slurm.conf")
    rule = scenario.rules["slurm"]
    assert rule.ordering.kind == "multifactor"
    assert rule.ordering.weights.age == int(conf.text("PriorityWeightAge", ""))
    assert rule.ordering.weights.fair_share == int(conf.text("PriorityWeightFairshare", ""))
    assert rule.ordering.weights.tres.gpu == 400
    assert rule.ordering.partitions == {"batch": 10, "debug": 100}
    assert rule.ordering.period == 60
    assert (rule.accounting.charge.cpu, rule.accounting.charge.gpu) == (1, 16)
    flags = conf.text("PriorityFlags", "")
    classic = rule.ordering.share_rule.kind == "classic_fair_share"
    assert classic == ("NO_FAIR_TREE" in flags)
    assert rule.accounting.charge.form == ("max" if "MAX_TRES" in flags else "sum")
    assert {name: (q.priority, q.usage_factor) for name, q in rule.qos.items()} == {
        "normal": (10, 1),
        "high": (100, 2),
        "scav": (0, 0.5),
    }


@each(SCHEDULES)
def test_memory_is_charged_where_jobs_are_given_it(folder):
    charge = checked(translate(cluster_of(folder)).text, folder).rules["slurm"].accounting.charge
    assert charge.memory == 0.25


@each(SNAPSHOTS[:1])
def test_the_tree_stands_by_ascending_lft(folder):
    tree = checked(translate(cluster_of(folder)).text, folder).rules["slurm"].accounts.tree
    assert [name for name in tree if tree[name].parent == "root" and name != "root"] == [
        "university",
        "startup",
        "national",
    ]
    assert tree["uni_x"].users == {"fs_alice": 4, "fs_judy": "parent", "fs_ivan": "parent"}
    assert tree["root"].users == {"root": 1}
    assert (tree["uni_z"].share, tree["uni_y1"].parent) == (0, "uni_y")


@each(SNAPSHOTS + SCHEDULES)
def test_no_setting_is_dropped_in_silence(folder):
    cluster = cluster_of(folder)
    notes = translate(cluster).notes
    told = "\n".join(notes.lines())
    assert not [
        value.key
        for key, value in cluster.conf.settings.items()
        if key not in HANDLED and value.key not in told
    ]


@each(SCHEDULES[1:])
def test_what_cannot_be_expressed_is_told(folder):
    notes = "\n".join(map(str, translate(cluster_of(folder)).notes.lost))
    assert "PriorityTier: the tiers (batch 1, debug 2)" in notes
    assert "MaxTime" not in notes
    rule = checked(translate(cluster_of(folder)).text, folder).rules["slurm"]
    longest = rule.limits["partition-debug.MaxTime"]
    assert (longest.partitions, longest.walltime) == (("debug",), 120)


@each(SCHEDULES)
def test_clocks_and_limits_of_the_recorded_clusters(folder):
    rule = checked(translate(cluster_of(folder)).text, folder).rules["slurm"]
    passes = rule.backfill
    told = {name: getattr(passes, name) for name in passes.model_fields_set - {"phases", "kind"}}
    assert (
        told
        == {
            "A": {
                "bf_interval": 10,
                "bf_resolution": 1,
                "bf_window": 3600,
                "bf_max_job_test": 500,
                "sched_interval": 10,
                "batch_sched_delay": 3,
                "default_queue_depth": 100,
                "kill_wait": 5,
            },
            "B-start": {
                "bf_interval": 15,
                "bf_resolution": 30,
                "bf_window": 1200,
                "bf_max_job_test": 25,
                "bf_max_job_user": 4,
                "sched_interval": 30,
                "batch_sched_delay": 5,
                "default_queue_depth": 20,
                "sched_min_interval": 1000,
                "kill_wait": 5,
            },
        }[folder.name]
    )
    assert rule.placement.kind == "slurm"
    assert passes.phases.backfill % (passes.sched_interval * 1000), "no coincidence of clocks"


PARAMETERS = NODES + "SchedulerParameters="


def test_each_parameter_that_passes_do_not_mind_is_told(made):
    scenario, notes = made(
        PARAMETERS + "bf_interval=7,defer,bf_continue,sched_min_interval=1500000,bf_glow=3,"
        "bf_resolution=0,batch_sched_delay=0\n"
    )
    passes = scenario.rules["slurm"].backfill
    assert (passes.bf_interval, passes.bf_resolution, passes.batch_sched_delay) == (7, 60, 0)
    assert passes.sched_min_interval == 1000
    lost = {note.setting: note.why for note in notes.lost}
    assert "do not mind it" in lost["SchedulerParameters defer"]
    assert "1 s apart" in lost["SchedulerParameters sched_min_interval=1500000"]
    assert "not known" in lost["SchedulerParameters bf_glow=3"]
    assert "default stands" in lost["SchedulerParameters bf_resolution=0"]
    assert "SelectType" in lost
    assert "SchedulerParameters bf_continue" in {note.setting for note in notes.idle}


@pytest.mark.parametrize(
    ("line", "overrun"),
    [
        ("SelectType=select/linear", "kill"),
        ("OverTimeLimit=UNLIMITED", "allow"),
        ("SchedulerParameters=bf_max_job_test=9,bf_interval=-1", "kill"),
        ("SchedulerParameters=bf_max_job_test=9,sched_interval=-1", "kill"),
    ],
)
def test_where_the_passes_cannot_be_written_it_is_told_why(made, line, overrun):
    scenario, notes = made(NODES + line + "\n")
    rule = scenario.rules["slurm"]
    assert (rule.backfill.kind, rule.overrun) == ("reservations", overrun)
    assert rule.backfill.k == (9 if "=9" in line else 500)
    assert rule.placement is None
    assert "so passes are made at each arrival and end" in [note.why for note in notes.lost]


@each(SCHEDULES[:1])
def test_the_rule_and_others_run_on_the_jobs_that_sacct_tells(folder, tmp_path):
    """As docs/from-slurm.md has it: the cluster's own rule beside three others."""
    (tmp_path / "sacct.psv").write_bytes(gzip.decompress((folder / "sacct.psv.gz").read_bytes()))
    (tmp_path / "cluster.yaml").write_text(translate(cluster_of(folder), "sacct.psv").text)
    beside = "extends: cluster.yaml\nrules: {fcfs: fcfs, easy: easy, equal_shares: equal_shares}\n"
    (tmp_path / "beside.yaml").write_text(beside)
    loaded = load(tmp_path / "beside.yaml")
    assert list(loaded.scenario.rules) == ["slurm", "fcfs", "easy", "equal_shares"]
    built = build(
        loaded.scenario.workload,
        capacity=None,
        streams=Streams(1, 0),
        base=tmp_path,
        epoch=None,
        time_zone=None,
    )
    machine = machine_of(loaded.scenario.cluster, tmp_path)
    waits = {}
    for name, rule in loaded.scenario.rules.items():
        ran = replay(built.jobs, machine, rule).jobs
        assert ran.num_rows == 390
        waits[name] = float(np.mean(ran["start"].to_numpy() - ran["submit"].to_numpy()))
    assert waits["slurm"] == pytest.approx(129.0, rel=0.1), "as recorded"
    assert waits["easy"] < waits["slurm"] < waits["fcfs"]


def test_all_flags_and_defaults(made):
    scenario, notes = made(
        MULTIFACTOR + "PriorityFlags=ACCRUE_ALWAYS,DEPTH_OBLIVIOUS,NO_NORMAL_PART,NO_NORMAL_QOS,"
        "SMALL_RELATIVE_TO_TIME,MAX_TRES_GRES,CALCULATE_RUNNING,INCR_ONLY\n"
        "PriorityFavorSmall=YES\nFairShareDampeningFactor=3\nPriorityUsageResetPeriod=MONTHLY\n"
    )
    rule = scenario.rules["slurm"]
    order = rule.ordering
    assert (order.age_from, order.raw) == ("submit", ("partition", "qos"))
    assert (order.size_by_time, order.favor_small) == (True, True)
    assert (order.share_rule.kind, order.share_rule.dampening) == ("depth_oblivious", 3)
    assert (order.max_age, order.period) == (604_800, 300)
    assert rule.accounting.charge.form == "gpu_plus_max"
    assert (rule.accounting.fade.half_life, rule.accounting.reset) == (604_800, "monthly")
    assert (rule.accounting.charge.cpu, rule.accounting.charge.gpu) == (1, 0), "CPUs by default"
    assert (rule.backfill.kind, rule.placement.kind) == ("slurm", "slurm")
    assert rule.backfill.bf_max_job_test == 500, "Slurm's default"
    assert "INCR_ONLY" in {note.setting for note in notes.lost}
    assert "CALCULATE_RUNNING" in {note.setting for note in notes.idle}


def test_usage_that_is_forgotten_at_once_and_never_fades(made):
    scenario, _ = made(MULTIFACTOR + "PriorityDecayHalfLife=0\nPriorityUsageResetPeriod=WEEKLY\n")
    accounting = scenario.rules["slurm"].accounting
    assert (accounting.fade.kind, accounting.reset) == ("none", "weekly")


def test_weights_by_type_of_gpu(made):
    scenario, _ = made(
        MULTIFACTOR + "PartitionName=p Default=YES TRESBillingWeights=CPU=0.5,Mem=2T,"
        "GRES/gpu=1,GRES/gpu:h200=3,Node=7\nPriorityWeightTRES=GRES/gpu:h200=9,license/x=1\n"
    )
    rule = scenario.rules["slurm"]
    charge = rule.accounting.charge
    assert (charge.gpu, charge.gpu_types, charge.cpu, charge.node) == (1, {"h200": 4}, 0.5, 7)
    assert charge.memory == pytest.approx(2 / 1024)
    assert rule.ordering.weights.tres.gpu_types == {"h200": 9}


def test_basic_priority_and_no_backfill(made):
    scenario, notes = made(
        NODES + "PriorityType=priority/basic\nSchedulerType=sched/builtin\nPriorityWeightAge=5\n"
        "OverTimeLimit=UNLIMITED\n"
    )
    rule = scenario.rules["slurm"]
    assert (rule.ordering.kind, rule.backfill.kind, rule.overrun) == ("fcfs", "none", "allow")
    assert "PriorityWeightAge" in {note.setting for note in notes.idle}


ASSOC = (
    "Account|ParentName|User|Partition|Share|Priority|MaxJobs\n"
    "root||||1||\na|root|||parent||\na||u||2|7|4\na||u|p|1||\nb|root|||3|5|\nb||v||parent||\n"
)


def test_limits_that_are_not_kept_and_odd_shares_are_told(made):
    scenario, notes = made(
        MULTIFACTOR,
        assoc=ASSOC,
        qos="Name|Priority|UsageFactor|MaxWall|Flags|GraceTime\nq|1|1.0|1-0|NoDecay|00:01:00\n",
    )
    tree = scenario.rules["slurm"].accounts.tree
    assert (tree["a"].share, tree["a"].users, tree["a"].priorities) == (1, {"u": 2}, {"u": 7})
    assert (tree["b"].priority, tree["b"].users) == (5, {"v": "parent"})
    told = [note.setting for note in notes.lost]
    for setting in ("Share=parent", "Partition=p"):
        assert setting in told, setting
    assert "limits of associations and of qualities of service (MaxJobs, MaxWall)" in [
        note.setting for note in notes.idle
    ]


def test_the_stand_in_is_of_the_trees_own_people(made):
    scenario, _ = made(MULTIFACTOR, assoc=ASSOC)
    classes = scenario.workload.classes
    assert [one for name in classes for one in classes[name].people(name)] == [
        ("a", "u"),
        ("b", "v"),
    ]


def test_a_log_may_have_others(made):
    scenario, _ = made(MULTIFACTOR, trace="kth_sp2", assoc=ASSOC)
    assert scenario.workload.trace == "kth_sp2"
    assert scenario.rules["slurm"].accounts.others == 1


def test_without_gpus_there_is_no_stand_in(made):
    text = "NodeName=n CPUs=4\n"
    with pytest.raises(InputError, match="no node has GPUs") as caught:
        made(text)
    assert "--workload" in (caught.value.right or "")
    scenario, _ = made(text, trace="kth_sp2")
    assert scenario.cluster.gpus == 0


def test_an_unknown_setting_is_told_with_the_nearest(made):
    _, notes = made(MULTIFACTOR + "JobSubmitPlugin=lua\nTopologyPlugin=topology/tree\n")
    told = "\n".join(map(str, notes.lost))
    assert "JobSubmitPlugin (slurm.conf:4): its meaning is not known here (did you mean" in told
    assert "TopologyPlugin=topology/tree (slurm.conf:5)" in told


def test_nodes_of_several_lines(made):
    scenario, notes = made(
        MULTIFACTOR + "NodeName=n[5-6],x1 CPUs=4 Gres=gpu:2,nvme:1 Weight=5 State=DRAIN\n"
    )
    assert list(scenario.cluster.classes) == ["n", "n-2"]
    other = scenario.cluster.classes["n-2"]
    assert (other.names, other.count, other.gpus) == (("n[5-6]", "x1"), 3, 2)
    told = [note.setting for note in notes.lost]
    assert {"Gres=nvme:1", "Weight=5", "State=DRAIN"} <= set(told)


@pytest.mark.parametrize(
    ("line", "said", "right"),
    [
        ("PriorityType=priority/lottery", "'priority/lottery' decides", "priority/multifactor"),
        ("SchedulerType=sched/wiki", "'sched/wiki' decides", "sched/backfill"),
        ("SelectType=select/bluegene", "'select/bluegene' decides", "select/cons_tres"),
        ("PreemptType=preempt/random", "'preempt/random' decides", "preempt/qos"),
        ("PriorityFlags=NO_FAIRTREE", "'NO_FAIRTREE' is not known", "NO_FAIR_TREE"),
        ("PriorityDecayHalfLife=0", "never fades", "PriorityUsageResetPeriod"),
        ("PriorityUsageResetPeriod=HOURLY", "no period", "MONTHLY"),
        ("PriorityWeightAge=heavy", "'heavy' cannot be used", "whole number"),
        ("PriorityWeightTRES=CPU", "no resource", "cpu=8"),
        ("PriorityMaxAge=old", "no time", "7-0"),
        ("SchedulerParameters=bf_max_job_test=x", "'x' cannot be used", "whole number"),
    ],
)
def test_what_decides_in_an_unknown_way_is_refused(made, line, said, right):
    with pytest.raises(InputError) as caught:
        made(MULTIFACTOR + line + "\n")
    error = caught.value
    assert said in error.what
    assert right in (error.right or "")
    assert error.place
    assert error.place.line == 4


def test_the_rule_alone(made, tmp_path):
    made(MULTIFACTOR)
    settings = rule_settings(read_cluster(tmp_path / "slurm.conf"), Notes())
    assert "accounts" not in settings
