"""Names that a workload and a machine of nodes must both know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.errors import nearest
from simulator.fields import refusal
from simulator.workload.synthetic.models import ANY_TYPE, Synthetic

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.cluster.models import Nodes
    from simulator.workload.models import Log
    from simulator.workload.synthetic.models import Requests

Path = tuple[str | int, ...]


def refuse_strangers(nodes: Nodes, workload: Log | Synthetic) -> None:
    """Raise a refusal, placed within the scenario, for a name that the other part does not know.

    A log's classes, and the nodes that a file lists, are known only once they are read.
    """
    for setting, table in speedups_of(workload):
        for name in table:
            if nodes.classes and name not in nodes.gpu_types:
                raise refusal(
                    f"the machine has no GPUs of type {name!r}",
                    right=nearest(name, nodes.gpu_types),
                    at=(*setting, name),
                )
    if not isinstance(workload, Synthetic):
        return
    for name in nodes.checkpoints.classes:
        if name not in workload.classes:
            raise refusal(
                f"the workload has no class {name!r}",
                right=nearest(name, workload.classes),
                at=("cluster", "checkpoints", "classes", name),
            )
    for setting, requests in requests_of(workload):
        _refuse_partition(nodes, requests, setting)
        if nodes.classes:
            _refuse_type(nodes, requests, setting)
            _refuse_slices(nodes, requests, setting)


def requests_of(workload: Synthetic) -> Iterator[tuple[Path, Requests]]:
    """What jobs ask of nodes, everybody's and each class's, and where it stands."""
    if workload.requests is not None:
        yield ("workload", "requests"), workload.requests
    for name, applicants in workload.classes.items():
        if applicants.requests is not None:
            yield ("workload", "classes", name, "requests"), applicants.requests


def speedups_of(workload: Log | Synthetic) -> Iterator[tuple[Path, dict[str, float]]]:
    """Speeds of classes on types of GPU, and where they stand."""
    if isinstance(workload, Synthetic):
        for name, applicants in workload.classes.items():
            if applicants.speedups is not None:
                yield ("workload", "classes", name, "speedups"), applicants.speedups
    elif workload.classes is not None:
        for name, table in workload.classes.speedups.items():
            yield ("workload", "classes", "speedups", name), table


def _refuse_partition(nodes: Nodes, requests: Requests, setting: Path) -> None:
    if requests.partition is not None and requests.partition not in nodes.partitions:
        raise refusal(
            f"the machine has no partition {requests.partition!r}",
            right=nearest(requests.partition, nodes.partitions) or "add it to cluster.partitions",
            at=(*setting, "partition"),
        )


def _refuse_type(nodes: Nodes, requests: Requests, setting: Path) -> None:
    known = nodes.gpu_types
    for name in requests.gpu_types:
        if name not in known | {ANY_TYPE}:
            raise refusal(
                f"the machine has no GPUs of type {name!r}",
                right=nearest(name, known | {ANY_TYPE}),
                at=(*setting, "gpu_types", name),
            )


def _refuse_slices(nodes: Nodes, requests: Requests, setting: Path) -> None:
    most = max(each.slices for each in nodes.classes.values())
    for size in requests.slices.sizes if requests.slices else ():
        if size > most:
            raise refusal(
                f"no GPU of the machine has {size} slices",
                right=f"at most {most}",
                at=(*setting, "slices", "sizes", size),
            )
