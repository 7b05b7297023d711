"""What an order sees of entities and of the machine when it weighs them."""

from __future__ import annotations

from simulator.kernels.compiling import kernel_apart
from simulator.kernels.state import BUSY, CAPACITY, FREE, HEAD, HOLDS, TAIL, State


@kernel_apart
def see(state: State) -> None:
    """Note who holds, has had, runs and waits for how much, and how full the machine is."""
    accounts, counters, queue = state.accounts, state.counters, state.queue
    seen, had = accounts.seen, accounts.had
    seen.machine[0] = counters[CAPACITY]
    seen.machine[1] = counters[FREE]
    seen.machine[2] = counters[BUSY] - counters[HOLDS]
    seen.machine[3] = counters[TAIL] - counters[HEAD]
    for entity in range(len(had.usage)):
        seen.usage[entity] = had.usage[entity]
        seen.held[entity] = had.held[entity, 0]
        seen.running[entity] = had.running[entity]
        seen.waiting[entity] = 0.0
    if len(accounts.of_job) > 0:
        for place in range(counters[HEAD], counters[TAIL]):
            seen.waiting[accounts.of_job[queue.position[place]]] += 1.0
