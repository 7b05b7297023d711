"""The identity of a scenario: equal for files that say the same, different for all others."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.scenario.models import Scenario


def identity(scenario: Scenario) -> str:
    """SHA-256, in hexadecimal, of the canonical JSON of every setting, defaults included.

    Comments, the order of names, units (``7d`` or ``168h``), and how a scenario is spread over
    files do not enter. Neither does the order of the rules, which is one of presentation: where it
    decides the baseline, the baseline's name enters. The order of lists does.
    """
    text = json.dumps(
        scenario.canonical(),
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
        allow_nan=False,
    )
    return hashlib.sha256(text.encode()).hexdigest()
