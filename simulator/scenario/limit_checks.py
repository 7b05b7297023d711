"""What limits, quotas, budgets, reservations and tiers say of classes and GPUs not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.cluster.models import Pool
from simulator.errors import nearest
from simulator.fields import part_of, refusal
from simulator.rules.accounts.known import known_accounts, known_users
from simulator.rules.limits.models import NO_ARRAYS, NO_PARTITIONS
from simulator.rules.ordering.serving import Serving
from simulator.scenario.preemption_checks import known_classes
from simulator.workload.synthetic.models import Synthetic, arrays_by_class

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.cluster.nodes.models import Nodes
    from simulator.rules.limits.quota_models import Cohort
    from simulator.rules.models import Rule
    from simulator.scenario.models import Scenario
    from simulator.workload.models import Log

    Path = tuple[str | int, ...]


def classes_of_limits(rule: Rule) -> Iterator[tuple[Path, str]]:
    """Each class that they name, and where in the rule."""
    limits, budgets, reserved = rule.limits, rule.budgets, rule.reservations
    for kind, settings in (("limits", limits), ("budgets", budgets), ("reservations", reserved)):
        for name, each in settings.items():
            for place, one in enumerate(each.classes):
                yield (kind, name, "classes", place), one
    for name, budget in rule.budgets.items():
        if budget.per == "class":
            yield from ((("budgets", name, "grants", each), each) for each in budget.grants)
    for name, cohort in rule.quotas.items():
        if cohort.per == "class":
            yield from ((("quotas", name, "members", each), each) for each in cohort.members)
    if rule.applications is not None:
        for name, tier in rule.applications.tiers.items():
            for place, one in enumerate(tier.classes):
                yield ("applications", "tiers", name, "classes", place), one


def holders_of_limits(rule: Rule) -> Iterator[tuple[Path, str, str]]:
    """Each user and account that they name: where in the rule, what it is, and its name."""
    for kind, settings in (("limits", rule.limits), ("budgets", rule.budgets)):
        for name, each in settings.items():
            for what, word in (("account", "accounts"), ("user", "users")):
                for place, one in enumerate(getattr(each, word)):
                    yield (kind, name, word, place), what, one
    for name, budget in rule.budgets.items():
        if budget.per in ("user", "account"):
            yield from (
                (("budgets", name, "grants", each), budget.per, each) for each in budget.grants
            )
    for name, cohort in rule.quotas.items():
        if cohort.per == "account":
            yield from (
                (("quotas", name, "members", each), "account", each) for each in cohort.members
            )
    for name, reservation in rule.reservations.items():
        for kind, word in (("account", "accounts"), ("user", "users")):
            for place, each in enumerate(getattr(reservation, word)):
                yield ("reservations", name, word, place), kind, each


def refuse_unfit_limits(name: str, rule: Rule, scenario: Scenario) -> None:
    """Raise a refusal, placed within the scenario."""
    known = known_classes(scenario.workload)
    for path, each in classes_of_limits(rule):
        if known is not None and each not in known:
            raise refusal(
                f"the workload has no class {each!r}",
                right=nearest(each, known),
                at=("rules", name, *path),
            )
    _refuse_accounts_of_no_tree(name, rule)
    _refuse_partitions_of_no_machine(name, rule, scenario.cluster)
    _refuse_arrays_that_never_come(name, rule, scenario.workload)
    gpus = _gpus(scenario)
    _refuse_parts_of_less_than_a_gpu(name, rule, gpus)
    if gpus is not None:
        _refuse_large_reservations(name, rule, gpus)
    for quota, cohort in rule.quotas.items():
        at = ("rules", name, "quotas", quota, "members")
        _refuse_more_than_there_is(cohort, gpus, at)
        if gpus is not None:
            _refuse_ceilings_under_floors(rule, cohort, gpus, at)


def _refuse_accounts_of_no_tree(name: str, rule: Rule) -> None:
    """Where only who is in the tree may have jobs, all names are known before there are any."""
    tree = rule.accounts
    served = isinstance(rule.ordering, Serving) and rule.ordering.keeps_accounts
    if not served or not tree.tree or tree.others is not None:
        return
    known = {"account": known_accounts(tree, ()), "user": known_users(tree, ())}
    for path, kind, each in holders_of_limits(rule):
        if each not in known[kind]:
            raise refusal(
                f"the tree has no {kind} {each!r}",
                right=nearest(each, known[kind]),
                at=("rules", name, *path),
            )


def _refuse_partitions_of_no_machine(name: str, rule: Rule, cluster: Pool | Nodes) -> None:
    """Of a list of nodes only the run knows what partitions there are."""
    for kind, settings in (("limits", rule.limits), ("budgets", rule.budgets)):
        for what, one in settings.items():
            for place, each in enumerate(one.partitions):
                at = ("rules", name, kind, what, "partitions", place)
                if isinstance(cluster, Pool):
                    raise refusal(NO_PARTITIONS[0], right=NO_PARTITIONS[1], at=at)
                known = cluster.partitions
                if each not in known and cluster.gpus is not None:
                    raise refusal(
                        f"the machine has no partition {each!r}",
                        right=nearest(each, known) if known else "add it to cluster.partitions",
                        at=at,
                    )


def _refuse_arrays_that_never_come(name: str, rule: Rule, workload: Log | Synthetic) -> None:
    """Of a log only the run knows whether it tells arrays."""
    if not isinstance(workload, Synthetic):
        return
    if any(each is not None and each.share for each in arrays_by_class(workload).values()):
        return
    for limit, settings in rule.limits.items():
        word = "per" if settings.per == "array" else "array_size"
        if settings.per == "array" or settings.array_size is not None:
            at = ("rules", name, "limits", limit, word)
            raise refusal(NO_ARRAYS[0], right=NO_ARRAYS[1], at=at)


def _refuse_parts_of_less_than_a_gpu(name: str, rule: Rule, gpus: int | None) -> None:
    for place, said in _parts(rule):
        if said is not None and gpus is not None and part_of(said, gpus) == 0:
            raise refusal(
                f"{said} of {gpus} GPUs is less than one",
                right="write a number of GPUs, or a larger part",
                at=("rules", name, *place),
            )


def _parts(rule: Rule) -> Iterator[tuple[Path, int | str | None]]:
    """Each number of GPUs that must be one at least, and where it stands."""
    for name, limit in rule.limits.items():
        yield ("limits", name, "gpus"), limit.gpus
        yield ("limits", name, "job_gpus"), limit.job_gpus
    for name, cohort in rule.quotas.items():
        yield ("quotas", name, "others"), cohort.others
        for member, quota in cohort.members.items():
            # Nothing may be its own, but that is written as 0.
            if isinstance(quota.gpus, str):
                yield ("quotas", name, "members", member, "gpus"), quota.gpus
    for name, reservation in rule.reservations.items():
        yield ("reservations", name, "gpus"), reservation.gpus
        yield ("reservations", name, "at_least"), reservation.at_least


def _refuse_large_reservations(name: str, rule: Rule, gpus: int) -> None:
    for reservation, settings in rule.reservations.items():
        for word in ("gpus", "at_least"):
            said = getattr(settings, word)
            if said is not None and part_of(said, gpus) > gpus:
                raise refusal(
                    f"the machine has {gpus} GPUs",
                    right=f"write {gpus} at most, or a part like 25%",
                    at=("rules", name, "reservations", reservation, word),
                )


def _gpus(scenario: Scenario) -> int | None:
    """GPUs of the machine; None where only a log or a list of nodes tells."""
    cluster = scenario.cluster
    if isinstance(cluster, Pool):
        return cluster.capacity
    return cluster.gpus


def _refuse_more_than_there_is(cohort: Cohort, gpus: int | None, at: Path) -> None:
    total = 0 if gpus is None else sum(quota.own(gpus) for quota in cohort.members.values())
    if gpus is not None and total > gpus:
        raise refusal(
            f"the members' own GPUs add to {total}, and the machine has {gpus}",
            right=f"let them add to {gpus} at most",
            at=at,
        )


def _refuse_ceilings_under_floors(rule: Rule, cohort: Cohort, gpus: int, at: Path) -> None:
    """A floor of which a limit lets its own class use less than all would lie idle."""
    for member, quota in cohort.members.items():
        floor = quota.floor(gpus)
        for limit, settings in rule.limits.items():
            some = settings.accounts or settings.users or settings.qos or settings.partitions
            alone = settings.classes == (member,) and settings.per in ("class", "all") and not some
            ceiling = floor if settings.gpus is None else part_of(settings.gpus, gpus)
            if cohort.per == "class" and alone and ceiling < floor:
                raise refusal(
                    f"{floor} GPUs are kept free for {member!r}, "
                    f"and the limit {limit!r} lets it hold {ceiling}",
                    right=f"write gpus: {floor} or more there, or lend more here",
                    at=(*at, member),
                )
