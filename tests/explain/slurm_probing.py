"""Every pass of Slurm's that a job sits through, made once more with clauses lifted."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from twin.nodes import engine
from twin.slurm.runs import jobs_of, machine_of, maintenance_of, reformed, with_latencies

from simulator.engine import run
from simulator.engine.probe.slurm_bench import Bench
from simulator.engine.probe.slurm_trial import blocking, starts, turn
from simulator.engine.probe.slurm_watch import PassWatch
from simulator.kernels.state import DONE, FAR, HEAD, NOW, REFUSED, TAIL, WITHDRAWN
from simulator.rules.slurm.run_kernel import MAIN_COMES
from simulator.rules.slurm.state_kernel import STARTED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from explain.probing import Replay
    from simulator.engine.slurm import SlurmNodes

OVER = DONE, REFUSED, WITHDRAWN


def of_scene(
    work: Sequence[Any],
    nodes: Any,
    rules: Any,
    clocks: Any,
    windows: Sequence[Any] = (),
    reforms: Sequence[Any] = (),
) -> tuple[Replay, int]:
    """The replay of a scenario in the words of ``clocks.py``, but for who looks on; its units."""
    machine = machine_of(rules, nodes)
    alone = ((each.length - sum(each.beside)) // clocks.second for each in work)
    built = engine.machine(machine)
    replay = partial(
        run.replay,
        with_latencies(jobs_of(work, machine, alone), work, clocks),
        built,
        reformed(rules, clocks, reforms),
        maintenance=[maintenance_of(window) for window in windows],
    )
    return replay, built.units


class Examiner(PassWatch):
    """Looks at all passes while one job waits, and notes what blocks it in each."""

    def __init__(self, position: int) -> None:
        self.position = position
        self.found: list[tuple[int, str, tuple[str, ...]]] = []
        """The second, the kind of pass, and what blocked it."""
        self._bench: Bench | None = None

    def since(self, world: SlurmNodes) -> int:
        over = world.state.progress.phase[self.position] in OVER
        return FAR if over else int(world.state.columns.submit[self.position])

    def before(self, world: SlurmNodes, coming: int) -> None:
        if self._bench is None or self._bench.run is not world.slurm:
            self._bench = Bench(world.slurm, self.position)
        bench = self._bench
        bench.set(world, coming)
        self._line, self._goes = set(bench.line.tolist()), None
        if bench.place is not None:
            where = int(world.state.counters[NOW]), coming
            self._goes = turn(bench).outcome == STARTED
            if not self._goes:
                clauses = blocking(bench)
                assert clauses, where
                assert starts(bench, set(clauses)), (where, clauses)
                for clause in clauses:
                    assert not starts(bench, set(clauses) - {clause}), (where, clauses, clause)
                kind = "main" if coming == MAIN_COMES else "backfill"
                self.found.append((where[0], kind, clauses))
        bench.rewind()
        bench.whole_pass()
        did = bench.slurm.did
        self._starts = {
            int(did.row[index]) for index in range(did.counts[0]) if did.outcome[index] == STARTED
        }
        self._stops = {
            (int(did.victim[index]), int(did.stopped_for[index])) for index in range(did.counts[1])
        }

    def after(self, world: SlurmNodes) -> None:
        counters, did = world.state.counters, world.slurm.did
        queue = set(world.state.queue.position[counters[HEAD] : counters[TAIL]].tolist())
        assert self._line - queue == self._starts
        if self._goes is not None:
            assert (self.position not in queue) == self._goes
        if self._stops:
            assert self._stops == {
                (int(did.victim[index]), int(did.stopped_for[index]))
                for index in range(did.counts[1])
            }


def longest(jobs: list[dict[str, Any]], most: int) -> list[int]:
    """Positions of up to so many jobs that waited, those that waited longest first."""
    some = [each for each in range(len(jobs)) if jobs[each]["queued"] > 0]
    return sorted(some, key=lambda position: -jobs[position]["queued"])[:most]


def examine(replay: Replay, most: int = 2) -> list[tuple[int, str, tuple[str, ...]]]:
    """Look at the passes that up to so many jobs sat through, those that waited longest; returns
    when what blocked them in which pass.

    Whoever looks on changes nothing. As it is, a pass on a bench starts whom the run's does.
    Whatever is named as blocking lets the job start when it is lifted, and not when any part of it
    is left.
    """
    plain = replay()
    jobs = plain.jobs.to_pylist()
    found: list[tuple[int, str, tuple[str, ...]]] = []
    for position in longest(jobs, most):
        watch = Examiner(position)
        again = replay(watch=watch)
        assert again.tables == plain.tables
        assert again.passes == plain.passes
        # Where nodes run out of room for attempts a round is counted twice.
        assert again.instants == plain.instants or any(row["restarts"] for row in jobs)
        found += watch.found
    return found
