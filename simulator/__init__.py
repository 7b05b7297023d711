"""Adil: which rule shares a supercomputer fairly?

The public names, each loaded when it is first asked for:

>>> import simulator
>>> study = simulator.run(simulator.load("scenarios/national_cluster.yaml"))
>>> study.run("easy").jobs  # a polars table
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulator.engine.run import replay
    from simulator.errors import InputError
    from simulator.report.comparison import plot_comparison
    from simulator.report.lorenz import plot_lorenz
    from simulator.report.timeline import plot_timeline
    from simulator.report.trace_figure import plot_trace
    from simulator.report.waits import plot_waits
    from simulator.results.reader import Study
    from simulator.scenario.load import load
    from simulator.scenario.parts import rule_of
    from simulator.study.comparison import compare
    from simulator.study.run import run_study as run
    from simulator.workload.read_log import read_log
    from simulator.workload.statistics import describe

__version__ = "0.1.0"

__all__ = [
    "InputError",
    "Study",
    "compare",
    "describe",
    "load",
    "plot_comparison",
    "plot_lorenz",
    "plot_timeline",
    "plot_trace",
    "plot_waits",
    "read_log",
    "replay",
    "rule_of",
    "run",
]

_HOMES = {
    "InputError": ("errors", "InputError"),
    "Study": ("results.reader", "Study"),
    "compare": ("study.comparison", "compare"),
    "describe": ("workload.statistics", "describe"),
    "load": ("scenario.load", "load"),
    "plot_comparison": ("report.comparison", "plot_comparison"),
    "plot_lorenz": ("report.lorenz", "plot_lorenz"),
    "plot_timeline": ("report.timeline", "plot_timeline"),
    "plot_trace": ("report.trace_figure", "plot_trace"),
    "plot_waits": ("report.waits", "plot_waits"),
    "read_log": ("workload.read_log", "read_log"),
    "replay": ("engine.run", "replay"),
    "rule_of": ("scenario.parts", "rule_of"),
    "run": ("study.run", "run_study"),
}


def __getattr__(name: str) -> Any:
    """Load a public name when it is first asked for: all of them together take a second."""
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _HOMES[name]
    return getattr(import_module(f"{__name__}.{module}"), attribute)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
