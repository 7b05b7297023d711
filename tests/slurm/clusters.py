"""Clusters that scenarios are made from."""

from __future__ import annotations

from simulator.scenario.from_slurm.translate import read_cluster

NODES = "ClusterName=c\nNodeName=n[1-4] CPUs=8 RealMemory=1000 Gres=gpu:h200:4\n"
MULTIFACTOR = NODES + "PriorityType=priority/multifactor\n"


def cluster_of(folder):
    return read_cluster(
        folder / "slurm.conf",
        folder / "assoc.psv",
        folder / "qos.psv",
        folder / "partitions.txt",
    )


def assoc(columns, *rows):
    """A table: ``(account, parent, user, *columns)`` by row; the root is there without any."""
    names = columns.split()
    lines = ["|".join(("Account", "ParentName", "User", "Share", *names))]
    if not any(row[0] == "root" and not row[2] for row in rows):
        rows = (("root", "", ""), *rows)
    for account, parent, user, *values in rows:
        fields = [*values, *([""] * (len(names) - len(values)))]
        lines.append("|".join((account, parent, user, "1", *map(str, fields))))
    return "\n".join(lines) + "\n"


def qualities(columns, *rows):
    """A table: ``(name, flags, *columns)`` by row."""
    names = ["Flags", *columns.split()]
    lines = ["|".join(("Name", "Priority", "UsageFactor", *names))]
    for name, *values in rows:
        fields = [*values, *([""] * (len(names) - len(values)))]
        lines.append("|".join((name, "1", "1.0", *map(str, fields))))
    return "\n".join(lines) + "\n"
