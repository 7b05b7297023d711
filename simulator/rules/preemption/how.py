"""What becomes of a job that is preempted."""

from __future__ import annotations

from typing import Literal

from simulator.fields import Model


class Cancel(Model):
    """It is lost, and with it all that it has done."""

    kind: Literal["cancel"] = "cancel"


class Requeue(Model):
    """It goes back to the queue with its submit and position, and begins anew."""

    kind: Literal["requeue"] = "requeue"


class KeepCheckpoints(Model):
    """It goes back to the queue and keeps what its whole checkpoints hold; on nodes alone.

    Which jobs take checkpoints, and what they cost, is said under ``cluster.checkpoints``.
    """

    kind: Literal["checkpoint"] = "checkpoint"
