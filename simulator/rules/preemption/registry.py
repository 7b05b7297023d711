"""What may become of a victim; the set of names is the set of implementations."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from simulator.rules.preemption.how import Cancel, KeepCheckpoints, Requeue, Suspend


def _word(value: Any) -> Any:
    return {"kind": value} if isinstance(value, str) else value


How = Annotated[Cancel | Requeue | KeepCheckpoints | Suspend, Field(discriminator="kind")]
HowWord = Annotated[How, BeforeValidator(_word)]
"""A word is short for ``{kind: word}``."""
