"""Compile, or load from disk, before workers start: parallel writes of numba's cache can crash."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from simulator.cluster.models import CapacityLoss
from simulator.engine.run import replay
from simulator.rules.models import Rule
from simulator.workload.columns import Jobs


def warm_up_kernels(rules: Iterable[Rule]) -> None:
    """Run two jobs under each rule's way of passing time."""
    one = np.ones(2, np.int64)
    code = np.zeros(2, np.int32)
    jobs = Jobs(one, one - 1, one, one, one, code, code, code, ("u",), ("a",), ("c",))
    kinds = {rule.conformance: rule for rule in rules}
    for conformance, rule in kinds.items():
        loss = CapacityLoss.model_validate(
            {"at": "1s", "units": 1, "duration": "1s", "repair_known": True}
        )
        replay(jobs, 2, rule, losses=() if conformance == "pyss" else (loss,))
