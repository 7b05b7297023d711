"""GrpTRESMins of associations and of qualities of service become budgets of the rule."""

from __future__ import annotations

import pytest

from tests.slurm.clusters import MULTIFACTOR, assoc, qualities

ENFORCED = "AccountingStorageEnforce=associations,limits,qos\n"
OTHER_PASSES = MULTIFACTOR + ENFORCED + "SelectType=select/linear\n"


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("", {"fade": {"half_life": 604_800}, "safe": False}),
        (
            "PriorityDecayHalfLife=1-0\nPriorityCalcPeriod=2\nAccountingStorageEnforce=safe\n",
            {"fade": {"half_life": 86_400, "every": 120}},
        ),
        (
            "PriorityDecayHalfLife=0\nPriorityUsageResetPeriod=MONTHLY\n",
            {"period": "monthly", "safe": False},
        ),
        ("PriorityUsageResetPeriod=MONTHLY\n", None),
        ("PriorityDecayHalfLife=0\nPriorityUsageResetPeriod=DAILY\n", None),
        ("OverTimeLimit=UNLIMITED\n", {"fade": {"half_life": 604_800}, "safe": False}),
    ],
)
def test_budgets_where_the_passes_know_them(made, lines, said):
    conf = OTHER_PASSES
    if "Enforce" in lines:
        conf = conf.replace(ENFORCED, "")
    table = assoc(
        "GrpTRESMins", ("lab", "root", "", "gres/gpu=60"), ("lab", "", "ann", "gres/gpu=9")
    )
    scenario, notes = made(conf + lines, assoc=table)
    found = {
        name: each.model_dump(exclude_defaults=True, mode="json")
        for name, each in scenario.rules["slurm"].budgets.items()
    }
    whole = {"accounts": ["lab"], "per": "all", "grant": 3600}
    own = {"accounts": ["lab"], "users": ["ann"], "per": "user", "grant": 540}
    wanted = {"lab.GrpTRESMins": whole, "lab.GrpTRESMins-2": own}
    assert found == ({} if said is None else {name: each | said for name, each in wanted.items()})
    told = {note.setting: note.why for note in notes.lost}
    for setting in ("GrpTRESMins=gres/gpu=60", "GrpTRESMins=gres/gpu=9"):
        assert ("begins" in told[setting]) == (said is not None)


def test_budgets_of_qualities_of_service(made):
    """They take the place of the associations', for their jobs; with NoDecay nothing fades."""
    scenario, notes = made(
        OTHER_PASSES,
        assoc=assoc("GrpTRESMins", ("lab", "root", "", "gres/gpu=60"), ("lab", "", "ann")),
        qos=qualities(
            "GrpTRESMins",
            ("normal", ""),
            ("gold", "NoDecay", "gres/gpu=5"),
            ("lead", "", "gres/gpu=2,cpu=9"),
        ),
    )
    found = {
        name: each.model_dump(exclude_defaults=True, mode="json")
        for name, each in scenario.rules["slurm"].budgets.items()
    }
    fades = {"fade": {"half_life": 604_800}, "safe": False, "per": "all"}
    assert found == {
        "lab.GrpTRESMins": {"accounts": ["lab"], "qos": ["normal"], "grant": 3600, **fades},
        "qos-gold.GrpTRESMins": {"qos": ["gold"], "grant": 300, "safe": False, "per": "all"},
        "qos-lead.GrpTRESMins": {"qos": ["lead"], "grant": 120, **fades},
    }
    told = {note.setting: note.why for note in notes.lost}
    assert "in Slurm they count (gold, lead)" in told["GrpTRESMins of accounts and users"]
    assert told["GrpTRESMins=cpu=9"] == "lead: nothing but GPUs is limited here"
    assert "Flags=NoDecay" in {note.setting for note in notes.idle}


def test_who_runs_on_is_killed_where_slurm_kills_nobody(made):
    conf = OTHER_PASSES.replace(
        ENFORCED, "AccountingStorageEnforce=safe\nOverTimeLimit=UNLIMITED\n"
    )
    _, notes = made(
        conf, assoc=assoc("GrpTRESMins", ("lab", "root", "", "gres/gpu=60"), ("lab", "", "ann"))
    )
    [why] = [note.why for note in notes.lost if note.setting == "GrpTRESMins=gres/gpu=60"]
    assert "who outruns its walltime is killed when nothing is left" in why
