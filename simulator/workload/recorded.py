"""Jobs as a log records them: the columns of a run, and what filters and classes look at."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from simulator.workload.columns import Codes, Ints, Jobs
    from simulator.workload.steps import Step

Attribute = Literal["user", "account", "queue", "partition"]


@dataclass(frozen=True, slots=True)
class Recorded:
    """n jobs of a log, sorted by submit, with what the log says of itself."""

    jobs: Jobs
    queue: Codes
    """(n,) row numbers of ``queues``."""
    queues: tuple[str, ...]
    partition: Codes
    partitions: tuple[str, ...]
    capacity: int | None
    """Machine size, if the log states it."""
    epoch: int | None
    """Unix time of the log's instant 0, if stated."""
    time_zone: str | None
    """Name of the machine's time zone, if stated."""
    steps: tuple[Step, ...]
    digest: str
    """SHA-256 of the file, hexadecimal."""

    def take(self, rows: NDArray[np.bool_] | Ints) -> Recorded:
        """The jobs of these rows (a mask or row numbers)."""
        return replace(
            self,
            jobs=self.jobs.take(rows),
            queue=self.queue[rows],
            partition=self.partition[rows],
        )

    def attribute(self, name: Attribute) -> tuple[Codes, tuple[str, ...]]:
        """Codes (n,) and names of one attribute of the jobs."""
        match name:
            case "user":
                return self.jobs.user, self.jobs.users
            case "account":
                return self.jobs.account, self.jobs.accounts
            case "queue":
                return self.queue, self.queues
            case "partition":
                return self.partition, self.partitions
