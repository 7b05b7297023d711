"""From Slurm's priority to the ordering of a rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.errors import nearest
from simulator.scenario.from_slurm.yaml_text import Said
from simulator.slurm.amounts import number, weights, whole
from simulator.units import CENTURY, format_duration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.scenario.from_slurm.notes import Notes
    from simulator.slurm.machine import PartitionLine
    from simulator.slurm.settings import SlurmConf

PLUGINS = {"priority/multifactor": "multifactor", "priority/basic": "fcfs"}
WEIGHTS = {
    "age": "PriorityWeightAge",
    "fair_share": "PriorityWeightFairshare",
    "job_size": "PriorityWeightJobSize",
    "partition": "PriorityWeightPartition",
    "qos": "PriorityWeightQOS",
    "assoc": "PriorityWeightAssoc",
}
RAW = {
    "NO_NORMAL_ASSOC": ("assoc",),
    "NO_NORMAL_PART": ("partition",),
    "NO_NORMAL_QOS": ("qos",),
    "NO_NORMAL_TRES": ("tres",),
    "NO_NORMAL_ALL": ("assoc", "partition", "qos", "tres"),
}
FLAGS = {
    *("ACCRUE_ALWAYS", "CALCULATE_RUNNING", "DEPTH_OBLIVIOUS", "NO_FAIR_TREE", "FAIR_TREE"),
    *("INCR_ONLY", "MAX_TRES", "MAX_TRES_GRES", "SMALL_RELATIVE_TO_TIME", "TICKET_BASED", *RAW),
}
TRES = {"cpu": "cpu", "mem": "memory", "node": "node", "gres/gpu": "gpu"}
WEEK, FIVE_MINUTES = 604_800, 300


def priority_flags(conf: SlurmConf, notes: Notes) -> set[str]:
    """PriorityFlags. Raises InputError, with its place, for one that is not known."""
    found: set[str] = set()
    for word in conf.words("PriorityFlags"):
        flag = word.text.upper()
        if flag not in FLAGS:
            raise word.wrong(f"the flag {word.text!r} is not known", nearest(flag, FLAGS))
        if flag in ("INCR_ONLY", "TICKET_BASED"):
            notes.lose(flag, "priorities go up and down as their factors do", word.place)
        if flag == "CALCULATE_RUNNING":
            notes.drop(flag, "the priority of a running job decides nothing", word.place)
        found.add(flag)
    return found


def ordering(
    conf: SlurmConf, partitions: Sequence[PartitionLine], flags: set[str], notes: Notes
) -> dict[str, Any]:
    """The settings of the stage. Raises InputError, with its place, for an unknown plugin."""
    if conf.plugin("PriorityType", PLUGINS, "priority/multifactor") == "fcfs":
        for key in conf.settings:
            if key.startswith("priority") and key != "prioritytype":
                value = conf.settings[key]
                notes.drop(value.key, "priority/basic goes by submission", value.place)
        return {"kind": "fcfs"}
    period = conf.period("PriorityCalcPeriod", FIVE_MINUTES)
    found: dict[str, Any] = {
        "kind": "multifactor",
        "period": Said(format_duration(period or FIVE_MINUTES, 4), "PriorityCalcPeriod"),
        "weights": _weights(conf, notes),
        "share_rule": _share_rule(conf, flags, notes),
        "max_age": format_duration(conf.period("PriorityMaxAge", WEEK) or CENTURY, 4),
    }
    if "ACCRUE_ALWAYS" in flags:
        found["age_from"] = "submit"
    if conf.text("PriorityFavorSmall", "no").lower() in ("yes", "1", "true"):
        found["favor_small"] = True
    if "SMALL_RELATIVE_TO_TIME" in flags:
        found["size_by_time"] = True
    raw = sorted({name for flag in flags for name in RAW.get(flag, ())})
    if raw:
        found["raw"] = raw
    if partitions:
        factors = {each.name: each.job_factor for each in partitions}
        found["partitions"] = Said(factors, "PriorityJobFactor")
    return found


def _share_rule(conf: SlurmConf, flags: set[str], notes: Notes) -> dict[str, Any]:
    dampening = conf.read("FairShareDampeningFactor", number, 1.0)
    if "DEPTH_OBLIVIOUS" in flags:
        return {"kind": "depth_oblivious", "dampening": dampening}
    if "NO_FAIR_TREE" in flags:
        return {"kind": "classic_fair_share", "dampening": dampening}
    value = conf.settings.get("fairsharedampeningfactor")
    if value is not None:
        notes.drop(value.key, "Fair Tree has no use for it", value.place)
    return {"kind": "fair_tree"}


def _weights(conf: SlurmConf, notes: Notes) -> dict[str, Any]:
    found: dict[str, Any] = {
        name: conf.read(key, lambda text: whole(text, 2**32 - 1), 0)
        for name, key in WEIGHTS.items()
    }
    value = conf.settings.get("priorityweighttres")
    if value is None:
        return found
    tres: dict[str, Any] = {}
    for name, weight in value.read(weights).items():
        kind = name.removeprefix("gres/gpu:")
        types = {each.gpu_type for each in conf.nodes}
        if name in TRES:
            tres[TRES[name]] = float(weight)
        elif kind != name and kind in types:
            tres.setdefault("gpu_types", {})[kind] = float(weight)
        else:
            notes.lose(f"{value.key} {name}", "it is not counted", value.place)
    return found | {"tres": tres}
