"""Outages that befall crowds of jobs: a window and a loss, or a failure, drawn at random."""

from __future__ import annotations

from random import Random
from typing import Any

from simulator.cluster.models import CapacityLoss, MaintenanceWindow
from twin.nodes.outages import Failure, Window


def on_a_pool(random: Random, units: int) -> dict[str, Any]:
    """As both simulators of a pool of so many units take them."""
    window = MaintenanceWindow(
        start=f"{random.randint(2, 50)}s",
        duration=f"{random.randint(2, 9)}s",
        units=random.randint(1, units),
        announced="20s",
        drain=random.random() < 0.5,
    )
    loss = CapacityLoss(
        at=f"{random.randint(2, 50)}s",
        units=random.randint(1, 5),
        duration=f"{random.randint(3, 20)}s",
        repair_known=random.random() < 0.5,
    )
    return {"windows": [window], "losses": [loss]}


def on_nodes(random: Random) -> dict[str, Any]:
    """As both simulators of four nodes take them."""
    start, repair = random.randint(2, 50), random.randint(1, 15)
    window = Window(start, 6, (random.randrange(4),), announced=20, drain=random.random() < 0.5)
    failure = Failure(
        random.randint(2, 60),
        (random.randrange(4),),
        repair,
        repair_known=random.random() < 0.5,
        on_failure="requeue",
        max_requeues=None,
    )
    return {"windows": [window], "failures": [failure]}
