"""Every one of some rows beside every one of some columns: few of the pairs at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest


def pairs(rows: Mapping[str, Any], columns: Mapping[str, Any]) -> list[Any]:
    """Parameters (row, column), of which the fast tests take each row once, columns in turn.

    The others are slow tests, so that all are tried in the end.
    """
    return [
        pytest.param(
            row,
            column,
            id=f"{name}-{beside}",
            marks=[] if (down - across) % len(columns) == 0 else [pytest.mark.slow],
        )
        for down, (name, row) in enumerate(rows.items())
        for across, (beside, column) in enumerate(columns.items())
    ]
