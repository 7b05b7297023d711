"""Classes of applicants whose jobs have speeds of their own on some types of GPU."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from simulator.fields import thousandths
from simulator.workload.columns import Codes


def speed_columns(
    job_class: Codes, classes: Sequence[str], speedups: Mapping[str, Mapping[str, float]]
) -> dict[str, Any]:
    """The columns ``speedup`` and ``speedups`` of jobs of these classes; none if all are as usual.

    Classes that nobody belongs to are left aside.
    """
    named = [name for name in classes if name in speedups]
    if not named:
        return {}
    row = [named.index(name) if name in named else -1 for name in classes]
    tables = tuple(
        {kind: thousandths(speed) for kind, speed in speedups[name].items()} for name in named
    )
    return {"speedup": np.array(row, np.int32)[job_class], "speedups": tables}
