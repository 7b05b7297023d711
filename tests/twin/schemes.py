"""Random applications for random jobs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from twin.applications import Check, Council, Level, More, Scheme

if TYPE_CHECKING:
    from collections.abc import Sequence


@st.composite
def council(draw: st.DrawFn, name: str) -> Council:
    """A panel that meets every now and then."""
    to_give = draw(st.sampled_from([None, None, 30, 90, 200]))
    return Council(
        name,
        draw(st.sampled_from([1, 7, 20, 45])),
        draw(st.sampled_from([0, 0, 5, 30])),
        draw(st.sampled_from([0, 0, 1, 12])),
        draw(st.sampled_from([None, 1, 1, 2])),
        draw(st.booleans()),
        draw(st.sampled_from([1.0, 1.0, 0.7, 0.3])),
        to_give,
        to_give is not None and draw(st.booleans()),
    )


@st.composite
def level(draw: st.DrawFn, name: str, classes: Sequence[str], councils: Sequence[str]) -> Level:
    """A tier of some classes."""
    some = st.lists(st.sampled_from(classes), unique=True, min_size=1, max_size=len(classes))
    check = st.builds(
        Check,
        st.sampled_from([0, 0, 3, 10]),
        st.sampled_from([1.0, 1.0, 0.6]),
        st.sampled_from([None, 1, 1, 2]),
    )
    term = draw(st.integers(1, 90))
    more = st.builds(
        More,
        st.sampled_from([0.1, 0.5, 0.8]),
        st.sampled_from([0.2, 0.5, 1.0]),
        st.integers(1, 3),
        st.integers(1, max(term // 2, 1)),
    )
    return Level(
        name,
        tuple(draw(some)),
        draw(st.integers(20, 250)),
        term,
        draw(st.sampled_from(councils) | check if councils else check),
        draw(st.booleans()),
        draw(st.none() | st.integers(1, 40)),
        draw(st.booleans()),
        draw(st.none() | more) if term > 1 else None,
    )


@st.composite
def schemes(draw: st.DrawFn, classes: Sequence[str], units: int = 1) -> Scheme:
    """One to three tiers, and the panels that decide on them."""
    names = [f"panel{number}" for number in range(draw(st.integers(0, 2)))]
    count = draw(st.integers(max(len(names), 1), 3))
    levels = [draw(level(f"tier{number}", classes, names)) for number in range(count)]
    ahead = draw(st.sampled_from([0, 0, 4, 25, 200]))
    for place, each in enumerate(levels):
        time = each.term - (ahead if each.renew else 0)
        if each.more is not None and each.more.every >= time:
            levels[place] = replace(each, more=None)
    asked = {each.review for each in levels if isinstance(each.review, str)}
    return Scheme(
        tuple(levels),
        tuple(draw(council(name)) for name in names if name in asked),
        ahead,
        draw(st.sampled_from([1.0, 1.0, 1.3, 0.5])),
        draw(st.booleans()),
        units,
    )
