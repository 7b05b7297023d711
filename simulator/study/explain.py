"""Why a job waited: its run is replayed with somebody who looks on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from simulator.cluster.machine import Machine
from simulator.engine.charges import Calendar
from simulator.engine.factors import weighted_parts
from simulator.engine.nodes import laid_out
from simulator.engine.probe.lifts import LIMIT
from simulator.engine.probe.otherwise import LIFTED_FROM_THE_FIRST, otherwise
from simulator.engine.probe.refusal import Refusal
from simulator.engine.probe.slurm_otherwise import Otherwise
from simulator.engine.probe.slurm_otherwise import named as named_in_slurm
from simulator.engine.probe.slurm_story import SlurmStory
from simulator.engine.probe.story import InForce, Story
from simulator.errors import InputError
from simulator.results.writer import table_hash
from simulator.rules.accounts.entities import entities_of
from simulator.rules.ordering.multifactor import Multifactor
from simulator.streams import Streams
from simulator.study.reformed import eras_of, in_force
from simulator.study.reopen import differences, opened_inputs, refuse_changed, reopened
from simulator.study.waits import numbered, spread, stretches_of, thinned, waits_of, within
from simulator.study.workshop import Workshop
from simulator.workload.columns import ANY

if TYPE_CHECKING:
    from simulator.engine.clock import Watch
    from simulator.results.reader import Run, Study
    from simulator.rules.models import Rule
    from simulator.study.waits import Wait
    from simulator.study.workshop import Inputs
    from simulator.workload.columns import Ints

LOOKS = 120
"""Instants at which it is asked what blocks a job, if not said otherwise."""
STARTS = 1500
"""Instants at which it is asked by what right others start."""
_TABLES = ("jobs", "attempts")

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Explained:
    """A job's wait."""

    job: dict[str, Any]
    """Its row of jobs.parquet, with ``position``."""
    waits: list[Wait]
    story: Story | SlurmStory
    instants: int
    """Instants at which anybody started, ended or was submitted while it waited."""
    untold: int
    """Starts of others meanwhile that were not looked at."""
    elsewhere: dict[str, tuple[int | None, int]]
    """By clause: its first start in the run with that clause lifted for it whenever it waits, None
    if it does not start, and how long it waits in all."""
    still: list[Wait]
    """When it was suspended."""
    refused: int | None = None
    """Which of the run's rules refused it as it took over while the job waited."""


class Explainer:
    """One rule and one replication of a study."""

    def __init__(
        self, study: Study, rule: str, replication: int = 0, base: Path | None = None
    ) -> None:
        self.study, self.rule, self.replication = study, rule, replication
        self.run: Run = study.run(rule, replication)
        refuse_changed(study, rule, replication, _TABLES)
        self._shop = Workshop(reopened(study, base), study.folder, csv=False)
        settings = self._shop.loaded.scenario.rules[rule]
        if settings.conformance == "pyss":
            raise InputError(
                "conformance pyss: passes of such a rule cannot be looked into",
                right="run the rule without it",
            )
        self._by_slurm = settings.backfill.kind == "slurm"
        self._inputs: Inputs = opened_inputs(study, self._shop, replication)
        built = self._inputs.built
        calendar = Calendar(built.epoch, built.time_zone)
        self.eras = eras_of(settings, calendar, str(study.manifest["rules"][rule]))
        """The rules of the run, one after the other."""
        self.notes = differences(study, self._shop, self._inputs)

    def explain(
        self, job: dict[str, Any], looks: int = LOOKS, progress: Progress = lambda what: None
    ) -> Explained:
        """Why a job waited, of its row; one that has not waited has no story to tell.

        Raises InputError where the run cannot be made again as it was.
        """
        refused = self._refused(job) if str(job["state"]) == "refused" else None
        waits = waits_of(self.run, job, None if refused is None else self.eras[refused].since)
        story, instants, untold = self._story(job, waits, looks)
        if waits or story.ends:
            progress("replaying")
            self._replay(story.watch(), as_before=True)
        named = {clause for moment in story.moments for clause in moment.blocked_by}
        if refused is not None:
            named.add(LIMIT)
        liftable = [each for each in LIFTED_FROM_THE_FIRST if each in named]
        elsewhere = {}
        for clause in named_in_slurm(named) if self._by_slurm else liftable:
            progress(f"replaying with its {clause} lifted")
            elsewhere[clause] = self._without(clause, job)
        still = stretches_of(self.run, job)
        return Explained(job, waits, story, instants, untold, elsewhere, still, refused)

    def job(self, job_id: int) -> dict[str, Any]:
        """The row of a job by its number."""
        return numbered(self.run, job_id)

    def rule_at(self, when: int) -> Rule:
        """By which rule the pass of an instant went."""
        return self.eras[in_force(self.eras, when)].rule

    @staticmethod
    def _asides(times: Ints, still: list[Wait], looks: int) -> frozenset[int]:
        """Instants at which it is asked why the job stands still: the first of each time that it
        does, behind that at which it was suspended, and others evenly over time."""
        found, first = set[int](), set[int]()
        for each in still:
            inside = within(times, [each._replace(start=each.start + 1)])
            found.update(inside.tolist())
            first.update(inside[:1].tolist())
        return frozenset(first | set(spread(np.array(sorted(found), np.int64), looks).tolist()))

    def takers(self, position: int, stretch: Wait) -> list[int]:
        """Who came to the nodes of a job while it was suspended and has CPUs there: positions."""
        built = self._inputs.built.jobs.ordered()
        if built.shape is None:
            return []
        attempts, own = self.run.attempts, pl.col("position") == position
        mine = attempts.filter(own & (pl.col("start") <= stretch.start)).sort("start")
        nodes = mine["nodes"].to_list()[-1]
        inside = pl.element().is_between(stretch.start, stretch.end, "left")
        came = pl.col("start").is_between(stretch.start, stretch.end, "left")
        goes_on = pl.col("resumed").list.eval(inside).list.any()
        stays = pl.col("end").is_null() | (pl.col("end") > stretch.start)
        there = pl.col("nodes").list.eval(pl.element().is_in(nodes)).list.any()
        found = attempts.filter(~own & (came | goes_on) & stays & there).sort("start")
        positions = found["position"].unique(maintain_order=True).to_list()
        return [each for each in positions if built.shape.cpus[each] > 0]

    def _refused(self, job: dict[str, Any]) -> int | None:
        """Which rule refused a job that waited as it took over; None if it was another that refused
        it when it was submitted."""
        if all(era.since <= job["submit"] for era in self.eras):
            return None
        watch = Refusal(job["position"])
        self._replay(watch, as_before=True)
        return watch.era

    def _story(
        self, job: dict[str, Any], waits: list[Wait], looks: int
    ) -> tuple[Story | SlurmStory, int, int]:
        attempts, jobs = self.run.attempts, self.run.jobs
        starts = attempts.filter(pl.col("position") != job["position"])
        begun = within(starts["start"].to_numpy(), waits)
        times = [jobs["submit"], attempts["start"], attempts["end"].drop_nulls()]
        # Of whole numbers where there are none, too: for others kernels would be compiled anew.
        reforms = np.array([era.since for era in self.eras[1:]], np.int64)
        events = within(np.r_[*(each.to_numpy() for each in times), reforms], waits)
        chosen = events
        if len(events) > looks:
            half = thinned(begun, looks // 2)
            chosen = np.union1d(half, spread(events, looks - len(half)))
            chosen = np.union1d(chosen, np.intersect1d(events, reforms))
        told = set(thinned(begun, STARTS).tolist())
        at: dict[int, list[int]] = {}
        for when, position in starts.select("start", "position").sort("position").iter_rows():
            if when in told:
                at.setdefault(when, []).append(position)
        untold = int(np.isin(starts["start"].to_numpy(), begun).sum()) - sum(map(len, at.values()))
        if self._by_slurm:
            chosen = np.union1d(chosen, np.array([wait.start for wait in waits], np.int64))
            return self._slurm_story(job, chosen, at), len(events), untold
        for_others = pl.col("cause").cast(pl.String).is_in(["preemption", "idle"])
        preempted = set(attempts.filter(for_others)["end"].drop_nulls())
        preempted |= set(attempts["suspended"].explode().drop_nulls())
        still = stretches_of(self.run, job)
        asides = self._asides(np.concatenate([each.to_numpy() for each in times]), still, looks)
        units = self._inputs.units
        reclaims = frozenset(
            when for when in self._ended(job, "preemption")
            if (stage := self.rule_at(when).preemption) and stage.reclaim
        )  # fmt: skip
        story = Story(
            job["position"], units,
            self._in_force(job["position"]),
            frozenset(chosen.tolist()), at, frozenset(preempted),
            self._ended(job, "budget"), reclaims, frozenset(each.start for each in still),
            asides,
        )  # fmt: skip
        return story, len(events), untold

    def _slurm_story(
        self, job: dict[str, Any], looks: Ints, at: dict[int, list[int]]
    ) -> SlurmStory:
        """Of Slurm's own passes: at the first of each kind from a look on."""
        own = self.run.attempts.filter(pl.col("position") == job["position"])["start"]
        return SlurmStory(
            job["position"],
            self._in_force(job["position"]),
            looks.tolist(),
            at,
            self._ended(job, "preemption").union(own.to_list()),
        )

    def _in_force(self, position: int) -> list[InForce]:
        """The rules of the run, and of the job's priority what never changes under each."""
        rules = (era.rule for era in self.eras)
        return [InForce(rule, self._parts(rule, position)) for rule in rules]

    def qos_of(self, position: int) -> str:
        """The quality of service of a job, by its name; empty if it has none."""
        jobs = self._inputs.built.jobs.ordered()
        code = int(jobs.qos[position]) if len(jobs.qos) else ANY
        return "" if code == ANY else jobs.qos_names[code]

    def _ended(self, job: dict[str, Any], cause: str) -> frozenset[int]:
        """When its attempts ended for this cause."""
        mine = (pl.col("position") == job["position"]) & (pl.col("cause").cast(pl.String) == cause)
        return frozenset(self.run.attempts.filter(mine)["end"].to_list())

    def _parts(self, rule: Rule, position: int) -> dict[str, float]:
        """What of Slurm's priority never changes under the rule."""
        order = rule.ordering
        if not isinstance(order, Multifactor):
            return {}
        jobs, machine = self._inputs.built.jobs.ordered(), self._inputs.machine
        if isinstance(machine, Machine):
            jobs, _ = laid_out(jobs, machine)
        entities = entities_of(jobs, rule.accounts).cut(order.serve)
        parts = weighted_parts(jobs, machine, rule, order, entities)
        return {
            name: float(np.broadcast_to(values, len(jobs))[position])
            for name, values in parts.items()
        }

    def _replay(self, watch: Watch, *, as_before: bool) -> pl.DataFrame:
        """The run once more; its jobs. ``as_before``: it must come out as it is stored."""
        streams = Streams(self._shop.loaded.scenario.seed, self.replication)
        outcome = self._shop.simulate(self.rule, self.replication, streams, watch)
        recorded = self.study.manifest["runs"][self.rule][self.replication]
        if as_before and any(
            table_hash(outcome.tables[name]) != recorded[name] for name in _TABLES
        ):
            since = f": {', '.join(self.notes)}" if self.notes else ""
            raise InputError(
                f"the run of {self.rule} does not come out again as it is stored{since}",
                right="run the study again with this version",
            )
        found = pl.from_arrow(outcome.jobs)
        assert isinstance(found, pl.DataFrame)
        return found

    def _without(self, clause: str, job: dict[str, Any]) -> tuple[int | None, int]:
        position = job["position"]
        watch = (
            Otherwise(clause, position)
            if self._by_slurm
            else otherwise(clause, position, self._inputs.units)
        )
        row = self._replay(watch, as_before=False).row(job["position"], named=True)
        return row["start"], row["queued"]
