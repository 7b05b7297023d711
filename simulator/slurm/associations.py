"""The tree of accounts and users, as ``sacctmgr show assoc -P`` prints it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.errors import InputError, Place
from simulator.slurm.amounts import whole
from simulator.slurm.table import Form, Row, rows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROOT = "root"
COMMAND = (
    "sacctmgr show assoc -P format=Cluster,Account,ParentName,User,Partition,Share,Priority,"
    "LFT,QOS,GrpJobs,GrpTRES,GrpTRESMins,GrpTRESRunMins,GrpSubmit,GrpWall,MaxJobs,MaxTRES,"
    "MaxTRESMins,MaxSubmit,MaxWall"
)
LIMITS = (
    *("GrpJobs", "GrpJobsAccrue", "GrpSubmit", "GrpSubmitJobs", "GrpTRES", "GrpTRESMins"),
    *("GrpTRESRunMins", "GrpWall", "MaxJobs", "MaxJobsAccrue", "MaxSubmit", "MaxSubmitJobs"),
    *("MaxTRES", "MaxTRESPerNode", "MaxTRESMins", "MaxTRESRunMins", "MaxWall", "MinPrioThresh"),
)
FORM = Form(
    COMMAND,
    ("Account", "ParentName", "User", "Share"),
    (
        *("Cluster", "Partition", "Priority", "ID", "LFT", "RGT", "QOS", "Def QOS", "Lineage"),
        *("ParentID", "Comment", "Flags", *LIMITS),
    ),
)


@dataclass(frozen=True, slots=True)
class Association:
    """An account, or a user in an account."""

    account: str
    parent: str
    """The account above; of a user the account itself; empty for the root."""
    user: str
    """Empty for an account."""
    partition: str
    share: int | None
    """Raw shares; None: ``parent``."""
    priority: int
    qos: tuple[str, ...]
    """Qualities of service that it may use."""
    default_qos: str
    limits: dict[str, str]
    """Limits that are set, by column."""
    place: Place

    @property
    def called(self) -> str:
        """As people name it."""
        return f"{self.user} in {self.account}" if self.user else self.account


class Tree:
    """Associations as a tree; siblings by ascending LFT, else as written."""

    def __init__(self, root: Association, of_account: dict[str, list[Association]]) -> None:
        self.root = root
        self._children = of_account

    def children(self, account: str = ROOT) -> list[Association]:
        """Accounts and users directly beneath an account."""
        return self._children.get(account, [])

    def walk(self, account: str = ROOT) -> Iterator[Association]:
        """All beneath an account, each account before what is in it."""
        for each in self.children(account):
            yield each
            if not each.user:
                yield from self.walk(each.account)


def read_associations(path: Path, cluster: str = "") -> Tree:
    """The associations of one cluster, which must be the only one if it is not named.

    Raises InputError, with file and line, for a table that is none, an account that stands there
    twice, hangs on one that is missing or on itself, and a cluster that the table does not know.
    """
    table = list(rows(path, FORM))
    clusters = dict.fromkeys(row.text("Cluster") for row in table if row.text("Cluster"))
    if not cluster and len(clusters) > 1:
        raise InputError(
            f"the table tells of several clusters: {', '.join(clusters)}",
            right="print one alone: sacctmgr show assoc cluster=NAME -P …",
            place=Place(path),
        )
    cluster = cluster or next(iter(clusters), "")
    if clusters and cluster not in clusters:
        raise InputError(
            f"the table tells of {', '.join(clusters)}, slurm.conf of the cluster {cluster!r}",
            right="print both on the same cluster",
            place=Place(path),
        )
    mine = [row for row in table if row.text("Cluster") in ("", cluster)]
    if any(row.text("LFT") for row in mine):
        mine.sort(key=lambda row: row.read("LFT", whole))
    found = [_association(row) for row in mine]
    return _tree(found, path)


def _association(row: Row) -> Association:
    account, user, share = row.text("Account"), row.text("User"), row.text("Share")
    if not account:
        raise row.wrong("a row without an account", f"print it with {COMMAND}")
    return Association(
        account=account,
        parent=account if user else row.text("ParentName"),
        user=user,
        partition=row.text("Partition"),
        share=None if share == "parent" else row.read("Share", whole),
        priority=row.read("Priority", whole) if row.text("Priority") else 0,
        qos=tuple(name for name in row.text("QOS").split(",") if name),
        default_qos=row.text("Def QOS"),
        limits={name: row.text(name) for name in LIMITS if row.text(name)},
        place=row.place,
    )


def _tree(found: list[Association], path: Path) -> Tree:
    accounts: dict[str, Association] = {}
    people: set[tuple[str, str, str]] = set()
    for each in found:
        if each.user:
            key = (each.account, each.user, each.partition)
            if key in people:
                raise _wrong(each, f"{each.called} stands there twice", "take one out")
            people.add(key)
        elif each.account in accounts:
            raise _wrong(each, f"the account {each.account!r} stands there twice", "take one out")
        else:
            accounts[each.account] = each
    if ROOT not in accounts:
        raise InputError(
            "the tree has no root", right=f"print it whole: {COMMAND}", place=Place(path)
        )
    children: dict[str, list[Association]] = {}
    for each in found:
        if each.account == ROOT and not each.user:
            continue
        if each.parent not in accounts:
            what = f"hangs on the account {each.parent!r}, which is missing"
            raise _wrong(each, f"{each.called} {what}", f"print it whole: {COMMAND}")
        children.setdefault(each.parent, []).append(each)
    _refuse_cycles(accounts)
    return Tree(accounts[ROOT], children)


def _refuse_cycles(accounts: dict[str, Association]) -> None:
    safe = {ROOT}
    for each in accounts.values():
        trail: dict[str, None] = {}
        name = each.account
        while name not in safe:
            if name in trail:
                raise _wrong(
                    accounts[name],
                    f"the account {name!r} hangs on itself: {' → '.join([*trail, name])}",
                    "one of them hangs on another account",
                )
            trail[name] = None
            name = accounts[name].parent
        safe |= set(trail)


def _wrong(at: Association, what: str, right: str) -> InputError:
    return InputError(what, right=right, place=at.place)
