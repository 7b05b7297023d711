"""When organisations that come and go are there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from simulator.streams import Streams
    from simulator.workload.synthetic.cycle import BusyClock
    from simulator.workload.synthetic.population import Group


@dataclass(frozen=True, slots=True)
class Presence:
    """The time of one organisation, on the clock that runs fast in busy hours."""

    since: float
    """What part of all arrivals comes before it does."""
    share: float
    """What part comes while it is there."""
    busy: float
    """That part, beside its mean over all instants at which it might have begun."""


def present(group: Group, duration: int, clock: BusyClock, streams: Streams) -> dict[str, Presence]:
    """By the organisation's name, each from a stream of its own; empty if all are always there.

    It begins at an instant drawn evenly over ``lasting`` + ``duration`` seconds, and is there at
    any given one with the probability lasting/(lasting + duration).
    """
    projects = group.applicants.projects
    if projects is None:
        return {}
    lasting, found = projects.lasting, dict[str, Presence]()
    for account in sorted({account for account, _ in group.people}):
        drawn = streams.take("projects", f"{group.name}/{account}").random()
        begin = int(drawn * (lasting + duration)) - lasting
        since, until = clock.shares(np.array([begin, begin + lasting])).tolist()
        share = until - since
        found[account] = Presence(since, share, share * (lasting + duration) / lasting)
    return found
