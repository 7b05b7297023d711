"""Who makes the runs of a study, measures and draws them: this process, or several.

Processes are to start before this one has imported what they need, too: what makes runs is imported
where it is first used.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self, TypeVar

from simulator.errors import WorkerDiedError
from simulator.study.folders import unfinished_folder

if TYPE_CHECKING:
    from multiprocessing.queues import SimpleQueue
    from multiprocessing.synchronize import Event

    from simulator.scenario.load import Loaded
    from simulator.study.workshop import Workshop

_Item = TypeVar("_Item")
_Made = TypeVar("_Made")

OnRun = Callable[[int], None]
"""Called with how many runs have been made since it was called last."""


_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "POLARS_MAX_THREADS")
"""What tells libraries how many threads to start."""
_KEPT = ("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_")
"""What tells the C library (glibc) from how many bytes on memory goes back to the system when it is
freed: one run's is the next one's, and new pages have to be cleared first."""
_AT_WORK = dict.fromkeys(_THREADS, "1") | dict.fromkeys(_KEPT, str(1 << 30))


class Task(NamedTuple):
    """A piece of a study that one worker does."""

    replication: int
    rules: tuple[str, ...]


def split(rules: Sequence[str], replications: int, workers: int) -> list[Task]:
    """The tasks of a study: whole replications, as long as there is one for each worker.

    Single runs of the last ones, so that nobody waits for long while another is at the last one of
    all. How a study is split changes nothing in its results, only how often inputs are made.
    """
    whole = replications if replications == workers else max(replications - workers, 0)
    tasks = [Task(replication, tuple(rules)) for replication in range(whole)]
    last = range(whole, replications)
    return tasks + [Task(replication, (rule,)) for replication in last for rule in rules]


def default_workers(tasks: int) -> int:
    """As many as there are processors that this process may use, and no more than tasks."""
    usable = getattr(os, "sched_getaffinity", None)
    return max(1, min(len(usable(0)) if usable else os.cpu_count() or 1, tasks))


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Let Ctrl-C wait, here and in the processes that are started meanwhile.

    A worker that is still importing has no other way not to hear of it: it inherits the mask.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _at_work() -> Iterator[None]:
    """Give the processes that are started meanwhile one thread each: they are as many as can be
    at work, and threads that wait for each other take time from them."""
    before = {name: os.environ.get(name) for name in _AT_WORK}
    os.environ.update(_AT_WORK)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


class _Worker:
    """What a worker process keeps between tasks."""

    workshop: Workshop
    stop: Event
    made: SimpleQueue[int]


def _set_up(loaded: Loaded, folder: Path, csv: bool, stop: Event, made: SimpleQueue[int]) -> None:
    # Ctrl-C is for the parent: it lets each worker finish the run it is at.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    from simulator.study.workshop import Workshop

    # What is there now stays until the end: no need to look at it again.
    gc.freeze()
    _Worker.workshop = Workshop(loaded, folder, csv=csv)
    _Worker.stop = stop
    _Worker.made = made


def _be_there() -> None:
    """The task of a worker that has only to be started."""


def _do(task: Task) -> None:
    for rule in task.rules:
        if _Worker.stop.is_set():
            return
        for _ in _Worker.workshop.make(task.replication, (rule,)):
            _Worker.made.put(1)


class Crew:
    """Who does the work of one study: ``workers`` processes, or of 1, this one.

    As a context manager it starts the processes, which need some seconds to be there, and goes on
    meanwhile; they stay until it is left. An error of one of them, or Ctrl-C, is raised here, when
    all have finished what they were at. Raises WorkerDiedError where one has died.
    """

    def __init__(self, loaded: Loaded, folder: Path, workers: int, *, csv: bool) -> None:
        self.workers = workers
        self._of_workshop = loaded, folder, csv
        # Spawned, not forked: polars and numba keep threads, which do not survive a fork.
        context = multiprocessing.get_context("spawn")
        self._stop, self._made = context.Event(), context.SimpleQueue()
        setup = (*self._of_workshop, self._stop, self._made)
        self._pool, self._asked = None, False
        if workers > 1:
            self._pool = ProcessPoolExecutor(workers, context, initializer=_set_up, initargs=setup)

    def __enter__(self) -> Self:
        if self._pool:
            with _interrupts_held(), _at_work():
                for _ in range(self.workers):
                    self._pool.submit(_be_there)
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        if self._pool:
            # Of whom nothing was asked nobody need wait for, with bad input to tell.
            self._pool.shutdown(wait=self._asked, cancel_futures=True)

    @cached_property
    def workshop(self) -> Workshop:
        """Where this process makes runs."""
        from simulator.study.workshop import Workshop

        loaded, folder, csv = self._of_workshop
        return Workshop(loaded, folder, csv=csv)

    def make(
        self, tasks: Sequence[Task], on_run: OnRun, meanwhile: Callable[[], None] = lambda: None
    ) -> None:
        """Do all tasks; ``meanwhile`` is done here once they have been handed out to others."""
        if self._pool is None:
            for task in tasks:
                for _ in self.workshop.make(task.replication, task.rules):
                    on_run(1)
            return
        self._asked = True
        with _death_told("whole runs are kept: go on with --resume, and with fewer --workers"):
            futures = [self._pool.submit(_do, task) for task in tasks]
            meanwhile()
            self._wait(futures, on_run)

    def map(self, function: Callable[[_Item], _Made], items: Iterable[_Item]) -> Iterator[_Made]:
        """What a function of a module, or a part of one, makes of each item, in their order."""
        if self._pool is None:
            yield from map(function, items)
            return
        self._asked = True
        with _death_told("all runs are whole: `adil report` compares and draws them"):
            yield from self._pool.map(function, items)

    def _wait(self, futures: list[Future[None]], on_run: OnRun) -> None:
        waiting = set(futures)
        while waiting:
            try:
                for future in as_completed(waiting, timeout=0.2):
                    waiting.discard(future)
                    future.result()
            except TimeoutError:
                pass
            runs = 0
            while not self._made.empty():
                runs += self._made.get()
            if runs:
                on_run(runs)


def crew_for(
    loaded: Loaded, out: str | Path, *, workers: int | None = None, csv: bool = False
) -> Crew:
    """Who is to run and measure a scenario, its results to lie in ``out``/<name>.

    ``workers``: processes (default: the processors there are), of which there are no more than
    runs. ``csv``: every table is written as CSV as well.
    """
    runs = len(loaded.scenario.rules) * loaded.scenario.replications
    workers = min(workers or default_workers(runs), runs)
    return Crew(loaded, unfinished_folder(loaded, Path(out)), workers, csv=csv)


@contextmanager
def _death_told(advice: str) -> Iterator[None]:
    """Raise WorkerDiedError for a worker that has died."""
    try:
        yield
    except BrokenProcessPool:
        died = "a worker process died, perhaps for want of memory"
        raise WorkerDiedError(f"{died}; {advice}") from None
