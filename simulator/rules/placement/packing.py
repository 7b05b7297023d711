"""What all placements have in common."""

from __future__ import annotations

from typing import Literal

from simulator.fields import Model


class Heeding(Model):
    """A placement that may keep clear of the head's nodes."""

    avoid_head: bool = False
    """Break ties towards nodes that the head of the queue would not get at its shadow time, before
    they go to the lowest node; with ``backfill: easy``."""


class Packing(Heeding):
    """A placement that leaves it open which GPU is cut into slices."""

    slices: Literal["pack_gpu", "pack_node"] = "pack_gpu"
    """Where a job of slices goes: ``pack_gpu`` fills up GPUs in use, wherever they are;
    ``pack_node`` fills up nodes that carry slices, so that others stay whole."""
