"""Trees of accounts from files: what ``accounts: {file: assoc.psv}`` means."""

from __future__ import annotations

from dataclasses import replace
from os.path import normpath
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulator.errors import InputError
from simulator.files import read_bytes
from simulator.scenario.node import Node
from simulator.slurm.associations import ROOT, read_associations

if TYPE_CHECKING:
    from simulator.errors import Place
    from simulator.slurm.associations import Association, Tree


def with_account_files(root: Node, folder: Path) -> tuple[Node, dict[Path, str]]:
    """Every ``accounts`` that names a file with the tree in that file, and the files' SHA-256.

    A path starts from the folder of the file that names it, or from ``folder`` where no file does.
    Raises InputError, placed, for what is no such file.
    """
    rules = root.value.get("rules")
    hashes: dict[Path, str] = {}
    if rules is None or not isinstance(rules.value, dict):
        return root, hashes
    read = {name: _with_file(rule, folder, hashes) for name, rule in rules.value.items()}
    whole = replace(root, value=root.value | {"rules": replace(rules, value=read)})
    return whole, hashes


def _with_file(rule: Node, folder: Path, hashes: dict[Path, str]) -> Node:
    accounts = rule.value.get("accounts") if isinstance(rule.value, dict) else None
    if accounts is None or not isinstance(accounts.value, dict) or "file" not in accounts.value:
        return rule
    settings = dict(accounts.value)
    file = settings.pop("file")
    if not isinstance(file.value, str) or not file.value:
        raise InputError(
            "accounts.file is no path", right="write it like file: assoc.psv", place=file.place
        )
    if "tree" in settings:
        raise InputError(
            "accounts have a tree and a file that holds one",
            right="leave one of them out",
            place=file.name_place or file.place,
        )
    base = Path(file.place.file).parent if file.place.line else folder
    path = Path(normpath(base / file.value))
    try:
        _, hashes[path] = read_bytes(path)
    except InputError as error:
        raise error.at(file.place) from None
    settings["tree"] = tree_node(read_associations(path), file.place)
    accounts = replace(accounts, value=settings)
    return replace(rule, value=rule.value | {"accounts": accounts})


def tree_node(tree: Tree, place: Place) -> Node:
    """The associations as settings, ``accounts.tree``, each with its place in the table.

    Raises InputError for associations with a partition, which shares know nothing of.
    """
    accounts = {ROOT: Node({}, place, place)}
    for each in tree.walk():
        if each.partition:
            raise InputError(
                f"{each.called} has an association of the partition {each.partition!r} alone",
                right="leave it out: shares are of users, whatever their partition",
                place=each.place,
            )
        if each.user:
            _add_user(accounts[each.account].value, each)
        else:
            settings = {"parent": each.parent, "share": _share(each)}
            if each.priority:
                settings["priority"] = each.priority
            accounts[each.account] = _node(settings, each.place)
    if not accounts[ROOT].value:
        del accounts[ROOT]
    return Node(accounts, place, place)


def _share(each: Association) -> int | str:
    return "parent" if each.share is None else each.share


def _add_user(account: dict[str, Node], each: Association) -> None:
    for setting, value in (("users", _share(each)), ("priorities", each.priority)):
        if setting == "users" or value:
            entries = account.setdefault(setting, Node({}, each.place, each.place))
            entries.value[each.user] = Node(value, each.place, each.place)


def _node(settings: dict[str, Any], place: Place) -> Node:
    entries = {name: Node(value, place, place) for name, value in settings.items()}
    return Node(entries, place, place)
