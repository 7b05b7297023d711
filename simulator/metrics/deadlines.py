"""Jobs whose end is of use by a time alone: how many make it."""

from __future__ import annotations

import numpy as np

from simulator.metrics.base import Metric, Undefined, Value
from simulator.metrics.measured import Measured

NO_DEADLINES = Undefined("no job submitted after the warm-up had to end by a time")


def met_deadlines(measured: Measured) -> Value:
    """Share of the jobs with a deadline that came to their own end by then."""
    later = measured.submit >= measured.begin
    met = np.count_nonzero(measured.in_time & later)
    late = np.count_nonzero(measured.late & later)
    return met / (met + late) if met + late else NO_DEADLINES


METRICS = (
    Metric(
        "met_deadlines",
        "jobs that met their deadline",
        "jobs that ended by themselves by the time they were needed/(these + all that had not), "
        "refused jobs included",
        "share",
        "higher",
        "job",
        "",
        "late if its time is over; else left out, as are jobs that users take back",
        True,
        met_deadlines,
    ),
)
NAMES = tuple(each.name for each in METRICS)
"""Names of these metrics, which say something where jobs have deadlines."""
