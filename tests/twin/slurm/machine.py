"""A machine of nodes, plain: what is free, which nodes a job gets, who may be stopped for it.

Written from what Slurm's sources do (select/cons_tres), slow and obvious; shares no code with the
kernels.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Asks:
    """A job as the scheduler sees it; per node what it asks of each."""

    id: int
    nodes: int
    cpus: int
    memory: int
    gpus: int
    limit: int
    qos: str
    partition: str
    user: str
    priority: int = 0
    submit: int = 0
    preempted: int | None = None


@dataclass
class Runs:
    job: Asks
    start: int
    nodes: frozenset[int]

    @property
    def end(self):
        return self.start + self.job.limit


@dataclass
class Machine:
    nodes: list  # (cpus, memory, gpus, weight)
    memory_counts: bool
    running: list = field(default_factory=list)  # Runs, by job

    def free(self, running=None):
        left = [list(node[:3]) for node in self.nodes]
        for run in self.running if running is None else running:
            for node in run.nodes:
                left[node][0] -= run.job.cpus
                left[node][1] -= run.job.memory
                left[node][2] -= run.job.gpus
        return left

    def offer(self, job, left):
        """CPUs of a node that a job may count on; 0: it does not fit there."""
        cpus, memory, gpus = left
        if cpus < job.cpus or gpus < job.gpus or (self.memory_counts and memory < job.memory):
            return 0
        return max(job.cpus, 1) if job.gpus else cpus

    def choose(self, job, among, running=None):
        """The nodes that Slurm gives a job among some; None: it does not fit."""
        left = self.free(running)
        offers = {n: self.offer(job, left[n]) for n in sorted(among)}
        offers = {n: cpus for n, cpus in offers.items() if cpus}
        if len(offers) < job.nodes:
            return None
        stretches, before = [], None
        for n in offers:
            near = before is not None and n == before + 1
            if not near or self.nodes[n][3] != self.nodes[before][3]:
                stretches.append([])
            stretches[-1].append(n)
            before = n
        want_cpus, want, taken = job.cpus * job.nodes, job.nodes, []
        while stretches and want > 0:
            best = self._best(stretches, offers, want, want_cpus)
            stretches.remove(best)
            if want == 1:
                single = [n for n in best if offers[n] >= want_cpus]
                if single:
                    best = [min(single, key=lambda n: (offers[n], n))]
            for n in best:
                if want <= 0:
                    break
                if want == 1 and offers[n] < want_cpus:
                    continue
                taken.append(n)
                give = min(offers[n], max(want_cpus - (want - 1), job.cpus))
                want -= 1
                want_cpus -= give
        return frozenset(taken) if want <= 0 and want_cpus <= 0 else None

    def _best(self, stretches, offers, want, want_cpus):
        """Lightest; then enough with the fewest CPUs; an ampler one that is not enough beats it."""
        best = None
        for stretch in stretches:
            cpus = sum(offers[n] for n in stretch)
            enough = len(stretch) >= want and cpus >= want_cpus
            weight = self.nodes[stretch[0]][3]
            if best is None or weight < best[0]:
                better = True
            elif weight > best[0]:
                better = False
            elif enough:
                better = not best[1] or cpus < best[2]
            else:
                better = cpus > best[2]
            if better:
                best = weight, enough, cpus, stretch
        return best[3]
