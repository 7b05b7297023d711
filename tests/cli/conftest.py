"""The command line, called as a user would, in this process."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from tiny import write_tiny

from simulator.cli import console
from simulator.cli.app import main


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output, which must be one line with one JSON object."""
        assert len(self.out.splitlines()) == 1
        content = json.loads(self.out)
        assert isinstance(content, dict)
        return content


Adil = Callable[..., Ended]


@pytest.fixture
def adil(monkeypatch, capsys) -> Adil:
    """Run one command and return how it ended; paths may be given as they are."""
    monkeypatch.setattr(console.out, "_width", 120)

    def run(*words: object) -> Ended:
        monkeypatch.setattr(sys, "argv", ["adil", *map(str, words)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return Ended(int(ended.value.code or 0), said.out, said.err)

    return run


@pytest.fixture
def refused(adil) -> Callable[..., str]:
    """Run a command that must fail for bad input; returns its one message."""

    def run(*words: object) -> str:
        ended = adil(*words)
        assert ended.code == 2, ended
        assert not ended.out
        assert ended.err.startswith("adil: ")
        assert "Traceback" not in ended.err
        return ended.err.removeprefix("adil: ").rstrip("\n")

    return run


@pytest.fixture
def tiny(tmp_path):
    """The scenario file of the tiny study."""
    return write_tiny(tmp_path)


@pytest.fixture
def log(tmp_path):
    """A log of three jobs on four processors, of which EASY lets the last overtake."""
    path = tmp_path / "log.swf"
    path.write_text(
        "; MaxProcs: 4\n"
        "; UnixStartTime: 0\n"
        "1 0 -1 100 3 -1 -1 3 100 -1 1 1 1 1 1 1 -1 -1\n"
        "2 10 -1 100 3 -1 -1 3 100 -1 1 2 1 1 1 1 -1 -1\n"
        "3 20 -1 50 1 -1 -1 1 50 -1 1 3 1 1 1 1 -1 -1\n"
    )
    return path
