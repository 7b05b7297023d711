"""What Slurm's passes see and leave behind: a few tuples of arrays.

A job is a row of ``Asks``, in the order of Slurm's list of jobs, that is by id. Sets of nodes are
rows of words (``kernels.words``).
"""

from __future__ import annotations

from typing import NamedTuple

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
RULES = 10

# Outcomes of a job in a pass.
SKIPPED, BLOCKED, STARTED, PLANNED, FAILED, BEYOND, USER_LIMIT, NO_PLAN = range(8)

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
SETS = 7

# Rows of ``Scratch.free``.
CPUS, MEMORY, GPUS = 0, 1, 2


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
    """[1]: slots in use."""


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
    kind: Ints
    """By job: jobs of one kind ask for the same, however long they are."""
    fits: Ints
    """By kind: 1: nodes for it were free when it was asked last."""
    asked: Ints
    """By kind: the round in which that was."""
    rounds: Ints
    """[1]: how often something has been started or has come free that may matter to a kind."""
