"""The profile against units counted second by second."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kernels.states import entry, state_of
from simulator.kernels import profile
from simulator.kernels.state import FAR, NOW, POINTS, State

HORIZON = 40
CHANGES = st.lists(
    st.tuples(st.integers(0, 25), st.integers(1, 9) | st.just(FAR), st.integers(-3, 3)), max_size=8
)


def _empty(free: int) -> State:
    state = state_of([1] * 10, [1] * 10, free)
    state.profile.time[0], state.profile.free[0] = 0, free
    state.counters[POINTS] = 1
    return state


def _made(free: int, changes: list[tuple[int, int, int]]) -> tuple[State, list[int]]:
    state, seconds = _empty(free), [free] * HORIZON
    for start, length, units in changes:
        end = FAR if length == FAR else start + length
        entry(profile.change)(state.profile, state.counters, start, end, units)
        for second in range(start, min(end, HORIZON)):
            seconds[second] += units
    return state, seconds


def _by_second(state: State) -> list[int]:
    points = int(state.counters[POINTS])
    times, free = state.profile.time[:points], state.profile.free[:points]
    assert all(times[1:] > times[:-1])
    return [int(free[times <= second][-1]) for second in range(HORIZON)]


@given(st.integers(0, 9), CHANGES)
def test_changes_add_up(free: int, changes: list[tuple[int, int, int]]) -> None:
    state, seconds = _made(free, changes)
    assert _by_second(state) == seconds


@given(st.integers(0, 9), CHANGES, st.integers(1, 9), st.integers(0, 9))
def test_the_earliest_place_is_found(
    free: int, changes: list[tuple[int, int, int]], gpus: int, walltime: int
) -> None:
    state, seconds = _made(free, changes)
    length = max(walltime, 1)
    beyond = seconds + [seconds[-1]] * (length + 1)
    fits = (s for s in range(HORIZON) if min(beyond[s : s + length]) >= gpus)
    expected = next(fits, FAR)
    assert entry(profile.earliest)(state.profile, state.counters, gpus, walltime) == expected
    now = min(beyond[:length]) >= gpus
    assert entry(profile.fits_now)(state.profile, state.counters, gpus, walltime) == now


@given(st.integers(0, 9), CHANGES, st.integers(0, 30))
def test_the_past_is_forgotten_and_nothing_else(
    free: int, changes: list[tuple[int, int, int]], now: int
) -> None:
    state, seconds = _made(free, changes)
    state.counters[NOW] = now
    entry(profile.forget_past)(state.profile, state.counters)
    assert state.profile.time[0] == now
    points = int(state.counters[POINTS])
    times, left = state.profile.time[:points], state.profile.free[:points]
    assert [int(left[times <= s][-1]) for s in range(now, HORIZON)] == seconds[now:]
