"""What the tests of orders share: another solver."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def cvxpy() -> ModuleType:
    """Loaded where it is asked: that takes longer than most of these tests do."""
    return import_module("cvxpy")
