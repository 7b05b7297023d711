"""What keeps a job from starting in one of Slurm's passes: clauses lifted for it at its turn."""

from __future__ import annotations

from collections.abc import Set

import numpy as np

from simulator.engine.probe.least import least
from simulator.engine.probe.lifts import (
    CPUS,
    HELD,
    LIMIT,
    MEMORY,
    NODES,
    ORDER,
    OUTAGE,
    PLAN,
    RIGHTS,
)
from simulator.engine.probe.slurm_bench import Bench, Turn
from simulator.kernels.limits import NONE
from simulator.kernels.words import words_of
from simulator.rules.slurm.build import NEVER
from simulator.rules.slurm.passes_kernel import PAST
from simulator.rules.slurm.state_kernel import (
    BLOCKED,
    FAILED,
    LET_IN,
    MAX_USER,
    PLANNED,
    PREEMPTS,
    STARTED,
    UNITS_A_GPU,
)
from simulator.rules.slurm.state_kernel import CPUS as CPUS_FREE
from simulator.rules.slurm.state_kernel import GPUS as GPUS_FREE
from simulator.rules.slurm.state_kernel import MEMORY as MEMORY_FREE

DEPTH = "depth"
"""A main pass of default depth ends before it. Lifted: it has its turn behind those looked at."""
TESTS = "tests"
"""Backfill has tested as many jobs as it may. Lifted: it has its turn behind them."""
USER = "user"
"""Backfill has looked at as many of its user's jobs as it may. Lifted: it looks at it, too."""
CLOSED = "closed"
"""A job before it has closed its partition, or has taken the nodes that it could use out of the
main pass. Lifted: at its turn nothing is closed to it."""
ANSWER = "answer"
"""Nodes have not answered yet that a job is gone. Lifted: all have."""
VICTIMS = "victims"
"""It stops others in the pass, and is to start once their nodes have answered. Lifted: they have
been gone before."""

CLAUSES = (
    DEPTH, TESTS, USER, LIMIT, CLOSED, PLAN, ORDER, VICTIMS, RIGHTS, OUTAGE, ANSWER, NODES, CPUS,
    MEMORY, HELD,
)  # fmt: skip
"""In the order in which they are lifted. ``PLAN``: at its turn no plan of backfill's counts for it.
``RIGHTS``: neither the exempt time of those whom it may stop nor the pause before it may make new
victims counts, and whom it stops has been gone before. ``OUTAGE``: there are no reservations.
``HELD``: who ran before the pass holds nothing. The others are as in ``lifts``."""


def starts(bench: Bench, lifted: Set[str]) -> bool:
    """Whether the job starts in the pass with these lifted for it at its turn."""
    return turn(bench, lifted).outcome == STARTED


def turn(bench: Bench, lifted: Set[str] = frozenset()) -> Turn:
    """What becomes of the job in the pass with these lifted; of one that is not looked at, as if
    nothing were planned for it."""
    first = ORDER in lifted
    bench.rewind(first=first)
    if not first and not bench.looked and not lifted & {DEPTH, TESTS}:
        return Turn(NONE, 0, ())
    _lift(bench, lifted)
    bench.mark()
    found = bench.take_turn()
    if found.victims and lifted & {VICTIMS, RIGHTS}:
        return bench.turn_again()
    return found


def _lift(bench: Bench, lifted: Set[str]) -> None:
    mine, job = bench.slurm, bench.position
    site, asks, live = mine.site, mine.asks, mine.live
    if LIMIT in lifted:
        site.limits.group[job] = NONE
    if USER in lifted:
        mine.scratch.seen[asks.user[job]] = 0
    if lifted & {CLOSED, PLAN}:
        site.rules[LET_IN] = job + 1
    if RIGHTS in lifted:
        site.exempt[:] = 0
        asks.preempted[job] = NEVER
    if OUTAGE in lifted:
        mine.booked.start[:] = mine.booked.end[:] = PAST
    if ANSWER in lifted:
        live.completing[:] = 0
    if NODES in lifted:
        asks.partition[job] = bench.anywhere
    if CPUS in lifted:
        asks.cpus[job] = 0
    if MEMORY in lifted:
        asks.memory[job] = 0
    if HELD in lifted:
        bench.let_go()


def applicable(bench: Bench) -> list[str]:
    """The clauses that can matter to the job in this pass, in the order of ``CLAUSES``."""
    mine, job = bench.slurm, bench.position
    site, asks = mine.site, mine.asks
    bench.rewind()
    behind, group = bool(bench.place), site.limits.group
    may_stop = site.rules[PREEMPTS] == 1 and bool(site.may_stop[asks.qos[job]].any())
    can = {
        DEPTH: bench.main and not bench.looked,
        TESTS: not bench.main and not bench.looked,
        USER: not bench.main and site.rules[MAX_USER] > 0,
        LIMIT: len(group) and (group[job] != NONE).any(),
        CLOSED: behind and bench.main,
        PLAN: behind and not bench.main,
        ORDER: behind,
        VICTIMS: may_stop,
        RIGHTS: may_stop,
        OUTAGE: bool((mine.booked.end > bench.now).any()),
        ANSWER: bool(mine.live.completing.any()),
        NODES: not np.array_equal(site.part[asks.partition[job]], site.part[bench.anywhere]),
        CPUS: asks.cpus[job] > 0,
        MEMORY: asks.memory[job] > 0,
        HELD: True,
    }
    return [clause for clause in CLAUSES if can[clause]]


def blocking(bench: Bench) -> tuple[str, ...]:
    """The clauses that keep the job waiting in this pass, in the order of ``CLAUSES``.

    Lifted together they let it start; lifted all but any one of them they do not. Of several such
    sets it is the one that reaches least far down ``CLAUSES``; see ``least``.
    """
    found = least(applicable(bench), lambda lifted: starts(bench, lifted))
    return tuple(sorted(found, key=CLAUSES.index))


def limits_against(bench: Bench) -> list[int]:
    """The limits, by their place in ``Rule.holding``, each of which by itself would keep the job
    from starting at its turn."""
    bench.rewind()
    mine, job, now = bench.slurm, bench.position, bench.now
    limits, asks, live = mine.site.limits, mine.asks, mine.live
    units = int(asks.nodes[job] * asks.gpus[job] * mine.site.rules[UNITS_A_GPU])
    running, found = slice(int(live.counts[0])), []
    late = np.minimum(live.end[running] - now, 0) * asks.nodes[live.row[running]]
    late *= asks.gpus[live.row[running]] * mine.site.rules[UNITS_A_GPU]
    for column in np.flatnonzero(limits.group[job] != NONE).tolist() if len(limits.group) else ():
        group = limits.group[job, column]
        # Who is past its walltime has none left to do.
        beyond = int(late[limits.group[live.row[running], column] == group].sum())
        left = limits.reach[group] - limits.units[group] * now - beyond
        if (
            limits.jobs[group] >= limits.most_jobs[group]
            or limits.units[group] + units > limits.most_units[group]
            or left + units * asks.limit[job] > limits.most_work[group]
        ):
            found.append(column)
    return found


def in_the_way(bench: Bench) -> tuple[int, int | None] | None:
    """Of a main pass, who has closed partitions to the job first, and None; of backfill, the first
    job whose plan holds a node on which it would fit now, while it would run, and its planned
    start. None if there is nobody.
    """
    bench.rewind()
    return _who_closed(bench) if bench.main else _who_is_planned(bench)


def _who_closed(bench: Bench) -> tuple[int, None] | None:
    site, partition = bench.slurm.site, bench.slurm.asks.partition
    own, closers = site.part[partition[bench.position]], dict[int, int]()
    for other, outcome, _, _ in bench.before:
        at = int(partition[other])
        # Who comes behind it there is skipped.
        if outcome == BLOCKED and bench.slurm.scratch.closed[at] and (site.part[at] & own).any():
            closers[at] = other
    first = [other for other, _, _, _ in bench.before if other in closers.values()]
    return (first[0], None) if first else None


def _who_is_planned(bench: Bench) -> tuple[int, int] | None:
    asks, live, job, did = bench.slurm.asks, bench.slurm.live, bench.position, bench.slurm.did
    enough = live.free[CPUS_FREE] >= asks.cpus[job]
    enough &= live.free[MEMORY_FREE] >= asks.memory[job]
    enough &= live.free[GPUS_FREE] >= asks.gpus[job]
    fits = words_of(np.flatnonzero(enough), len(enough)).view(np.uint64)
    fits = fits & bench.slurm.site.part[asks.partition[job]]
    until = bench.now + int(asks.limit[job])
    for other, outcome, start, row in bench.before:
        if outcome in (PLANNED, FAILED) and start <= until and (did.nodes[row] & fits).any():
            return other, start
    return None
