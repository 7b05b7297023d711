"""What blocked a job in Slurm's own passes, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.engine.probe.lifts import LIMIT, ORDER, OUTAGE, PLAN, RIGHTS
from simulator.engine.probe.slurm_story import AWAY
from simulator.engine.probe.slurm_trial import ANSWER, CLOSED, DEPTH, TESTS, USER, VICTIMS
from simulator.rules.backfill.slurm import SlurmPasses
from simulator.study.reasons import Telling

if TYPE_CHECKING:
    from simulator.engine.probe.story import Moment

_SHORT = {
    DEPTH: "beyond default_queue_depth",
    TESTS: "beyond bf_max_job_test",
    USER: "beyond bf_max_job_user",
    CLOSED: "a job before it has closed its partition",
    PLAN: "its nodes are planned for others",
    RIGHTS: "it may not stop others yet",
    OUTAGE: "a maintenance reservation",
    ANSWER: "nodes are still completing",
    VICTIMS: "those it stopped are still ending",
    AWAY: "it may not start again yet",
}


class SlurmTelling(Telling):
    """Turns looks at Slurm's passes into sentences."""

    def _few_words(self, clause: str, moment: Moment) -> str:
        return _SHORT.get(clause) or super()._few_words(clause, moment)

    def _one(self, clause: str, moment: Moment) -> str:
        if clause == CLOSED:
            who = "a job before it" if moment.head is None else f"job {self._head(moment)}"
            return f"{who}, which does not fit, has closed its partition or holds its nodes back"
        if clause == PLAN:
            return self._planned(moment)
        if clause == ORDER:
            return super()._one(clause, moment)
        if clause == LIMIT:
            return "; ".join(self._held_back(moment)) or "a limit holds it back"
        said = self._sentences()
        return said[clause] if clause in said else super()._one(clause, moment)

    def _planned(self, moment: Moment) -> str:
        if moment.head is None or moment.head_promised is None:
            return "it would fit, but nodes that it needs are planned for jobs before it"
        until = self._moment_of(moment.head_promised)
        return f"it would fit, but would delay job {self._head(moment)}, planned for {until}"

    def _sentences(self) -> dict[str, str]:
        passes = self.rule.backfill
        assert isinstance(passes, SlurmPasses)
        return {
            DEPTH: "a pass that is not full looks at the first"
            f" {passes.default_queue_depth + 1:,} jobs alone (default_queue_depth)",
            TESTS: f"backfill has tested {passes.bf_max_job_test:,} jobs before it"
            " (bf_max_job_test)",
            USER: f"backfill has looked at {passes.bf_max_job_user:,} of its user's jobs before it"
            " (bf_max_job_user)",
            RIGHTS: "it may stop others, but those that run are exempt still, or it has stopped"
            " others a moment ago",
            OUTAGE: "it would meet the reservation of a maintenance window",
            ANSWER: "nodes that it would get have not answered yet that a job on them is gone",
            VICTIMS: "it stops others, and starts once their nodes have answered",
            AWAY: "it has been stopped, and may start again 121 s after its nodes have answered",
        }
