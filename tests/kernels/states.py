"""Small states to try single kernels on."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from simulator.kernels.compiling import kernel_entry
from simulator.kernels.state import Columns, State, at_start


def state_of(sizes: list[int], walltimes: list[int], capacity: int) -> State:
    """Jobs of these sizes and walltimes, submitted at 0, none of which has arrived."""
    count = len(sizes)
    columns = Columns(
        np.zeros(count, np.int64),
        np.array(walltimes, np.int64),
        np.array(walltimes, np.int64),
        np.array(sizes, np.int64),
    )
    return at_start(columns, capacity, 4)


@cache
def entry(kernel: Callable[..., Any]) -> Callable[..., Any]:
    """The kernel, callable from here, its code kept on disk: only a few are from Python."""
    return kernel_entry(getattr(kernel, "py_func", kernel))
