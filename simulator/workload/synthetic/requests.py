"""What the jobs of the generator ask for beside GPUs: slices, CPUs, memory, a type, a partition."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from simulator.workload.columns import ANY, Shapes
from simulator.workload.synthetic.models import ANY_TYPE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.workload.columns import Ints, Reals
    from simulator.workload.synthetic.models import Requests, Synthetic


def asked_types(workload: Synthetic) -> tuple[str, ...]:
    """Types of GPU that any class asks for, sorted."""
    named = {name for each in _stated(workload) for name in each.gpu_types}
    return tuple(sorted(named - {ANY_TYPE}))


def asked_partitions(workload: Synthetic) -> tuple[str, ...]:
    """Partitions that any class asks for, sorted."""
    return tuple(sorted({each.partition for each in _stated(workload) if each.partition}))


def _stated(workload: Synthetic) -> list[Requests]:
    stated = (workload.requests, *(each.requests for each in workload.classes.values()))
    return [each for each in stated if each is not None]


def draw(
    requests: Requests, gpus: Ints, uniform: Reals, types: Sequence[str], partitions: Sequence[str]
) -> Shapes:
    """Shapes of n jobs of so many GPUs each, to be laid out by the machine.

    ``uniform`` (n, 3) holds three uniform numbers for each job: whether it asks for slices, how
    many, and which type. Codes are places in ``types`` and ``partitions``.
    """
    n = len(gpus)
    cut = np.zeros(n, np.bool_)
    slices = np.zeros(n, np.int64)
    if requests.slices is not None:
        cut = (gpus == 1) & (uniform[:, 0] < requests.slices.share)
        slices = np.where(cut, _chosen(requests.slices.sizes, uniform[:, 1]), 0).astype(np.int64)
    type_code = np.full(n, ANY, np.int32)
    if requests.gpu_types:
        names = [ANY if name == ANY_TYPE else types.index(name) for name in requests.gpu_types]
        weights = dict(zip(names, requests.gpu_types.values(), strict=True))
        type_code = _chosen(weights, uniform[:, 2]).astype(np.int32)
    partition = ANY if requests.partition is None else partitions.index(requests.partition)
    return Shapes(
        nodes=np.where(cut, 1, 0).astype(np.int64),
        gpus=np.where(cut, 0, gpus),
        slices=slices,
        cpus=gpus * requests.cpus_per_gpu,
        memory=gpus * (requests.memory_per_gpu or 0),
        gpu_type=type_code,
        partition=np.full(n, partition, np.int32),
        exclusive=np.zeros(n, np.bool_),
        gpu_types=tuple(types),
        partitions=tuple(partitions),
    )


def _chosen(weights: dict[int, float], uniform: Reals) -> Ints:
    """The value (n,) that each uniform number falls on, in proportion to the weights."""
    values = np.array(sorted(weights), np.int64)
    weight = np.array([weights[int(value)] for value in values])
    bounds = np.cumsum(weight / weight.sum())[:-1]
    return np.asarray(values[np.searchsorted(bounds, uniform, side="right")], np.int64)
