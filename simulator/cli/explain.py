"""``adil explain``: why a job waited."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simulator.cli.console import err, out, print_json, progress

if TYPE_CHECKING:
    from simulator.results.reader import Study
    from simulator.study.explain import Explainer


def explain(
    result: Annotated[Path, typer.Argument(help="A study's folder of results.")],
    job: Annotated[int | None, typer.Option(help="Number of the job.", min=0)] = None,
    longest: Annotated[
        bool,
        typer.Option("--longest", help="Of each class the job that waited longest; without --job."),
    ] = False,
    rule: Annotated[str | None, typer.Option(help="Which rule; default: the baseline.")] = None,
    replication: Annotated[int, typer.Option(help="Which replication, from 0.", min=0)] = 0,
    looks: Annotated[
        int, typer.Option(help="At how many instants of the wait at most to ask.", min=2)
    ] = 120,
    base: Annotated[
        Path | None, typer.Option(help="Folder that the scenario's paths of logs start from.")
    ] = None,
    picture: Annotated[bool, typer.Option(help="Draw the wait into figures/.")] = True,
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object instead of text.")
    ] = False,
) -> None:
    """Say why a job waited: the run is replayed, and looked into while it does."""
    from simulator.errors import InputError
    from simulator.results.reader import Study
    from simulator.study.explain import Explainer

    if job is not None and longest:
        raise InputError("--job and --longest ask for different jobs", right="leave one out")
    study = Study(result)
    chosen = rule or str(study.manifest["scenario"]["comparison"]["baseline"])
    explainer = Explainer(study, chosen, replication, base)
    rows = _chosen(explainer, job)
    told = [_explain_one(explainer, row, looks, picture=picture, quiet=json) for row in rows]
    if not rows and not json:
        out.print("No job waited.")
    if json:
        print_json({"jobs": told})


def _chosen(explainer: Explainer, job: int | None) -> list[dict[str, Any]]:
    from simulator.study.waits import longest

    if job is not None:
        return [explainer.job(job)]
    jobs = explainer.run.jobs.with_row_index("position")
    return [jobs.row(position, named=True) for position in longest(explainer.run)]


def _explain_one(
    explainer: Explainer, job: dict[str, Any], looks: int, *, picture: bool, quiet: bool
) -> dict[str, Any]:
    from simulator.study.explained import record

    with progress() as bar:
        task = bar.add_task(f"job {job['job_id']}", total=None)
        told = record(
            explainer,
            explainer.explain(
                job,
                looks,
                lambda what: bar.update(task, description=f"job {job['job_id']}: {what}"),
            ),
        )
    if not quiet:
        from simulator.report.wait_text import print_wait

        print_wait(told, out)
    for note in told["notes"]:
        err.print(f"note: the results were made otherwise: {note}; they come out the same")
    if picture and told["looks"]:
        _draw(explainer.study, told, quiet=quiet)
    return told


def _draw(study: Study, told: dict[str, Any], *, quiet: bool) -> None:
    from simulator.report.save import save, save_data
    from simulator.report.wait_figure import plot_wait, wait_table

    name = f"wait_{told['rule']}_{told['replication']}_{told['job']['job_id']}"
    path = study.folder / "figures" / name
    save(plot_wait(told), path)
    save_data(wait_table(told), path)
    if not quiet:
        out.print(f"Picture: {path}.png", soft_wrap=True)
