"""Where a pass of ours first goes another way than Slurm's, said in a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.slurm.recording import rows

if TYPE_CHECKING:
    from simulator.conformance.schedule.decide import Decision
    from simulator.conformance.schedule.moment import Moment
    from simulator.conformance.schedule.passes import Compared
    from simulator.slurm.recording.recording import Recording

ORDER = (
    "the order of the queue decides: who may preempt whom, PriorityTier, priority, submission, job"
    " id, by the merge sort of glibc (sort_job_queue2())"
)
FITS = (
    "what is free on the nodes decides: CPUs, memory and GPUs less the running jobs, nodes of"
    " closed partitions and of reservations, and nodes that are COMPLETING (_pick_best_nodes())"
)
CLOSED = (
    "what closes a partition decides: the first job that does not fit, unless reservations alone"
    " keep it out (_schedule())"
)
NODES = (
    "the choice of nodes decides: the shortest sufficient run of neighbours, in it the lowest"
    " node (_eval_nodes())"
)
ENDS = (
    "the planned ends of running jobs decide, taken away in windows from a multiple of 30 s on"
    " (_will_run_test()), and when backfill tries again (_attempt_backfill())"
)
VICTIMS = (
    "the rights to preempt decide: QOS, exempt time, and how long ago the job last began to"
    " (slurm_find_preemptable_jobs())"
)
USER = "bf_max_job_user decides: how many jobs of a user a pass looks at"
WINDOW = "bf_window decides: a plan that begins later holds nothing"
DEPTH = "the depth decides: default_queue_depth and one, bf_max_job_test of those tested"


def explain(compared: Compared, recording: Recording) -> str:
    """The first difference of a pass that differs, and the fact that decides."""
    moment = compared.moment
    names = [node.name for node in recording.cluster.nodes]
    head = f"{moment.kind.capitalize()} pass {moment.number}"
    for index, theirs in enumerate(compared.theirs):
        if index == len(compared.ours):
            told = _tell(theirs, names)
            return f"{head}: we would have stopped after {index} jobs, Slurm {told}; {DEPTH}."
        mine = compared.ours[index]
        if _key(mine) == _key(theirs):
            continue
        if mine.job != theirs.job:
            return f"{head}: {_order(moment, mine, theirs)}; {ORDER}."
        return f"{head}: we would have {_tell(mine, names)}, Slurm {_tell(theirs, names)}; " + (
            f"{_fact(mine, theirs)}."
        )
    beyond = compared.ours[len(compared.theirs)]
    return f"{head}: we would have gone on to job {beyond.job}, Slurm stopped; {DEPTH}."


def _key(each: Decision) -> tuple[object, ...]:
    when = each.start if each.outcome == rows.PLANNED else 0
    return each.job, each.outcome, when, each.nodes


def _order(moment: Moment, mine: Decision, theirs: Decision) -> str:
    priority = {each.job.job: each.priority for each in moment.queue}
    return (
        f"we would have looked at job {mine.job} (priority {priority.get(mine.job, 0)}) next, Slurm"
        f" looked at job {theirs.job} (priority {priority.get(theirs.job, 0)})"
    )


def _tell(each: Decision, names: list[str]) -> str:
    nodes = " ".join(names[node] for node in each.nodes)
    return {
        rows.STARTED: f"started job {each.job} on {nodes}",
        rows.PLANNED: f"planned job {each.job} at {each.start} on {nodes}",
        rows.FAILED: f"stopped others for job {each.job}",
        rows.BEYOND: f"found job {each.job} a start after the window",
        rows.USER_LIMIT: f"passed over job {each.job}, its user has had enough",
        rows.NONE: f"found no plan for job {each.job}",
        rows.BLOCKED: f"found no nodes for job {each.job}",
        rows.SKIPPED: f"skipped job {each.job}, its partition closed",
    }[each.outcome]


def _fact(mine: Decision, theirs: Decision) -> str:
    outcomes = {mine.outcome, theirs.outcome}
    for outcome, fact in (
        (rows.USER_LIMIT, USER),
        (rows.SKIPPED, CLOSED),
        (rows.BLOCKED, FITS),
        (rows.FAILED, VICTIMS),
        (rows.BEYOND, WINDOW),
    ):
        if outcome in outcomes:
            return fact
    if len(outcomes) == 1 and (mine.start == theirs.start or rows.STARTED in outcomes):
        return NODES
    return ENDS
