"""RawUsage of a real Slurm, added up from its jobs, charged as the rule made of its files says."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

from simulator.conformance.snapshot import read_snapshot
from simulator.conformance.waiting import waiting_jobs
from simulator.engine.charges import charges
from simulator.slurm.priorities import Priority
from tests.slurm.folders import SNAPSHOTS, each

FIRST_TICK, PERIOD = 1_795_490_891, 60
ONE_SETTING = [folder for folder in SNAPSHOTS if folder.name[:2] <= "04"]
"""Snapshots before the half-life was changed and the ticks were moved."""


def charged(snapshot):
    """Charge a second, thousandths, and job of each that has started."""
    started = [job for job in snapshot.jobs.values() if job.start is not None]
    rows = [
        Priority(job.job, job.partition, job.user, 0, {}, {}, {}, 0, job.place) for job in started
    ]
    held = {job.job: replace(job, asked=job.held) for job in started}
    jobs = waiting_jobs(replace(snapshot, priorities=rows, jobs=held))
    of_job = charges(jobs, snapshot.machine, snapshot.rule)[:, 0] if started else []
    return list(zip((int(each) / 1000 for each in of_job), started, strict=True))


def usage_at(jobs, now, half_life):
    """What these (charge, job) have left by ``now``, tick by tick."""
    keep, used = 1 - 0.693 / half_life, 0.0

    def book(begin, end, *, running):
        """Of those that run on, or that end, in (begin, end]."""
        booked = 0.0
        for charge, job in jobs:
            until = end if job.end is None or job.end > end else job.end
            span = until - max(job.start, begin)
            if span > 0 and running == (job.end is None or job.end > end):
                booked += charge * span * keep**span
        return booked

    ticks = range(FIRST_TICK, now + 1, PERIOD)
    for before, tick in itertools.pairwise(ticks):
        # What has ended was booked at its end; all of it fades; then what runs is booked.
        used = (used + book(before, tick, running=False)) * keep**PERIOD
        used += book(before, tick, running=True)
    return used + book(ticks[-1], now, running=False)


@each(ONE_SETTING)
def test_usage_is_met_to_the_unit(folder):
    snapshot = read_snapshot(folder)
    now = int((folder / "when").read_text().split()[0])
    half_life = snapshot.rule.accounting.fade.half_life
    all_jobs = charged(snapshot)
    compared = 0
    for share in snapshot.shares:
        if share.user:
            mine = [
                (charge, job)
                for charge, job in all_jobs
                if (job.account, job.user) == (share.account, share.user)
            ]
            compared += bool(mine)
            used = usage_at(mine, now, half_life)
            assert math.floor(used) == share.raw_usage, (share.user, used)
    assert compared == len({(job.account, job.user) for _, job in all_jobs})
    assert (compared > 0) == (folder.name != "00-nousage")
