"""When running jobs leave their queues of attained service: noted once, and never too late."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from simulator.engine import run
from simulator.engine.probe.watch import Onlooker
from simulator.kernels.state import BUSY, FAR, RUNNING, State
from twin.nodes import engine
from twin.nodes.test_served import FIRST, NODES, RANKS, SUSPENDING, _jobs
from twin.test_served import las_settings

if TYPE_CHECKING:
    from simulator.engine.world import Nodes, Pool
    from simulator.kernels.state import Program


def _leaves(state: State, program: Program, position: int) -> int:
    """When a running job leaves its queue if it runs on, at the end of a round."""
    rank, gpus = int(state.rights.rank[position]), int(state.columns.gpus[position])
    if rank == program.levels or gpus == 0:
        return FAR
    numbers = state.accounts.numbers
    seconds = -(-int(numbers[rank] * numbers[-1]) // gpus) - int(state.rights.served[position])
    began = int(state.progress.start[position] + state.progress.suspended[position])
    return -(-(began + max(seconds, 0)) // program.round) * program.round


@pytest.mark.parametrize("how", ["suspend", "requeue"])
def test_nobody_leaves_its_queue_before_it_is_expected(how: str) -> None:
    """At every second, with jobs that start, end, and stand still for a time."""
    order = {"thresholds": ["100 GPU-s", "300 GPU-s"], "round": "20s"}
    stage = replace(SUSPENDING["in rounds"], how=(how,) * RANKS)
    served = las_settings(order, stage)
    left = 0

    def seen(when: int, world: Pool | Nodes) -> None:
        nonlocal left
        state, noted = world.state, int(world.state.rights.crossing[0])
        busy = state.running.planned_position[: state.counters[BUSY]]
        runs = [int(each) for each in busy if state.progress.phase[each] == RUNNING]
        expected = [_leaves(state, world.program, position) for position in runs]
        assert noted <= min([*expected, FAR]), when
        left += when in expected

    for seed in range(3):
        jobs = [replace(job, gpus=min(job.gpus, 2), memory=0) for job in _jobs(seed)]
        columns, machine = engine.columns(jobs, NODES), engine.machine(NODES)
        rule: Any = engine.model(replace(FIRST["easy"], preemption=stage), served)
        replay = partial(run.replay, columns, machine, rule)
        until = max(end for end in replay().jobs["end"].to_pylist() if end is not None)
        replay(watch=Onlooker(range(until), seen))
    assert left > 20
