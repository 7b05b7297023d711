"""A log by itself, without a scenario around it."""

from __future__ import annotations

from pathlib import Path

from simulator.streams import Streams
from simulator.workload.build import Built, build
from simulator.workload.models import Log


def read_log(trace: str | Path) -> Built:
    """The jobs of a log as they are, with what was done to clean them.

    ``trace`` is a file, or a name of ``simulator.workload.catalogue``. Raises InputError for a log
    that cannot be read.
    """
    return build(
        Log(kind="log", trace=str(trace)),
        capacity=None,
        streams=Streams(0, 0),
        base=Path(),
        epoch=None,
        time_zone=None,
    )
