"""From limits of associations and of qualities of service to limits of a rule.

Sources: sacctmgr(1), resource_limits.html and qos.html of Slurm; ``acct_policy.c`` of 22.05.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from simulator.scenario.from_slurm.budgets import COLUMN as BUDGET
from simulator.scenario.from_slurm.budgets import budgets_of
from simulator.scenario.from_slurm.limit_amounts import KINDS, Amount, Reader
from simulator.scenario.from_slurm.limit_names import name_of
from simulator.scenario.from_slurm.limits_by_user import branches
from simulator.scenario.from_slurm.notes import Notes
from simulator.scenario.from_slurm.people import account_tree
from simulator.scenario.from_slurm.yaml_text import Said
from simulator.slurm.associations import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from simulator.slurm.associations import Association, Tree
    from simulator.slurm.qos import Quality
    from simulator.slurm.settings import SlurmConf

TOGETHER = ("GrpJobs", "GrpTRES", "GrpTRESRunMins", "GrpSubmit", "GrpSubmitJobs")
"""An association's limits on all of its branch together."""
EACH = ("MaxJobs", "MaxTRES", "MaxSubmit", "MaxSubmitJobs", "MaxWall")
"""Limits on each association of a user, which hold for all beneath where they are set."""
OF_QOS = {
    **dict.fromkeys((*TOGETHER, "MaxTRES", "MaxWall"), "all"),
    **dict.fromkeys(("MaxTRESPU", "MaxJobsPU", "MaxSubmitPU", "MaxTRESRunMinsPU"), "user"),
    **dict.fromkeys(("MaxTRESPA", "MaxJobsPA", "MaxSubmitPA", "MaxTRESRunMinsPA"), "account"),
}
"""Limits of a quality of service, and who counts together in them."""
SAME = {
    "MaxJobs": ("MaxJobsPU", "MaxJobsPA"),
    "MaxSubmit": ("MaxSubmitPU", "MaxSubmitPA"),
    "MaxSubmitJobs": ("MaxSubmitPU", "MaxSubmitPA"),
}
"""What of a quality of service takes the place of an association's limit, if not its namesake."""
ENFORCING = ("limits", "safe", "all")
COMMENT = (
    "Limits of associations and of qualities of service, named after whose they are. What goes"
    " beyond one by itself is refused at its submission; Slurm without DenyOnLimit lets it wait"
    " for ever."
)


@dataclass(slots=True)
class Limits:
    """The limits of a rule as they are found."""

    qos: Mapping[str, Quality]
    read: Reader
    notes: Notes
    found: dict[str, dict[str, Any]] = field(default_factory=dict)

    def amount(self, each: Association, column: str, *, told: bool = False) -> Amount | None:
        """What an association's column allows; None if it limits nothing that a rule can.

        ``told``: what of it cannot be expressed has been said.
        """
        text = each.limits.get(column, "")
        if not text:
            return None
        return self.read.amount(column, text, each.called, each.place, told=told)

    def add(self, origin: str, column: str, who: dict[str, Any], amount: Amount) -> None:
        """A limit under the name of its origin."""
        kind = KINDS[column]
        concerned = {key: value for key, value in who.items() if value}
        if not kind.counts:
            concerned.pop("per", None)
        name = name_of(origin, column, self.found)
        self.found[name] = concerned | {kind.setting: amount.said}

    def add_of_association(
        self, origin: str, column: str, who: dict[str, Any], amount: Amount
    ) -> None:
        """A limit of an association, for jobs of qualities of service that do not say it."""
        rest = self.without_own(origin, column, amount)
        if rest is not None:
            self.add(origin, column, who | {"qos": rest}, amount)

    def without_own(self, origin: str, column: str, amount: Amount) -> list[str] | None:
        """Qualities of service that an association's limit concerns, since they do not say it
        themselves: none are named where all are meant; None if each says it, which is noted."""
        own = [name for name in self.qos if self._says(name, column)]
        rest = [name for name in self.qos if name not in own]
        if own and not rest:
            why = "each quality of service has a limit of its own"
            self.notes.drop(f"{column} of {origin}", why, amount.place)
            return None
        if own and KINDS[column].counts:
            why = "does not count jobs whose quality of service says it itself; in Slurm they count"
            self.read.tell(f"{column} of accounts and users", f"{why} ({', '.join(own)})", None)
        return rest if own else []

    def _says(self, name: str, column: str) -> bool:
        quality = self.qos[name]
        return any(
            each in quality.limits
            and self.read.amount(each, quality.limits[each], name, quality.place) is not None
            for each in SAME.get(column, (column,))
        )


def add_limits(
    conf: SlurmConf,
    tree: Tree | None,
    qos: Mapping[str, Quality],
    rule: dict[str, Any],
    notes: Notes,
) -> None:
    """Add limits, and budgets where there can be any, to a rule that has all other stages.

    Raises InputError, with file and line, for an amount that is none.
    """
    if not any(word.text.lower() in ENFORCING for word in conf.words("AccountingStorageEnforce")):
        _drop_all(tree, qos, notes)
        return
    limits = Limits(qos, Reader(notes, late=rule.get("overrun") == "allow"), notes)
    if tree is not None:
        _of_associations(tree, limits)
    for name, quality in qos.items():
        _of_quality(name, quality, limits)
    budgets = budgets_of(conf, tree, rule, limits)
    if limits.found:
        rule["limits"] = Said(limits.found, COMMENT)
    if budgets:
        rule["budgets"] = Said(budgets, "GrpTRESMins.")
    named = any(each.get("accounts") for each in (*limits.found.values(), *budgets.values()))
    if named and tree is not None:
        # An order that serves nobody minds no shares, but the tree says what is part of what.
        rule.setdefault("accounts", Said({"tree": account_tree(tree, Notes())}, "Accounts."))


def _drop_all(tree: Tree | None, qos: Mapping[str, Quality], notes: Notes) -> None:
    """Say which limits Slurm itself does not keep."""
    every = [] if tree is None else [tree.root, *tree.walk()]
    columns = dict.fromkeys(column for each in every for column in each.limits)
    columns |= dict.fromkeys(column for each in qos.values() for column, _ in _set(each))
    if columns:
        notes.drop(
            f"limits of associations and of qualities of service ({', '.join(columns)})",
            "AccountingStorageEnforce does not say limits, so Slurm does not keep them",
        )


def _of_associations(tree: Tree, limits: Limits) -> None:
    every = [tree.root, *tree.walk()]
    above = {each.account: each for each in every if not each.user}
    for each in every:
        for column, text in each.limits.items():
            if column in (*TOGETHER, *EACH, BUDGET):
                continue
            if each is tree.root or not _says_as(each, above[each.parent], column):
                limits.read.lose(column, text, each.called, each.place)
    for column in TOGETHER:
        for each in every:
            amount = None if each.user else limits.amount(each, column)
            if amount is not None:
                accounts = [] if each.account == ROOT else [each.account]
                limits.add_of_association(each.account, column, {"accounts": accounts}, amount)
    for column in (*TOGETHER, *EACH):
        _note_partitions(tree, column, limits)
        _add_users(tree, above, column, limits)


def _note_partitions(tree: Tree, column: str, limits: Limits) -> None:
    for each in tree.walk():
        if each.partition and limits.amount(each, column) is not None:
            why = f"a limit of one partition, {each.partition}, is not kept"
            limits.notes.lose(
                f"{column}={each.limits[column]}", f"{each.called}: {why}", each.place
            )


def _add_users(tree: Tree, above: dict[str, Association], column: str, limits: Limits) -> None:
    """The limits of users' own associations."""
    inherited = column in EACH

    def amount(each: Association) -> Amount | None:
        over = above.get(each.parent)
        told = inherited and over is not None and _says_as(each, over, column)
        return limits.amount(each, column, told=told)

    for found in branches(tree, amount, inherited=inherited, counts=KINDS[column].counts):
        if found.also_beneath:
            limits.notes.lose(
                f"{column} of {found.origin}",
                f"{', '.join(found.also_beneath)}: jobs in accounts beneath count too",
                found.amount.place,
            )
        who = {"accounts": found.accounts, "users": found.users, "per": "user"}
        limits.add_of_association(found.origin, column, who, found.amount)


def _says_as(each: Association, above: Association, column: str) -> bool:
    """Whether a limit is printed as that above it; sacctmgr prints those of users all down."""
    return each.limits.get(column) == above.limits.get(column)


def _of_quality(name: str, quality: Quality, limits: Limits) -> None:
    for column, text in _set(quality):
        if column == BUDGET:
            continue
        if column not in OF_QOS:
            limits.read.lose(column, text, name, quality.place)
            continue
        amount = limits.read.amount(column, text, name, quality.place)
        if amount is not None:
            per = OF_QOS[column]
            who = {"qos": [name], "per": "" if per == "all" else per}
            limits.add(f"qos-{name}", column, who, amount)


def _set(quality: Quality) -> Iterator[tuple[str, str]]:
    for column, text in quality.limits.items():
        if not (column == "LimitFactor" and float(text) == 0):
            yield column, text
