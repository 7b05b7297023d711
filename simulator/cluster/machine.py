"""A machine of nodes as columns: what the engine places jobs on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Codes = NDArray[np.int32]
Reals = NDArray[np.float64]

UNCOUNTED = 2**50
"""CPUs or bytes of a node where nobody counts them: more than any job asks for."""
MOST_PARTITIONS = 62
"""Partitions of a machine: each is a bit of ``member``."""


@dataclass(frozen=True, slots=True)
class Machine:
    """n nodes; a row is a node's number. Node classes follow each other in the file's order.

    Classes, leaves, GPU types and partitions are codes: row numbers of the tuples of names.
    """

    names: tuple[str, ...]
    node_class: Codes
    gpus: Ints
    """GPUs of each node, ≥ 0."""
    cpus: Ints
    """CPUs of each node; UNCOUNTED where they are not counted."""
    memory: Ints
    """Bytes of each node; UNCOUNTED where they are not counted."""
    leaf: Ints
    """Leaf switch of each node, ascending within a class."""
    gpu_type: Codes
    """Type of each node's GPUs, −1 without any."""
    member: Ints
    """Bit p is set where the node belongs to partition p."""
    idle_watts: Reals
    """Power of the node while none of its GPUs is busy."""
    busy_watts: Reals
    """Power while all are; in proportion in between."""
    slices: int
    """U: units that a GPU counts for, the least common multiple of the slices per GPU."""
    class_slices: Ints
    """Slices that a GPU of each class is cut into; 1 where it is whole."""
    classes: tuple[str, ...]
    leaves: tuple[str, ...]
    gpu_types: tuple[str, ...]
    partitions: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.names)

    @property
    def units(self) -> int:
        """Units of the whole machine: GPUs × U."""
        return int(self.gpus.sum()) * self.slices
