"""The metrics that a scenario asks for, checked before anything runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.errors import InputError
from simulator.metrics.registry import metric

if TYPE_CHECKING:
    from simulator.scenario.load import Loaded


def check_metrics(loaded: Loaded) -> None:
    """Raise InputError, with its place, if a scenario asks for a metric that nobody knows."""
    for index, name in enumerate(loaded.scenario.comparison.metrics):
        try:
            metric(name)
        except InputError as error:
            raise error.at(loaded.place("comparison", "metrics", index)) from None
