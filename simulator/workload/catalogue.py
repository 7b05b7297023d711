"""Logs by name: public ones that are kept beside the project, and where they are looked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from simulator.errors import InputError, nearest
from simulator.files import shared_folders

ARCHIVE = "Parallel Workloads Archive; acknowledge {}"
NORMAL = "cleaned for comparisons: run times above 0, none above its request; from {}"


@dataclass(frozen=True, slots=True)
class Entry:
    """A log of the catalogue."""

    name: str
    computer: str
    file: str
    """Under the folder ``traces``."""
    terms: str
    """Where it comes from and whom to acknowledge."""
    capacity: int | None = None
    """Machine size as published, where the log's header does not state it."""


_ENTRIES = (
    Entry(
        "kth_sp2",
        "IBM SP2, KTH Stockholm, 1996–97",
        "swf/KTH-SP2-1996-full28489.swf.gz",
        ARCHIVE.format("Lars Malinowsky"),
    ),
    Entry(
        "sdsc_blue",
        "IBM SP Blue Horizon, SDSC, 2000–03",
        "swf/SDSC-BLUE-2000-4.2-cln.swf.gz",
        ARCHIVE.format("Travis Earheart and Nancy Wilkins-Diehr"),
    ),
    Entry(
        "sdsc_sp2_5k",
        "IBM SP2, SDSC, 1998 (first 4,961 jobs)",
        "swf/pyss-5K_sample.SDSC-SP2.swf.gz",
        ARCHIVE.format("Victor Hazlewood; © 2000 Regents of the University of California"),
    ),
    Entry(
        "hpc2n",
        "Linux cluster Seth, HPC2N Umeå, 2002–06",
        "swf/HPC2N-2002-2.1-cln.swf.gz",
        ARCHIVE.format("Ake Sandgren"),
    ),
    Entry(
        "cea_curie",
        "Curie, CEA, 2012",
        "swf/CEA-Curie-2011-2.1-cln.swf.gz",
        ARCHIVE.format("Joseph Emeras, CEA/CNRS"),
    ),
    Entry(
        "llnl_thunder",
        "Linux cluster Thunder, LLNL, 2007 (no recorded waits)",
        "swf/LLNL-Thunder-2007-1.1-cln.swf.gz",
        ARCHIVE.format("Moe Jette, LLNL"),
    ),
    Entry(
        "nasa_ipsc",
        "Intel iPSC/860, NASA Ames, 1993 (submit times are start times)",
        "swf/NASA-iPSC-1993-3.1-cln.swf.zip",
        ARCHIVE.format("Bill Nitzberg"),
    ),
    Entry(
        "metacentrum",
        "Czech national grid MetaCentrum, 2009 (no header)",
        "swf/METACENTRUM-2009-2.swf.gz",
        ARCHIVE.format("the MetaCentrum project"),
        capacity=806,
    ),
    Entry(
        "ricc",
        "RIKEN Integrated Cluster of Clusters, 2010 (no header)",
        "swf/RICC-2010-2.swf.gz",
        ARCHIVE.format("RIKEN"),
        capacity=8192,
    ),
    Entry(
        "lublin_256",
        "Lublin–Feitelson model, 256 processors (synthetic)",
        "swf/lublin_256.synthetic.swf.gz",
        ARCHIVE.format("Uri Lublin, Hebrew University"),
    ),
    Entry(
        "thetagpu",
        "24 DGX A100 of eight GPUs, ALCF, 2022–23 (nodes are counted, not GPUs)",
        "gpu/lumos_data_thetagpu.csv.gz",
        "LUMOS project (DIR-LAB); acknowledge the Argonne Leadership Computing Facility",
    ),
    *(
        Entry(name, computer, f"norm/{file}.swf.gz", NORMAL.format(source))
        for name, computer, file, source in (
            ("kth_norm", "IBM SP2, KTH, all jobs", "kth-all", "kth_sp2"),
            ("kth_norm_5k", "IBM SP2, KTH, 5,000 jobs", "kth-5000", "kth_sp2"),
            ("sdsc_sp2_norm_5k", "IBM SP2, SDSC, 4,606 jobs", "sdsc5k", "sdsc_sp2_5k"),
            ("sdsc_blue_norm", "Blue Horizon, SDSC, all jobs", "blue-all", "sdsc_blue"),
            ("hpc2n_norm_10k", "Seth, HPC2N, 10,000 jobs", "hpc2n-10000", "hpc2n"),
            ("lublin_norm_5k", "model, 5,000 jobs", "lublin256-5000", "lublin_256"),
            ("lublin_norm_10k", "model, 10,000 jobs", "lublin256-10000", "lublin_256"),
        )
    ),
)
CATALOGUE = {entry.name: entry for entry in _ENTRIES}
"""The known logs by name."""


def locate(trace: str, base: Path) -> tuple[Path, Entry | None]:
    """The file of a trace, and its entry if ``trace`` is a name of the catalogue.

    A name is looked for in the shared folders; anything with a dot or a slash is a path, relative
    to ``base``. Raises InputError for an unknown name and for a known log that is not there.
    """
    if trace in CATALOGUE:
        return _find(CATALOGUE[trace], base), CATALOGUE[trace]
    path = base / trace
    if path.exists() or any(sign in trace for sign in "./\\"):
        return path, None
    raise InputError(f"no log is named {trace!r}", right=nearest(trace, CATALOGUE))


def _find(entry: Entry, base: Path) -> Path:
    for folder in shared_folders(base):
        if (folder / entry.file).is_file():
            return folder / entry.file
    raise InputError(
        f"the log {entry.name!r} is not here: no {entry.file} in "
        + ", ".join(str(folder) for folder in shared_folders(base)),
        right="set ADIL_SHARED to the folder that holds 'traces', or give the file's path",
    )
