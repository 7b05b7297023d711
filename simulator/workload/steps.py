"""What was done to the data between the file and the run, told so that a reader can judge it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """One cleaning step, transform or assumption."""

    name: str
    """Short and stable, like ``missing_run_time``."""
    count: int
    """Jobs (or users, or rows) that it touched."""
    what: str
    """One sentence in plain words."""


def counted(*steps: Step) -> tuple[Step, ...]:
    """The steps that touched anything."""
    return tuple(step for step in steps if step.count)
