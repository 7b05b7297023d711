"""A finished study opened again, so that its runs can be made once more."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulator.cluster.models import Nodes
from simulator.errors import InputError, Place
from simulator.fields import ValidationError
from simulator.results.writer import stored_hash
from simulator.scenario.identity import identity
from simulator.scenario.load import Loaded
from simulator.scenario.models import Scenario
from simulator.scenario.node import node_of
from simulator.study.folders import run_folder
from simulator.study.manifest import provenance
from simulator.study.workshop import Inputs, Workshop
from simulator.workload.catalogue import CATALOGUE
from simulator.workload.models import Log

if TYPE_CHECKING:
    from simulator.results.reader import Study

_AGAIN = "run the study again"


def reopened(study: Study, base: Path | None = None) -> Loaded:
    """The scenario of a study, from the settings in its manifest.

    ``base`` is the folder that paths of logs and lists of nodes in the scenario start from; if not
    given they are looked for from the present folder, the study's, and those that it lies in.
    Raises InputError for results that do not hold their settings, for settings that this version
    reads otherwise, and for files that are not there.
    """
    manifest, path = study.manifest, study.folder / "manifest.json"
    settings = manifest.get("settings")
    if settings is None:
        raise InputError(f"{path} does not hold the settings that its runs had", right=_AGAIN)
    try:
        scenario = Scenario.model_validate(settings)
    except (ValidationError, InputError) as error:
        raise InputError(
            f"this version does not take the settings in {path}: {_first(error)}", right=_AGAIN
        ) from None
    if identity(scenario) != manifest["scenario_hash"]:
        raise InputError(
            f"the settings in {path} do not say what its runs were made of: their hash is another",
            right=_AGAIN,
        )
    folder = _folder(scenario, study.folder, base)
    root = node_of(settings, Place(path))
    return Loaded(scenario, folder / "manifest.json", identity(scenario), {}, root)


def _first(error: ValidationError | InputError) -> str:
    if isinstance(error, InputError):
        return str(error)
    first = error.errors()[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"


def _folder(scenario: Scenario, results: Path, base: Path | None) -> Path:
    """From where all files that the scenario names can be found."""
    candidates = [base] if base is not None else [Path(), results, *results.resolve().parents]
    for folder in candidates:
        if all((folder / name).is_file() for name in _named(scenario)):
            return folder
    missing = next(name for name in _named(scenario) if base is None or not (base / name).is_file())
    where = "the folder" if base is None else str(base)
    raise InputError(
        f"the runs were made of {missing}, and from {where} there is no such file",
        right="say with --base which folder that path starts from",
    )


def _named(scenario: Scenario) -> list[str]:
    """Paths of the files that the scenario names, logs of the catalogue left out."""
    named = []
    if isinstance(scenario.workload, Log) and scenario.workload.trace not in CATALOGUE:
        named.append(scenario.workload.trace)
    if isinstance(scenario.cluster, Nodes) and scenario.cluster.node_list is not None:
        named.append(scenario.cluster.node_list.file)
    return named


def opened_inputs(study: Study, shop: Workshop, replication: int) -> Inputs:
    """Jobs and machine of one replication; raises InputError for a log that has changed."""
    inputs = shop.inputs(replication)
    recorded = study.manifest["files"]
    for name, digest in inputs.built.files.items():
        if recorded.get(name) != digest:
            raise InputError(
                f"{name} is not the log that these results were made of: its SHA-256 is another",
                right="bring the old one back, or run the study again",
            )
    return inputs


def differences(study: Study, shop: Workshop, inputs: Inputs) -> list[str]:
    """What of the present program is not as it was when the results were made, in words."""
    now, then = provenance(shop.loaded, inputs), study.manifest
    found = []
    if now["kernels_hash"] != then["kernels_hash"]:
        found.append("other kernels")
    for name, version in now["versions"].items():
        before = then["versions"].get(name)
        if before != version:
            found.append(f"{name} {version} in the place of {before}")
    return found


def refuse_changed(study: Study, rule: str, replication: int, tables: tuple[str, ...]) -> None:
    """Raise InputError for stored tables that are not as the manifest has them."""
    recorded: dict[str, Any] = study.manifest["runs"][rule][replication]
    folder = run_folder(study.folder, rule, replication)
    for table in tables:
        path = folder / f"{table}.parquet"
        if stored_hash(path) != recorded[table]:
            raise InputError(f"{path} is not as its manifest has it", right=_AGAIN)
