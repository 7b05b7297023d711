"""A rule that its machine cannot run is refused before anything is run, with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.errors import InputError
from simulator.scenario.load import load

POOL = "{capacity: 16}"
AWAY = "{capacity: 16, maintenance: [{start: 1d, duration: 1h}]}"
NODES = "{kind: nodes, classes: {n: {count: 2, gpus: 8, slices: 7}}}"
CLOCKED = "{backfill: slurm, placement: slurm}"
SLICES = "{slices: {share: 0.5, sizes: {1: 1}}}"


def _load(folder: Path, cluster: str, rule: str, more: str = "") -> None:
    path = folder / "s.yaml"
    path.write_text(
        f"name: s\ncluster: {cluster}\nrules: {{x: {rule}}}\nworkload:\n  kind: synthetic\n"
        f"  duration: 3d\n  load: 0.5\n  sizes: {{1: 1}}\n  classes: {{a: {{demand: 1}}}}\n{more}"
    )
    load(path)


@pytest.mark.parametrize(
    ("cluster", "rule", "more", "message"),
    [
        (POOL, "{placement: worst}", "", "3:24: rules.x.placement: placement worst chooses among"),
        (
            NODES,
            "{conformance: pyss}",
            "",
            "3:26: rules.x.conformance: conformance pyss knows pools",
        ),
        (
            NODES,
            "{backfill: {kind: conservative, replan: earlier}}",
            f"  requests: {SLICES}\n",
            "3:9: rules.x: conservative backfill keeps no places for slices",
        ),
        (
            NODES,
            "{backfill: conservative, placement: fragmentation}",
            f"  requests: {SLICES}\n",
            "3:9: rules.x: backfill conservative holds places for slices only where",
        ),
        (
            NODES,
            "{ordering: las, preemption: {grace: 5min}}",
            f"  requests: {SLICES}\n",
            "3:9: rules.x: while others have a grace nobody holds slices of a GPU",
        ),
        (
            NODES,
            "{ordering: las, preemption: {how: suspend}}",
            "",
            "3:46: rules.x.preemption.how: a suspended job frees its CPUs alone, and no node",
        ),
        (
            NODES,
            "{backfill: conservative, placement: {kind: leaf, avoid_head: true}}",
            "",
            "3:73: rules.x.placement.avoid_head: under backfill conservative the head has no",
        ),
        (
            NODES,
            "{placement: {kind: fragmentation, slices: pack_node}}",
            "",
            "3:46: rules.x.placement.slices: there is no such setting",
        ),
        (
            POOL,
            "{ordering: {kind: kueue_drs, serve: class, quota: {a: 17}}}",
            "",
            "rules.x.ordering.quota: the quotas are of 17 GPUs and the machine has 16",
        ),
        (
            NODES,
            "{ordering: {kind: kai, serve: class, deserved: {a: 17}}}",
            "",
            "rules.x.ordering.deserved: the quotas are of 17 GPUs and the machine has 16",
        ),
        (
            POOL,
            "{ordering: {kind: kai, serve: class, tier: {b: 1}}}",
            "",
            "rules.x.ordering.tier.b: the workload has no class 'b'",
        ),
        (
            POOL,
            "{ordering: {kind: kueue_drs, weight: {a: 0.0, b: 0.0}}}",
            "",
            "rules.x.ordering.weight: all weights are 0 (give somebody more)",
        ),
        (
            POOL,
            "{ordering: {kind: kai, over_quota_weight: {a: 0.0}}}",
            "",
            "rules.x.ordering.over_quota_weight: all weights are 0",
        ),
        (POOL, "{ordering: {kind: karma, public: 1.5}}", "", "rules.x.ordering.public: "),
        (POOL, "{ordering: {kind: karma, quantum: 0}}", "", "rules.x.ordering.quantum: "),
        (POOL, "{ordering: {kind: alpha_fair, window: 0s}}", "", "rules.x.ordering.window: "),
        (POOL, "{ordering: {kind: alpha_fair, alpha: -1.0}}", "", "rules.x.ordering.alpha"),
        (POOL, "{ordering: {kind: htcondor, half_life: 0}}", "", "rules.x.ordering.half_life: "),
        (
            AWAY,
            "{conformance: pyss}",
            "",
            "3:26: rules.x.conformance: conformance pyss knows neither",
        ),
        (POOL, "{conformance: pyss}", "end: cut\n", "3:26: rules.x.conformance: conformance pyss"),
        (
            POOL,
            "easy",
            f"  requests: {SLICES}\n",
            "10:3: workload.requests: jobs ask for parts of",
        ),
        (POOL, CLOCKED, "", "3:23: rules.x.backfill: Slurm's own passes hold whole nodes"),
        (
            NODES,
            "{backfill: slurm}",
            "",
            "3:23: rules.x.backfill: Slurm's own passes choose nodes as Slurm does, not by"
            " placement best (say placement: slurm)",
        ),
        (
            NODES,
            "{placement: slurm}",
            "",
            "3:24: rules.x.placement: backfill easy cannot choose nodes as Slurm does",
        ),
        (
            NODES,
            "{backfill: slurm, placement: slurm, ordering: stride}",
            "",
            "rules.x.ordering: Slurm's own passes know orders of jobs and Slurm's own, not stride",
        ),
        (
            NODES,
            "{backfill: slurm, placement: slurm, preemption: {ranks: [[a], [b]]}}",
            "",
            "rules.x.preemption.ranks: in Slurm's own passes who may stop whom",
        ),
        (
            NODES,
            "{backfill: slurm, placement: slurm, limits: {few: {jobs: 1}}, holds: queue}",
            "",
            "rules.x.holds: Slurm's own passes go past a job that a limit holds",
        ),
        (
            NODES,
            "{backfill: slurm, placement: slurm, quotas: {q: {members: {x: {gpus: 1}}}}}",
            "",
            "rules.x.quotas: Slurm's own passes know no quotas",
        ),
        (
            NODES,
            "{backfill: slurm, placement: slurm, overrun: allow}",
            "",
            "rules.x.overrun: under Slurm's clocks jobs are killed when",
        ),
        (
            NODES,
            "{backfill: {kind: slurm, latencies: {launch: 28ms}}, placement: slurm}",
            "",
            "rules.x.backfill.latencies.launch: the clock counts whole seconds, and this is none"
            " (say clock: ms)",
        ),
        (
            NODES,
            "{backfill: {kind: slurm, ignores_sigterm: [b]}, placement: slurm}",
            "",
            "rules.x.backfill.ignores_sigterm.0: the workload has no class 'b'",
        ),
        (
            NODES,
            CLOCKED,
            f"  requests: {SLICES}\n",
            "10:14: workload.requests.slices: the rule 'x' makes Slurm's own passes, which know no"
            " slices of a GPU",
        ),
        (
            "{kind: nodes, classes: {n: {count: 2, gpus: 8}}, failures: {mtbf: 9d, repair:"
            " {median: 1h, sigma: 1}}}",
            CLOCKED,
            "",
            "2:59: cluster.failures: the rule 'x' makes Slurm's own passes, which know no failures",
        ),
        (
            NODES,
            "{backfill: {kind: slurm, latencies: {launch: {column: LaunchMs}}}, placement: slurm}",
            "",
            "3:66: rules.x.backfill.latencies.launch.column: jobs that are made up have no columns",
        ),
        (
            "{kind: nodes, classes: {n: {count: 2, gpus: 8}}, maintenance: [{start: 1d, duration:"
            " 1h}, {start: 2d, duration: 1h, drain: false}]}",
            CLOCKED,
            "",
            "2:133: cluster.maintenance.1.drain: to Slurm's own passes of the rule 'x' maintenance"
            " is a reservation that they plan around (leave drain out, or say another backfill)",
        ),
        (
            NODES,
            CLOCKED,
            "  endings: {cancel: 0.1}\n",
            "workload.endings.cancel: the rule 'x' makes Slurm's own passes, which know no jobs",
        ),
    ],
)
def test_it_is_refused(tmp_path: Path, cluster: str, rule: str, more: str, message: str) -> None:
    with pytest.raises(InputError) as error:
        _load(tmp_path, cluster, rule, more)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("cluster", "rule", "more"),
    [
        (POOL, "{backfill: {kind: conservative, replan: earlier}}", ""),
        (POOL, "{conformance: pyss}", ""),
        (NODES, "{placement: worst}", f"  requests: {SLICES}\n"),
        (NODES, "{backfill: conservative}", f"  requests: {SLICES}\n"),
        (NODES, "{backfill: {kind: conservative, replan: earlier}}", ""),
        (NODES, "{placement: {kind: leaf, avoid_head: true, slices: pack_node}}", ""),
        (NODES, "{backfill: none, placement: {kind: fragmentation, types: 3}}", ""),
        (NODES, CLOCKED, "  endings: {fail: 0.1}\n"),
        (
            "{kind: nodes, classes: {n: {count: 2, gpus: 8}}, maintenance: [{start: 1d, duration:"
            " 1h, on_start: lost}]}",
            CLOCKED,
            "",
        ),
        (NODES, "{backfill: slurm, placement: slurm, ordering: multifactor}", ""),
        (
            NODES,
            "{backfill: {kind: slurm, clock: ms, latencies: {launch: {drawn: [28ms, 1s 400ms]}}},"
            " placement: slurm}",
            "",
        ),
    ],
)
def test_what_fits_is_not(tmp_path: Path, cluster: str, rule: str, more: str) -> None:
    _load(tmp_path, cluster, rule, more)
