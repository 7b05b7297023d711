"""What becomes of a victim: places in ``HOWS``."""

from __future__ import annotations

HOWS = ("cancel", "requeue", "checkpoint")
CANCEL, REQUEUE, CHECKPOINT = range(len(HOWS))
