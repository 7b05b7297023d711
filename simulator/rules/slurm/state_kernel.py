"""What Slurm's passes see and leave behind: a few tuples of arrays.

A job is a row of ``Asks``, in the order of Slurm's list of jobs, that is by id. Sets of nodes are
rows of words (``kernels.words``).
"""

from __future__ import annotations

from typing import NamedTuple

from simulator.kernels.limits import Limits, no_limits
from simulator.kernels.shared import shared
from simulator.kernels.state import Ints
from simulator.kernels.words import Words

# Places in ``Site.rules``.
RESOLUTION = 0
"""bf_resolution, seconds."""
WINDOW = 1
"""bf_window, seconds."""
MAX_TEST = 2
"""bf_max_job_test."""
MAX_USER = 3
"""bf_max_job_user; 0: no limit."""
WINDOW_SCALE = 4
"""bf_window_scale, seconds; 0: windows are doubled."""
REORDER = 5
"""reorder_count of PreemptParameters."""
KILL_WAIT = 6
MESSAGE_TIMEOUT = 7
MEMORY_COUNTS = 8
"""1: memory is allocated (CR_..._Memory)."""
PREEMPTS = 9
"""1: PreemptType=preempt/qos."""
ALIKE = 10
"""1: all nodes weigh the same."""
UNITS_A_GPU = 11
"""What limits count in: units of one GPU."""
LET_IN = 12
"""For who looks on: a job, and 1, that at its turn minds neither plans nor what is closed; 0: none.
Every pass has to be made in full."""
LOOKED = 13
"""For who looks on: a job, and 1, that each pass looks at, however many stand before it; 0: none.
Every pass has to be made in full."""
RULES = 14

# Outcomes of a job in a pass.
SKIPPED, BLOCKED, STARTED, PLANNED, FAILED, BEYOND, USER_LIMIT, NO_PLAN, LIMITED = range(9)

# Rows of ``Scratch.sets``.
AMONG = 0
"""Nodes that the job in hand may use."""
CHOSEN = 1
"""Nodes chosen for it."""
BOOKED = 2
"""Nodes of reservations that it would meet."""
LEFT = 3
"""Nodes of a main pass that no closed partition has taken."""
USABLE = 4
"""Nodes that the job may use at all, whatever is planned."""
NEAR = 5
"""Of those it may use the lightest, as far as tried."""
COMING = 6
FITTING = 7
"""Nodes of AMONG on which the job fits, now or by a future."""
REST = 8
"""Of those to choose from, what is left."""
SETS = 9

# Rows of ``Scratch.free``.
CPUS, MEMORY, GPUS = 0, 1, 2

NOBODY, CHOSEN_ALREADY = -1, -2
"""Values of ``Scratch.until``: nobody has to be gone; its nodes stand in CHOSEN already."""

CHANGES = 1
"""Place in ``Live.counts``: how often something has been started or has come free."""

# Rows of ``Fits.sets``, for each of its rows.
ABLE = 0
"""Nodes that have the CPUs and the memory asked for."""
FREE_NOW = 1
"""Nodes on which the job would fit now."""
NOT_YET = 2
"""Room to work in."""
FIT_SETS = 3

# Places in ``Kept.numbers``.
OF = 0
"""The change of ``Live`` after which the pass was made; −1: nothing is kept."""
DONE = 1
"""How many of the line were tested or passed over."""
TESTED = 2
"""How many of them count for bf_max_job_test."""
UNTIL = 3
"""From this instant on a pass may decide otherwise, though nothing else has changed."""
PLANNED_EVER = 4
"""How many jobs have been planned or started by backfill, or maps opened, so far."""
OPENED = 5
"""How many maps have been opened so far."""
KEPT_NUMBERS = 6


@shared
class Site(NamedTuple):
    """The cluster; what its passes obey."""

    has: Ints
    """[3, nodes]: CPUs, MiB and GPUs of each node."""
    weight: Ints
    """Of nodes: light ones first."""
    part: Words
    """Nodes by partition."""
    tier: Ints
    """PriorityTier by partition."""
    longest: Ints
    """MaxTime by partition, seconds."""
    may_stop: Ints
    """[qos, qos]: 1 where the first may preempt the second."""
    rank: Ints
    """Priority by qos."""
    exempt: Ints
    """Seconds that jobs run untouched, by qos."""
    rules: Ints
    limits: Limits = no_limits()
    """Of jobs: how many may run, how much they may hold; used up by starts of the pass in hand."""


@shared
class Asks(NamedTuple):
    """Jobs; per node what each asks of each of its nodes."""

    nodes: Ints
    cpus: Ints
    memory: Ints
    gpus: Ints
    limit: Ints
    qos: Ints
    partition: Ints
    user: Ints
    priority: Ints
    submit: Ints
    preempted: Ints
    """When it last began to preempt; far in the past: never."""


@shared
class Live(NamedTuple):
    """What runs, and what is free."""

    free: Ints
    """[3, nodes]: CPUs, MiB and GPUs."""
    completing: Words
    """One set: nodes on which a job is ending."""
    row: Ints
    """Job by slot; slots are packed."""
    end: Ints
    """Planned end by slot."""
    begun: Ints
    """Start by slot."""
    order: Ints
    """Slots by planned end, then job."""
    nodes: Words
    """By slot."""
    counts: Ints
    """[2]: slots in use; changes ever: CHANGES."""


@shared
class Booked(NamedTuple):
    """Advance reservations."""

    start: Ints
    end: Ints
    nodes: Words


@shared
class Plan(NamedTuple):
    """Slurm's node_space: records in time, each with the nodes that no plan holds."""

    begin: Ints
    end: Ints
    next: Ints
    """0: none, the first record is nobody's next."""
    free: Words
    counts: Ints
    """[1]: records ever made."""


@shared
class Did(NamedTuple):
    """What became of the jobs, in the order looked at."""

    row: Ints
    outcome: Ints
    start: Ints
    end: Ints
    """Of plans: cut down to bf_resolution."""
    tries: Ints
    nodes: Words
    victim: Ints
    """Jobs that were stopped, by row."""
    stopped_for: Ints
    """For whom each of them was."""
    counts: Ints
    """[2]: jobs looked at, victims."""


@shared
class Fits(NamedTuple):
    """Where jobs fit, now and as running ones end, for the last few asks that were wanted.

    An *ask* is what a job wants of each of its nodes: CPUs, memory and GPUs.
    """

    ask: Ints
    """By job."""
    row: Ints
    """By ask: its row, if it has one."""
    owner: Ints
    """Ask by row; −1: none."""
    made: Ints
    """[2, rows]: the change of ``Live`` after which FREE_NOW was made, and the rest."""
    sets: Words
    """FIT_SETS for each row."""
    node: Ints
    """[rows, nodes]: nodes on which it does not fit now, as they come to fit."""
    place: Ints
    """[rows, nodes]: the place, in the order of planned ends, of whose end makes room."""
    coming: Ints
    """By row: how many nodes come to fit."""
    next: Ints
    """[1]: the row to give away next."""


@shared
class Kept(NamedTuple):
    """What a pass of backfill that started nobody leaves to the next; the map of plans is there."""

    numbers: Ints
    line: Ints
    """The jobs that it looked at, in order."""
    wish: Ints
    """By job: jobs of one wish want the same, for as long."""
    barred: Ints
    """By wish: OPENED when so much was planned or started that none of it may start."""
    vain: Ints
    """By wish: PLANNED_EVER when a job of it was neither planned nor started; −1: never so."""
    vainly_tested: Ints
    """By wish: 1: it counts for bf_max_job_test nevertheless."""


@shared
class Scratch(NamedTuple):
    """Room to work in."""

    sets: Words
    offers: Ints
    """CPUs by node that the job in hand may count on."""
    free: Ints
    """[3, nodes]: a future."""
    order: Ints
    """The queue; then half of it while it is sorted."""
    half: Ints
    slots: Ints
    """Victims: running jobs in the order in which they are taken away."""
    gone: Ints
    """By slot: 1 for a victim that is taken away at once."""
    usable: Ints
    """Sort key of victims."""
    seen: Ints
    """Jobs looked at by user."""
    closed: Ints
    """By partition: 1 once a main pass has closed it."""
    fits: Fits
    kept: Kept
    until: Ints
    """[1]: the place in the order of ends up to which all are to be gone for the job in hand;
    NOBODY, or CHOSEN_ALREADY."""
