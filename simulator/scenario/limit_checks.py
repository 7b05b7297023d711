"""What a rule's limits say of classes that are not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.errors import nearest
from simulator.fields import refusal
from simulator.scenario.preemption_checks import known_classes

if TYPE_CHECKING:
    from simulator.rules.models import Rule
    from simulator.scenario.models import Scenario


def refuse_unfit_limits(name: str, rule: Rule, scenario: Scenario) -> None:
    """Raise a refusal, placed within the scenario."""
    known = known_classes(scenario.workload)
    for limit, settings in rule.limits.items():
        for place, each in enumerate(settings.classes):
            if known is not None and each not in known:
                raise refusal(
                    f"the workload has no class {each!r}",
                    right=nearest(each, known),
                    at=("rules", name, "limits", limit, "classes", place),
                )
