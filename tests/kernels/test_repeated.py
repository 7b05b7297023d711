"""Calls of an entry with the same tuples of arrays go straight to its code, others do not."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from simulator.kernels.compiling import Repeated


class Entry:
    """An entry that has been compiled for so many kinds of arguments."""

    def __init__(self, kinds: int) -> None:
        self.calls = 0
        straight = SimpleNamespace(entry_point=lambda *arguments: ("straight", *arguments))
        self.overloads = dict.fromkeys(range(kinds), straight)

    def __call__(self, *arguments: Any) -> Any:
        self.calls += 1
        return ("typed", *arguments)


def test_the_very_tuples_of_the_call_before_go_straight() -> None:
    entry, some, others = Entry(1), (np.arange(2),), (np.arange(2),)
    call = Repeated(entry)
    assert call((some, others), 1) == ("typed", some, others, 1)
    assert call((some, others), 2) == ("straight", some, others, 2)
    # The same arrays in another tuple may be of another type by now.
    assert call((some, (others[0],)), 3)[0] == "typed"
    assert call((some,), 3)[0] == "typed"
    assert call((others,), 3)[0] == "typed"
    assert call((others,), 3)[0] == "straight"
    assert entry.calls == 4


def test_an_entry_of_several_kinds_or_uncompiled_is_always_asked() -> None:
    parts = ((np.arange(2),),)
    for entry in (Entry(2), Entry(0)):
        call = Repeated(entry)
        assert [call(parts, number)[0] for number in range(3)] == ["typed"] * 3
    plain = Repeated(lambda part, number: (part, number))
    assert [plain(parts, number) for number in (1, 2)] == [(parts[0], 1), (parts[0], 2)]
