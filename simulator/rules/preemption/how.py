"""What becomes of a job that is preempted."""

from __future__ import annotations

from typing import Literal

from simulator.fields import Model


class Cancel(Model):
    """It is lost, and with it all that it has done.

    Example: a job of 10 h is preempted after 6 h: it ends there, and 6 h are lost.
    """

    kind: Literal["cancel"] = "cancel"


class Requeue(Model):
    """It goes back to the queue with its submit and position, and begins anew.

    Example: a job of 10 h is preempted after 6 h: once it starts again it needs 10 h.
    """

    kind: Literal["requeue"] = "requeue"


class KeepCheckpoints(Model):
    """It goes back to the queue and keeps what its whole checkpoints hold; on nodes alone.

    Which jobs take checkpoints, and what they cost, is said under ``cluster.checkpoints``.

    Example: a job of 10 h with a checkpoint every 4 h that costs nothing is preempted after 6 h:
    once it starts again it needs 6 h, and 2 h are lost.
    """

    kind: Literal["checkpoint"] = "checkpoint"
