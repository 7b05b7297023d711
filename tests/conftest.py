"""What the tests share: where the shared traces and oracles lie."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from pathlib import Path

import pytest
import stamp
from hypothesis import settings

# A first call compiles or loads a kernel: examples have no deadline.
settings.register_profile("adil", deadline=None)
settings.load_profile("adil")

ROOT = Path(__file__).resolve().parent.parent

# Else each of pytest's processes, and each that a test starts, would compile all sources and tests
# again.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# Modules and tests stay until the end: to look through them for garbage again and again takes a
# twentieth of the time.
gc.disable()


def pytest_collection_finish() -> None:
    """What is there now is no garbage; what comes is looked through while it is young alone: most
    that is old stays, kernels and recordings, and to look through it took seconds each time."""
    gc.freeze()
    gc.set_threshold(100_000, 50, 1_000_000)
    gc.enable()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of shared traces and oracles; tests that need it skip where it is absent."""
    folder = Path(os.environ.get("ADIL_SHARED", ROOT.parent / "shared"))
    if not folder.is_dir():
        pytest.skip(f"no shared traces and oracles at {folder} (set ADIL_SHARED)")
    return folder


def pytest_sessionstart(session: pytest.Session) -> None:
    """Compile before xdist's workers start: else each would, and parallel writes can crash."""
    several = getattr(session.config.option, "numprocesses", None)
    if several and not hasattr(session.config, "workerinput") and not stamp.is_there():
        groups = [[sys.executable, "-m", "compiled", group] for group in ("pools", "nodes")]
        running = [subprocess.Popen(each, cwd=ROOT / "tests") for each in groups]
        ended = [process.wait() for process in running]
        if any(ended):
            pytest.exit("kernels could not be compiled", returncode=1)
        stamp.leave()
