"""How unequally usage and service are spread: Lorenz curves."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from matplotlib.transforms import offset_copy

from simulator.metrics.base import Undefined
from simulator.metrics.inequality import lorenz
from simulator.metrics.settings import Settings
from simulator.metrics.usage import usage_of
from simulator.report.runs import of_replications
from simulator.report.sheet import sheet
from simulator.report.style import GREY, dress, looks, percent, titles, undefined

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from simulator.metrics.measured import Measured
    from simulator.metrics.readings import Groups
    from simulator.results.reader import Study

    Floats = NDArray[np.float64]

WIDE = 36
"""Letters in a line of the legend."""
_TITLES = {
    "usage": "Usage of the whole run against entitlement",
    "service": "Service: 1/mean bounded slowdown, after the warm-up",
}
_SCHEMA = {
    "amount": pl.String, "rule": pl.String, "groups": pl.Float64, "share": pl.Float64,
    "gini": pl.Float64, "undefined": pl.String,
}  # fmt: skip
_WHO = {"person": "users", "organisation": "accounts", "need": "accounts"}


def _usage(run: Measured, groups: Groups) -> Floats:
    """Usage over the whole run against entitlement."""
    return usage_of(run, groups) / groups.entitlement


def _service(run: Measured, groups: Groups) -> Floats:
    """1/mean bounded slowdown of the jobs submitted after the warm-up, of groups that have any."""
    member = groups.member[run.measured]
    jobs = np.bincount(member, minlength=len(groups.names))
    total = np.bincount(member, run.slowdown[run.measured], len(groups.names))
    return np.asarray(jobs[jobs > 0] / total[jobs > 0])


_AMOUNTS: dict[str, Callable[[Measured, Groups], Floats]] = {"usage": _usage, "service": _service}


Spread = dict[tuple[str, str], "tuple[Floats, Floats] | Undefined"]
"""By amount and rule: a Lorenz curve of one replication, or why there is none."""


def spread_of(runs: Mapping[str, Measured]) -> Spread:
    """How unequally usage and service are spread in one replication, under each rule."""
    found: Spread = {}
    for rule, run in runs.items():
        groups = run.groups
        for amount, of in _AMOUNTS.items():
            found[amount, rule] = (
                groups if isinstance(groups, Undefined) else lorenz(of(run, groups))
            )
    return found


def lorenz_curves(study: Study, spread: Sequence[Spread] | None = None) -> pl.DataFrame:
    """Lorenz curves of usage and of service under each rule, by the study's reading of groups.

    Columns: amount (usage or service), rule, groups (share of the groups, least served first),
    share (of the amount), gini, undefined. The curve of several replications is their mean, and so
    its ``gini``, 1 − 2·(area under it), is the mean of theirs; those where it is undefined are left
    out. A curve that is undefined in all has one row, with the reason and nothing else. ``spread``:
    what ``spread_of`` makes of each replication, if it is there already.
    """
    if spread is None:
        spread = [each for (each,) in of_replications(study, spread_of)]
    curves: dict[tuple[str, str], list[tuple[Floats, Floats]]] = {}
    reasons: dict[tuple[str, str], str] = {}
    for each in spread:
        for key, found in each.items():
            if isinstance(found, Undefined):
                reasons[key] = found.reason
            else:
                curves.setdefault(key, []).append(found)
    nothing = {"groups": [None], "share": [None], "gini": None}
    rows = []
    for key in product(_AMOUNTS, study.rules):
        columns = _mean(curves[key]) if key in curves else nothing | {"undefined": reasons[key]}
        rows.append(pl.DataFrame({"amount": key[0], "rule": key[1]} | columns, schema=_SCHEMA))
    return pl.concat(rows)


def _mean(curves: Sequence[tuple[Floats, Floats]]) -> dict[str, Any]:
    """The mean of curves, at every point where one of them bends."""
    at = np.unique(np.concatenate([groups for groups, _ in curves]))
    share = np.mean([np.interp(at, groups, shares) for groups, shares in curves], axis=0)
    gini = max(0.0, 1 - 2 * float(np.trapezoid(share, at)))
    return {"groups": at, "share": share, "gini": gini, "undefined": None}


def plot_lorenz(
    study: Study,
    ax: Axes | Sequence[Axes] | None = None,
    *,
    curves: pl.DataFrame | None = None,
) -> Figure:
    """Draw Lorenz curves: of usage against entitlement, and of service, one line a rule.

    Where usage is spread alike under all rules, one line stands for them. ``ax``: two axes, or none
    for a new figure. ``curves``: what ``lorenz_curves(study)`` gave, if it is at hand. Raises
    InputError for another number of axes.
    """
    curves = lorenz_curves(study) if curves is None else curves
    lines = sum(name.count("\n") + 1 for name in titles(study.manifest, WIDE).values())
    page = sheet(1, 2, ax, size=(11, 6.1 + 0.19 * lines))
    who = _WHO[Settings.of(study.manifest).reading]
    for axes, (amount, title) in zip(page.axes, _TITLES.items(), strict=True):
        dress(axes, title, x=f"share of the {who}, least first, %", y="share of the total, %")
        mine = curves.filter(pl.col("amount") == amount)
        if mine["share"].null_count() == mine.height:
            undefined(axes, f"undefined: {mine['undefined'][0]}")
            continue
        axes.plot([0, 1], [0, 1], color=GREY, linewidth=0.8, label="all alike: Gini 0")
        _draw(axes, study, mine)
        axes.set(xlim=(0, 1), ylim=(0, 1.01))
        percent(axes, "both")
        below = offset_copy(axes.transAxes, page.figure, y=-0.5, units="inches")
        axes.legend(
            loc="upper center", bbox_to_anchor=(0.5, 0), bbox_transform=below,
            fontsize=8.5, frameon=False, handlelength=3.6,
        )  # fmt: skip
    page.headline(
        f"{study.manifest['title']}: how unequally usage and service are spread", _note(study)
    )
    return page.figure


def _draw(axes: Axes, study: Study, curves: pl.DataFrame) -> None:
    names, look = titles(study.manifest, WIDE), looks(study.rules)
    each = {rule: curves.filter(pl.col("rule") == rule) for rule in study.rules}
    first = each[study.rules[0]]
    if len(each) > 1 and all(_same(first, other) for other in each.values()):
        _line(axes, first, "every rule", **look[study.rules[0]].line())
        return
    for place, (rule, curve) in enumerate(each.items()):
        _line(axes, curve, names[rule], **look[rule].marked(place, len(each)))


def _same(one: pl.DataFrame, other: pl.DataFrame) -> bool:
    a, b = one["share"].to_numpy(), other["share"].to_numpy()
    return len(a) == len(b) and np.allclose(a, b, rtol=0, atol=1e-9)


def _line(axes: Axes, curve: pl.DataFrame, name: str, **style: Any) -> None:
    if curve["undefined"][0] is not None:
        axes.plot([], [], label=f"{name}: undefined", **style)
        return
    label = f"{name}: Gini {curve['gini'][0]:.3f}"
    axes.plot(curve["groups"].to_numpy(), curve["share"].to_numpy(), label=label, **style)


def _note(study: Study) -> str:
    count = study.replications
    mean = f" Means of {count} replications." if count > 1 else ""
    return f"Usage over a run that drains is demand: it does not judge a rule.{mean}"
