"""Synthetic workloads for the tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from simulator.workload.models import Workload
from simulator.workload.synthetic.generate import generate

if TYPE_CHECKING:
    from simulator.streams import Streams
    from simulator.workload.columns import Jobs
    from simulator.workload.synthetic.models import Synthetic

EPOCH = 1_798_398_000
"""Monday 28 December 2026, 00:00 in Almaty."""
CLASSES = {
    "national": {"demand": 3, "accounts": 2, "users": 7},
    "science": {"demand": 1, "accounts": 3, "users": 12, "zipf": 0.8},
}


def workload(**settings: Any) -> Synthetic:
    base = {"kind": "synthetic", "duration": "13w", "load": 0.9, "classes": CLASSES}
    return TypeAdapter(Workload).validate_python(base | settings)


def made(
    streams: Streams, *, capacity: int = 512, epoch: int = EPOCH, **settings: Any
) -> tuple[Jobs, Any]:
    return generate(
        workload(**settings),
        capacity=capacity,
        epoch=epoch,
        time_zone="Asia/Almaty",
        streams=streams,
    )
