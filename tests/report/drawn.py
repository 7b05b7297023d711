"""What a figure shows, read back from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.path import Path

if TYPE_CHECKING:
    from matplotlib.collections import Collection
    from matplotlib.transforms import Bbox


def boxes(shapes: Collection) -> list[Bbox]:
    """The extents of each of the shapes, several of which may stand in one path."""
    return [
        Path(corners).get_extents()
        for path in shapes.get_paths()
        for corners in path.to_polygons(closed_only=False)
    ]
