"""How far jobs of several nodes are spread over leaf switches."""

from __future__ import annotations

import polars as pl

from simulator.metrics.base import Undefined, Value
from simulator.metrics.measured import Measured
from simulator.metrics.occupancy import POOL


def leaves_per_gang(measured: Measured) -> Value:
    """Σ over attempts of counted jobs on several nodes of leaf switches/number of such attempts."""
    if measured.nodes is None:
        return POOL
    leaf = measured.nodes.select(pl.col("node").alias("nodes"), "leaf")
    gangs = (
        measured.attempts.filter(pl.col("nodes").list.len() > 1)
        .filter(pl.col("position").is_in(measured.counted.nonzero()[0]))
        .select("position", "attempt", "nodes")
    )
    if not len(gangs):
        return Undefined("no job runs on several nodes")
    used = gangs.explode("nodes").join(leaf, on="nodes", how="left")
    return used.select("position", "attempt", "leaf").n_unique() / len(gangs)
