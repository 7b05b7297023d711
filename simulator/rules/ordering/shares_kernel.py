"""Orders that give each entity a value when entities are weighed; a job's key follows from it."""

from __future__ import annotations

from simulator.kernels.compiling import kernel, kernel_apart
from simulator.kernels.state import Program, State
from simulator.rules.ordering.fair_tree_kernel import rank_siblings
from simulator.rules.ordering.finish_time_kernel import finish_time, weigh_finish_time
from simulator.rules.ordering.formula_kernel import formula
from simulator.rules.ordering.kueue_afs_kernel import sample_kueue_afs, weigh_kueue_afs
from simulator.rules.ordering.las_kernel import las
from simulator.rules.ordering.least_usage_kernel import least_usage, weigh_least_usage
from simulator.rules.ordering.multifactor_kernel import multifactor, weigh_by, weigh_multifactor
from simulator.rules.ordering.openpbs_kernel import weigh_openpbs
from simulator.rules.ordering.seen_kernel import see
from simulator.rules.ordering.size_bins_kernel import size_bins

SHARE_ORDERS = (
    "least_usage",
    "fair_tree",
    "classic_fair_share",
    "depth_oblivious",
    "multifactor",
    "formula",
    "finish_time",
    "size_bins",
    "openpbs",
    "kueue_afs",
    "las",
)

LEAST_USAGE, FAIR_TREE, CLASSIC, DEPTH_OBLIVIOUS, MULTIFACTOR = range(5)
FORMULA, FINISH_TIME, SIZE_BINS, OPENPBS, KUEUE_AFS, LAS = range(5, len(SHARE_ORDERS))


@kernel_apart
def weigh(state: State, program: Program, order: int) -> None:
    """Give each entity its value; usage has been made up, or booked at this tick."""
    if order == LEAST_USAGE:
        weigh_least_usage(state)
    elif order == MULTIFACTOR:
        weigh_multifactor(state, program)
    elif order <= DEPTH_OBLIVIOUS:
        weigh_by(state, program, order - FAIR_TREE)
    elif order == FORMULA:
        see(state)
    elif order == FINISH_TIME:
        weigh_finish_time(state)
    elif order == OPENPBS:
        weigh_openpbs(state)
    elif order == KUEUE_AFS:
        weigh_kueue_afs(state)


@kernel_apart
def sample(state: State, order: int, when: int) -> None:
    """At a tick, before entities are weighed: what an order notes of the time since the last."""
    if order == KUEUE_AFS:
        sample_kueue_afs(state, when)


@kernel
def share_priority(state: State, order: int, position: int, late: int) -> float:
    """The key of a waiting job, which counts as so much ``late``: larger goes first."""
    if order == MULTIFACTOR:
        return multifactor(state, position, late)
    if order == FORMULA:
        return formula(state, position)
    if order == FINISH_TIME:
        return finish_time(state, position)
    if order == SIZE_BINS:
        return size_bins(state, position, late)
    if order == LAS:
        return las(state, position)
    if order == FAIR_TREE:
        rank_siblings(state, state.accounts.of_job[position])
    # The value of whoever the job is booked on.
    return least_usage(state, position)
