"""The jobs of a scenario made from slurm.conf: a log, or a stand-in that says so."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from simulator.errors import InputError, Place
from simulator.scenario.from_slurm.people import members
from simulator.scenario.from_slurm.yaml_text import Said

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.slurm.associations import Tree
    from simulator.slurm.machine import PartitionLine
    from simulator.slurm.settings import SlurmConf

STAND_IN = (
    "ASSUMPTION: a stand-in, made up, for a log that slurm.conf does not hold. Each account of the"
    " top asks for as much as its share says. Better: workload: {kind: log, trace: YOUR_LOG}."
)
LOG = "Users and accounts of the log that the tree does not name are added with a share of 1 each."


def stand_in(
    conf: SlurmConf,
    partitions: Sequence[PartitionLine],
    tree: Tree | None,
    rule: dict[str, Any],
    trace: str | os.PathLike[str] | None,
) -> Said:
    """The settings of the workload; where the rule has a tree it is made to fit it."""
    accounts = rule.get("accounts")
    if trace is not None:
        if accounts is not None:
            accounts.value["others"] = Said(1, LOG)
        return Said({"kind": "log", "trace": os.fspath(trace)}, "The jobs.")
    gpus = max((each.gpus for each in conf.nodes), default=0)
    total = sum(each.gpus * len(each.names) for each in conf.nodes)
    sizes = {size: weight for size, weight in ((1, 50), (2, 20), (4, 20), (8, 10)) if size <= gpus}
    people = {} if tree is None else members(tree)
    share = {} if tree is None else {each.account: each.share for each in tree.children()}
    classes: dict[str, Any] = {
        _class_name(top): {"demand": float(share[top] or 0.01), "members": found}
        for top, found in people.items()
    }
    if not total:
        raise InputError(
            "no node has GPUs, and a stand-in for the workload is made of jobs with GPUs",
            right="give a log: --workload TRACE",
            place=Place(conf.path),
        )
    cpus = max((each.cpus // max(each.gpus, 1) for each in conf.nodes if each.gpus), default=0)
    requests: dict[str, Any] = {"cpus_per_gpu": min(cpus, 8)}
    equipped = {name for each in conf.nodes if each.gpus for name in each.names}
    for each in partitions:
        if each.default and (each.nodes is None or equipped & set(each.nodes)):
            requests["partition"] = each.name
    classes = classes or {"everybody": {"demand": 1.0, "accounts": 4, "users": 20}}
    if "normal" in rule.get("qos", {}):
        rule["qos"]["normal"] |= {"classes": list(classes)}
    settings = {
        "kind": "synthetic",
        "duration": "1d",
        "load": 0.9,
        "mean_work": "2 GPU-h",
        "sizes": sizes,
        "walltime": {"longest": "1d"},
        "requests": requests,
        "classes": classes,
    }
    return Said(settings, STAND_IN)


def _class_name(account: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]", "-", account).lstrip("_.-") or "class"
