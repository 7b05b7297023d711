"""A formula as a tree of operations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Term:
    """A number, a variable, or an operation on terms."""

    operation: str
    """One of ``formula_kernel.OPCODES``."""
    at: int
    """The character of the formula at which it begins, from 1."""
    text: str
    """As written."""
    value: float = 0.0
    """Of a number."""
    name: str = ""
    """Of a variable."""
    parts: tuple[Term, ...] = ()

    def walk(self) -> Iterator[Term]:
        """The term and all its parts."""
        yield self
        for part in self.parts:
            yield from part.walk()

    @property
    def names(self) -> set[str]:
        """The variables that it looks at."""
        return {term.name for term in self.walk() if term.operation == "name"}
