"""Of clauses that can be lifted, the few that let something happen."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set


def least(
    applicable: Sequence[str], lets: Callable[[Set[str]], bool], last: str | None = None
) -> tuple[str, ...]:
    """Clauses that let it happen when they are lifted together, and not all but any one of them.

    Of several such sets it is the one that reaches least far down: clauses are lifted one after the
    other until it happens, and then each that was not needed is put back, the first one first, but
    ``last`` last. Empty if no lifting helps.
    """
    lifted: list[str] = []
    known: dict[frozenset[str], bool] = {}

    def happens(without: Set[str] = frozenset()) -> bool:
        rest = frozenset(lifted) - without
        if rest not in known:
            known[rest] = lets(rest)
        return known[rest]

    for clause in applicable:
        lifted.append(clause)
        if happens():
            break
    else:
        return ()
    needed = False
    while not needed and len(lifted) > 1:
        needed = True
        for clause in sorted(lifted, key=lambda each: each == last):
            if len(lifted) > 1 and happens({clause}):
                lifted.remove(clause)
                needed = False
    return tuple(lifted)
