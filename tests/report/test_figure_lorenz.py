from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from matplotlib.figure import Figure
from results_factory import job, write_study

from simulator.errors import InputError
from simulator.report import plot_lorenz
from simulator.report.lorenz import lorenz_curves

if TYPE_CHECKING:
    from pathlib import Path

    from simulator.results.reader import Study


def gini(x: list[float]) -> float:
    """By its definition over all pairs."""
    return float(sum(abs(a - b) for a in x for b in x) / (2 * len(x) ** 2 * np.mean(x)))


def used(amounts: dict[str, int], wait: dict[str, int]) -> list[dict]:
    """One job a user: one unit for so many seconds, after waiting so long."""
    return [
        job(number, 0, wait[user], wait[user] + seconds, user=user)
        for number, (user, seconds) in enumerate(amounts.items())
    ]


USE = {"ann": 100, "bek": 300, "cem": 600}
SHORT = {"ann": 0, "bek": 300, "cem": 600}
LONG = {"ann": 900, "bek": 0, "cem": 0}


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return write_study(
        tmp_path / "study",
        {"a": [used(USE, SHORT), used(USE, LONG)], "b": [used(USE, LONG), used(USE, LONG)]},
        capacity=10,
    )


def test_usage_alike_under_all_rules_is_one_line(study: Study) -> None:
    usage = plot_lorenz(study).axes[0]
    diagonal, line = usage.get_lines()
    assert diagonal.get_xydata().tolist() == [[0, 0], [1, 1]]
    np.testing.assert_allclose(line.get_xdata(), [0, 1 / 3, 2 / 3, 1])
    np.testing.assert_allclose(line.get_ydata(), [0, 0.1, 0.4, 1])
    legend = [text.get_text() for text in usage.get_legend().get_texts()]
    assert legend == ["all alike: Gini 0", f"every rule: Gini {gini([1, 3, 6]):.3f}"]


def test_service_is_the_mean_curve_of_the_replications_with_its_gini(study: Study) -> None:
    short, long = [1, 300 / 600, 600 / 1200], [100 / 1000, 1, 1]
    _, a, b = plot_lorenz(study).axes[1].get_lines()
    curve = [np.cumsum([0, *sorted(x)]) / sum(x) for x in (short, long)]
    np.testing.assert_allclose(a.get_ydata(), np.mean(curve, axis=0))
    np.testing.assert_allclose(b.get_ydata(), curve[1])
    assert a.get_label() == f"a: Gini {(gini(short) + gini(long)) / 2:.3f}"
    assert b.get_label() == f"b: Gini {gini(long):.3f}"


def test_replications_of_different_size_keep_the_mean_of_their_ginis(tmp_path: Path) -> None:
    more = USE | {"dan": 50, "eva": 75}
    study = write_study(
        tmp_path / "s", {"a": [used(USE, SHORT), used(more, SHORT | {"dan": 0, "eva": 1})]},
        capacity=10,
    )  # fmt: skip
    usage = lorenz_curves(study).filter(amount="usage")
    expected = (gini(list(USE.values())) + gini(list(more.values()))) / 2
    assert usage["gini"][0] == pytest.approx(expected, abs=1e-12)


def test_usage_is_judged_against_approved_need(tmp_path: Path) -> None:
    jobs = [
        job(1, 0, 0, 100, account="one", job_class="big"),
        job(2, 0, 0, 100, account="two", job_class="small"),
    ]
    comparison = {"reading": "need", "entitlement": {"big": 4, "small": 1}}
    study = write_study(tmp_path / "s", {"a": [jobs]}, capacity=10, comparison=comparison)
    usage = lorenz_curves(study).filter(amount="usage")
    assert usage["gini"][0] == pytest.approx(gini([100 / 4, 100 / 1]))
    assert "share of the accounts" in plot_lorenz(study).axes[0].get_xlabel()


def test_what_is_undefined_says_why(tmp_path: Path) -> None:
    alone = write_study(tmp_path / "s", {"a": [[job(1, 0, 0, 10)]]}, capacity=1)
    said = [axes.texts[0].get_text().replace("\n", " ") for axes in plot_lorenz(alone).axes]
    assert said == ["undefined: there is one alone, and nobody to compare with"] * 2
    nobody = write_study(tmp_path / "t", {"a": [[]]}, capacity=1)
    assert "no job" in plot_lorenz(nobody).axes[0].texts[0].get_text()


def test_it_draws_on_the_axes_of_a_caller_and_refuses_another_number(study: Study) -> None:
    mine = Figure()
    assert plot_lorenz(study, ax=mine.subplots(1, 2)) is mine
    with pytest.raises(InputError, match="3 axes given for a figure of 2 panels"):
        plot_lorenz(study, ax=Figure().subplots(1, 3))
