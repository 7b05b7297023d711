"""What the tests of scenarios made from slurm.conf share."""

from __future__ import annotations

import pytest

from simulator.scenario.from_slurm.check import checked
from simulator.scenario.from_slurm.translate import read_cluster, translate


@pytest.fixture
def made(tmp_path):
    """The scenario of a slurm.conf, and its notes."""

    def make(text, trace=None, **tables):
        path = tmp_path / "slurm.conf"
        path.write_text(text)
        files = {}
        for name, table in tables.items():
            files[name] = tmp_path / f"{name}.psv"
            files[name].write_text(table)
        found = translate(read_cluster(path, **files), trace)
        return checked(found.text, path), found.notes

    return make
