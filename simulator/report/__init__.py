"""Tables and pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulator.report.comparison import plot_comparison
    from simulator.report.figures import draw_all
    from simulator.report.job_figure import plot_job
    from simulator.report.lorenz import plot_lorenz
    from simulator.report.occupancy_figure import plot_occupancy
    from simulator.report.timeline import plot_timeline
    from simulator.report.trace_figure import plot_trace
    from simulator.report.waits import plot_waits

__all__ = [
    "draw_all",
    "plot_comparison",
    "plot_job",
    "plot_lorenz",
    "plot_occupancy",
    "plot_timeline",
    "plot_trace",
    "plot_waits",
]

_HOMES = {
    "draw_all": "figures",
    "plot_comparison": "comparison",
    "plot_job": "job_figure",
    "plot_lorenz": "lorenz",
    "plot_occupancy": "occupancy_figure",
    "plot_timeline": "timeline",
    "plot_trace": "trace_figure",
    "plot_waits": "waits",
}


def __getattr__(name: str) -> Any:
    """Load a figure when it is first asked for: matplotlib takes most of a second."""
    from importlib import import_module  # noqa: PLC0415

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
