"""Random numbers by name: one stream for each purpose and entity, the same under every rule."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(slots=True)
class Streams:
    """The streams of one replication of a study.

    Each is seeded by the SHA-256 of ``adil/1/<study seed>/<replication>/<purpose>/<entity>``: an
    entity that draws more shifts nobody else, and the order of asking does not matter. A stream can
    be taken once: two takers would draw the same numbers and call them independent.
    """

    seed: int
    replication: int
    taken: set[str] = field(default_factory=set)
    """Names of the streams taken so far, ``<purpose>/<entity>``, for the manifest."""

    def take(self, purpose: str, entity: str | int = "") -> np.random.Generator:
        """The generator of this purpose and entity. Raises ValueError if it was taken before."""
        name = f"{purpose}/{entity}"
        if name in self.taken:
            raise ValueError(f"the stream {name!r} is taken already")
        self.taken.add(name)
        key = seed_text(self.seed, self.replication, name).encode()
        return np.random.Generator(
            np.random.PCG64(int.from_bytes(hashlib.sha256(key).digest(), "big"))
        )


def seed_text(seed: int, replication: int | str, name: str) -> str:
    """What the stream of this name is seeded by, once it is hashed."""
    return f"adil/1/{seed}/{replication}/{name}"


def listed(seed: int, names: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Streams by purpose: what each is seeded by, with its place for the replication and, where
    there are several, the entity; and the entities, sorted."""
    found: dict[str, list[str]] = {}
    for name in sorted(set(names)):
        purpose, _, entity = name.partition("/")
        found.setdefault(purpose, []).append(entity)
    return {
        purpose: {
            "sha256_of": seed_text(seed, "<replication>", f"{purpose}/")
            + ("" if entities == [""] else "<entity>"),
            "entities": [each for each in entities if each],
        }
        for purpose, entities in found.items()
    }
