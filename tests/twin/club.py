"""Projects that apply, as the bureau remembers them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from twin.applications import Key, Paper


@dataclass(eq=False)
class Club:
    """A project, and what it remembers."""

    key: Key
    merits: Any
    number: int = 0
    mine: tuple[int, ...] = ()
    """Its jobs that a grant could pay for."""
    last: Paper | None = None
    """What says when it looks again; None: its jobs."""
    watched: int | None = None
    """When those that ran when it looked last should be over."""
    until: int = 0
    seen: int = 0
    """Up to when it has looked whether it wants more than its grant, or waited for an answer."""
    extra: int = 0
    quiet: int = 0
    starts: int = -1
    open: Paper | None = None
    """Under way."""
