"""Rows of many columns, copied at once."""

from __future__ import annotations

from simulator.kernels.compiling import kernel_entry
from simulator.kernels.state import Ints


@kernel_entry
def gather_rows(to: Ints, columns: tuple[Ints, ...], rows: Ints) -> None:
    """Copy these rows of each column that has any to a row of ``to``, one after the other."""
    line = 0
    for number in range(len(columns)):
        column = columns[number]
        if len(column) > 0:
            for row in rows:
                to[line, row] = column[row]
            line += 1


@kernel_entry
def copy_rows(to: Ints, of: Ints, rows: Ints) -> None:
    """Copy these rows of each column, which are the lines of two arrays."""
    for line in range(len(to)):
        for row in rows:
            to[line, row] = of[line, row]
