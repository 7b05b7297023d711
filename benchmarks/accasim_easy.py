"""AccaSim on our jobs: its EASY backfilling on as many one-core nodes as the pool has units.

Run in a process of its own, since it changes logging and keeps global state:
``python accasim_easy.py LOG CAPACITY`` prints the seconds that its simulation took, as one line of
JSON.
"""

from __future__ import annotations

import collections
import collections.abc
import json
import sys
import tempfile
from pathlib import Path

# AccaSim 1.1.3 takes this name from where Python 3.10 has left it out.
collections.Mapping = collections.abc.Mapping  # type: ignore[attr-defined]

from accasim.base.allocator_class import FirstFit  # noqa: E402
from accasim.base.scheduler_class import EASYBackfilling  # noqa: E402
from accasim.base.simulator_class import Simulator  # noqa: E402


def machine(capacity: int) -> dict[str, object]:
    """Its description of the machine; a processor of the log is a core, and a node."""
    return {
        "groups": {"unit": {"core": 1}},
        "resources": {"unit": capacity},
        "equivalence": {"processor": {"core": 1}},
        "start_time": 0,
    }


def run(log: Path, capacity: int) -> float:
    """Seconds of one simulation by its own clock; it reads the log as it goes."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "machine.json"
        config.write_text(json.dumps(machine(capacity)), encoding="utf-8")
        simulator = Simulator(
            str(log),
            str(config),
            EASYBackfilling(FirstFit()),
            scheduling_output=False,
            statistics_output=False,
            show_statistics=False,
            RESULTS_FOLDER_PATH=folder,
            LOG_LEVEL="ERROR",
        )
        simulator.start_simulation()
        return float(simulator.end_simulation_time - simulator.start_simulation_time)


if __name__ == "__main__":
    print(json.dumps({"seconds": run(Path(sys.argv[1]), int(sys.argv[2]))}))
