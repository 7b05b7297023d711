"""One scenario out of several files: ``extends``, then the file's own settings, then ``patches``.

``extends`` names one file or several, relative to the file that says it; later ones win over
earlier ones, and the file itself over all. ``rules`` as a list says which rules there are; as a
mapping it adds to those of the extended files, or changes them. The rules of several extended files
come together.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from os.path import normpath, realpath
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.errors import InputError, Place
from simulator.scenario.named import with_rules_by_name
from simulator.scenario.node import Node, merge
from simulator.scenario.patch import patched
from simulator.scenario.read import read

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_CHAIN = 20
"""Files that extend one another."""


@dataclass
class Composition:
    """The files of one scenario, each read once."""

    hashes: dict[Path, str] = field(default_factory=dict)
    """File as named → SHA-256 of its bytes."""
    done: dict[str, Node] = field(default_factory=dict)

    def compose(
        self, path: Path, asked_at: Place | None = None, chain: tuple[Path, ...] = ()
    ) -> Node:
        """The settings of a file and of all that it extends, its patches applied.

        Raises InputError, placed, for circles and whatever cannot be read or patched.
        """
        key = _real(path)
        if key in map(_real, chain):
            names = " → ".join(each.name for each in (*chain, path))
            raise InputError(
                f"the files extend one another in a circle: {names}",
                right="take one 'extends' out",
                place=asked_at,
            )
        if len(chain) > MAX_CHAIN:
            raise InputError(f"more than {MAX_CHAIN} files extend one another", place=asked_at)
        if key not in self.done:
            self.done[key] = self._compose(path, asked_at, (*chain, path))
        return self.done[key]

    def _compose(self, path: Path, asked_at: Place | None, chain: tuple[Path, ...]) -> Node:
        own, self.hashes[path] = read(path, asked_at)
        settings = dict(own.value)
        extends, patches = settings.pop("extends", None), settings.pop("patches", None)
        root = replace(own, value={})
        for named in _named_files(extends):
            file = Path(normpath(path.parent / named.value))
            root = merge(root, self.compose(file, named.place, chain))
        root = _on_top(root, replace(own, value=settings))
        return patched(root, _entries(patches))


def _real(path: Path) -> str:
    """One name for a file that can be reached by several."""
    return str(path) if "\0" in str(path) else realpath(path)


def _on_top(root: Node, own: Node) -> Node:
    """A file's own settings on those of all the files that it extends."""
    rules = own.value.get("rules")
    if rules is not None and isinstance(rules.value, list):
        root = replace(root, value={k: v for k, v in root.value.items() if k != "rules"})
    return merge(root, with_rules_by_name(own))


def _named_files(extends: Node | None) -> list[Node]:
    if extends is None:
        return []
    files = extends.value if isinstance(extends.value, list) else [extends]
    for file in files:
        if not isinstance(file.value, str) or not file.value:
            raise InputError(
                "extends: a file, or a list of files, is wanted",
                right="write it like extends: base.yaml",
                place=file.place,
            )
    return files


def _entries(patches: Node | None) -> Iterable[tuple[str, Node]]:
    if patches is None:
        return ()
    if not isinstance(patches.value, dict):
        raise InputError(
            "patches: a mapping is wanted, setting to value",
            right="write it like patches: {workload.load: 1.1}",
            place=patches.place,
        )
    return patches.value.items()
