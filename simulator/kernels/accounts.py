"""Those whom a rule serves: a tree of entities, what each holds and has had, and their jobs."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.kernels.shared import shared

Ints = NDArray[np.int64]
Bytes = NDArray[np.int8]
Floats = NDArray[np.float64]

# Places in ``Accounts.clock``.
LAST_TICK = 0
"""The last tick."""
NEXT_TICK = 1
"""The next one."""
NEXT_RESET = 2
"""Which of ``resets`` comes next."""
SEEN_STARTS = 3
"""Sliding window: starts that have left it."""
SEEN_ENDS = 4
"""Sliding window: ends that have left it."""
MET_STARTS = 5
"""Starts that an order which remembers has taken note of."""
MET_ENDS = 6
"""Ends that it has."""
MET_ARRIVALS = 7
"""Arrivals that it has."""
MET_WITHDRAWALS = 8
"""Withdrawals that it has."""
TICK_STARTS = 9
"""Attempts that had started at the last tick."""
CLOCKS = 10

CHARGE_SECOND = 1_000_000.0
"""In what usage is counted in."""
# Columns of ``Room.walk``.
LEFT, BEST, TIED_FROM, USERS_ALONE, RANKED_LEFT, RANKED_BEST, ACCOUNT = range(7)
WALK_COLUMNS = 7

STACK = 128
"""Height of the stack that formulas are worked out on."""


@shared
class Tree(NamedTuple):
    """Who belongs to whom; a row is an *entity*: the whole, a class, an account, a user.

    Row 0 is the whole. Parents stand before their children, siblings side by side in the order in
    which they were written.
    """

    parent: Ints
    """−1 for the whole."""
    first: Ints
    """The first child."""
    children: Ints
    """How many."""
    share: Floats
    """As written; −1 for a user who has the share of the account itself (``parent``)."""
    part: Floats
    """Its share over those of all siblings, 0 to 1."""
    entitled: Floats
    """Product of the parts up to the whole: its part of the machine."""
    user: Bytes
    """1: a user (an association of one with an account), never a parent."""


@shared
class Had(NamedTuple):
    """What each entity holds and has had; a row is an entity, its descendants included."""

    held: Ints
    """(entities, resources): units of the machine, CPUs and bytes held now."""
    running: Ints
    rate: Ints
    """Charge of the running jobs, thousandths a second."""
    leaving: Ints
    """Sliding window: the charge that leaves it, thousandths a second."""
    usage: Floats
    """Charged so far, faded, in millionths of a second of charge; up to ``settled``, or as far as
    the last tick and the ends of jobs have booked it."""
    settled: Ints
    """Up to when ``usage`` is made up, s."""
    value: Floats
    """What the order made of the entity when it last weighed them."""
    own: Floats
    """What the order itself remembers of the entity: a pass, credits; in row 0, of all together."""
    since: Ints
    """Up to when ``own`` is made up, s."""
    waiting: Ints
    """Its waiting jobs, where an order remembers: those of no other entity."""
    noted: Ints
    """Units that it holds, as far as an order that remembers has taken note."""
    active: Floats
    """Of one element: what the entities with waiting jobs are entitled to, together."""


@shared
class Prices(NamedTuple):
    """What time costs: each piece from its time to the next one's."""

    time: Ints
    factor: Ints
    """Thousandths."""
    total: Ints
    """Charge of a rate of 1 from instant 0 to the piece's time, thousandths."""


@shared
class Seen(NamedTuple):
    """What an order has seen when it last weighed everybody, for orders that look at it later."""

    machine: Floats
    """Units up, units free, jobs running, jobs waiting."""
    usage: Floats
    """By entity, as ``Had.usage``; so the others."""
    held: Floats
    """Units."""
    running: Floats
    waiting: Floats


@shared
class Room(NamedTuple):
    """Scratch: lists of the waiting jobs of each entity, and a heap of entities."""

    head: Ints
    """By entity: its first waiting job; −1 for none."""
    tail: Ints
    next: Ints
    """By position: the entity's next waiting job; −1 for none."""
    line: Ints
    """Positions in the order of turns."""
    heap: Ints
    heap_key: Floats
    more: Floats
    """By entity and resource: what it would hold beside ``held`` after the turns taken so far."""
    rank: Ints
    """By entity: scratch for orders of siblings."""
    first: Ints
    """By entity: its first waiting job when turns were last taken, and since then."""
    ahead: Floats
    """By entity: what the turns taken so far would add to what an order remembers of it."""
    walk: Ints
    """Fair Tree, by entity: how many users are left when its own come, and the best rank that the
    first of them is tied with; from which of them on they are tied to the last; 1 for an account of
    users alone; the first two as they were when its users were given their factors; and, from the
    first row on, all accounts, up to a 0 behind the first."""
    stack: Floats
    """For formulas."""


@shared
class Accounts(NamedTuple):
    """All of it; without rows where a rule asks for no accounts."""

    tree: Tree
    had: Had
    prices: Prices
    seen: Seen
    room: Room
    of_job: Ints
    """By position: the entity that the job is booked on."""
    charge: Ints
    """(jobs, GPU types of the machine or 1): charge of a job, thousandths a second."""
    kind: Ints
    """By position: which column of ``charge`` its running attempt pays."""
    asks: Ints
    """(jobs, resources): units of the machine, CPUs and bytes that the job holds when it runs."""
    capacity: Ints
    """(resources,)."""
    fixed: Floats
    """By position: the part of a job's priority that never changes, or a number drawn for it."""
    resets: Ints
    """Instants at which all usage becomes 0, ascending."""
    clock: Ints
    numbers: Floats
    """Parameters of the order, as its kernel names them; behind them the units of a GPU."""
    terms: Floats
    """(entities, terms): what the order has agreed with each: quotas, weights."""
    code: Ints
    """A formula, as its kernel reads it; empty without one."""


def _floats(*shape: int) -> Floats:
    return np.zeros(shape, np.float64)


def _ints(*shape: int) -> Ints:
    return np.zeros(shape, np.int64)


def tree_of(parent: Ints, share: Floats, user: Bytes) -> Tree:
    """The tree with these parents (−1 for row 0), shares and users.

    Parents stand before their children and siblings side by side. A share of −1 (``parent``) counts
    as nothing among siblings.
    """
    count = len(parent)
    children = np.bincount(parent[1:], minlength=count).astype(np.int64)
    first = _ints(count)
    first[parent[:0:-1]] = np.arange(count - 1, 0, -1)
    among = np.bincount(parent[1:], np.maximum(share[1:], 0), minlength=count)
    part, entitled = np.ones(count), np.ones(count)
    for row in range(1, count):
        total = among[parent[row]]
        part[row] = max(share[row], 0.0) / total if total > 0 else 0.0
        entitled[row] = part[row] * entitled[parent[row]]
    return Tree(parent, first, children, share, part, entitled, user)


def prices_of(time: Ints, factor: Ints) -> Prices:
    """A price list: from each time on the factor in thousandths; the first time is 0."""
    total = np.r_[0, np.cumsum(np.diff(time) * factor[:-1])].astype(np.int64)
    return Prices(time, factor, total)


def accounts_of(
    tree: Tree,
    of_job: Ints,
    *,
    charge: Ints,
    asks: Ints,
    capacity: Ints,
    prices: Prices | None = None,
    fixed: Floats | None = None,
    resets: Ints | None = None,
    numbers: Floats | None = None,
    terms: Floats | None = None,
    code: Ints | None = None,
    first_tick: int = 0,
) -> Accounts:
    """Nobody holds anything yet, and the first tick is still to come."""
    count, jobs, resources = len(tree.parent), len(of_job), len(capacity)
    clock = _ints(CLOCKS)
    clock[[LAST_TICK, NEXT_TICK]] = first_tick
    one_price = prices_of(_ints(1), np.full(1, 1000, np.int64))
    had = Had(
        _ints(count, resources),
        _ints(count),
        _ints(count),
        _ints(count),
        _floats(count),
        _ints(count),
        _floats(count),
        _floats(count),
        _ints(count),
        _ints(count),
        _ints(count),
        _floats(1),
    )
    room = Room(
        np.full(count, -1, np.int64),
        _ints(count),
        np.empty(jobs, np.int64),
        np.empty(jobs, np.int64),
        _ints(count + 1),
        _floats(count + 1),
        _floats(count, resources),
        _ints(count),
        np.full(count, -1, np.int64),
        _floats(count),
        _ints(count + 1, WALK_COLUMNS),
        _floats(STACK),
    )
    return Accounts(
        tree,
        had,
        prices or one_price,
        Seen(_floats(4), *(_floats(count) for _ in range(4))),
        room,
        of_job,
        charge,
        _ints(jobs),
        asks,
        capacity,
        _floats(jobs) if fixed is None else fixed,
        _ints(0) if resets is None else resets,
        clock,
        _floats(0) if numbers is None else numbers,
        _floats(count, 0) if terms is None else terms,
        _ints(0) if code is None else code,
    )


def no_accounts() -> Accounts:
    """For rules that ask for none."""
    tree = tree_of(np.full(1, -1, np.int64), np.ones(1), np.zeros(1, np.int8))
    nothing = _ints(0)
    return accounts_of(tree, nothing, charge=_ints(0, 1), asks=_ints(0, 1), capacity=_ints(1))
