"""Numbers of metrics as people read them in a table."""

from __future__ import annotations

from simulator.metrics.base import Metric
from simulator.units import format_duration


def in_words(metric: Metric, value: float) -> str:
    """A value with its unit: 2h 45min, 84.2 %, 1,204 jobs, 0.821."""
    if metric.unit == "s":
        return format_duration(value)
    if metric.unit == "share":
        return f"{100 * value:.1f} %"
    if metric.unit:
        return f"{value:,.0f} {metric.unit}" if value >= 100 else f"{value:.3g} {metric.unit}"
    text = f"{value:.3f}" if abs(value) < 10 else f"{value:,.1f}"
    return text.replace("-", "−")


def interval(metric: Metric, low: float, high: float, digits: int, *, signed: bool = False) -> str:
    """[low, high] without unit, shares in per cent; signed ones as +low … +high.

    An end that rounds to zero keeps its sign: it says on which side of zero it lies.
    """
    factor = 100 if metric.unit == "share" else 1
    digits = 1 if metric.unit == "share" else digits
    sign = "+" if signed else ""
    ends = [f"{factor * end:{sign if end else ''}.{digits}f}" for end in (low, high)]
    ends = [end.replace("-", "−") for end in ends]
    return " … ".join(ends) if signed else f"[{', '.join(ends)}]"
