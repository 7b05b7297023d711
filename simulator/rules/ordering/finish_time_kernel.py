"""Finish-time fairness: whose job would finish latest, compared with 1/N of the machine."""

from __future__ import annotations

from simulator.kernels.compiling import kernel
from simulator.kernels.state import NOW, State
from simulator.rules.ordering.seen_kernel import see


@kernel
def weigh_finish_time(state: State) -> None:
    """Let the whole's value be N: how many have jobs that run or wait."""
    accounts = state.accounts
    see(state)
    active = 0
    for entity in range(len(accounts.tree.parent)):
        if accounts.tree.children[entity] == 0 and (
            accounts.seen.running[entity] > 0.0 or accounts.seen.waiting[entity] > 0.0
        ):
            active += 1
    accounts.had.value[0] = active


@kernel
def finish_time(state: State, position: int) -> float:
    """ρ = (waited + walltime) / (walltime · max(1, n·N/c))."""
    columns, accounts = state.columns, state.accounts
    walltime = max(columns.walltime[position], 1)
    larger = max(columns.gpus[position] * accounts.had.value[0] / accounts.capacity[0], 1.0)
    return (state.counters[NOW] - columns.submit[position] + walltime) / (walltime * larger)
