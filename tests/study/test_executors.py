"""A crew of processes: what goes wrong in one of them is told here as it was there."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny import write_tiny

from simulator.errors import InputError
from simulator.results.writer import check_table_path
from simulator.scenario.load import load
from simulator.study.executors import crew_for


@pytest.mark.slow
def test_bad_input_that_a_worker_finds_is_bad_input_here(tmp_path: Path) -> None:
    with crew_for(load(write_tiny(tmp_path)), tmp_path / "out", workers=2) as crew:
        assert crew.workers == 2
        with pytest.raises(InputError, match=r"jobs\.txt is neither"):
            list(crew.map(check_table_path, [Path("jobs.txt")]))
