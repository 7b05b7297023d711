"""Limits of jobs, counted anew from all that run each time one is asked for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Bound:
    """One limit; None where it limits nothing. Times in seconds."""

    name: str = "limit"
    per: str = "all"
    users: tuple = ()
    qos: tuple = ()
    jobs: int | None = None
    gpus: int | None = None
    work: int | None = None  # GPU-seconds
    queued: int | None = None
    walltime: int | None = None
    job_gpus: int | None = None
    submitted: tuple | None = None  # how many, within how long

    def key(self, job):
        """Whom a job counts with; None where the limit does not touch it."""
        if (self.users and job.user not in self.users) or (self.qos and job.qos not in self.qos):
            return None
        return {"all": "all", "user": job.user}[self.per]

    def same(self, job, others):
        """Those of other jobs that count with a job."""
        key = self.key(job)
        return [] if key is None else [other for other in others if self.key(other) == key]

    def refuses(self, job, there, come, now):
        """Whether a job is refused as it is submitted, beside those that wait or run.

        ``come``: who has come before and was not refused, and when.
        """
        if self.key(job) is None:
            return False
        most, within = self.submitted or (None, 0)
        beyond = (
            (self.queued, len(self.same(job, there)) + 1),
            (most, len(self.same(job, [other for other, at in come if at > now - within])) + 1),
        )
        return self.never(job) or any(most is not None and asked > most for most, asked in beyond)

    def never(self, job):
        """Whether a job by itself asks for more than it allows."""
        gpus = job.nodes * job.gpus
        beyond = (
            (self.walltime, job.limit),
            (self.job_gpus, gpus),
            (self.gpus, gpus),
            (self.work, gpus * job.limit),
        )
        return self.key(job) is not None and any(
            most is not None and asked > most for most, asked in beyond
        )

    def too_many(self, job, running):
        if self.key(job) is None or self.jobs is None:
            return False
        return len(self.same(job, [run.job for run in running])) >= self.jobs

    def too_much(self, job, running, now):
        if self.key(job) is None:
            return False
        same = [run for run in running if self.key(run.job) == self.key(job)]
        gpus = job.nodes * job.gpus
        held = sum(run.job.nodes * run.job.gpus for run in same)
        left = sum(run.job.nodes * run.job.gpus * max(run.end - now, 0) for run in same)
        if self.gpus is not None and held + gpus > self.gpus:
            return True
        return self.work is not None and left + gpus * job.limit > self.work

    def settings(self):
        """As a scenario says it."""
        said = {name: getattr(self, name) for name in ("jobs", "gpus", "queued", "job_gpus")}
        said["walltime"] = None if self.walltime is None else f"{self.walltime}s"
        said["work"] = None if self.work is None else f"{self.work} GPU-s"
        if self.submitted is not None:
            said["submitted"] = {"jobs": self.submitted[0], "within": f"{self.submitted[1]}s"}
        said |= {"per": self.per, "users": list(self.users), "qos": list(self.qos)}
        return {name: value for name, value in said.items() if value not in (None, [])}
