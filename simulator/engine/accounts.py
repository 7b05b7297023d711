"""From jobs and a rule to the arrays of accounts that kernels work on."""

from __future__ import annotations

import numpy as np

from simulator.cluster.machine import UNCOUNTED, Machine
from simulator.engine.charges import UTC, Calendar, calendar_end, charges, price_list, resets
from simulator.engine.factors import fixed_factors
from simulator.kernels.accounts import Accounts, accounts_of, no_accounts, tree_of
from simulator.rules.accounts.entities import entities_of
from simulator.rules.models import Rule
from simulator.rules.ordering.multifactor import Multifactor
from simulator.rules.ordering.serving import Served, Serving
from simulator.streams import Streams
from simulator.workload.columns import Ints, Jobs


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
    if not isinstance(ordering, Serving):
        return no_accounts()
    entities = entities_of(jobs, rule.accounts).cut(ordering.serve)
    asks, capacity = _asks(jobs, machine)
    end = calendar_end(jobs, int(capacity[0]))
    fixed = ordering.drawn(len(jobs), streams or Streams(0, 0))
    if isinstance(ordering, Multifactor):
        fixed = fixed_factors(jobs, machine, rule, ordering, entities)
    tree = tree_of(entities.parent, entities.share, entities.user)
    gpu = 1 if isinstance(machine, int) else machine.slices
    leaf = tree.children == 0
    everybody = Served(entities.names, tree.entitled, leaf, int(capacity[0]), gpu)
    accounts = accounts_of(
        tree,
        entities.of_job,
        charge=charges(jobs, machine, rule),
        asks=asks,
        capacity=capacity,
        prices=price_list(rule.accounting, calendar, end),
        resets=resets(rule.accounting, calendar, end),
        fixed=fixed,
        numbers=np.array(ordering.numbers(), np.float64),
        terms=ordering.terms(everybody),
        first_tick=-ordering.between_ticks(),
    )
    accounts.had.own[1:] = ordering.at_first
    return accounts
