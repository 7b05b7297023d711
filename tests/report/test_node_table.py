"""What the terminal shows of a machine of nodes beside the demands."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from results_factory import job, node, write_study
from rich.console import Console

from simulator.report.table import print_comparison
from simulator.study.comparison import compare

if TYPE_CHECKING:
    from pathlib import Path

FAILED = [(0, 7200, "requeued", 28_800, "failure"), (7200, 9000, "completed", 0)]


def shown(folder: Path, **settings: Any) -> dict[str, list[str]]:
    """Rows of the table, words apart by two blanks, by their first."""
    jobs = [
        job(1, 0, 0, 9000, 4, on={0: 15}, attempts=FAILED),
        job(2, 9000, 9000, 9900, 1, on={1: 1}),
    ]
    if "nodes" not in settings:
        jobs = [row | {"on": None, "nodes": 0} for row in jobs]
    study = write_study(folder / "s", {"a": [jobs], "b": [jobs]}, 8, **settings)
    console = Console(width=100, record=True, file=StringIO())
    print_comparison(compare(study), console)
    lines = [line.split("  ") for line in console.export_text().splitlines()]
    words = [[word.strip() for word in line if word.strip()] for line in lines]
    return {line[0]: line[1:] for line in words if len(line) > 1}


def test_nodes_add_goodput_fragments_losses_and_energy(tmp_path: Path) -> None:
    table = shown(tmp_path, nodes=[node(number, gpus=4) for number in range(2)])
    # Half of the machine is in use all the time; of 10 GPU-hours 8 were lost.
    assert table["goodput"] == ["10.0 %", "? 10.0 %"]
    assert table["GPU-hours lost to failures of nodes, GPU-h"] == ["8", "? 8"]
    # Two idle nodes of 1 kW for 9900 s, and 4 kW more: all of it for 9000 s, a quarter for 900 s.
    assert table["energy, kWh"] == ["15.8", "? 15.8"]
    assert table["node availability"] == ["100.0 %", "? 100.0 %"]
    assert table["fragmentation"] == ["0.0 %", "? 0.0 %"]
    assert table["GPUs stranded, GPUs"] == ["0", "? 0"]
    # Causes that cost nothing are left out.
    assert not any("preemption" in name for name in table)


def test_a_pool_shows_none_of_it(tmp_path: Path) -> None:
    table = shown(tmp_path)
    assert "mean queue length, jobs" in table
    for word in ("goodput", "fragmentation", "stranded", "GPU-hours lost", "energy", "node"):
        assert not any(word in name for name in table), word


@pytest.mark.parametrize("name", ["energy", "fragmentation"])
def test_a_pool_that_is_asked_for_it_says_why_there_is_none(tmp_path: Path, name: str) -> None:
    study = write_study(
        tmp_path / "s", {"a": [[job(1, 0, 0, 9)]]}, 8, comparison={"metrics": [name]}
    )
    console = Console(width=100, record=True, file=StringIO())
    print_comparison(compare(study), console)
    said = f"{name.capitalize()} is undefined, because the machine is a pool."
    assert said in console.export_text()
