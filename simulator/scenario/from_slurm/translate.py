"""From slurm.conf and tables of sacctmgr to a scenario in YAML, with all that it cannot say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulator.errors import nearest
from simulator.scenario.from_slurm import scheduling
from simulator.scenario.from_slurm.budgets import NO_DECAY
from simulator.scenario.from_slurm.charging import accounting
from simulator.scenario.from_slurm.known_settings import IDLE, LOST, NAMES
from simulator.scenario.from_slurm.limits import add_limits
from simulator.scenario.from_slurm.machine import cluster_settings
from simulator.scenario.from_slurm.notes import Notes
from simulator.scenario.from_slurm.ordering import PLUGINS, WEIGHTS, ordering, priority_flags
from simulator.scenario.from_slurm.partition_times import add_partition_times
from simulator.scenario.from_slurm.people import account_tree
from simulator.scenario.from_slurm.preemption import add_preemption
from simulator.scenario.from_slurm.workload import stand_in
from simulator.scenario.from_slurm.yaml_text import Said, comment, yaml_lines
from simulator.slurm.associations import Tree, read_associations
from simulator.slurm.machine import PartitionLine, read_shown_partitions
from simulator.slurm.qos import Quality, read_qos
from simulator.slurm.settings import SlurmConf, read_conf

if TYPE_CHECKING:
    from os import PathLike

HANDLED = {
    *(name.lower() for name in WEIGHTS.values()),
    *("prioritytype", "priorityweighttres", "priorityflags", "prioritycalcperiod"),
    *("prioritydecayhalflife", "priorityusageresetperiod", "priorityfavorsmall", "prioritymaxage"),
    *("fairsharedampeningfactor", "schedulertype", "schedulerparameters", "selecttype"),
    *("selecttypeparameters", "preempttype", "preemptmode", "preemptexempttime"),
    *("preemptparameters", "overtimelimit", "killwait", "grestypes", "accountingstorageenforce"),
}


@dataclass(frozen=True, slots=True)
class Cluster:
    """What a centre gave of its cluster."""

    conf: SlurmConf
    partitions: Sequence[PartitionLine]
    tree: Tree | None
    qos: dict[str, Quality]

    @property
    def name(self) -> str:
        """ClusterName."""
        return self.conf.text("ClusterName", "cluster")


@dataclass(frozen=True, slots=True)
class Translated:
    """A scenario as text, and what it does not say."""

    text: str
    notes: Notes


def read_cluster(
    conf: Path, assoc: Path | None = None, qos: Path | None = None, partitions: Path | None = None
) -> Cluster:
    """Read the files. Raises InputError, with file and line, for what is wrong in one."""
    found = read_conf(conf)
    shown = found.partitions if partitions is None else read_shown_partitions(partitions)
    name = found.text("ClusterName", "cluster")
    tree = None if assoc is None else read_associations(assoc, name)
    return Cluster(found, shown, tree, {} if qos is None else read_qos(qos))


def rule_settings(cluster: Cluster, notes: Notes) -> dict[str, Any]:
    """The settings of the rule."""
    conf, partitions = cluster.conf, cluster.partitions
    flags = priority_flags(conf, notes)
    rule: dict[str, Any] = {"title": f"Slurm as {cluster.name} runs it"}
    order = ordering(conf, partitions, flags, notes)
    if order["kind"] == PLUGINS["priority/multifactor"]:
        if cluster.tree is not None:
            tree = account_tree(cluster.tree, notes)
            rule["accounts"] = Said(
                {"tree": tree}, "Accounts and users with their shares, by ascending LFT."
            )
        rule["accounting"] = accounting(conf, partitions, flags, notes)
    if cluster.qos:
        rule["qos"] = {name: _quality(each, notes) for name, each in cluster.qos.items()}
    rule["ordering"] = order
    rule |= scheduling.stages(conf, notes)
    scheduling.note_placement(conf, "placement" in rule, notes)
    add_preemption(conf, cluster.qos, rule, notes)
    add_limits(conf, cluster.tree, cluster.qos, rule, notes)
    add_partition_times(partitions, rule)
    return rule


def translate(cluster: Cluster, trace: str | PathLike[str] | None = None) -> Translated:
    """The scenario. ``trace``: a log for its workload, in place of a stand-in that is made up.

    Raises InputError, with file and line, for a plugin or flag that is not known.
    """
    notes = Notes()
    machine = cluster_settings(cluster.conf, cluster.partitions, notes)
    rule = rule_settings(cluster, notes)
    _note_the_rest(cluster, "preemption" in rule, notes)
    workload = stand_in(cluster.conf, cluster.partitions, cluster.tree, rule, trace)
    name = re.sub(r"[^A-Za-z0-9_.-]", "-", cluster.name).lstrip("_.-") or "cluster"
    settings: dict[str, Any] = {
        "name": name,
        "title": f"The rule of the Slurm cluster {cluster.name}",
        **machine,
        "workload": workload,
        "rules": {"slurm": rule},
    }
    return Translated("\n".join([*_head(cluster, notes), *yaml_lines(settings)]) + "\n", notes)


def _head(cluster: Cluster, notes: Notes) -> Iterator[str]:
    yield from comment(f"The rule of the Slurm cluster {cluster.name}, made from slurm.conf.")
    if cluster.tree is None:
        yield from comment("No tree of associations was given: each user counts alike.")
    for line in notes.lines():
        if not line.startswith("-"):
            yield "#"
        yield from comment(line)
    yield ""


def _quality(each: Quality, notes: Notes) -> dict[str, Any]:
    for flag in each.flags:
        if flag.lower() == "denyonlimit":
            notes.drop(f"Flags={flag}", "what is beyond a limit is refused in any case", each.place)
        elif flag.lower() == NO_DECAY:
            notes.drop(f"Flags={flag}", "what it may spend neither fades nor is reset", each.place)
        else:
            notes.lose(f"Flags={flag}", f"{each.name} does not do this", each.place)
    return {"priority": each.priority, "usage_factor": each.usage_factor}


def _note_the_rest(cluster: Cluster, preempts: bool, notes: Notes) -> None:
    conf = cluster.conf
    written = ("messagetimeout",) if preempts else ()
    enforce = conf.settings.get("accountingstorageenforce")
    if enforce is not None:
        notes.drop(
            f"{enforce.key}={enforce.text}",
            "limits that it keeps stand in the rule",
            enforce.place,
        )
    plumbing: dict[str, list[str]] = {}
    for key, value in conf.settings.items():
        if key in written:
            continue
        if key in LOST:
            if (
                value.text.lower() not in ("none", "no", "0", "(null)")
                and "/none" not in value.text
            ):
                notes.lose(f"{value.key}={value.text}", LOST[key], value.place)
        elif key in IDLE:
            plumbing.setdefault(IDLE[key], []).append(value.key)
        elif key == "jobrequeue":
            if preempts:
                notes.drop(value.key, "who is preempted is requeued", value.place)
            elif conf.text("PreemptType", "preempt/none").lower() == "preempt/none":
                notes.drop(value.key, "nodes give jobs back whether or not", value.place)
        elif key not in HANDLED:
            advice = nearest(value.key, NAMES)
            maybe = f" ({advice})" if advice.startswith("did you mean") else ""
            notes.lose(value.key, f"its meaning is not known here{maybe}", value.place)
    for about, keys in plumbing.items():
        notes.drop(about, ", ".join(keys))
    for value in conf.aside:
        notes.lose(f"{value.key}={value.text}", "lines of this kind are not read", value.place)
