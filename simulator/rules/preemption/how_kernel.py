"""What becomes of a victim: places in ``HOWS``."""

from __future__ import annotations

HOWS = ("cancel", "requeue", "checkpoint", "suspend")
CANCEL, REQUEUE, CHECKPOINT, SUSPEND = range(len(HOWS))
