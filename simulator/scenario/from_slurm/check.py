"""What is written is a scenario that can be run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.errors import InputError, Place
from simulator.fields import ValidationError
from simulator.scenario.explain import explained
from simulator.scenario.models import Scenario
from simulator.scenario.parse import parse
from simulator.scenario.read import MAX_BYTES

if TYPE_CHECKING:
    from pathlib import Path


def checked(text: str, conf: Path) -> Scenario:
    """The scenario of a text made from ``conf``. Raises InputError for what it refuses."""
    if len(text.encode()) > MAX_BYTES:
        raise InputError(
            f"the tree of accounts makes a scenario of more than {MAX_BYTES >> 10} KiB",
            right="leave out --assoc, or give a table without users who submit nothing",
            place=Place(conf),
        )
    root = parse(text, "scenario.yaml")
    try:
        return Scenario.model_validate(root.plain())
    except ValidationError as error:
        refused = explained(error, root)
        raise InputError(
            f"it makes no scenario: {refused.what}", right=refused.right, place=Place(conf)
        ) from None
