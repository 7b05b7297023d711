"""A crew of processes: what goes wrong in one of them is told here as it was there."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny import write_tiny

from simulator.errors import InputError
from simulator.results.writer import check_table_path
from simulator.scenario.load import load
from simulator.study.executors import crew_for, split


@pytest.mark.slow
def test_bad_input_that_a_worker_finds_is_bad_input_here(tmp_path: Path) -> None:
    with crew_for(load(write_tiny(tmp_path)), tmp_path / "out", workers=2) as crew:
        assert crew.workers == 2
        with pytest.raises(InputError, match=r"jobs\.txt is neither"):
            list(crew.map(check_table_path, [Path("jobs.txt")]))


@pytest.mark.parametrize("workers", [1, 2, 3, 7])
@pytest.mark.parametrize("replications", [1, 2, 3, 20])
def test_a_study_is_split_into_each_run_once(replications: int, workers: int) -> None:
    """Whatever is whole comes first, and at the end there is something small for everybody."""
    tasks = split(["easy", "fcfs"], replications, workers)
    runs = [(task.replication, rule) for task in tasks for rule in task.rules]
    assert runs == [(number, rule) for number in range(replications) for rule in ("easy", "fcfs")]
    single = [task for task in tasks if len(task.rules) == 1]
    assert len(single) == (0 if replications == workers else 2 * min(replications, workers))
