"""When reforms take effect, as far as the scenario knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.fields import refusal
from simulator.units import format_duration
from simulator.workload.synthetic.models import Synthetic

if TYPE_CHECKING:
    from simulator.rules.models import Reform
    from simulator.scenario.models import Scenario


def refuse_unfit_reform(name: str, place: int, reform: Reform, scenario: Scenario) -> None:
    """Raise a refusal, placed within the scenario, for one before or after all jobs come.

    Of logs only the run knows when jobs come.
    """
    at = ("rules", name, "reforms", place, "at")
    if isinstance(reform.at, int):
        begun = reform.at
    elif scenario.epoch is not None:
        begun = int((reform.at - scenario.epoch).total_seconds())
    else:
        return
    if begun <= 0:
        raise refusal(
            "it takes effect before the run begins",
            right="let it be later, or let the rule say so from the first",
            at=at,
        )
    workload = scenario.workload
    if isinstance(workload, Synthetic) and begun >= workload.duration:
        raise refusal(
            f"jobs come for {format_duration(workload.duration)} alone, and it takes effect later",
            right="let it be earlier, or workload.duration longer",
            at=at,
        )
