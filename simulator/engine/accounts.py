"""From jobs and a rule to the arrays of accounts that kernels work on."""

from __future__ import annotations

import numpy as np

from simulator.cluster.machine import UNCOUNTED, Machine
from simulator.engine.charges import UTC, Calendar, calendar_end, charges, price_list, resets
from simulator.engine.factors import fixed_factors
from simulator.kernels.accounts import CHARGE_SECOND, Accounts, accounts_of, no_accounts, tree_of
from simulator.rules.accounting.models import Steps
from simulator.rules.accounts.entities import entities_of
from simulator.rules.models import Rule
from simulator.rules.ordering.formula import Formula
from simulator.rules.ordering.kueue_afs import KueueAfs
from simulator.rules.ordering.multifactor import Multifactor
from simulator.rules.ordering.serving import Served, Serving, Weighing
from simulator.streams import Streams
from simulator.workload.columns import Ints, Jobs, Reals


def _asks(jobs: Jobs, machine: int | Machine) -> tuple[Ints, Ints]:
    """(jobs, resources) what each job holds, and what there is: units, CPUs and bytes.

    A resource that the machine does not count is left out.
    """
    asks, capacity = [jobs.gpus], [machine if isinstance(machine, int) else machine.units]
    if isinstance(machine, Machine) and jobs.shape is not None:
        for asked, there in (
            (jobs.shape.cpus, machine.cpus),
            (jobs.shape.memory, machine.memory),
        ):
            if (there < UNCOUNTED).all():
                asks.append(asked * jobs.shape.nodes)
                capacity.append(int(there.sum()))
    return np.stack(asks, axis=1), np.array(capacity, np.int64)


def _fixed(jobs: Jobs, ordering: Weighing, units: int) -> Reals | None:
    """What an order knows of each job from the first."""
    shape = jobs.shape
    if isinstance(ordering, Formula):
        return np.ones(len(jobs)) if shape is None else shape.nodes.astype(np.float64)
    if isinstance(ordering, KueueAfs):
        none = np.zeros(len(jobs), np.int64)
        asked = (none, none) if shape is None else (shape.cpus, shape.memory)
        cpus, memory = (each * (1 if shape is None else shape.nodes) for each in asked)
        return ordering.counted(jobs.gpus / units, cpus, memory)
    return None


def served(
    jobs: Jobs,
    machine: int | Machine,
    rule: Rule,
    calendar: Calendar = UTC,
    streams: Streams | None = None,
) -> Accounts:
    """Whom the rule serves, with ``jobs`` as this machine holds them.

    What is drawn for jobs comes from ``streams`` (of seed 0 if not given). Raises InputError for
    names in the rule's accounts, accounting and ordering that are not there.
    """
    ordering = rule.ordering
    if not isinstance(ordering, Weighing):
        return no_accounts()
    asks, capacity = _asks(jobs, machine)
    units = machine.slices if isinstance(machine, Machine) else 1
    tree, of_job, terms = no_accounts().tree, jobs.gpus[:0], None
    fixed, ticks = _fixed(jobs, ordering, units), 0
    if isinstance(ordering, Serving):
        ticks = ordering.between_ticks()
    if isinstance(ordering, Serving) and ordering.keeps_accounts:
        entities = entities_of(jobs, rule.accounts).cut(ordering.serve)
        tree = tree_of(entities.parent, entities.share, entities.user)
        of_job = entities.of_job
        if isinstance(ordering, Multifactor):
            fixed = fixed_factors(jobs, machine, rule, ordering, entities)
        elif fixed is None:
            fixed = ordering.drawn(len(jobs), streams or Streams(0, 0))
        leaf = tree.children == 0
        everybody = Served(entities.names, tree.entitled, leaf, int(capacity[0]), units)
        terms = ordering.terms(everybody)
    end = calendar_end(jobs, int(capacity[0]))
    fade = rule.accounting.fade
    accounts = accounts_of(
        tree,
        of_job,
        charge=charges(jobs, machine, rule),
        asks=asks,
        capacity=capacity,
        prices=price_list(rule.accounting, calendar, end),
        resets=resets(rule.accounting, calendar, end),
        fixed=fixed,
        numbers=np.array([*ordering.numbers(), units], np.float64),
        terms=terms,
        code=np.array(ordering.code(), np.int64),
        first_tick=-ticks,
    )
    if isinstance(ordering, Serving):
        accounts.had.own[1:] = ordering.at_first
    if isinstance(fade, Steps):
        accounts.had.usage[:] = fade.least * CHARGE_SECOND
    return accounts
