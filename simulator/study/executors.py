"""Who makes the runs of a study, measures and draws them: this process, or several."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import NamedTuple, Self, TypeVar

from simulator.errors import WorkerDiedError
from simulator.scenario.load import Loaded
from simulator.study.workshop import Workshop

_Item = TypeVar("_Item")
_Made = TypeVar("_Made")

OnRun = Callable[[int], None]
"""Called with how many runs have been made since it was called last."""


_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "POLARS_MAX_THREADS")
"""What tells libraries how many threads to start."""


class Task(NamedTuple):
    """A piece of a study that one worker does."""

    replication: int
    rules: tuple[str, ...]


def split(rules: Sequence[str], replications: int, workers: int) -> list[Task]:
    """The tasks of a study: whole replications where there are enough of them, else single runs.

    How a study is split changes nothing in its results, only how often inputs are made.
    """
    if replications >= workers:
        return [Task(replication, tuple(rules)) for replication in range(replications)]
    return [Task(replication, (rule,)) for replication in range(replications) for rule in rules]


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
def _of_one_thread() -> Iterator[None]:
    """Give the processes that are started meanwhile one thread each: they are as many as can be
    at work, and threads that wait for each other take time from them."""
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
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

    Processes are started by ``start`` and stay until the crew is closed, as a context manager
    does; an error of one of them, or Ctrl-C, is raised here, when all have finished what they were
    at. Raises WorkerDiedError where one has died.
    """

    def __init__(self, loaded: Loaded, folder: Path, workers: int, *, csv: bool) -> None:
        self.workers = workers
        self.workshop = Workshop(loaded, folder, csv=csv)
        # Spawned, not forked: polars and numba keep threads, which do not survive a fork.
        context = multiprocessing.get_context("spawn")
        self._stop, self._made = context.Event(), context.SimpleQueue()
        setup = (loaded, folder, csv, self._stop, self._made)
        self._pool = None
        if workers > 1:
            self._pool = ProcessPoolExecutor(workers, context, initializer=_set_up, initargs=setup)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        if self._pool:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def start(self) -> None:
        """Start the processes, which need some seconds, and go on meanwhile."""
        if self._pool:
            with _interrupts_held(), _of_one_thread():
                for _ in range(self.workers):
                    self._pool.submit(_be_there)

    def make(self, tasks: Sequence[Task], on_run: OnRun) -> None:
        """Do all tasks."""
        if self._pool is None:
            for task in tasks:
                for _ in self.workshop.make(task.replication, task.rules):
                    on_run(1)
            return
        with _death_told("whole runs are kept: go on with --resume, and with fewer --workers"):
            self._wait([self._pool.submit(_do, task) for task in tasks], on_run)

    def map(self, function: Callable[[_Item], _Made], items: Iterable[_Item]) -> Iterator[_Made]:
        """What a function of a module, or a part of one, makes of each item, in their order."""
        if self._pool is None:
            yield from map(function, items)
            return
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


@contextmanager
def _death_told(advice: str) -> Iterator[None]:
    """Raise WorkerDiedError for a worker that has died."""
    try:
        yield
    except BrokenProcessPool:
        died = "a worker process died, perhaps for want of memory"
        raise WorkerDiedError(f"{died}; {advice}") from None
