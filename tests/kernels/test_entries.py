"""Kernels that tests call by themselves are compiled before there are several processes."""

from __future__ import annotations

import re
from pathlib import Path

from compiled import calls

TESTS = Path(__file__).resolve().parent.parent


def test_each_is_named_where_kernels_are_compiled() -> None:
    called = set[str]()
    for path in TESTS.rglob("*.py"):
        called |= set(re.findall(r"\bentry\((?:\w+\.)?(\w+)\)\(", path.read_text()))
    assert called == {kernel.__name__ for kernel, *_ in calls()}
