"""The queue of a pass, of which limits let some start."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from twin.limits import Bounds


@dataclass
class Line:
    """The queue of a pass, gone down once: whoever limits hold back at its turn is passed over, or
    ends it."""

    queue: list[int]
    bounds: Bounds | None
    running: Callable[[], list[tuple[int, int]]]
    """Who runs, those included whom the pass has started, without those whom it has stopped."""
    now: int
    passed: list[int] = field(default_factory=list)
    over: bool = False

    def lacks(self, position: int) -> bool:
        """Whether the job cannot start without what its member's cohort has lent to others."""
        return bool(self.bounds and self.bounds.lacks(position, self.running()))

    def pass_over(self, position: int) -> None:
        """The job does not get back what is its own."""
        if self.bounds and self.bounds.holds == "queue":
            self.over = True
        else:
            self.passed.append(position)

    def of(self, some: Iterable[int]) -> Iterator[int]:
        """Of these, one after the other, those whom limits let start."""
        return iter(Line([*some], self.bounds, self.running, self.now, self.passed))

    def __iter__(self) -> Iterator[int]:
        for position in self.queue:
            if self.over:
                return
            if self.bounds and self.bounds.holds_back(position, self.running(), self.now):
                if self.bounds.holds == "queue":
                    return
                self.passed.append(position)
            else:
                yield position
