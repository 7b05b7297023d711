"""Slurm's two passes in plain Python: see ``machine.py``."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.twin.slurm.machine import Machine, Runs
from tests.twin.slurm.order import queue_order


@dataclass
class Rules:
    """What a cluster's passes obey."""

    tier: dict
    part: dict  # name → set of nodes
    max_time: dict
    preempts: dict  # qos → qos that it may stop
    qos_priority: dict
    exempt: dict  # qos → seconds
    resolution: int = 60
    window: int = 86400
    max_test: int = 500
    max_user: int = 0
    scale: int = 0
    reorder: int = 1
    kill_wait: int = 30
    message: int = 10
    bounds: list = field(default_factory=list)  # limits of jobs

    def may_preempt(self, a, b):
        return b.qos in self.preempts[a.qos]


@dataclass
class Did:
    """What became of a job in a pass."""

    id: int
    outcome: str
    start: int = 0
    nodes: frozenset = frozenset()
    end: int = 0
    tries: int = 1
    victims: list = field(default_factory=list)


class Slurm:
    def __init__(self, rules, nodes, memory_counts, running, completing, reservations, now):
        self.rules, self.now = rules, now
        self.machine = Machine(nodes, memory_counts, list(running))
        self.completing, self.reservations = set(completing), reservations

    # -- what both passes share

    def length(self, job):
        longest = self.rules.max_time[job.partition]
        return job.limit if longest is None else min(job.limit, longest)

    def reserved(self, start, length):
        """Nodes of reservations that a job from ``start`` on would meet."""
        met = set()
        for begin, end, nodes in self.reservations:
            if begin < start + length and end > start:
                met |= nodes
        return met

    def victims(self, job):
        begun = job.preempted
        if begun is not None and self.now - begun < self.rules.kill_wait + self.rules.message:
            return []
        found = [
            run
            for run in self.machine.running
            if self.rules.may_preempt(job, run.job)
            and run.start + self.rules.exempt[run.job.qos] <= self.now
            and run.nodes & self.rules.part[job.partition]
        ]
        return sorted(
            found,
            key=lambda run: (self.rules.qos_priority[run.job.qos], len(run.nodes), run.job.id),
        )

    def start(self, job, nodes):
        self.machine.running.append(Runs(job, self.now, nodes))
        self.machine.running.sort(key=lambda run: run.job.id)

    def by_weight(self, job, among, choose):
        """Try the lightest nodes, then those with the next heavier ones."""
        weight = [node[3] for node in self.machine.nodes]
        for limit in sorted({weight[n] for n in among}):
            near = {n for n in among if weight[n] <= limit}
            if len(near) >= job.nodes:
                found = choose(near)
                if found is not None:
                    return found
        return None

    def run_now(self, job, among):
        """Nodes to start on now, or victims to stop: (nodes, victims); None: neither."""

        def choose(near):
            nodes = self.machine.choose(job, near)
            if nodes is not None:
                return nodes, []
            return self.preempt(job, near)

        return self.by_weight(job, among, choose)

    def preempt(self, job, among):
        candidates, passed = self.victims(job), 0
        while True:
            running, chosen = list(self.machine.running), None
            for index, run in enumerate(candidates):  # noqa: B007
                if not run.nodes & among:
                    continue
                running.remove(run)
                chosen = self.machine.choose(job, among, running)
                if chosen is not None:
                    break
            if chosen is None:
                return None
            passed += 1
            if passed - 1 > self.rules.reorder or len(candidates) <= passed:
                return chosen, [run for run in candidates[: index + 1] if run.nodes & chosen]
            usable = {id(run): len(run.nodes & chosen) for run in candidates[:index]}
            usable[id(candidates[index])] = 99999
            candidates.sort(key=lambda run: -usable.get(id(run), 0))

    def stop(self, victims):
        for run in victims:
            self.machine.running.remove(run)
            self.completing |= run.nodes

    def too_many(self, job):
        return any(bound.too_many(job, self.machine.running) for bound in self.rules.bounds)

    def too_much(self, job):
        running, now = self.machine.running, self.now
        return any(bound.too_much(job, running, now) for bound in self.rules.bounds)

    # -- the main pass

    def main(self, queue, depth):
        rules, did, closed = self.rules, [], set()
        left = set(range(len(self.machine.nodes)))
        for looked, job in enumerate(queue_order(queue, rules)):
            if depth and looked >= depth:
                break
            if job.partition in closed:
                did.append(Did(job.id, "skipped"))
                continue
            if self.too_many(job):
                did.append(Did(job.id, "limited"))
                continue
            if self.too_much(job):
                few = len(left & rules.part[job.partition]) < job.nodes
                did.append(Did(job.id, "blocked" if few else "limited"))
                if few:
                    closed.add(job.partition)
                    left -= rules.part[job.partition]
                continue
            among = (left & rules.part[job.partition]) - self.reserved(self.now, self.length(job))
            found = self.run_now(job, among - self.completing)
            if found is not None and not found[1]:
                self.start(job, found[0])
                did.append(Did(job.id, "started", self.now, found[0]))
                continue
            if found is None and self.kept_out(job):
                did.append(Did(job.id, "blocked"))
                continue
            if found is not None:
                self.stop(found[1])
            did.append(
                Did(job.id, "blocked", victims=[run.job.id for run in (found or [0, []])[1]])
            )
            closed.add(job.partition)
            left -= rules.part[job.partition]
        return did

    def kept_out(self, job):
        """It is reservations that keep a job from ever running now."""
        met = self.reserved(self.now, self.length(job))
        if not met:
            return False
        rest = self.rules.part[job.partition] - met
        return self.machine.choose(job, rest, running=[]) is None

    # -- the backfill pass

    def backfill(self, queue):
        rules, did, tested, seen = self.rules, [], 0, {}
        res = rules.resolution
        self.map = [[self.now // res * res, (self.now + rules.window) // res * res, set()]]
        for job in queue_order(queue, rules):
            if tested >= rules.max_test:
                break
            if self.too_many(job):
                did.append(Did(job.id, "limited"))
                continue
            if rules.max_user and seen.get(job.user, 0) >= rules.max_user:
                did.append(Did(job.id, "user_limit"))
                continue
            seen[job.user] = seen.get(job.user, 0) + 1
            reached, result = self.attempt(job)
            tested += reached
            did.append(result)
        return did

    def attempt(self, job):
        rules, res, now = self.rules, self.rules.resolution, self.now
        length, tries, reached, begin = self.length(job), 1, False, now
        limited = Did(job.id, "limited") if self.too_much(job) else None
        while True:
            among, later = self.walk(job, begin, length)
            found = None
            if len(among) >= job.nodes:
                reached = True
                found = self.will_run(job, among)
            if found is None:
                if later:
                    begin = later
                    continue
                return reached, limited or Did(job.id, "none", tries=tries)
            start, nodes = max(found[0], begin), found[1]
            victims = None
            if start <= now and nodes & self.completing:
                start, later = now + 1, 0
            elif start <= now and limited:
                return reached, limited
            elif start <= now:
                now_nodes, victims = self.run_now(job, among - self.completing) or (None, [])
                if now_nodes is not None and not victims:
                    self.start(job, now_nodes)
                    return reached, Did(job.id, "started", now, now_nodes, tries=tries)
                self.stop(victims)
                later = 0
            if later and start > later:
                begin, tries = later, tries + 1
                continue
            if start > now + rules.window:
                beyond = Did(job.id, "beyond_window", start, nodes, start + length, tries)
                return reached, limited or beyond
            cut, end = start // res * res, (start + length) // res * res
            if victims is None and self.overlaps(nodes, cut, end):
                begin, tries = start + (res if start == begin else 0), tries + 1
                continue
            if limited:
                return reached, limited
            self.reserve(nodes, cut, end)
            stopped = [run.job.id for run in victims or []]
            outcome = "planned" if victims is None else "failed"
            return reached, Did(job.id, outcome, start, nodes, end, tries, stopped)

    def walk(self, job, begin, length):
        """Nodes that are free of plans from ``begin`` on, and when to try next (0: never)."""
        usable = self.rules.part[job.partition] - self.reserved(begin, length)
        free, later = set(usable), 0
        for index, (first, last, taken) in enumerate(self.map):
            if last > begin and index + 1 < len(self.map) and not later:
                coming = usable - self.map[index + 1][2]
                if not coming <= free - taken:
                    later = last
            if last <= begin:
                continue
            if first > begin + length:
                break
            free -= taken
        if self.reserved(begin, length):
            res = self.rules.resolution
            ends = [-(-end // res) * res for _, end, _ in self.reservations if end >= begin]
            again = min(ends) + 1
            if again < self.map[-1][1] and (not later or again < later):
                later = again
        return {n for n in free if self.could_hold(job, n)}, later

    def could_hold(self, job, node):
        cpus, memory = self.machine.nodes[node][:2]
        return cpus >= job.cpus and memory >= job.memory

    def will_run(self, job, among):
        machine = self.machine
        nodes = machine.choose(job, among)
        if nodes is not None:
            return self.now, nodes
        victims = self.victims(job)
        running = [run for run in machine.running if run not in victims]
        if victims:
            nodes = machine.choose(job, among, running)
            if nodes is not None:
                return self.now, nodes
        ends = sorted(running, key=lambda run: run.end)
        mark, wide, index, last = None, 30, 0, None
        while index < len(ends):
            while index < len(ends):
                run = ends[index]
                index += 1
                if not run.nodes & among:
                    continue
                if mark is None:
                    mark = run.end // 30 * 30 + 30
                last = run
                running.remove(run)
                if index < len(ends) and ends[index].end > mark + wide:
                    break
            if last is None:
                return None
            while True:
                wide = wide + self.rules.scale if self.rules.scale else wide * 2
                if index >= len(ends) or ends[index].end <= mark + wide:
                    break
            nodes = machine.choose(job, among, running)
            if nodes is not None:
                return self.guess(last.end), nodes
        return None

    def guess(self, end):
        return end if end > self.now else max(end + self.rules.kill_wait, self.now + 1)

    def overlaps(self, nodes, start, end):
        return any(
            last > start and first < end and nodes & taken for first, last, taken in self.map
        )

    def reserve(self, nodes, start, end):
        start = max(start, self.map[0][0])
        end = max(end, start + self.rules.resolution)
        at, before = 0, 0
        while self.map[at][1] < start:
            before = at
            at += 1
            if at == len(self.map):
                return
        if self.map[at][1] > start:
            self.map.insert(at + 1, [start, self.map[at][1], set(self.map[at][2])])
            self.map[at][1] = start
        after = None
        for index in range(at + 1, len(self.map)):
            record = self.map[index]
            if end < record[1]:
                self.map.insert(index + 1, [end, record[1], set(record[2])])
                record[1] = end
            record[2] |= nodes
            if end == record[1]:
                after = index + 1
                break
        self.merge(before, after)

    def merge(self, index, after):
        """Drop the first of two neighbours that are alike, if there are any."""
        while index + 1 < len(self.map) and index != after:
            one, other = self.map[index], self.map[index + 1]
            if one[2] == other[2]:
                one[1] = other[1]
                del self.map[index + 1]
                return
            index += 1
