"""A machine in plain words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.cluster.models import Nodes
from simulator.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.cluster.hardware.models import NodeClass
    from simulator.cluster.models import CapacityLoss, Pool
    from simulator.cluster.nodes.models import Choice, Partition
    from simulator.cluster.outages.models import (
        Checkpoint,
        Checkpoints,
        Failures,
        MaintenanceWindow,
        Repair,
        Window,
    )

Row = tuple[str, str]


def machine_rows(cluster: Pool | Nodes) -> list[Row]:
    """Rows of a name and what stands for it: the machine, and when some of it is away."""
    if isinstance(cluster, Nodes):
        return list(_nodes(cluster))
    return [
        (
            "machine",
            f"{cluster.capacity:,} units" if cluster.capacity else "the size that the log states",
        ),
        *(("maintenance", _window(_units(each), each)) for each in cluster.maintenance),
        *(("failure", _loss(each)) for each in cluster.losses),
    ]


def _nodes(nodes: Nodes) -> Iterator[Row]:
    if nodes.node_list is not None:
        yield "machine", f"the nodes that {nodes.node_list.file} lists"
    else:
        count = sum(each.count for each in nodes.classes.values())
        yield "machine", f"{count:,} nodes, {nodes.gpus:,} GPUs"
    for name, each in nodes.classes.items():
        yield "nodes", f"{name} · {_class(name, each)}"
    if nodes.speeds:
        each_type = (f"{name} × {speed:g}" for name, speed in nodes.speeds.items())
        yield "speeds", ", ".join(each_type)
    for name, partition in nodes.partitions.items():
        yield "partition", f"{name} · {_partition(partition)}"
    for window in nodes.maintenance:
        yield "maintenance", _window(_chosen(window), window)
    if nodes.failures is not None:
        yield "failures", _failures(nodes.failures)
    yield from (("checkpoints", text) for text in _checkpoints(nodes.checkpoints))


def _class(name: str, each: NodeClass) -> str:
    gpus = f"{each.gpus} GPUs {each.gpu_type or name}" if each.gpus else "no GPUs"
    parts = [f"{each.count:,} × {gpus}"]
    if each.slices > 1:
        parts.append(f"{each.slices} slices a GPU")
    if each.cpus is not None:
        parts.append(f"{each.cpus:,} CPUs")
    if each.memory is not None:
        parts.append(f"{each.memory / 2**30:,.4g} GiB")
    parts.append(f"{each.nodes_per_leaf or each.count:,} a leaf")
    if each.idle_power is not None and each.busy_power is not None:
        parts.append(f"{each.idle_power:,.0f} to {each.busy_power:,.0f} W")
    return ", ".join(parts)


def _partition(partition: Partition) -> str:
    return _chosen(partition) + (", shared with others" if partition.overlap else "")


def _chosen(choice: Choice) -> str:
    if choice.last is not None:
        return f"the last {choice.last:,} nodes"
    if choice.classes is not None:
        return "nodes of " + ", ".join(choice.classes)
    if choice.leaves is not None:
        return "nodes on " + ", ".join(choice.leaves)
    return ", ".join(choice.nodes) if choice.nodes is not None else "the whole machine"


def _units(window: MaintenanceWindow) -> str:
    return f"{window.units:,} units" if window.units else "the whole machine"


def _window(what: str, window: Window) -> str:
    every = f", every {_time(window.every)}" if window.every else ""
    known = "" if window.announced is None else f", known {_time(window.announced)} before"
    drained = "" if window.drain else ", not planned around"
    return (
        f"{what} for {_time(window.duration)} from {_time(window.start)}"
        f"{every}{known}{drained}; jobs that still run are {_fate(window.on_start)}"
    )


def _loss(loss: CapacityLoss) -> str:
    back = f"back after {_time(loss.duration)}" if loss.duration else "for good"
    return (
        f"{loss.units:,} units at {_time(loss.at)}, {back}; "
        f"jobs that lose theirs are {_fate(loss.on_start)}"
    )


def _failures(failures: Failures) -> str:
    parts = []
    if failures.mtbf is not None:
        shape = f" (Weibull, shape {failures.shape:g})" if failures.shape != 1 else ""
        parts.append(f"a node after {_time(failures.mtbf)} in the mean{shape}")
    if failures.leaf_mtbf is not None:
        own = f", back in {_repair(failures.leaf_repair)}" if failures.leaf_repair else ""
        parts.append(f"a leaf after {_time(failures.leaf_mtbf)}{own}")
    known = ", then known" if failures.repair_known else ""
    often = "" if failures.max_requeues is None else f", {failures.max_requeues} times at most"
    return (
        ", ".join(parts) + f"; back in {_repair(failures.repair)}{known}; "
        f"jobs on them are {_fate(failures.on_failure)}{often}"
    )


def _repair(repair: Repair) -> str:
    spread = f" (σ {repair.sigma:g})" if repair.sigma else ""
    return _time(repair.median) + spread


def _checkpoints(checkpoints: Checkpoints) -> Iterator[str]:
    if checkpoints.everyone is not None:
        yield f"everyone {_saving(checkpoints.everyone)}"
    for name, each in checkpoints.classes.items():
        yield f"{name} never" if each == "none" else f"{name} {_saving(each)}"


def _saving(checkpoint: Checkpoint) -> str:
    return (
        f"every {_time(checkpoint.period)}, {_time(checkpoint.write)} to write, "
        f"{_time(checkpoint.restart)} to go on"
    )


def _fate(fate: str) -> str:
    return "queued again" if fate == "requeue" else "lost"


def _time(seconds: int) -> str:
    return format_duration(seconds, units=4)
