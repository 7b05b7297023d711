"""A scenario from its file: read, composed, patched, validated, identified."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from os.path import relpath
from pathlib import Path
from typing import Any

from simulator.errors import InputError, Place
from simulator.fields import ValidationError
from simulator.scenario.account_files import with_account_files
from simulator.scenario.compose import Composition
from simulator.scenario.explain import explained
from simulator.scenario.identity import identity
from simulator.scenario.machine_presets import with_preset
from simulator.scenario.models import Scenario
from simulator.scenario.named import with_catalogue
from simulator.scenario.node import Node
from simulator.scenario.patch import patch_nodes, patched
from simulator.scenario.reforms import with_reforms


@dataclass(frozen=True)
class Loaded:
    """A scenario and where it came from."""

    scenario: Scenario
    path: Path
    """The file that was asked for."""
    identity: str
    """SHA-256 of all settings; see ``simulator.scenario.identity``."""
    files: dict[str, str]
    """Files read, as seen from the folder of ``path`` → SHA-256 of their bytes."""
    root: Node = field(repr=False)
    """The settings with their places, as composed."""

    def place(self, *path: str | int) -> Place:
        """Where a setting stands; the nearest one above it that is written, if it is not."""
        return self.root.at(path).place

    @property
    def base(self) -> Path:
        """The folder that ``workload.trace`` is relative to: that of the file that names it."""
        folder = Path(self.place("workload", "trace").file).parent
        return folder if self.place("workload", "trace").line else self.path.parent


def load(path: str | Path, patches: Mapping[str, Any] | Iterable[str] = ()) -> Loaded:
    """The scenario in a file, with patches ``{path: value}`` or ``path=value`` on top.

    Raises InputError with file, line and column for anything that is wrong with it.
    """
    file = Path(path)
    composition = Composition()
    root = composition.compose(file)
    root = with_reforms(with_catalogue(patched(root, patch_nodes(patches))))
    root = with_preset(root)
    root, hashes = with_account_files(root, file.parent)
    try:
        scenario = Scenario.model_validate(root.plain())
    except ValidationError as error:
        raise explained(error, root) from None
    except InputError as error:
        raise error.at(Place(file)) from None
    files = {
        Path(relpath(each, file.parent)).as_posix(): sha
        for each, sha in (composition.hashes | hashes).items()
    }
    return Loaded(scenario, file, identity(scenario), files, root)
