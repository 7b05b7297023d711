"""Jobs as columns: the one form in which every reader, generator and transform hands them on."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Ints = NDArray[np.int64]
Codes = NDArray[np.int32]
Reals = NDArray[np.float64]
Mask = NDArray[np.bool_]


def _none() -> Ints:
    return np.empty(0, np.int64)


def _no_codes() -> Codes:
    return np.empty(0, np.int32)


@dataclass(frozen=True, slots=True)
class Shapes:
    """What n jobs ask for on a machine of nodes; a row belongs to the job of the same position.

    Types and partitions are codes: row numbers of ``gpu_types`` and ``partitions``, ANY for any.
    """

    nodes: Ints
    """k ≥ 1: nodes, all at once. 0 where the machine decides: GPUs, CPUs and memory are then those
    of the whole job; see ``simulator.workload.shapes``."""
    gpus: Ints
    """m: GPUs on each of them; 0 for none."""
    slices: Ints
    """s: slices of one GPU; 0 for none. If above 0, then k = 1 and m = 0."""
    cpus: Ints
    """CPUs on each node; 0 for none asked."""
    memory: Ints
    """Bytes on each node; 0 for none asked."""
    gpu_type: Codes
    partition: Codes
    exclusive: Mask
    """Nobody else on its nodes."""
    gpu_types: tuple[str, ...] = ()
    partitions: tuple[str, ...] = ()

    @classmethod
    def of(cls, nodes: Ints, gpus: Ints) -> Shapes:
        """k nodes × m GPUs and nothing else."""
        zero = np.zeros(len(nodes), np.int64)
        some = np.full(len(nodes), ANY, np.int32)
        shared = np.zeros(len(nodes), np.bool_)
        return cls(nodes, gpus, zero, zero, zero, some, some, shared)

    @classmethod
    def joined(cls, pieces: Sequence[Shapes]) -> Shapes:
        """The rows of all pieces, whose codes mean the same."""
        columns: dict[str, Any] = {
            column.name: np.concatenate([getattr(piece, column.name) for piece in pieces])
            for column in fields(cls)
            if isinstance(getattr(pieces[0], column.name), np.ndarray)
        }
        return replace(pieces[0], **columns)

    def __len__(self) -> int:
        return len(self.nodes)

    def take(self, rows: Mask | Ints) -> Shapes:
        """The shapes of these rows (a mask or row numbers), in the order given."""
        return replace(self, **_taken(self, rows))


ANY = -1
"""Code of a GPU type or partition where any will do."""


@dataclass(frozen=True, slots=True)
class Jobs:
    """n jobs, sorted by submit, then by the log's row; a job's row here is its *position*.

    All times are whole seconds of the trace's clock, which need not start at 0. Users, accounts and
    classes are codes: row numbers of ``users``, ``accounts`` and ``classes``.
    """

    job_id: Ints
    """The log's own number; breaks no tie."""
    submit: Ints
    run_time: Ints
    """What the job would need, ≥ 0."""
    walltime: Ints
    """What was asked for, ≥ 0: all that a scheduler may know."""
    gpus: Ints
    """Units of the machine held: processors of a classic log, GPUs, or 1/U of a GPU on nodes whose
    GPUs are cut into slices; ≥ 1, but 0 for a job of CPUs alone."""
    user: Codes
    account: Codes
    job_class: Codes
    users: tuple[str, ...]
    accounts: tuple[str, ...]
    classes: tuple[str, ...]
    preceding: Ints = field(default_factory=_none)
    """job_id after whose end this job may start, −1 for none; empty where a log has none at all."""
    think_time: Ints = field(default_factory=_none)
    """Seconds between that end and this job's submission; as long as ``preceding``."""
    fails_after: Ints = field(default_factory=_none)
    """Work after which the job fails by itself, in seconds as ``run_time``, −1 for never; a job
    that would have ended before never fails. Empty where none do."""
    cancelled_at: Ints = field(default_factory=_none)
    """Instant of the trace's clock when its user takes it back, −1 for never; a job taken back at
    its submission or before never comes. Empty where none are."""
    needed_by: Ints = field(default_factory=_none)
    """Instant of the trace's clock by which its end is of use, −1 where any is; empty where no job
    has such a time. No rule sees it."""
    qos: Codes = field(default_factory=_no_codes)
    """Quality of service of each job, a row of ``qos_names``, −1 for none; empty where a log has
    none at all."""
    qos_names: tuple[str, ...] = ()
    latency: Ints = field(default_factory=_none)
    """(n, k): milliseconds that take place beside the jobs' own work, a column for each of
    ``latencies``; empty where a log tells none."""
    latencies: tuple[str, ...] = ()
    speedup: Codes = field(default_factory=_no_codes)
    """Row of ``speedups``, −1 for the machine's own speeds; empty where all work at those."""
    speedups: tuple[Mapping[str, int], ...] = ()
    """Thousandths of the speed that run times are given for, by GPU type."""
    gpu_use: Ints = field(default_factory=_none)
    """Thousandths of the time of the GPUs that it holds that the job uses, the mean over its run;
    −1 where nobody knows, and for jobs without GPUs. Empty where nothing is known at all."""
    array: Ints = field(default_factory=_none)
    """Number of the job array that the job is an element of, −1 for none; empty where no job is."""
    shape: Shapes | None = None
    """What it asks for on nodes; None where only a number of units is known."""

    def __len__(self) -> int:
        return len(self.job_id)

    def take(self, rows: Mask | Ints) -> Jobs:
        """The jobs of these rows (a mask or row numbers), in the order given."""
        shape = None if self.shape is None else self.shape.take(rows)
        return replace(self, shape=shape, **_taken(self, rows))

    def ordered(self) -> Jobs:
        """The same jobs in the order of positions: a stable sort by submit."""
        if np.all(self.submit[1:] >= self.submit[:-1]):
            return self
        return self.take(np.argsort(self.submit, kind="stable"))


def _taken(table: Jobs | Shapes, rows: Mask | Ints) -> dict[str, Any]:
    """Those rows of each column that is there."""
    columns = ((column.name, getattr(table, column.name)) for column in fields(table))
    return {
        name: column[rows]
        for name, column in columns
        if isinstance(column, np.ndarray) and len(column)
    }
