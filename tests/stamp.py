"""Whether the tests' kernels have been compiled since anything changed that numba looks at.

To ask numba would be to import all that the tests do, in a process for each group of kernels.
"""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

import llvmlite.binding as llvm
import numba

from simulator.kernels import compiling

ROOT = Path(__file__).resolve().parent.parent


def _facts() -> str:
    """A digest of the sources, as they are and since when, of numba and of the processor."""
    sources = sorted((*ROOT.glob("simulator/**/*.py"), *ROOT.glob("tests/**/*.py")))
    written = [(str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in sources]
    numbas = sorted((name, said) for name, said in os.environ.items() if name.startswith("NUMBA"))
    processor = llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()
    facts = (written, numbas, processor, sys.version, numba.__version__)
    return hashlib.sha256(repr(facts).encode()).hexdigest()


def _kept(folder: Path) -> dict[str, int]:
    """The files in which numba keeps what it has compiled, and how large they are."""
    files = sorted(folder.glob("*/*.nb[ci]"))
    return {path.relative_to(folder).as_posix(): path.stat().st_size for path in files}


def _stamp() -> Path:
    """Where it is noted for this checkout."""
    checkout = hashlib.sha256(str(ROOT).encode()).hexdigest()[:16]
    return Path(compiling._cache_folder()) / f"tests_{checkout}.txt"


def is_there() -> bool:
    """Whether all is as it was when the kernels had last been compiled, or nothing is compiled."""
    if numba.config.DISABLE_JIT:
        return True
    if not _stamp().is_file():
        return False
    facts, *files = _stamp().read_text().splitlines()
    kept = _kept(_stamp().parent)
    # An index grows where a test has something compiled that is not among these.
    sizes = (line.rsplit(" ", 1) for line in files)
    return facts == _facts() and all(kept.get(name, -1) >= int(size) for name, size in sizes)


def leave() -> None:
    """Note that the kernels have been compiled."""
    kept = (f"{name} {size}" for name, size in _kept(_stamp().parent).items())
    _stamp().write_text("\n".join((_facts(), *kept)))
