"""Names of limits and budgets, after whose they are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container

LONGEST = 50
"""Characters of an account's name that are kept."""


def name_of(origin: str, column: str, taken: Container[str]) -> str:
    """``account.GrpTRES``, with a number if that is taken; signs that names lack are left out."""
    stem = re.sub(r"[^A-Za-z0-9_-]+", "-", origin).strip("_-")[:LONGEST] or "account"
    name, number = f"{stem}.{column}", 2
    while name in taken:
        name, number = f"{stem}.{column}-{number}", number + 1
    return name
