"""Jobs as columns: the one form in which every reader, generator and transform hands them on."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Codes = NDArray[np.int32]
Reals = NDArray[np.float64]


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
    """Units of the machine: GPUs, or processors of a classic log; ≥ 1."""
    user: Codes
    account: Codes
    job_class: Codes
    users: tuple[str, ...]
    accounts: tuple[str, ...]
    classes: tuple[str, ...]
    preceding: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    """job_id after whose end this job may start, −1 for none; empty where a log has none at all."""
    think_time: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    """Seconds between that end and this job's submission; as long as ``preceding``."""

    def __len__(self) -> int:
        return len(self.job_id)

    def take(self, rows: NDArray[np.bool_] | Ints) -> Jobs:
        """The jobs of these rows (a mask or row numbers), in the order given."""
        columns = {
            column.name: getattr(self, column.name)[rows]
            for column in fields(self)
            if isinstance(getattr(self, column.name), np.ndarray)
            and len(getattr(self, column.name))
        }
        return replace(self, **columns)

    def ordered(self) -> Jobs:
        """The same jobs in the order of positions: a stable sort by submit."""
        if np.all(self.submit[1:] >= self.submit[:-1]):
            return self
        return self.take(np.argsort(self.submit, kind="stable"))
