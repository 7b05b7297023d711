"""What a rule that takes over in mid-run knows of the time before it."""

from __future__ import annotations

import numpy as np

from simulator.kernels.accounts import SEEN_ENDS, SEEN_STARTS, Accounts
from simulator.kernels.rights import Ranks, Rights, rights_at_start
from simulator.kernels.state import (
    BUSY,
    HEAD,
    IDLENESS,
    LOGGED,
    PREEMPTED,
    STARTED,
    TAIL,
    WANTED,
    State,
)
from simulator.kernels.suspensions import ASIDE, Suspensions, no_suspensions
from simulator.rules.models import Rule
from simulator.rules.ordering.las import Las
from simulator.rules.program import program_of
from simulator.workload.columns import Ints


def in_queue(state: State) -> Ints:
    """Positions of the jobs in the queue, in its order."""
    return state.queue.position[state.counters[HEAD] : state.counters[TAIL]]


def running_jobs(state: State) -> Ints:
    """Positions of the running jobs, in the order of their starts."""
    running = state.running.end_position[: state.counters[BUSY]]
    return running[np.argsort(state.progress.sequence[running])]


def note_starts(state: State) -> None:
    """Make the list of all starts, which is kept only where there are accounts."""
    log, ended, running = state.log, int(state.counters[LOGGED]), running_jobs(state)
    position = np.r_[log.position[:ended], running]
    start = np.r_[log.start[:ended], state.progress.start[running]]
    sequence = np.r_[log.sequence[:ended], state.progress.sequence[running]]
    log.began[sequence], log.began_at[sequence] = position, start


def begin_window(state: State, accounts: Accounts, now: int) -> None:
    """Let a sliding window be empty: it sees who runs start now, and nobody who has ended."""
    log, running, started = state.log, running_jobs(state), int(state.counters[STARTED])
    accounts.clock[SEEN_STARTS] = first = started - len(running)
    accounts.clock[SEEN_ENDS] = state.counters[LOGGED]
    log.began[first:started], log.began_at[first:started] = running, now


def suspensions_of(state: State, rights: Rights | None, jobs: int) -> Suspensions:
    """Who is suspended stays so, behind who has a higher rank now."""
    old = state.suspensions
    if len(old.left) == 0:
        return no_suspensions(0 if rights is None else jobs)
    line = old.line[: old.counts[ASIDE]]
    if rights is not None:
        line[:] = line[np.argsort(rights.rank[line], kind="stable")]
    return old


def rights_of(state: State, ranks: Ranks | None, rule: Rule, accounts: Accounts) -> Rights:
    """Nobody is counted yet; how often each has been preempted, how long it ran, and who has
    reclaimed what it holds, is known.

    So is the queue of what it has attained; who runs is looked at in the pass, and who is suspended
    stands where it had last been seen to run.
    """
    jobs, log, ended = len(state.columns.submit), state.log, int(state.counters[LOGGED])
    rights = rights_at_start(jobs, ranks, len(state.running.end))
    if ranks is not None:
        position = log.position[:ended]
        back, idle = log.reason[:ended] == PREEMPTED, log.cause[:ended] == IDLENESS
        wanted = program_of(rule).preemption == WANTED
        np.add.at(rights.times, position[back & (idle == wanted)], 1)
        np.add.at(rights.reaped, position[back & idle], 1)
        np.add.at(rights.served, position, log.end[:ended] - log.start[:ended])
        if len(state.suspensions.times) and not wanted:
            rights.times[:] += state.suspensions.times
        rights.reclaimed[: len(state.rights.reclaimed)] = state.rights.reclaimed
    if isinstance(rule.ordering, Las):
        enough, seconds = accounts.numbers[:-1] * accounts.numbers[-1], rights.served.copy()
        line, progress = state.suspensions.line[: state.suspensions.counts[ASIDE]], state.progress
        since = state.suspensions.since[line]
        seen = since - since % max(rule.ordering.round, 1)
        seconds[line] += np.maximum(seen - progress.start[line] - progress.suspended[line], 0)
        rights.rank[:] = np.searchsorted(enough, state.columns.gpus * seconds, side="right")
    return rights
