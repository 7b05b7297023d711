"""A study that runs in a blink: sixteen units, four days, two rules."""

from __future__ import annotations

from pathlib import Path

TINY = """\
name: tiny
seed: 3
replications: 2
cluster: {capacity: 16}
workload:
  kind: synthetic
  duration: 4d
  load: 0.9
  mean_work: 4 GPU-h
  sizes: {1: 6, 2: 2, 4: 1}
  classes:
    science: {demand: 2, accounts: 2, users: 5}
    startups: {demand: 1, users: 3}
rules: [fcfs, easy]
comparison:
  baseline: fcfs
  priority_classes: [startups]
  warm_up: 0
"""


def write_tiny(folder: Path, **changes: str) -> Path:
    """The file of the tiny study in ``folder``; ``changes`` replace texts, old → new."""
    text = TINY
    for old, new in changes.items():
        assert f"{old}:" in text, old
        lines = [
            f"{old}: {new}" if line.startswith(f"{old}:") else line for line in text.splitlines()
        ]
        text = "\n".join(lines) + "\n"
    path = folder / "tiny.yaml"
    path.write_text(text, encoding="utf-8")
    return path
