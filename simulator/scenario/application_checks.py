"""What a rule's applications say of grants and meetings that cannot be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.cluster.models import Pool
from simulator.fields import part_of, refusal
from simulator.units import format_duration
from simulator.workload.synthetic.models import Synthetic

if TYPE_CHECKING:
    from simulator.rules.applications.models import Applications, Tier
    from simulator.scenario.models import Scenario

HOUR = 3600


def refuse_unfit_applications(name: str, said: Applications, scenario: Scenario) -> None:
    """Raise a refusal, placed within the scenario."""
    at = ("rules", name, "applications")
    cluster, workload = scenario.cluster, scenario.workload
    gpus = cluster.capacity if isinstance(cluster, Pool) else cluster.gpus
    for tier, each in said.tiers.items():
        if gpus is not None and isinstance(each.up_to, int) and each.up_to > gpus * each.term:
            whole = gpus * each.term / HOUR
            raise refusal(
                f"{each.up_to / HOUR:,g} GPU-h are more than the machine has in such a term",
                right=f"at most {whole:,g} GPU-h in {format_duration(each.term)}",
                at=(*at, "tiers", tier, "up_to"),
            )
        if gpus is not None and part_of(each.up_to, gpus * each.term) == 0:
            raise refusal(
                "nothing is granted", right="write a larger part", at=(*at, "tiers", tier, "up_to")
            )
        if gpus is not None and each.supplement is not None:
            _refuse_empty_supplements(each, gpus, (*at, "tiers", tier, "supplement", "adds"))
    for panel, meeting in said.panels.items():
        if isinstance(workload, Synthetic) and meeting.first >= workload.duration:
            raise refusal(
                "it meets first when nobody submits any more",
                right=f"let it be before {format_duration(workload.duration)}",
                at=(*at, "panels", panel, "first"),
            )


def _refuse_empty_supplements(tier: Tier, gpus: int, at: tuple[str, ...]) -> None:
    assert tier.supplement is not None
    if not tier.supplement.most(part_of(tier.up_to, gpus * tier.term)):
        raise refusal("nothing is added", right="write a larger part", at=at)
