"""Random numbers by name: one stream for each purpose and entity, the same under every rule."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

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
    """Names of the streams taken so far, for the manifest."""

    def take(self, purpose: str, entity: str | int = "") -> np.random.Generator:
        """The generator of this purpose and entity. Raises ValueError if it was taken before."""
        name = f"{purpose}/{entity}"
        if name in self.taken:
            raise ValueError(f"the stream {name!r} is taken already")
        self.taken.add(name)
        key = f"adil/1/{self.seed}/{self.replication}/{name}".encode()
        return np.random.Generator(
            np.random.PCG64(int.from_bytes(hashlib.sha256(key).digest(), "big"))
        )

    def purposes(self) -> list[str]:
        """The purposes of the streams taken, sorted."""
        return sorted({name.split("/", 1)[0] for name in self.taken})
