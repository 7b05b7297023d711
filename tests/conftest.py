"""What the tests share: where the shared traces and oracles lie."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# A first call compiles or loads a kernel: examples have no deadline.
settings.register_profile("adil", deadline=None)
settings.load_profile("adil")

ROOT = Path(__file__).resolve().parent.parent


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
    if several and not hasattr(session.config, "workerinput"):
        from simulator.cluster.machine import machine_of  # noqa: PLC0415
        from simulator.cluster.models import Nodes  # noqa: PLC0415
        from simulator.engine.warm import warm_up_kernels  # noqa: PLC0415
        from simulator.rules.models import Rule  # noqa: PLC0415
        from tests.twin.slurm.kernels import warm_up  # noqa: PLC0415

        warm_up()
        nodes = {"kind": "nodes", "classes": {"n": {"count": 2, "gpus": 2}}}
        warm_up_kernels([Rule(), Rule(conformance="pyss")], 2)
        clocked = Rule.model_validate({"backfill": "slurm", "placement": "slurm"})
        warm_up_kernels([Rule(), clocked], machine_of(Nodes.model_validate(nodes), Path()))
