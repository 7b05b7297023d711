"""What tests of recordings made from logs have in common."""

from __future__ import annotations

import csv
import gzip
from dataclasses import replace

from simulator.errors import Place

TABLES = (
    *("jobs.csv", "runs.csv", "starts.csv", "passes.csv", "events.csv"),
    *("main_queue.csv.gz", "backfill_plan.csv.gz", "priority.csv.gz"),
)
HERE = Place("here")


def read(path):
    """The rows of a table, packed or not."""
    text = path.read_bytes()
    text = gzip.decompress(text) if path.suffix == ".gz" else text
    return list(csv.DictReader(text.decode().splitlines()))


def bare(row):
    """The row without its place and its work, as rows of two files are compared."""
    row = replace(row, place=HERE)
    return replace(row, work=None) if hasattr(row, "work") else row
