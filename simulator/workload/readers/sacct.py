"""Jobs of a Slurm cluster, as ``sacct -P`` prints them."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

import numpy as np

from simulator.errors import InputError, Place
from simulator.slurm.logs.accounted import COMMAND, LATENCIES, read_accounted
from simulator.slurm.logs.stamps import Stamps
from simulator.workload.columns import ANY, Jobs, Shapes
from simulator.workload.recorded import Recorded
from simulator.workload.steps import Step, counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from simulator.slurm.logs.accounted import Accounted
    from simulator.workload.columns import Codes, Ints

MIB = 2**20
SECOND_MS = 1000
OF_RUN = LATENCIES[:2]
"""Latencies between start and end: launch and completion."""


def recognised(text: bytes) -> bool:
    """Whether a file begins as such a table does: names of columns between bars."""
    first = text.split(b"\n", 1)[0].strip().split(b"|")
    return b"Submit" in first and (b"JobID" in first or b"JobIDRaw" in first)


def read(path: Path, digest: str) -> Recorded:
    """The jobs that ran, in submit order; instant 0 is the first submission.

    Times are taken for UTC: the table states no zone. ``digest`` is the SHA-256 of the file. Raises
    InputError, with file and line, for a table that cannot be read, and for one without a job that
    ran.
    """
    known = list(read_accounted(path, Stamps(UTC)).values())
    ran = [job for job in known if job.start is not None and job.end is not None and job.nodes]
    if not ran:
        raise InputError(
            "no job of the table has run", right=f"print it with {COMMAND}", place=Place(path)
        )
    ran.sort(key=lambda job: job.submit)
    epoch = ran[0].submit
    jobs = _jobs(ran, epoch)
    uneven = sum(bool(job.gpus % job.nodes or job.cpus % job.nodes) for job in ran)
    over = int(np.count_nonzero(jobs.run_time > jobs.walltime))
    beside = sum(any(job.latency.get(name) for name in OF_RUN) for job in ran)
    partition, partitions = _codes(job.partition for job in ran)
    return Recorded(
        jobs=jobs,
        queue=partition,
        queues=partitions,
        partition=partition,
        partitions=partitions,
        capacity=None,
        epoch=epoch,
        time_zone="UTC",
        steps=counted(
            Step("never_ran", len(known) - len(ran), "jobs that did not run to an end: left out"),
            Step("uneven", uneven, "jobs with not the same on each node: rounded up on each"),
            Step(
                "launched",
                beside,
                "jobs whose launch and completion, told beside, were taken off their run time",
            ),
            Step(
                "use_unknown",
                int(np.count_nonzero(jobs.gpus[jobs.gpu_use < 0])) if len(jobs.gpu_use) else 0,
                "jobs with GPUs of which nobody knows how much they used them: never idle",
            ),
            Step(
                "overrun",
                over,
                "jobs that ran longer than they asked for: the rule decides what becomes of them",
            ),
        ),
        digest=digest,
    )


def _jobs(ran: Sequence[Accounted], epoch: int) -> Jobs:
    nodes = _column(job.nodes for job in ran)
    gpus = _column(-(-job.gpus // job.nodes) for job in ran)
    user, users = _codes(job.user for job in ran)
    account, accounts = _codes(job.account for job in ran)
    qos, names = _codes(job.qos for job in ran)
    partition, partitions = _codes(job.partition for job in ran)
    kind, types = _codes(job.gpu_type for job in ran)
    any_type = types.index("") if "" in types else ANY
    latencies = tuple(name for name in LATENCIES if any(name in job.latency for job in ran))
    of = Shapes.of(nodes, gpus)
    shape = Shapes(
        of.nodes,
        of.gpus,
        of.slices,
        _column(-(-job.cpus // job.nodes) for job in ran),
        _column(-(-job.memory // job.nodes) * MIB for job in ran),
        np.where(kind == any_type, ANY, kind).astype(np.int32),
        partition,
        of.exclusive,
        types,
        partitions,
    )
    return Jobs(
        job_id=_column(job.job for job in ran),
        submit=_column(job.submit - epoch for job in ran),
        run_time=_column(_work(job) for job in ran),
        walltime=_column(job.limit for job in ran),
        gpus=nodes * gpus,
        user=user,
        account=account,
        job_class=np.zeros(len(ran), np.int32),
        users=users,
        accounts=accounts,
        classes=("all",),
        qos=qos,
        qos_names=names,
        latency=_latency(ran, latencies),
        latencies=latencies,
        array=_arrays(ran),
        gpu_use=_use(ran),
        shape=shape,
    )


def _arrays(ran: Sequence[Accounted]) -> Ints:
    """The array of each, −1 for none; nothing if no job is in one."""
    found = _column(-1 if job.array is None else job.array for job in ran)
    return found if (found >= 0).any() else _column(())


def _use(ran: Sequence[Accounted]) -> Ints:
    """Of jobs with GPUs, where any tells it."""
    told = [-1 if job.gpu_use is None or job.gpus == 0 else job.gpu_use for job in ran]
    return _column(told if max(told) >= 0 else [])


def _work(job: Accounted) -> int:
    """Seconds that it worked: what launch and completion took of its run, if told, is no work."""
    ran, beside = (job.end or 0) - (job.start or 0), sum(job.latency.get(n, 0) for n in OF_RUN)
    return max(0, ran - (beside + SECOND_MS // 2) // SECOND_MS)


def _latency(ran: Sequence[Accounted], names: Sequence[str]) -> Ints:
    for job in ran:
        for name in names:
            if name not in job.latency:
                raise InputError(
                    f"job {job.job} has no {name}, which others have",
                    right="give it to each job that has run, or to none",
                    place=job.place,
                )
    return np.array([[job.latency[name] for name in names] for job in ran], np.int64)


def _column(values: Iterable[int]) -> Ints:
    return np.array(list(values), np.int64)


def _codes(values: Iterable[str]) -> tuple[Codes, tuple[str, ...]]:
    """Row numbers of names in the order of their first appearance, and these."""
    listed = list(values)
    names = {name: code for code, name in enumerate(dict.fromkeys(listed))}
    return np.array([names[name] for name in listed], np.int32), tuple(names)
