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


class Suspend(Model):
    """It stands still: it frees its CPUs alone, and goes on on its own nodes once nobody has them.

    Its GPUs, slices and memory stay its own, so this helps jobs that lack nothing but CPUs. It
    needs nodes that count CPUs, and ``backfill: none`` or ``easy``. No exclusive job is suspended.

    Example: a job of 10 h is suspended after 6 h, and 2 h later its CPUs are free again: it ends
    4 h after that, 12 h after its start.
    Source: Slurm's PreemptMode=SUSPEND, which keeps memory too.
    """

    kind: Literal["suspend"] = "suspend"


class KeepCheckpoints(Model):
    """It goes back to the queue and keeps what its whole checkpoints hold; on nodes alone.

    Which jobs take checkpoints, and what they cost, is said under ``cluster.checkpoints``.

    Example: a job of 10 h with a checkpoint every 4 h that costs nothing is preempted after 6 h:
    once it starts again it needs 6 h, and 2 h are lost.
    """

    kind: Literal["checkpoint"] = "checkpoint"
