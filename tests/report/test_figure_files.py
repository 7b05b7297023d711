from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl
import pytest
from results_factory import job, write_study

import simulator.report
from simulator.errors import InputError
from simulator.report import (
    draw_all,
    figures,
    plot_comparison,
    plot_lorenz,
    plot_timeline,
    plot_waits,
)
from simulator.report.lorenz import lorenz_curves
from simulator.report.save import save
from simulator.report.style import looks
from simulator.report.timeline import timeline
from simulator.report.waits import wait_curves
from simulator.study.measuring import measure_study

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure

    from simulator.results.reader import Study

FIGURES = ("timeline", "waits", "lorenz", "comparison")


def study_of(folder: Path, rules: int, classes: int, replications: int = 1) -> Study:
    rng = np.random.default_rng(5)

    def jobs(rule: int) -> list[dict]:
        waits = rng.exponential(1000 * (rule + 1), 40).astype(int).tolist()
        return [
            job(n, 300 * n, 300 * n + wait, 300 * n + wait + 900, user=f"u{n % 5}",
                job_class=f"A class of applicants with a long name, number {n % classes}")
            for n, wait in enumerate(waits)
        ]  # fmt: skip

    runs = {f"rule-{r}": [jobs(r) for _ in range(replications)] for r in range(rules)}
    study = write_study(folder, runs, capacity=9)
    study.manifest["title"] = "Three months of a national cluster under several candidate rules"
    study.manifest["rules"] = {
        rule: f"Ереже {rule}: a title that somebody made rather long" for rule in study.rules
    }
    return study


def table_of(study: Study) -> pl.DataFrame:
    rows = [
        {"rule": rule, "metric": metric, "mean": 0.5, "diff": 0.1 * place, "diff_low": -0.1,
         "diff_high": 0.2 * place, "mark": "no difference shown" if place else "baseline", "n": 10,
         "scale": "linear", "reason": ""}
        for metric in ("equal_access", "utilisation", "priority_kept")
        for place, rule in enumerate(study.rules)
    ]  # fmt: skip
    return pl.DataFrame(rows)


def all_figures(study: Study) -> list[Figure]:
    comparison = plot_comparison(
        table_of(study), titles=study.manifest["rules"], title=study.manifest["title"]
    )
    return [comparison, plot_waits(study), plot_timeline(study), plot_lorenz(study)]


class Drawn(NamedTuple):
    study: Study
    table: pl.DataFrame
    folder: Path
    written: list[Path]
    progress: list[tuple[int, int]]


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Drawn:
    folder = tmp_path_factory.mktemp("figures")
    study = study_of(folder / "study", 2, 1, replications=2)
    table, progress, out = table_of(study), [], folder / "new" / "out"
    written = draw_all(study, table, out, lambda *done: progress.append(done))
    return Drawn(study, table, out, written, progress)


def test_all_figures_are_written_and_nothing_else(drawn: Drawn) -> None:
    names = [path.name for path in drawn.written]
    assert names == [f"{name}.{suffix}" for name in FIGURES for suffix in ("svg", "png", "csv")]
    assert sorted(path.name for path in drawn.folder.iterdir()) == sorted(names)
    assert drawn.progress == [(done, 4) for done in range(5)]


def test_each_figure_has_its_numbers_beside_it(drawn: Drawn) -> None:
    data = {name: pl.read_csv(drawn.folder / f"{name}.csv") for name in FIGURES}
    study = drawn.study
    assert data["waits"]["share"].to_list() == wait_curves(study)["share"].to_list()
    assert data["lorenz"]["share"].to_list() == lorenz_curves(study)["share"].to_list()
    assert data["timeline"]["queued"].to_list() == timeline(study)["queued"].to_list()
    assert data["timeline"]["start"][0].endswith("+05:00")
    assert data["comparison"]["diff"].to_list() == drawn.table["diff"].to_list()


@pytest.mark.parametrize("name", ["waits", "timeline"])
def test_equal_figures_are_equal_files(drawn: Drawn, tmp_path: Path, name: str) -> None:
    figure = {"waits": plot_waits, "timeline": plot_timeline}[name](drawn.study)
    for again in save(figure, tmp_path / name):
        assert again.read_bytes() == (drawn.folder / again.name).read_bytes(), again.name


def test_what_was_seen_while_measuring_is_drawn(
    drawn: Drawn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures, "save", lambda *_: [])
    seen = [each.seen for each in measure_study(drawn.study, looks=figures.LOOKS)]
    for name, some in {"all": seen, "half": seen[:1]}.items():
        folder = drawn.folder.parent / name
        for path in draw_all(drawn.study, drawn.table, folder, seen=some):
            alike = path.read_bytes() == (drawn.folder / path.name).read_bytes()
            assert alike == (name == "all" or path.stem in ("comparison", "timeline")), path


@pytest.mark.parametrize(
    ("rules", "classes"),
    [(5, 8), *(pytest.param(*each, marks=pytest.mark.slow) for each in ((1, 1), (12, 8)))],
)
def test_nothing_is_cut_off_and_no_words_cover_a_panel(
    tmp_path: Path, rules: int, classes: int
) -> None:
    for figure in all_figures(study_of(tmp_path / "s", rules, classes)):
        figure.draw_without_rendering()
        drawn, paper = figure.get_tightbbox().extents, figure.bbox_inches.extents
        assert (drawn[:2] >= paper[:2] - 0.01).all()
        assert (drawn[2:] <= paper[2:] + 0.01).all()
        panels = [axes.get_window_extent() for axes in figure.axes]
        keys = [*figure.legends, *(axes.get_legend() for axes in figure.axes if axes.get_legend())]
        for words in (*keys, figure._suptitle):
            assert not any(words.get_window_extent().overlaps(panel) for panel in panels)


def test_a_folder_that_cannot_be_written_is_refused_and_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    study = study_of(tmp_path / "s", 2, 1)
    with pytest.raises(InputError, match=r"cannot write the figure .*folder that can be written"):
        draw_all(study, table_of(study), tmp_path / "file" / "out")
    (tmp_path / "out" / "waits.png").mkdir(parents=True)
    with pytest.raises(InputError, match=r"waits\.png"):
        save(plot_waits(study), tmp_path / "out" / "waits")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"waits.png", "waits.svg"}


def test_twelve_rules_look_different_and_do_so_without_colour() -> None:
    seen = looks([f"rule-{place}" for place in range(12)]).values()
    assert len({(look.colour, str(look.dashes)) for look in seen}) == 12
    assert len({(str(look.dashes), look.marker) for look in seen}) == 12


def test_the_public_names_load_and_pyplot_does_not() -> None:
    names = ", ".join(simulator.report.__all__)
    check = f"import sys\nfrom simulator.report import {names}\n"
    check += "print('matplotlib.pyplot' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
    with pytest.raises(AttributeError, match="plot_nothing"):
        _ = simulator.report.plot_nothing


def test_a_path_may_have_its_ending_already(tmp_path: Path) -> None:
    figure = plot_timeline(study_of(tmp_path / "study", 1, 1))
    written = save(figure, tmp_path / "out" / "use.png")
    assert sorted(path.name for path in written) == ["use.png", "use.svg"]
    assert next(path.name for path in save(figure, tmp_path / "out" / "v1.5")) == "v1.5.svg"
