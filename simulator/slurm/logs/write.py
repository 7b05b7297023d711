"""The tables of a recording, written into a folder."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

from simulator.slurm.logs.backfill_passes import BackfillPass
from simulator.slurm.logs.main_passes import MainPass
from simulator.slurm.logs.typed import started, submit_ms

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from simulator.slurm.logs.gather import Gathered
    from simulator.slurm.logs.runs import RunFound
    from simulator.slurm.logs.terms import Terms

Cells = Iterable[object]
JOBS = (
    "job_id,name,submit,eligible,start,end,user,account,qos,partition,nodes,gpus_per_node,gpus,"
    "cpus,mem_mb,timelimit_s,state,node_list,restarts,scheduler,submit_ms,start_ms,end_ms"
)
RUNS = "job_id,run,start,end,free,how_ended,scheduler,pass_id,partition,nodes,preempted_for"
PASSES = "pass_id,kind,depth,begin,end,tested,planned,limit,jobs_started"
LOOKED = "pass_id,pos,job_id,priority,partition,outcome,nodes"
PLANNED = "pass_id,pos,job_id,priority,partition,outcome,planned_start,planned_end,nodes,tries"
PRIORITY = "time,job_id,priority,age,fairshare,jobsize,partition,qos,tres_cpu,tres_mem,tres_gpu"


def write_tables(gathered: Gathered, terms: Terms, folder: Path) -> None:
    """All tables, and reservations and calls of ``sshare`` where the log tells of any."""
    _plain(folder / "jobs.csv", JOBS, _jobs(gathered))
    _plain(folder / "runs.csv", RUNS, _runs(gathered))
    _plain(folder / "starts.csv", "job_id,run,scheduler,start,pass_id,nodes", _starts(gathered))
    _plain(folder / "passes.csv", PASSES, _passes(gathered))
    _plain(folder / "events.csv", "time,what,job_id,detail", _events(gathered))
    _packed(folder / "main_queue.csv.gz", LOOKED, _looked(gathered))
    _packed(folder / "backfill_plan.csv.gz", PLANNED, _planned(gathered))
    _packed(folder / "priority.csv.gz", PRIORITY, _priorities(gathered, terms))
    if gathered.found.shown_ms:
        times = "".join(f"{_ms(time)}\n" for time in gathered.found.shown_ms)
        (folder / "snap_times.txt").write_text(times, encoding="utf-8")
    if gathered.found.reserved:
        made = [
            {
                "name": each.name,
                "made": each.made_ms / 1000,
                "start": each.start,
                "end": each.end,
                "nodes": list(each.nodes),
            }
            for each in gathered.found.reserved
        ]
        text = json.dumps(made, indent=1) + "\n"
        (folder / "reservation.json").write_text(text, encoding="utf-8")


def _lines(header: str, rows: Iterable[Cells]) -> Iterator[str]:
    yield header + "\n"
    for row in rows:
        yield ",".join("" if cell is None else str(cell) for cell in row) + "\n"


def _plain(path: Path, header: str, rows: Iterable[Cells]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(_lines(header, rows))


def _packed(path: Path, header: str, rows: Iterable[Cells]) -> None:
    # Without the time of packing, so that the same logs give the same bytes.
    with path.open("wb") as raw, gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as file:
        for line in _lines(header, rows):
            file.write(line.encode())


def _ms(time: int | None) -> str:
    return "" if time is None else f"{time // 1000}.{time % 1000:03d}"


def _names(nodes: Iterable[str]) -> str:
    return " ".join(nodes)


def _jobs(gathered: Gathered) -> Iterator[Cells]:
    last = {run.job: run for run in gathered.runs}
    for number, job in gathered.jobs.items():
        run = last.get(number)
        yield (
            *(number, job.name.replace(",", "_"), job.submit, job.eligible, job.start, job.end),
            *(job.user, job.account, job.qos, job.partition, job.nodes, job.gpus // job.nodes),
            *(
                job.gpus,
                job.cpus,
                job.memory,
                job.limit,
                job.state,
                _names(run.nodes if run else ()),
            ),
            *(_restarts(job.restarts, run), run.scheduler if run else ""),
            *(_ms(submit_ms(gathered, number)), _ms(run.start_ms if run else None)),
            _ms(run.end_ms if run else None),
        )


def _restarts(told: int | None, run: RunFound | None) -> int:
    """As sacct counts them; where it was not asked, the runs that the log tells of."""
    return told if told is not None else run.run - 1 if run else 0


def _runs(gathered: Gathered) -> Iterator[Cells]:
    for run in gathered.runs:
        partition = run.partition or gathered.jobs[run.job].partition
        yield (
            *(run.job, run.run, _ms(run.start_ms), _ms(run.end_ms), _ms(run.free_ms)),
            *(run.how_ended, run.scheduler, run.pass_id or None, partition, _names(run.nodes)),
            run.preempted_for,
        )


def _starts(gathered: Gathered) -> Iterator[Cells]:
    for run in gathered.runs:
        start, nodes = _ms(run.start_ms), _names(run.nodes)
        yield run.job, run.run, run.scheduler, start, run.pass_id or None, nodes


def _passes(gathered: Gathered) -> Iterator[Cells]:
    for number, each in enumerate(gathered.found.passes, start=1):
        main = isinstance(each, MainPass)
        tested = each.tested if isinstance(each, BackfillPass) else len(each.rows)
        yield (
            *(number, "main" if main else "backfill"),
            *(each.depth if isinstance(each, MainPass) else "", _ms(each.begin_ms)),
            *(_ms(each.end_ms), tested, sum(row.outcome == "planned" for row in each.rows)),
            *(each.limit, " ".join(str(job) for job in started(each))),
        )


def _events(gathered: Gathered) -> Iterator[Cells]:
    for event in gathered.found.events:
        yield _ms(event.time_ms), event.what, event.job, event.detail


def _looked(gathered: Gathered) -> Iterator[Cells]:
    for number, each in enumerate(gathered.found.passes, start=1):
        if isinstance(each, MainPass):
            for place, row in enumerate(each.rows, start=1):
                partition = row.partition or gathered.jobs[row.job].partition
                nodes = _names(row.nodes)
                yield number, place, row.job, row.priority, partition, row.outcome, nodes


def _planned(gathered: Gathered) -> Iterator[Cells]:
    for number, each in enumerate(gathered.found.passes, start=1):
        if isinstance(each, BackfillPass):
            for place, row in enumerate(each.rows, start=1):
                start = row.start if row.start_ms is None else _ms(row.start_ms)
                yield (
                    *(number, place, row.job, row.priority, row.partition, row.outcome),
                    *(start, row.end, _names(row.nodes), row.tries),
                )


def _priorities(gathered: Gathered, terms: Terms) -> Iterator[Cells]:
    for row in gathered.found.priorities.rows:
        told = terms.of(row, gathered.jobs[row.job])
        yield (
            *(_ms(row.time_ms), row.job, row.priority, told.get("age"), row.sum["fairshare"]),
            *(row.sum["jobsize"], row.sum["partition"], row.sum["qos"], told.get("tres:cpu")),
            *(told.get("tres:mem"), told.get("tres:gres/gpu")),
        )
