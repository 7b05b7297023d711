"""The runs of a study as metrics see them, all measured over the same time."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from simulator.metrics.measured import Measured

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.results.reader import Study

_AT_ONCE = 4
"""Replications whose tables are held in memory at most."""


def measured_runs(study: Study, replication: int) -> dict[str, Measured]:
    """Each rule's run of one replication, from the latest end of warm-up among them on.

    Raises InputError for a replication that the study has not.
    """
    runs = {rule: Measured(study.run(rule, replication), study.manifest) for rule in study.rules}
    end = max(run.warm_up.end for run in runs.values())
    for run in runs.values():
        run.begin = end
    return runs


def of_replications(
    study: Study, *what: Callable[[dict[str, Measured]], Any]
) -> list[tuple[Any, ...]]:
    """What each function makes of the runs of each replication, in the order of replications.

    Each run is read once, some replications at a time: numpy and polars let threads run side by
    side. No more is kept than what the functions return.
    """

    def one(number: int) -> tuple[Any, ...]:
        runs = measured_runs(study, number)
        return tuple(each(runs) for each in what)

    with ThreadPoolExecutor(min(_AT_ONCE, os.cpu_count() or 1)) as pool:
        return list(pool.map(one, range(study.replications)))
