"""The examples of the pages of orders, worked out by hand, and what comes out of the orders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from ordering import test_shares, test_turns
from twin.engine import columns
from twin.model import TwinJob

from simulator.engine.run import replay
from simulator.kernels.accounts import tree_of
from simulator.rules.models import Rule
from simulator.rules.ordering.plain import View, by_keys, by_turns
from simulator.scenario.rule_pages import variants

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

HOUR, DAY = 3600, 86_400
NOBODY = (-1,)


def _order(kind: str, **parameters: Any) -> Any:
    return Rule.model_validate({"ordering": {"kind": kind, **parameters}}).ordering


def _view(
    *,
    now: int = 0,
    submit: Sequence[int] = (0,),
    walltime: Sequence[int] = (HOUR,),
    gpus: Sequence[int] = (1,),
    of_job: Sequence[int] = (),
    parent: Sequence[int] = NOBODY,
    share: Sequence[float] = (1.0,),
    capacity: Sequence[int] = (16,),
    asks: Sequence[Sequence[int]] = (),
    **more: Any,
) -> View:
    """Jobs of these columns, whose users are these rows of the tree."""
    count, entities = max(map(len, (submit, walltime, gpus))), len(parent)

    def ints(values: Sequence[int]) -> np.ndarray[Any, Any]:
        return np.resize(np.array(values, np.int64), count)

    tree = tree_of(np.array(parent), np.array(share, float), np.zeros(entities, np.int8))
    numbers = {"held": np.zeros((entities, len(capacity)), np.int64), "usage": np.zeros(entities)}
    numbers |= {name: np.zeros(entities, np.int64) for name in ("running", "waiting")}
    return View(
        now=now,
        submit=ints(submit),
        eligible=ints(submit),
        walltime=ints(walltime),
        gpus=ints(gpus),
        of_job=ints(of_job or (0,)),
        asks=np.array(asks or [[each] for each in ints(gpus)]),
        capacity=np.array(capacity),
        parent=tree.parent,
        share=tree.share,
        part=tree.part,
        entitled=tree.entitled,
        user=tree.user,
        nodes=np.ones(count, np.int64),
        **{**numbers, **{name: np.asarray(value) for name, value in more.items()}},
    )


def _sequence(order: Any, view: View) -> list[int]:
    return by_keys(order, view, range(len(view.submit)))


def _keys(order: Any, view: View) -> list[float]:
    return [round(float(key), 4) for key in order.keys(view, np.arange(len(view.submit)))]


def fcfs() -> None:
    assert _sequence(_order("fcfs"), _view(submit=(5, 5, 10))) == [0, 1, 2]


def _walltimes() -> View:
    return _view(walltime=(2 * HOUR, HOUR // 2, HOUR))


def sjf() -> None:
    assert _sequence(_order("sjf"), _walltimes()) == [1, 2, 0]


def ljf() -> None:
    assert _sequence(_order("ljf"), _walltimes()) == [0, 2, 1]


def smallest() -> None:
    assert _sequence(_order("smallest"), _view(gpus=(8, 1, 4))) == [1, 2, 0]


def largest() -> None:
    assert _sequence(_order("largest"), _view(gpus=(8, 1, 4))) == [0, 2, 1]


def _waited() -> View:
    return _view(now=HOUR, walltime=(2 * HOUR, HOUR // 2), gpus=(8, 1))


def wfp3() -> None:
    assert _keys(_order("wfp3"), _waited()) == [1, 8]


def formula() -> None:
    order = _order("formula", expression="(wait / max(walltime, 1)) ** 3 * gpus")
    assert _keys(order, _waited()) == [1, 8]


def f1() -> None:
    view = _view(submit=(0, 99), walltime=(10_000, 1000), gpus=(8, 4))
    assert _keys(_order("f1"), view) == [-32, -1752]


def _late() -> View:
    return _view(submit=(0, 99), walltime=(1, 10_000), gpus=(1, 4))


def f2() -> None:
    assert _keys(_order("f2"), _late())[1] == -51_600


def f3() -> None:
    assert _keys(_order("f3"), _late())[1] == -13_760_000


def f4() -> None:
    assert _keys(_order("f4"), _late())[1] == -1_080_000


def _two(**more: Any) -> View:
    """Two users of shares 1 and 3, with a job each."""
    tree = {"parent": (-1, 0, 0), "share": (1, 1, 3)}
    return _view(gpus=(1, 1), of_job=(1, 2), **tree, **more)


def least_usage() -> None:
    view = _two(usage=[30.0, 10.0, 20.0])
    assert _keys(_order("least_usage"), view) == [-40, -26.6667]


def _users(view: View, first: int) -> View:
    view.user[first:] = 1
    return view


def fair_tree() -> None:
    """Accounts 1 and 2 of two users each."""
    tree = {"parent": (-1, 0, 0, 1, 1, 2, 2), "share": (1,) * 7, "of_job": (3, 4, 5, 6)}
    view = _users(_view(gpus=(1,) * 4, usage=[6.0, 3.0, 3.0, 1.0, 2.0, 1.0, 2.0], **tree), 3)
    assert _keys(_order("fair_tree"), view) == [1, 0.75, 0.75, 0.25]
    assert _keys(_order("fair_tree", mode="documented"), view) == [1, 0.5, 1, 0.5]


def classic_fair_share() -> None:
    view = _users(_two(usage=[40.0, 30.0, 10.0]), 1)
    assert _keys(_order("classic_fair_share"), view) == [0.125, 0.7937]


def depth_oblivious() -> None:
    """Accounts 1 and 2, users 3 and 4 of the first."""
    tree = {"parent": (-1, 0, 0, 1, 1), "share": (1,) * 5, "of_job": (3, 4)}
    view = _users(_view(gpus=(1, 1), usage=[8.0, 8.0, 0.0, 8.0, 0.0], **tree), 3)
    assert _keys(_order("depth_oblivious"), view)[0] == 0.0625


def multifactor() -> None:
    """Of four users the one who has used most has the factor 0.25."""
    tree = {"parent": (-1, 0, 0, 0, 0), "share": (1,) * 5, "of_job": (4,)}
    usage = [10.0, 1.0, 2.0, 3.0, 4.0]
    view = _users(_view(now=7 * DAY // 2, usage=usage, fixed=[0.0], **tree), 1)
    order = _order("multifactor", weights={"age": 1000, "fair_share": 2000})
    assert _keys(order, view) == [1000]


def las() -> None:
    """On a machine of 8: what runs when, and whose attempt is stopped."""
    rule = Rule.model_validate({"ordering": "las", "preemption": {}})
    jobs = columns([TwinJob(0, 1000, 1000, 8), TwinJob(500, 600, 600, 8)])
    table = replay(jobs, 8, rule).attempts.sort_by("start").select(["position", "start", "end"])
    assert [list(row.values()) for row in table.to_pylist()] == [
        [0, 0, 500],
        [1, 500, 1100],
        [0, 1100, 2100],
    ]


def max_min() -> None:
    view = _two(held=[[6], [2], [4]])
    standing = [
        _order("max_min").standing(view, entity, np.zeros(1), position)
        for entity, position in ((1, 0), (2, 1))
    ]
    assert standing == pytest.approx([0.5, 1 / 3])


def drf() -> None:
    """The paper's: 9 CPUs and 18 GB; a task of A takes 1 CPU and 4 GB, of B 3 CPUs and 1 GB."""
    asks = [[1, 4] if job % 2 == 0 else [3, 1] for job in range(12)]
    view = _view(
        gpus=[1] * 12,
        of_job=[1, 2] * 6,
        parent=(-1, 0, 0),
        share=(1, 1, 1),
        capacity=(9, 18),
        asks=asks,
    )
    first = by_turns(_order("drf"), view, range(12))[:5]
    assert sum(job % 2 == 0 for job in first) == 3
    assert np.sum([asks[job] for job in first], axis=0).tolist() == [9, 14]


def finish_time() -> None:
    view = _view(
        now=HOUR,
        gpus=(8, 2),
        of_job=(1, 2),
        parent=(-1, 0, 0, 0, 0),
        share=(1, 1, 1, 1, 1),
        running=[2, 0, 0, 1, 1],
        waiting=[0, 1, 1, 0, 0],
    )
    assert _keys(_order("finish_time"), view) == [1, 2]


def size_bins() -> None:
    bins = [{"gpus": 64, "boost": "10d"}, {"gpus": 256, "boost": "15d"}]
    view = _view(now=20 * DAY, submit=(6 * DAY, 15 * DAY, 19 * DAY), gpus=(8, 100, 256))
    order = _order("size_bins", bins=bins)
    ages = [(key + view.now) / DAY for key in _keys(order, view)]
    assert ages == [14, 15, 16]
    assert _sequence(order, view) == [2, 1, 0]


def openpbs() -> None:
    """Groups 1 and 2; user 3 of the first, users 4 and 5 of the second."""
    view = _view(
        gpus=(1, 1, 1),
        of_job=(3, 4, 5),
        parent=(-1, 0, 0, 1, 2, 2),
        share=(1, 60, 40, 1, 1, 1),
        usage=[400.0, 300.0, 100.0, 0.0, 90.0, 10.0],
    )
    assert _sequence(_order("openpbs"), view) == [2, 1, 0]


def kueue_afs() -> None:
    order = _order("kueue_afs", period="5min", half_life="10min")
    tree = {"parent": (-1, 0), "share": (1, 1), "of_job": (1,), "gpus": (4,), "fixed": [4.0]}
    entered = _view(**tree, own=[0.0, 0.0], entered=[0], active=[0])
    assert _keys(order, entered) == [-1.1716]
    sampled = order.sampled(entered, 300)
    assert sampled[1] == pytest.approx(2.3431, abs=1e-4)
    later = order.sampled(_view(**tree, own=sampled, active=[0]), 300)
    assert later[1] == pytest.approx(2.8284, abs=1e-4)


EXAMPLES: dict[str, Callable[[], None]] = {
    each.__name__: each
    for each in (
        fcfs, sjf, ljf, smallest, largest, wfp3, f1, f2, f3, f4, least_usage, max_min, drf,
        formula, finish_time, size_bins, openpbs, kueue_afs, fair_tree, classic_fair_share,
        depth_oblivious, multifactor, las,
    )
}  # fmt: skip
"""Those of this file, by the word of the order."""


ELSEWHERE: dict[str, Callable[..., None]] = {
    "stride": test_turns.test_stride_three_two_one,
    "lottery": test_turns.test_lottery_of_one_moment_is_drawing_without_replacement,
    "htcondor": test_shares.test_htcondor_negotiates_by_slices,
    "kueue_drs": test_shares.test_kueue_counts_what_is_borrowed,
    "kai": test_shares.test_kai_lowers_a_share_by_what_was_used,
    "karma": test_shares.test_karma_example,
    "alpha_fair": test_shares.test_alpha_fair_of_one_type_is_max_min,
}
"""Those of other files."""


@pytest.mark.parametrize("word", EXAMPLES)
def test_an_example_comes_out(word: str) -> None:
    EXAMPLES[word]()


def test_every_order_has_an_example_that_is_worked_out() -> None:
    assert {*EXAMPLES, *ELSEWHERE} == set(variants("ordering"))
