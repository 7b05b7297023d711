"""The machine of a scenario: one pool of interchangeable units, or nodes."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from simulator.cluster.nodes.models import Nodes
from simulator.cluster.outages.models import CapacityLoss, MaintenanceWindow
from simulator.fields import Model, PositiveInt, refusal

__all__ = ["CapacityLoss", "Cluster", "MaintenanceWindow", "Nodes", "Pool"]


class Pool(Model):
    """A machine of interchangeable units, such as the processors of a classic log."""

    kind: Literal["pool"] = "pool"
    capacity: PositiveInt | None = None
    """Units; if not given, the machine size that the log's header states (MaxProcs)."""
    maintenance: tuple[MaintenanceWindow, ...] = Field(default=(), strict=False)
    """When some of it is away for planned work."""
    losses: tuple[CapacityLoss, ...] = Field(default=(), strict=False)
    """When some of it fails."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        taken = {
            ("maintenance", i, "units"): window.units for i, window in enumerate(self.maintenance)
        } | {("losses", i, "units"): loss.units for i, loss in enumerate(self.losses)}
        for place, units in taken.items():
            if self.capacity and units and units > self.capacity:
                raise refusal(
                    f"{units} units cannot be taken from a machine of {self.capacity}",
                    right=f"at most {self.capacity}",
                    at=place,
                )
        return self


def _pool_if_unsaid(value: Any) -> Any:
    """A machine whose kind is not written is a pool."""
    return {"kind": "pool"} | value if isinstance(value, dict) else value


Cluster = Annotated[
    Annotated[Pool | Nodes, Field(discriminator="kind")], BeforeValidator(_pool_if_unsaid)
]
