"""A gang lies on as few leaves as any choice of nodes could put it."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from twin.nodes import engine
from twin.nodes.model import Node, NodeJob, Rule

LEAVES = st.lists(st.integers(0, 3), min_size=2, max_size=8)


@given(st.data(), st.sampled_from(["none", "easy", "reservations", "conservative"]))
@settings(max_examples=60, deadline=None)
def test_no_choice_of_nodes_needs_fewer(data: st.DataObject, backfill: str) -> None:
    leaves = data.draw(LEAVES)
    fillers = [NodeJob(0, 9, 9, gpus=data.draw(st.integers(1, 4))) for _ in leaves[1:]]
    nodes = [Node(4, leaf=leaf) for leaf in leaves]
    rule = Rule(backfill=backfill, placement="leaf")
    filled = engine.simulate(fillers, nodes, rule)
    free = [node.gpus for node in nodes]
    for filler, outcome in zip(fillers, filled, strict=True):
        (_, _, _, (node,), _) = outcome.attempts[0]
        free[node] -= filler.gpus
    usable = [number for number, gpus in enumerate(free) if gpus > 1]
    wanted = data.draw(st.integers(1, max(len(usable), 1)))
    gang = NodeJob(0, 9, 9, nodes=wanted, gpus=2)
    outcome = engine.simulate([*fillers, gang], nodes, rule)[-1]
    start, _, _, chosen, _ = outcome.attempts[0]
    if usable:
        assert start == 0
        fewest = min(len({leaves[n] for n in some}) for some in combinations(usable, wanted))
        assert len({leaves[number] for number in chosen}) == fewest
