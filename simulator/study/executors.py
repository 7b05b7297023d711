"""Who makes the runs: this process, or several."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import NamedTuple

from simulator.errors import AdilError
from simulator.scenario.load import Loaded
from simulator.study.workshop import Workshop

OnRun = Callable[[int], None]
"""Called with how many runs have been made since it was called last."""


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


def make_here(workshop: Workshop, tasks: Sequence[Task], on_run: OnRun) -> None:
    """Do all tasks in this process."""
    for task in tasks:
        for _ in workshop.make(task.replication, task.rules):
            on_run(1)


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


def _do(task: Task) -> None:
    for rule in task.rules:
        if _Worker.stop.is_set():
            return
        for _ in _Worker.workshop.make(task.replication, (rule,)):
            _Worker.made.put(1)


def make_in_processes(
    loaded: Loaded, folder: Path, tasks: Sequence[Task], workers: int, on_run: OnRun, *, csv: bool
) -> None:
    """Do all tasks in ``workers`` processes.

    On KeyboardInterrupt each worker finishes the run it is at, and the interrupt is raised again.
    An error of a worker stops the others in the same way and is raised here.
    """
    # Spawned, not forked: polars and numba keep threads, which do not survive a fork.
    context = multiprocessing.get_context("spawn")
    stop, made = context.Event(), context.SimpleQueue()
    setup = (loaded, folder, csv, stop, made)
    with ProcessPoolExecutor(workers, context, initializer=_set_up, initargs=setup) as pool:
        with _interrupts_held():
            futures = [pool.submit(_do, task) for task in tasks]
        try:
            _wait(futures, made, on_run)
        except BrokenProcessPool:
            raise AdilError(
                "a worker process died, perhaps for want of memory; what is whole is kept: "
                "go on with --resume, and with fewer --workers"
            ) from None
        finally:
            stop.set()
            pool.shutdown(wait=True, cancel_futures=True)


def _wait(futures: list[Future[None]], made: SimpleQueue[int], on_run: OnRun) -> None:
    waiting = set(futures)
    while waiting:
        try:
            for future in as_completed(waiting, timeout=0.2):
                waiting.discard(future)
                future.result()
        except TimeoutError:
            pass
        runs = 0
        while not made.empty():
            runs += made.get()
        if runs:
            on_run(runs)
