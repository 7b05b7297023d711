"""Slurm's own passes, by Slurm's own clocks."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from simulator.fields import Duration, Milliseconds, Model, Name, PositiveInt, refusal

Interval = Annotated[Duration, Field(gt=0)]
MILLISECONDS = 1000


class Own(Model):
    """A latency of each job by itself: drawn, or told by the log."""

    drawn: Annotated[tuple[Milliseconds, ...], Field(min_length=1, strict=False)] | None = None
    """Each job's is one of these, all as likely: those of a recording, for example."""
    column: Annotated[str, Field(min_length=1)] | None = None
    """The column of the log that tells it, in milliseconds. A table of ``sacct`` may have LaunchMs,
    CompletionMs, AnswerMs and EpilogMs beside its own."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.drawn is None) == (self.column is None):
            raise refusal(
                "a job's latency is drawn, or told by a column",
                right="say either drawn: [28ms, 31ms] or column: LaunchMs",
            )
        return self


Latency = Milliseconds | Own


class Latencies(Model):
    """What takes time beside the jobs' own work. A time alone holds for every job."""

    launch: Latency = 0
    """From the decision to the job's first instant of work."""
    completion: Latency = 0
    """From its last to its end."""
    answer: Latency = 0
    """From the end of a job that ends by itself until its nodes have answered that it is gone: so
    long they are COMPLETING, and the loop hears of it only then."""
    epilog: Latency = 0
    """The same of a job that was killed."""


class Phases(Model):
    """When each clock first strikes, counted from instant 0."""

    loop: Milliseconds = 0
    """A turn of the loop; the others are a second apart from it."""
    sched_interval: Duration = 0
    """From then on the first full pass is due."""
    limit_check: Duration = 0
    """From then on the first look at walltimes is due."""
    backfill: Milliseconds = 0
    """The first backfill pass."""
    priorities: Duration = 0
    """A calculation of priorities, of orders that have a period."""


class SlurmPasses(Model):
    """Slurm's two passes, with whole nodes held for planned jobs, when Slurm would make them.

    The *main* pass goes down the queue and ends for a partition, whose nodes it withdraws, at the
    first job that does not fit. *Backfill* gives each job whole nodes from its planned start to its
    planned end, both cut down to bf_resolution. Passes come by clocks: a loop turns each second;
    once a job was submitted or has ended it asks for a main pass, no sooner than batch_sched_delay
    after the last that it asked for, and each sched_interval for a full one; backfill follows
    bf_interval after its last. Walltimes are looked at each limit_check, so jobs overrun by up to
    that, and a pass follows a kill at once. Plans promise nothing.

    Example: two nodes of 8 GPUs, all phases 0. A job of 8 GPUs is submitted at 1 s and started by
    backfill, which has looked for work each second since 0 s and rests until 31 s then. Another
    comes at 2 s: the loop made a full pass at 0 s, so its next is at 3 s, and starts it. The first
    works on beyond its walltime of 50 s: it is killed not at 51 s but at 60 s.
    Source: SchedMD/slurm 22.05, src/slurmctld/controller.c, job_scheduler.c, job_mgr.c;
    src/plugins/sched/backfill/backfill.c.
    """

    kind: Literal["slurm"] = "slurm"
    bf_interval: Interval = 30
    """From one backfill pass to the next."""
    bf_resolution: Interval = 60
    """Planned times are cut down to multiples of this."""
    bf_window: Interval = 86_400
    """How far ahead backfill plans; a start beyond it holds nothing."""
    bf_max_job_test: PositiveInt = 500
    """How many jobs a backfill pass tries to plan."""
    bf_max_job_user: Annotated[int, Field(ge=0)] = 0
    """How many of a user's jobs it looks at; 0: all."""
    sched_interval: Interval = 60
    """From one full main pass to the next."""
    batch_sched_delay: Duration = 3
    """From one main pass of the loop to the next at least."""
    sched_min_interval: Milliseconds = 0
    """From any main pass to the next at least."""
    default_queue_depth: PositiveInt = 100
    """A pass that is not full looks at so many jobs and one."""
    limit_check: Interval = 30
    """From one look at walltimes to the next."""
    kill_wait: Duration = 30
    """KillWait: who ignores SIGTERM keeps its nodes COMPLETING for so long once it is killed; and
    so much later than its walltime a job that overruns is expected to end."""
    message_timeout: Duration = 10
    """MessageTimeout: who has begun to preempt makes no new victims for KillWait and this."""
    preempt_reorder_count: Annotated[int, Field(ge=0)] = 1
    """PreemptParameters reorder_count: how often victims that make room are sorted anew, by how
    many of the nodes found they hold, to do with fewer."""
    ignores_sigterm: tuple[Name, ...] = Field(default=(), strict=False)
    """Classes of applicants whose jobs do."""
    phases: Phases = Field(default_factory=Phases)
    """When the clocks strike first."""
    latencies: Latencies = Field(default_factory=Latencies)
    """What takes time beside the jobs' own work."""
    clock: Literal["s", "ms"] = "s"
    """In what events are counted: ms for latencies and phases below a second. Slurm's own time is
    the whole second in either, and so is all that results say."""

    @property
    def ticks(self) -> int:
        """Ticks of the clock a second."""
        return MILLISECONDS if self.clock == "ms" else 1

    @model_validator(mode="after")
    def _whole_ticks(self) -> Self:
        times: list[tuple[tuple[str, ...], Latency]] = [
            (("sched_min_interval",), self.sched_min_interval),
            (("phases", "loop"), self.phases.loop),
            (("phases", "backfill"), self.phases.backfill),
            *((("latencies", name), each) for name, each in self.latencies),
        ]
        for at, each in times:
            # What a column tells is known only once the jobs are.
            values = (each.drawn or ()) if isinstance(each, Own) else (each,)
            if self.clock == "s" and any(value % MILLISECONDS for value in values):
                raise refusal(
                    "the clock counts whole seconds, and this is none",
                    right="say clock: ms",
                    at=at,
                )
        return self
