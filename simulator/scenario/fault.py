"""One of pydantic's errors, found in the file: which setting, where, with what value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulator.scenario.models import Scenario
from simulator.scenario.settings import Kinds, follow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simulator.errors import Place
    from simulator.scenario.node import Node

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """A setting that cannot be used."""

    type: str
    """pydantic's name of what is wrong."""
    message: str
    """pydantic's own words for it."""
    context: Mapping[str, Any]
    """What pydantic, or the validator, says beside it."""
    path: Path
    """Of the setting; a missing one's own."""
    kinds: Kinds
    """What may stand there."""
    node: Node
    """The setting, or the one it is missing in."""
    within: Kinds
    """What may stand at the setting that holds it."""
    names_it: bool
    """It is the name that is wrong, not the value."""

    @classmethod
    def of(cls, error: Mapping[str, Any], root: Node) -> Fault:
        """The fault that an entry of ``ValidationError.errors()`` tells of."""
        context = error.get("ctx", {})
        loc = (*error["loc"], *context.get("at", ()))
        is_key = loc[-1:] == ("[key]",)
        if is_key:
            loc = loc[:-1]
        path, kinds = follow(Scenario, loc)
        _, within = follow(Scenario, loc[:-1])
        names_it = is_key or error["type"] == "extra_forbidden"
        return cls(
            error["type"], error["msg"], context, path, kinds, root.at(path), within, names_it
        )

    @property
    def place(self) -> Place:
        """Where it is to be mended: at the value; of what has many settings, at its name."""
        if self.type in ("union_tag_invalid", "literal_error"):
            return self.word.place
        if self.names_it or isinstance(self.node.value, (dict, list)):
            return self.node.name_place or self.node.place
        return self.node.place

    @property
    def setting(self) -> str:
        """Its dotted path, empty for the scenario itself."""
        return ".".join(map(str, self.path))

    @property
    def value(self) -> str:
        """What stands there, as a message shows it."""
        return shown(self.path[-1] if self.names_it else self.node.value)

    @property
    def word(self) -> Node:
        """The word that chooses, written alone or as the ``kind`` of a mapping."""
        if isinstance(self.node.value, dict):
            found: Node = self.node.value.get("kind", self.node)
            return found
        return self.node


def shown(value: Any) -> str:
    """A value as a message shows it: short, and as the file has it."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (dict, list)):
        return "a mapping" if isinstance(value, dict) else "a list"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:50]}…"
