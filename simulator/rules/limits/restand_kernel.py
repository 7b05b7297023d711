"""What has been spent decides who stands behind, and who counts as having come later."""

from __future__ import annotations

from simulator.kernels.compiling import kernel_apart
from simulator.kernels.limit_book import lateness, stands_behind
from simulator.kernels.queue import sort
from simulator.kernels.state import CHANGED, ENDS, FIRST_NEW, HEAD, TAIL, Program, State
from simulator.rules.ordering.dispatch_kernel import priority


@kernel_apart
def restand(state: State, program: Program) -> None:
    """Let the queue be in order once more: what is left of budgets has changed.

    Keys are made anew for those alone who come to count as later, or not to.
    """
    queue, counters, limits = state.queue, state.counters, state.limits
    behind, by = limits.balances.behind, limits.overuse.by
    limits.balances.moved[0] = 0
    moved = False
    for place in range(counters[HEAD], counters[TAIL]):
        position = queue.position[place]
        if len(behind) > 0:
            found = stands_behind(state, position)
            moved = moved or found != behind[position]
            behind[position] = found
        if len(by) > 0 and lateness(state, position) != by[position]:
            queue.key[place] = priority(state, program, position)
            moved = True
    if moved and sort(state):
        counters[CHANGED], counters[FIRST_NEW] = max(counters[CHANGED], ENDS), 0
