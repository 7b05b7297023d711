"""Stride scheduling: what has been booked over tickets, lowest first.

``Had.own`` is an entity's pass, and in row 0 the global pass. ``Accounts.fixed`` is what a second
of the running job adds to the global pass.
"""

from __future__ import annotations

import math

from simulator.kernels.compiling import kernel
from simulator.kernels.state import State


@kernel
def stride_step(state: State, entity: int, position: int) -> float:
    """What the start of a job adds to its entity's pass: units × walltime/tickets."""
    columns, tickets = state.columns, state.accounts.tree.entitled[entity]
    if tickets <= 0.0:
        return 0.0
    return columns.gpus[position] * columns.walltime[position] / tickets


@kernel
def stride(state: State, entity: int) -> float:
    """The pass; ∞ without tickets."""
    accounts = state.accounts
    if accounts.tree.entitled[entity] <= 0.0:
        return math.inf
    return accounts.had.own[entity] + accounts.room.ahead[entity]


@kernel
def stride_started(state: State, entity: int, position: int) -> None:
    """Book a start."""
    accounts, columns = state.accounts, state.columns
    had = accounts.had
    had.own[entity] += stride_step(state, entity, position)
    each = columns.gpus[position] / had.active[0] if had.active[0] > 0.0 else 0.0
    accounts.fixed[position] = each
    had.own[0] += each * columns.walltime[position]


@kernel
def stride_ended(state: State, entity: int, position: int, seconds: int) -> None:
    """An attempt has run for so many seconds: give back what it did not use."""
    accounts, columns = state.accounts, state.columns
    unused = columns.walltime[position] - seconds
    if accounts.tree.entitled[entity] > 0.0:
        given_back = columns.gpus[position] * unused / accounts.tree.entitled[entity]
        accounts.had.own[entity] -= given_back
    accounts.had.own[0] -= accounts.fixed[position] * unused


@kernel
def stride_came(state: State, entity: int) -> None:
    """Somebody who had nothing waiting has a job waiting now."""
    own = state.accounts.had.own
    own[entity] = max(own[entity], own[0])
