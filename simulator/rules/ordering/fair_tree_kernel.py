"""Fair Tree: users ranked account by account, the least served account first.

``Room.heap_key`` holds level fair shares, ``Room.rank`` the siblings of each account in order, and
``Room.walk`` how many users come before those of an account.
Source: SchedMD/slurm, ``fair_tree.c``.
"""

from __future__ import annotations

import math

from simulator.kernels.accounts import (
    ACCOUNT,
    BEST,
    LAST_TICK,
    LEFT,
    RANKED_BEST,
    RANKED_LEFT,
    TIED_FROM,
    USERS_ALONE,
)
from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.state import NOW, Ints, Program, State
from simulator.kernels.usage import SLURM, SLURM_LN_2


@kernel
def _level_fair_share(state: State, entity: int) -> float:
    """S/U on the entity's level."""
    tree, usage = state.accounts.tree, state.accounts.had.usage
    if tree.share[entity] < 0.0:
        return math.inf
    if tree.part[entity] == 0.0:
        return 0.0
    whole = usage[tree.parent[entity]]
    used = usage[entity] / whole if whole > 0.0 else 0.0
    return tree.part[entity] / used if used > 0.0 else math.inf


@kernel
def _goes_before(state: State, one: int, other: int) -> bool:
    """Whether one sibling stands before the other: level, then users, then as written."""
    level, user = state.accounts.room.heap_key, state.accounts.tree.user
    if level[one] != level[other]:
        return level[one] > level[other]
    if user[one] != user[other]:
        return user[one] == 1
    return one < other


@kernel
def _sort(state: State, line: Ints, begin: int, end: int) -> None:
    """By insertion: from tick to tick little changes."""
    for place in range(begin + 1, end):
        entity, hole = line[place], place
        while hole > begin and _goes_before(state, entity, line[hole - 1]):
            line[hole] = line[hole - 1]
            hole -= 1
        line[hole] = entity


@kernel
def _first_time(state: State) -> None:
    """Siblings as written; the number of users goes to the place of the whole."""
    tree, rank, walk = state.accounts.tree, state.accounts.room.rank, state.accounts.room.walk
    accounts = 0
    for entity in range(len(rank)):
        state.accounts.had.own[entity] = -1.0
        if entity > 0:
            rank[entity] = entity
            rank[0] += tree.user[entity]
        if tree.children[entity] > 0:
            walk[accounts, ACCOUNT] = entity
            accounts += 1
            walk[entity, USERS_ALONE] = 1
    for entity in range(1, len(rank)):
        if tree.user[entity] == 0:
            walk[tree.parent[entity], USERS_ALONE] = 0


@kernel
def _arrange_members(state: State, account: int) -> None:
    tree, room = state.accounts.tree, state.accounts.room
    begin = tree.first[account]
    end = begin + tree.children[account]
    for member in range(begin, end):
        room.heap_key[member] = _level_fair_share(state, member)
    _sort(state, room.rank, begin, end)
    line, level = room.rank, room.heap_key
    tied = end - 1
    while tied > begin and level[line[tied]] == level[line[tied - 1]]:
        tied -= 1
    room.walk[account, TIED_FROM] = tied - begin
    room.walk[account, RANKED_LEFT] = 0


@kernel_apart
def _arrange(state: State, program: Program) -> None:
    """Put the members of each account in order, where its usage has not merely faded.

    ``Had.own`` remembers the usage of accounts.
    """
    accounts, now = state.accounts, state.counters[NOW]
    had, room = accounts.had, accounts.room
    if room.rank[0] == 0:
        _first_time(state)
    faded = 0.0
    if program.fade == SLURM:
        faded = (1.0 - SLURM_LN_2 / program.span) ** (now - accounts.clock[LAST_TICK])
    account, place, walk = 0, 0, room.walk
    while place == 0 or account > 0:
        before = had.own[account]
        had.own[account] = had.usage[account]
        if program.fade != SLURM or before * faded != had.usage[account]:
            _arrange_members(state, account)
        place += 1
        account = walk[place, ACCOUNT]


@kernel_apart
def _rank_users(state: State, account: int) -> None:
    """Give the users of an account without others their factors."""
    tree, room, value = state.accounts.tree, state.accounts.room, state.accounts.had.value
    line, level, walk = room.rank, room.heap_key, room.walk
    left, best = walk[account, LEFT], walk[account, BEST]
    walk[account, RANKED_LEFT], walk[account, RANKED_BEST] = left, best
    begin = tree.first[account]
    for place in range(begin, begin + tree.children[account]):
        if place > begin and level[line[place]] != level[line[place - 1]]:
            best = left
        value[line[place]] = best / line[0]
        left -= 1


@kernel
def rank_siblings(state: State, entity: int) -> None:
    """See to it that a user has its factor.

    Users of an account without others get theirs when somebody asks: where they are in the order of
    the last time, and as many users come before them, they have it.
    """
    walk, account = state.accounts.room.walk, max(state.accounts.tree.parent[entity], 0)
    if (
        walk[account, LEFT] != walk[account, RANKED_LEFT]
        or walk[account, BEST] != walk[account, RANKED_BEST]
    ):
        _rank_users(state, account)


@kernel_apart
def _rank(state: State) -> None:
    """Walk the tree from the top and give each user its factor; tied accounts one by one."""
    tree, room, value = state.accounts.tree, state.accounts.room, state.accounts.had.value
    line, level, stack, walk = room.rank, room.heap_key, room.heap, room.walk
    users = best = left = line[0]
    account, depth, place = 0, 0, tree.first[0]
    tied_above = False
    while True:
        begin = tree.first[account]
        if place == begin + tree.children[account]:
            if depth == 0:
                return
            depth -= 1
            place = stack[depth]
            account = tree.parent[line[place - 1]]
            continue
        entity = line[place]
        tied = tied_above if place == begin else level[entity] == level[line[place - 1]]
        place += 1
        if tree.user[entity] == 1:
            if not tied:
                best = left
            value[entity] = best / users
            left -= 1
        elif walk[entity, USERS_ALONE] == 1:
            if not tied:
                best = left
            walk[entity, LEFT], walk[entity, BEST] = left, best
            if walk[entity, TIED_FROM] > 0:
                best = left - walk[entity, TIED_FROM]
            left -= tree.children[entity]
        else:
            stack[depth] = place
            depth += 1
            account, place, tied_above = entity, tree.first[entity], tied


@kernel
def _gather(state: State, first: int, last: int, end: int) -> int:
    """Line up, behind ``end``, the members of the tied accounts at places first to last − 1."""
    tree, room = state.accounts.tree, state.accounts.room
    until = end
    for place in range(first, last):
        account = room.tail[place]
        for each in range(tree.children[account]):
            room.tail[until] = room.rank[tree.first[account] + each]
            until += 1
    _sort(state, room.tail, end, until)
    return until


@kernel_apart
def _rank_together(state: State) -> None:
    """As ``_rank``, with the members of tied accounts in one line.

    Lines lie one behind the other in ``Room.tail``; ``Room.heap`` and ``Room.head`` remember where
    the line above goes on, and where it ends. (Orders by shares do not use them otherwise.)
    """
    tree, room, value = state.accounts.tree, state.accounts.room, state.accounts.had.value
    line, level = room.tail, room.heap_key
    users = best = left = room.rank[0]
    line[0] = 0
    depth, place, end = 0, 1, _gather(state, 0, 1, 1)
    tied_above, first = False, True
    while True:
        if place == end:
            if depth == 0:
                return
            depth -= 1
            place, end = room.heap[depth], room.head[depth]
            first = False
            continue
        entity = line[place]
        tied = tied_above if first else level[entity] == level[line[place - 1]]
        first = False
        if tree.user[entity] == 1:
            if not tied:
                best = left
            value[entity] = best / users
            left -= 1
            place += 1
        else:
            last = place + 1
            while last < end and level[line[last]] == level[entity]:
                last += 1
            room.heap[depth], room.head[depth] = last, end
            depth += 1
            tied_above, first = tied, True
            place, end = end, _gather(state, place, last, end)


@kernel
def weigh_fair_tree(state: State, program: Program, together: int) -> None:
    """Give each user its factor, rank over number of users; ``together``: 1 as documented."""
    _arrange(state, program)
    if together:
        _rank_together(state)
    else:
        _rank(state)
