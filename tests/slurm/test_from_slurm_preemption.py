"""Who stops whom in a scenario made from slurm.conf, or why nobody does."""

from __future__ import annotations

import pytest

from simulator.scenario.from_slurm.check import checked
from simulator.scenario.from_slurm.translate import translate
from tests.slurm.clusters import MULTIFACTOR, cluster_of
from tests.slurm.folders import SCHEDULES, each


@each(SCHEDULES[1:])
def test_who_preempts_whom_in_the_recorded_cluster(folder):
    rule = checked(translate(cluster_of(folder)).text, folder).rules["slurm"]
    assert {name: qos.preempts for name, qos in rule.qos.items()} == {
        "normal": (),
        "high": ("scav",),
        "scav": (),
    }
    assert (rule.preemption.exempt, rule.preemption.how.kind) == (60, "requeue")


QOS = (
    "Name|Priority|UsageFactor|Preempt|PreemptExemptTime|GraceTime|PreemptMode\n"
    "high|9|1|low||00:00:20|cluster\nlow|0|1||00:02:00|00:00:30|{mode}\n"
)
PREEMPTING = MULTIFACTOR + "PreemptType=preempt/qos\n"


def test_preemption_is_written_as_slurm_has_it(made):
    scenario, notes = made(
        PREEMPTING + "PreemptMode=REQUEUE\nPreemptExemptTime=00:01:00\nMessageTimeout=20\n"
        "PreemptParameters=reorder_count=3,youngest_first\nPriorityFlags=ACCRUE_ALWAYS\n",
        qos=QOS.format(mode="requeue"),
    )
    rule = scenario.rules["slurm"]
    assert (rule.backfill.message_timeout, rule.backfill.preempt_reorder_count) == (20, 3)
    assert rule.preemption.exempt == 60
    assert (rule.qos["high"].preempts, rule.qos["low"].exempt) == (("low",), 120)
    assert rule.ordering.age_from == "eligible"
    lost = {note.setting: note.why for note in notes.lost}
    assert "stop at once" in lost["GraceTime of low"]
    assert "fewest nodes" in lost["PreemptParameters youngest_first"]
    assert "begins anew" in lost["PriorityFlags ACCRUE_ALWAYS"]
    assert not any("MessageTimeout" in note.why for note in notes.idle)
    assert "GraceTime of high" in {note.setting for note in notes.idle}


@pytest.mark.parametrize(
    ("more", "mode", "why"),
    [
        ("", "cluster", "PreemptMode=OFF"),
        ("PreemptMode=CANCEL\n", "cluster", "PreemptMode=CANCEL"),
        ("PreemptMode=REQUEUE\n", "cancel", "PreemptMode of low"),
        ("PreemptMode=REQUEUE\nJobRequeue=0\n", "cluster", "JobRequeue=0"),
        ("PreemptMode=REQUEUE\nOverTimeLimit=UNLIMITED\n", "cluster", "only Slurm's own passes"),
        ("PreemptMode=REQUEUE\n", None, "no quality of service that was given preempts"),
    ],
)
def test_where_nobody_preempts_it_is_told_why(made, more, mode, why):
    scenario, notes = made(PREEMPTING + more, **({"qos": QOS.format(mode=mode)} if mode else {}))
    assert scenario.rules["slurm"].preemption is None
    lost = {note.setting: note.why for note in notes.lost}
    rights = " (high → low)" if mode else ""
    told = lost[f"PreemptType=preempt/qos{rights}"]
    assert why in told
    assert "nobody preempts here" in told
