"""What it costs to look on at a replay, as ``adil explain`` does.

``python benchmarks/looks.py [--runs N] [--looks N …] [--starts] [--only NAME …]`` replays one
quarter of ``scenarios/national_cluster.yaml`` (64 nodes of 8 GPUs, load 0.9, 50,126 jobs of 200
users in 40 accounts) under each named rule, with its failures, maintenance and checkpoints and
without them: plainly, and with somebody who looks at so many passes that the job sat through which
waited longest, until it first started: fewer where it waited through fewer. Plain replays and
others take turns, and are timed by the processor's clock, so that it matters less what else the
machine does. It prints the replay alone, warm, the best of N, and how much longer it takes with
looks.
``--starts`` asks at up to 1,500 instants by what right others start, too. ``--only slurm_passes``
is a rule under Slurm's own passes, without what they do not know: failures, and jobs that are taken
back.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from rich.console import Console
from rich.table import Table
from scaling import ROOT

sys.path.insert(0, str(ROOT))

from machine import machine

from simulator.engine import run as engine_run
from simulator.engine.charges import Calendar
from simulator.engine.probe.slurm_story import SlurmStory
from simulator.engine.probe.story import InForce, Story
from simulator.engine.run import Outcome, replay
from simulator.rules.models import Rule
from simulator.scenario.load import load
from simulator.scenario.rule_catalogue import named_rule, rule_names
from simulator.streams import Streams
from simulator.study.explain import STARTS
from simulator.study.waits import spread, thinned
from simulator.study.workshop import Inputs, outages_of, prepare

if TYPE_CHECKING:
    from collections.abc import Callable

SCENARIO = ROOT / "scenarios" / "national_cluster.yaml"


class _Processor:
    """In the place of ``time`` where replays are timed."""

    perf_counter = staticmethod(time.process_time)


engine_run.time = _Processor  # type: ignore[attr-defined]


SLURM = "slurm_passes"
PASSES = {
    "ordering": {
        "kind": "multifactor",
        "weights": {"age": 1000, "fair_share": 2000},
        "max_age": "7d",
        "period": "5min",
    },
    "backfill": "slurm",
    "placement": "slurm",
}


def replayed(
    rule: Rule, inputs: Inputs, outages: dict[str, Any], story: Story | SlurmStory | None
) -> Outcome:
    """One replay, at which the story looks on."""
    calendar = Calendar(inputs.built.epoch, inputs.built.time_zone)
    said = {"streams": Streams(1, 0), "calendar": calendar, **outages}
    watch = story.watch() if story else None
    return replay(inputs.built.jobs, inputs.machine, rule, watch=watch, **said)


def story_of(rule: Rule, units: int, plain: Outcome, looks: int, starts: int) -> Story | SlurmStory:
    """The wait of the job that waited longest, at instants chosen as ``adil explain`` does."""
    jobs, attempts = pl.from_arrow(plain.jobs), pl.from_arrow(plain.attempts)
    assert isinstance(jobs, pl.DataFrame)
    assert isinstance(attempts, pl.DataFrame)
    position = int(jobs["queued"].arg_max() or 0)
    begin = jobs["submit"][position]
    own = attempts.filter(pl.col("position") == position)["start"]
    until = own.min() if len(own) else attempts["start"].max()

    def waiting(times: pl.Series) -> np.ndarray[Any, np.dtype[np.int64]]:
        return times.drop_nulls().filter(times.drop_nulls().is_between(begin, until, "left"))

    begun = np.unique(waiting(attempts["start"]))
    times = pl.concat([attempts["start"], attempts["end"], jobs["submit"]])
    half = thinned(begun, looks // 2)
    chosen = np.union1d(half, spread(np.unique(waiting(times)), looks - len(half)))
    at: dict[int, list[int]] = {}
    told = set(thinned(begun, starts).tolist()) if starts else set()
    for when, other in attempts.select("start", "position").iter_rows():
        if when in told:
            at.setdefault(when, []).append(other)
    if rule.backfill.kind == "slurm":
        return SlurmStory(position, [InForce(rule, {})], chosen.tolist(), at)
    preempted = attempts.filter(pl.col("cause").cast(pl.String).is_in(["preemption", "idle"]))
    stopped = frozenset(preempted["end"].to_list())
    return Story(position, units, [InForce(rule, {})], frozenset(chosen.tolist()), at, stopped)


def measured(
    rule: Rule, inputs: Inputs, outages: dict[str, Any], looks: list[int], starts: int, runs: int
) -> list[float]:
    """Seconds of the plain replay and of those with so many looks, the best of so many runs."""
    plain = replayed(rule, inputs, outages, None)
    stories: list[Callable[[], Story | SlurmStory]] = [
        partial(story_of, rule, inputs.units, plain, few, 0) for few in looks
    ]
    if starts:
        stories.append(partial(story_of, rule, inputs.units, plain, max(looks), starts))
    for story in stories:
        replayed(rule, inputs, outages, story())
    found: list[list[float]] = [[] for _ in range(len(stories) + 1)]
    for _ in range(runs):
        found[0].append(replayed(rule, inputs, outages, None).seconds)
        for times, story in zip(found[1:], stories, strict=True):
            times.append(replayed(rule, inputs, outages, story()).seconds)
    return [min(times) for times in found]


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--looks", type=int, nargs="+", default=[12, 120])
    parser.add_argument("--starts", action="store_true")
    parser.add_argument("--only", nargs="+", default=list(rule_names()))
    given = parser.parse_args()
    loaded = load(SCENARIO)
    inputs = prepare(loaded, 0)
    failing = outages_of(loaded.scenario.cluster)
    calm = {"checkpoints": failing["checkpoints"]}
    watched = [f"{few} looks" for few in given.looks]
    if given.starts:
        watched.append(f"{max(given.looks)} and starts")
    heads = ["rule", "alone, ms", *watched, "with failures: alone, ms", *watched]
    title = f"{len(inputs.built.jobs):,} jobs, how much longer with looks; {machine()}"
    table, console = Table(*heads, title=title), Console(width=140)
    for name in given.only:
        row, made_of, ways = [name], inputs, [calm, failing]
        if name == SLURM:
            jobs = replace(inputs.built.jobs, cancelled_at=np.empty(0, np.int64))
            made_of, ways = replace(inputs, built=replace(inputs.built, jobs=jobs)), [calm]
        rule = Rule.model_validate(PASSES) if name == SLURM else named_rule(name)
        for outages in ways:
            starts = STARTS if given.starts else 0
            alone, *others = measured(rule, made_of, outages, given.looks, starts, given.runs)
            row += [f"{1e3 * alone:.0f}", *(f"{each / alone - 1:+.0%}" for each in others)]
        console.print("\t".join(row))
        table.add_row(*row, *[""] * (len(heads) - len(row)))
    console.print(table)


if __name__ == "__main__":
    main()
