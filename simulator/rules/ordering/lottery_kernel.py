"""Lottery scheduling: exponential times race each other.

``Had.own`` is since when an entity's first job takes part, on the clock of the race, which is
``own`` of row 0. ``Accounts.fixed`` is −ln(u) of each job.
"""

from __future__ import annotations

import math

from simulator.kernels.compiling import kernel
from simulator.kernels.state import State


@kernel
def lottery_step(state: State, entity: int, position: int) -> float:
    """How long the job takes to win: −ln(u)/tickets."""
    tickets = state.accounts.tree.entitled[entity]
    return state.accounts.fixed[position] / tickets if tickets > 0.0 else 0.0


@kernel
def lottery(state: State, entity: int, position: int) -> float:
    """When the entity's next job wins; ∞ without tickets."""
    accounts = state.accounts
    if accounts.tree.entitled[entity] <= 0.0:
        return math.inf
    before = accounts.had.own[entity] + accounts.room.ahead[entity]
    return before + lottery_step(state, entity, position)


@kernel
def lottery_started(state: State, entity: int, position: int, in_turn: bool) -> None:
    """The clock of the race goes on to whoever won; its entity's next job takes part from then on.

    A job that overtook has won nothing. If it was its entity's first, the next one takes part from
    now on.
    """
    accounts = state.accounts
    own, room = accounts.had.own, accounts.room
    if in_turn and accounts.tree.entitled[entity] > 0.0:
        own[0] = own[entity] + lottery_step(state, entity, position)
    if room.first[entity] == position:
        own[entity] = own[0]
        room.first[entity] = room.next[position]


@kernel
def lottery_came(state: State, entity: int) -> None:
    """Somebody who had nothing waiting has a job waiting now."""
    own = state.accounts.had.own
    own[entity] = own[0]
