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
    CHARGED,
    LEFT,
    RANKED_BEST,
    RANKED_LEFT,
    TIED_FROM,
    USERS_ALONE,
)
from simulator.kernels.compiling import kernel, kernel_apart, shift
from simulator.kernels.state import Ints, Program, State
from simulator.kernels.usage import SLURM


@kernel
def _set_levels(state: State, account: int) -> None:
    """S/U of each member on its level; contiguous, so that several are worked out at once."""
    tree, begin = state.accounts.tree, state.accounts.tree.first[account]
    end = begin + tree.children[account]
    whole = state.accounts.had.usage[account]
    part, share = tree.part[begin:end], tree.share[begin:end]
    usage = state.accounts.had.usage[begin:end]
    level = state.accounts.room.heap_key[begin:end]
    if whole == 0.0:
        whole = math.inf
    for member in range(len(level)):
        used = usage[member] / whole
        # S of 0: at the end; a share of ``parent``, counted as no part: before all others.
        nothing = math.inf if share[member] < 0.0 else 0.0
        much = part[member] / used if used > 0.0 else math.inf
        level[member] = nothing if part[member] == 0.0 else much


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
def _sunk(state: State, line: Ints, place: int, end: int) -> int:
    """The last place up to which members go before the one at ``place``, which stands too high.

    Those behind it are in order. Looked for in steps that double, then in halves.
    """
    entity, low, stride = line[place], place + 1, 1
    while low + stride < end and _goes_before(state, line[low + stride], entity):
        low += stride
        stride *= 2
    high = min(low + stride, end)
    while high - low > 1:
        middle = (low + high) >> 1
        if _goes_before(state, line[middle], entity):
            low = middle
        else:
            high = middle
    return low


@kernel
def _sort(state: State, line: Ints, begin: int, end: int) -> None:
    """By insertion, from the end: from tick to tick a few sink, who have used something."""
    for place in range(end - 2, begin - 1, -1):
        entity = line[place]
        if _goes_before(state, entity, line[place + 1]):
            continue
        low = _sunk(state, line, place, end)
        shift(line, place, place + 1, low - place)
        line[low] = entity


@kernel
def _first_time(state: State) -> None:
    """Siblings as written; the number of users goes to the place of the whole."""
    tree, rank, walk = state.accounts.tree, state.accounts.room.rank, state.accounts.room.walk
    accounts = 0
    for entity in range(len(rank)):
        if entity > 0:
            rank[entity] = entity
            rank[0] += tree.user[entity]
        if tree.children[entity] > 0:
            walk[ACCOUNT, accounts] = entity
            accounts += 1
            walk[USERS_ALONE, entity] = tree.children[entity]
    for entity in range(1, len(rank)):
        if tree.user[entity] == 0:
            walk[USERS_ALONE, tree.parent[entity]] = 0


@kernel
def _arrange_members(state: State, account: int) -> None:
    tree, room = state.accounts.tree, state.accounts.room
    begin = tree.first[account]
    end = begin + tree.children[account]
    _set_levels(state, account)
    _sort(state, room.rank, begin, end)
    line, level = room.rank, room.heap_key
    tied = end - 1
    while tied > begin and level[line[tied]] == level[line[tied - 1]]:
        tied -= 1
    room.walk[TIED_FROM, account] = tied - begin
    room.walk[RANKED_LEFT, account] = 0


@kernel
def _arrange_all(state: State) -> None:
    """Every account."""
    account, place, walk = 0, 0, state.accounts.room.walk
    while place == 0 or account > 0:
        _arrange_members(state, account)
        place += 1
        account = walk[ACCOUNT, place]


@kernel_apart
def _arrange(state: State, program: Program) -> None:
    """Put the members of each account in order, where its usage has not merely faded."""
    accounts = state.accounts
    had, clock = accounts.had, accounts.clock
    first = accounts.room.rank[0] == 0
    if first:
        _first_time(state)
    if first or program.fade != SLURM:
        _arrange_all(state)
    for place in range(clock[CHARGED]):
        entity = had.charged[place]
        had.is_charged[entity] = 0
        if not first and program.fade == SLURM and accounts.tree.children[entity] > 0:
            _arrange_members(state, entity)
    clock[CHARGED] = 0


@kernel_apart
def _rank_users(state: State, account: int) -> None:
    """Give the users of an account without others their factors."""
    tree, room, value = state.accounts.tree, state.accounts.room, state.accounts.had.value
    line, level, walk = room.rank, room.heap_key, room.walk
    left, best = walk[LEFT, account], walk[BEST, account]
    walk[RANKED_LEFT, account], walk[RANKED_BEST, account] = left, best
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
        walk[LEFT, account] != walk[RANKED_LEFT, account]
        or walk[BEST, account] != walk[RANKED_BEST, account]
    ):
        _rank_users(state, account)


@kernel_apart
def _rank(state: State) -> None:
    """Walk the tree from the top and give each user its factor; tied accounts one by one."""
    tree, room, value = state.accounts.tree, state.accounts.room, state.accounts.had.value
    line, level, stack, walk = room.rank, room.heap_key, room.heap, room.walk
    users = best = left = line[0]
    depth, place = 0, tree.first[0]
    end, before = place + tree.children[0], math.nan
    while True:
        if place == end:
            if depth == 0:
                return
            depth -= 1
            place = stack[depth]
            account, before = tree.parent[line[place - 1]], level[line[place - 1]]
            end = tree.first[account] + tree.children[account]
            continue
        entity = line[place]
        tied, before = level[entity] == before, level[entity]
        place += 1
        alone = walk[USERS_ALONE, entity]
        if alone > 0 or tree.user[entity] == 1:
            best = best if tied else left
        if alone > 0:
            walk[LEFT, entity], walk[BEST, entity] = left, best
            last = walk[TIED_FROM, entity]
            best = left - last if last > 0 else best
            left -= alone
        elif tree.user[entity] == 1:
            value[entity] = best / users
            left -= 1
        elif tree.children[entity] > 0:
            stack[depth] = place
            depth += 1
            place = tree.first[entity]
            end = place + tree.children[entity]
            # The first member is tied if its account is.
            before = level[line[place]] if tied else math.nan


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
