"""Where the logs lie, and the tests' slow programs made importable."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))


@pytest.fixture(scope="session")
def logs() -> Path:
    """The folder of clean logs; benchmarks skip where it is absent."""
    folder = Path(os.environ.get("ADIL_SHARED", ROOT.parent / "shared")) / "traces/norm"
    if not folder.is_dir():
        pytest.skip(f"no logs at {folder} (set ADIL_SHARED)")
    return folder
