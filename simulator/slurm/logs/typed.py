"""What was gathered as a recording in memory, each row with its place in the centre's files.

So the checks of a recording name the log's line, not that of a table made from it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.slurm.logs.gather import pass_place
from simulator.slurm.logs.main_passes import MainPass
from simulator.slurm.recording import rows
from simulator.slurm.recording.recording import Recording

if TYPE_CHECKING:
    from simulator.slurm.logs.backfill_passes import BackfillPass
    from simulator.slurm.logs.gather import Gathered
    from simulator.slurm.logs.runs import RunFound
    from simulator.slurm.recording.cluster import Cluster


def recording_of(gathered: Gathered, cluster: Cluster) -> Recording:
    """The rows that a recording's checks look at."""
    found = gathered.found
    passes = list(enumerate(found.passes, start=1))
    return Recording(
        folder=found.path.parent,
        cluster=cluster,
        reservations=[],
        jobs={job: _job(gathered, job) for job in gathered.jobs},
        runs=[_run(gathered, run) for run in gathered.runs],
        passes=[_pass(gathered, number, each) for number, each in passes],
        looked={
            number: _looked(gathered, number, each)
            for number, each in passes
            if isinstance(each, MainPass) and each.rows
        },
        planned={
            number: _planned(gathered, number, each)
            for number, each in passes
            if not isinstance(each, MainPass) and each.rows
        },
        priorities=[],
        events=[],
        shown_ms=[],
    )


def started(each: MainPass | BackfillPass) -> list[int]:
    """The jobs that a pass started, in order."""
    return [row.job for row in each.rows if row.outcome == rows.STARTED]


def submit_ms(gathered: Gathered, job: int) -> int:
    """When a job was first submitted; where the log began later, the second that sacct has."""
    told = gathered.found.submitted.get(job)
    return told[0] if told else gathered.jobs[job].submit * 1000


def _job(gathered: Gathered, job: int) -> rows.Job:
    told = gathered.jobs[job]
    return rows.Job(
        job=job,
        submit=told.submit,
        submit_ms=submit_ms(gathered, job),
        eligible=told.eligible,
        start=told.start,
        end=told.end,
        user=told.user,
        account=told.account,
        qos=told.qos,
        partition=told.partition,
        nodes=told.nodes,
        gpus_per_node=told.gpus // told.nodes,
        cpus=told.cpus,
        memory=told.memory,
        limit=told.limit,
        work=None,
        place=told.place,
    )


def _run(gathered: Gathered, run: RunFound) -> rows.Run:
    place = gathered.found.place(run.line) if run.line else gathered.jobs[run.job].place
    return rows.Run(
        job=run.job,
        run=run.run,
        start_ms=run.start_ms,
        end_ms=run.end_ms,
        free_ms=run.free_ms,
        how_ended=run.how_ended,
        pass_id=run.pass_id,
        nodes=run.nodes,
        preempted_for=run.preempted_for,
        place=place,
    )


def _pass(gathered: Gathered, number: int, each: MainPass | BackfillPass) -> rows.Pass:
    main = isinstance(each, MainPass)
    return rows.Pass(
        number=number,
        kind="main" if main else "backfill",
        depth=each.depth if isinstance(each, MainPass) else "",
        begin_ms=each.begin_ms,
        limit=each.limit,
        started=tuple(started(each)),
        place=pass_place(gathered.found, each, each.line),
    )


def _looked(gathered: Gathered, number: int, each: MainPass) -> list[rows.Looked]:
    return [
        rows.Looked(
            pass_id=number,
            job=row.job,
            priority=row.priority,
            outcome=row.outcome,
            nodes=row.nodes,
            place=pass_place(gathered.found, each, row.line),
        )
        for row in each.rows
    ]


def _planned(gathered: Gathered, number: int, each: BackfillPass) -> list[rows.Planned]:
    return [
        rows.Planned(
            pass_id=number,
            job=row.job,
            priority=row.priority,
            outcome=row.outcome,
            start_ms=row.start_ms,
            end=row.end,
            nodes=row.nodes,
            tries=row.tries,
            place=pass_place(gathered.found, each, row.line),
        )
        for row in each.rows
    ]
