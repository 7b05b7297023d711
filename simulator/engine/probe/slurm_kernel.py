"""What a probe asks of Slurm's passes, made on arrays of its own: the line, and turns in it."""

from __future__ import annotations

from simulator.kernels.compiling import kernel_entry
from simulator.kernels.state import NOW, Program, State
from simulator.rules.slurm.attempt_kernel import backfill_turn
from simulator.rules.slurm.backfill_kernel import open_backfill
from simulator.rules.slurm.main_kernel import main_turn, open_main
from simulator.rules.slurm.passes_kernel import know, line_up
from simulator.rules.slurm.run_kernel import Slurm
from simulator.rules.slurm.running_kernel import begin
from simulator.rules.slurm.state_kernel import MAX_TEST, OF


@kernel_entry
def see_pass(state: State, slurm: Slurm, program: Program) -> int:
    """The line of the pass to come into ``Scratch.order``, and what reservations it knows of; how
    many wait.

    An order that is made at each pass is made now, and comes out the same at the pass.
    """
    know(slurm, state.counters[NOW])
    return line_up(state, slurm, program)


@kernel_entry
def main_until(slurm: Slurm, count: int, now: int) -> None:
    """A main pass up to behind the first so many of the line."""
    site, scratch, did = slurm.site, slurm.scratch, slurm.did
    open_main(site, scratch, did)
    for index in range(count):
        job = scratch.order[index]
        main_turn(site, slurm.asks, slurm.booked, slurm.live, job, now, scratch, did)


@kernel_entry
def one_main_turn(slurm: Slurm, job: int, now: int) -> None:
    """The turn of a job in a main pass that has come so far."""
    scratch, did = slurm.scratch, slurm.did
    main_turn(slurm.site, slurm.asks, slurm.booked, slurm.live, job, now, scratch, did)


@kernel_entry
def backfill_until(slurm: Slurm, count: int, now: int) -> int:
    """A backfill pass, with all its plans, up to behind the first so many of the line; how many of
    them count for bf_max_job_test. It looks at nobody any more once those are enough."""
    site, asks, scratch, did = slurm.site, slurm.asks, slurm.scratch, slurm.did
    did.counts[0], did.counts[1] = 0, 0
    scratch.kept.numbers[OF] = -1
    open_backfill(site, slurm.booked, slurm.live, slurm.plan, count, now, scratch)
    tested, index = 0, 0
    while index < count and tested < site.rules[MAX_TEST]:
        job = scratch.order[index]
        index += 1
        booked, live, plan = slurm.booked, slurm.live, slurm.plan
        tested += backfill_turn(site, asks, booked, live, plan, job, now, scratch, did, False) & 1
    return tested


@kernel_entry
def one_backfill_turn(slurm: Slurm, job: int, now: int) -> None:
    """The turn of a job in a backfill pass that has come so far."""
    booked, live, plan = slurm.booked, slurm.live, slurm.plan
    scratch, did = slurm.scratch, slurm.did
    backfill_turn(slurm.site, slurm.asks, booked, live, plan, job, now, scratch, did, False)


@kernel_entry
def runs_on(slurm: Slurm, job: int, start: int, end: int, nodes: int) -> None:
    """A job runs on the nodes of a row of ``Did``, in arrays in which nobody has begun since."""
    begin(slurm.asks, slurm.live, job, start, end, slurm.did.nodes, nodes)
