"""YAML text → nodes with places, built from the parser's events.

The text is somebody's: depth and number of nodes are bounded, aliases cannot recurse, tags are
refused, and nothing in it can name code.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    DocumentStartEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceStartEvent,
)

from simulator.errors import InputError, Place
from simulator.scenario.node import Node
from simulator.scenario.scalars import plain_scalar
from simulator.scenario.syntax import check_signs, syntax_error

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_NODES = 20_000
"""Values of one file, aliases written out."""
MAX_DEPTH = 50


def parse(text: str, file: str | Path) -> Node:
    """The one document of ``text``. Raises InputError, placed, for anything that is not that."""
    check_signs(text, file)
    builder = _Builder(file)
    try:
        return builder.document(YAML(typ="safe", pure=True).parse(text))
    except MarkedYAMLError as error:
        raise syntax_error(error, file) from None


@dataclass(slots=True)
class _Builder:
    """One document in the making."""

    file: str | Path
    anchors: dict[str, tuple[Node, int] | None] = field(default_factory=dict)
    """Anchored nodes with their sizes; None while one is still being built."""
    count: int = 0
    depth: int = 0

    def document(self, events: Iterator[Any]) -> Node:
        documents, root = 0, None
        for event in events:
            if isinstance(event, DocumentStartEvent):
                documents += 1
                if event.version not in (None, (1, 2)):
                    raise self.error(
                        event,
                        "the file asks for another version of YAML",
                        "take the %YAML line out; it is read as 1.2",
                    )
                if documents > 1:
                    raise self.error(
                        event,
                        "a second document begins",
                        "one file holds one scenario; take the '---' out",
                    )
            elif isinstance(event, NodeEvent):
                root = self.node(event, events)
        if root is None:
            raise InputError(
                "the file is empty", right="a scenario begins with its name", place=Place(self.file)
            )
        return root

    def node(self, event: NodeEvent, events: Iterator[Any]) -> Node:
        if isinstance(event, AliasEvent):
            return self.alias(event)
        before = self.count
        self.grow(event, 1)
        if tag := _tag(event):
            raise self.error(
                event,
                f"tags such as {tag} are not used",
                "leave it out; quote what must be text",
            )
        if event.anchor is not None:
            self.anchors[event.anchor] = None
        node = Node(self.value(event, events), self.place(event))
        if event.anchor is not None:
            self.anchors[event.anchor] = node, self.count - before
        return node

    def value(self, event: NodeEvent, events: Iterator[Any]) -> Any:
        if isinstance(event, ScalarEvent):
            if not event.implicit[0]:
                return event.value
            try:
                return plain_scalar(event.value)
            except InputError as error:
                raise error.at(self.place(event)) from None
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.error(event, f"nested more than {MAX_DEPTH} deep", "no setting lies so deep")
        if isinstance(event, SequenceStartEvent):
            value: Any = [self.node(each, events) for each in _until_end(events)]
        else:
            assert isinstance(event, MappingStartEvent)
            value = self.mapping(events)
        self.depth -= 1
        return value

    def mapping(self, events: Iterator[Any]) -> dict[str, Node]:
        entries: dict[str, Node] = {}
        for event in _until_end(events):
            key = self.node(event, events)
            name = self.name(event, key)
            if name in entries:
                first = entries[name].name_place
                raise self.error(
                    event,
                    f"{name!r} stands here a second time",
                    f"the first is in line {first.line if first else None}; take one out",
                )
            node = self.node(next(events), events).named(key.place)
            # What is empty begins, to the parser, where the next thing does.
            entries[name] = replace(node, place=key.place) if node.value is None else node
        return entries

    def name(self, event: NodeEvent, key: Node) -> str:
        """The name that a key gives; a whole number, such as a size in GPUs, is one too."""
        if isinstance(key.value, (str, int)) and not isinstance(key.value, bool):
            if key.value == "<<":
                raise self.error(
                    event, "'<<' does not merge here", "use 'extends', or write the settings out"
                )
            return str(key.value)
        if not isinstance(event, ScalarEvent) or not event.value:
            raise self.error(event, "a name is missing here", "write it like seed: 1")
        raise self.error(event, f"{event.value} is no name", f"quote it: '{event.value}'")

    def alias(self, event: AliasEvent) -> Node:
        name = event.anchor
        if name not in self.anchors:
            raise self.error(
                event,
                f"*{name} refers to nothing",
                f"mark the value it means with &{name}, before it",
            )
        found = self.anchors[name]
        if found is None:
            raise self.error(
                event, f"*{name} lies within what it refers to", "a value cannot contain itself"
            )
        self.grow(event, found[1])
        return found[0]

    def grow(self, event: NodeEvent, by: int) -> None:
        self.count += by
        if self.count > MAX_NODES:
            raise self.error(
                event,
                f"more than {MAX_NODES:,} values, aliases written out",
                "no scenario needs so many",
            )

    def place(self, event: Any) -> Place:
        return Place(self.file, event.start_mark.line + 1, event.start_mark.column + 1)

    def error(self, event: Any, what: str, right: str) -> InputError:
        return InputError(what, right=right, place=self.place(event))


def _until_end(events: Iterator[Any]) -> Iterator[NodeEvent]:
    """The events that open the items of a collection, up to its end."""
    for event in events:
        if isinstance(event, CollectionEndEvent):
            return
        yield event


def _tag(event: NodeEvent) -> str:
    """The tag that the file gives a value, as it is written; empty if none."""
    tag = getattr(event, "tag", None)
    return str(tag).replace("tag:yaml.org,2002:", "!!") if tag else ""
