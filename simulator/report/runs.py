"""The runs of a study as metrics see them, all measured over the same time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.metrics.measured import Measured

if TYPE_CHECKING:
    from simulator.results.reader import Study


def measured_runs(study: Study, replication: int) -> dict[str, Measured]:
    """Each rule's run of one replication, from the latest end of warm-up among them on.

    Raises InputError for a replication that the study has not.
    """
    runs = {rule: study.run(rule, replication) for rule in study.rules}
    end = max(Measured(run, study.manifest).warm_up.end for run in runs.values())
    return {rule: Measured(run, study.manifest, end) for rule, run in runs.items()}
