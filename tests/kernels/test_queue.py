"""The queue against a sorted list."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kernels.states import entry, state_of
from simulator.kernels import queue
from simulator.kernels.state import FAR, FIRST_NEW, HEAD, TAIL, State

KEYS = st.lists(st.integers(-2, 2), min_size=1, max_size=30)


def _of(keys: list[int]) -> State:
    count = len(keys)
    state = state_of([position + 1 for position in range(count)], [7] * count, count)
    for position, key in enumerate(keys):
        entry(queue.insert)(state, position, float(key))
    return state


def _content(state: State) -> list[int]:
    live = slice(int(state.counters[HEAD]), int(state.counters[TAIL]))
    positions = [int(each) for each in state.queue.position[live]]
    assert [int(each) for each in state.queue.gpus[live]] == [each + 1 for each in positions]
    return positions


def _expected(keys: list[int]) -> list[int]:
    return sorted(range(len(keys)), key=lambda position: (-keys[position], position))


@given(KEYS)
def test_jobs_stand_by_key_then_position(keys: list[int]) -> None:
    assert _content(_of(keys)) == _expected(keys)


@given(KEYS, st.data())
def test_a_new_order_is_restored(keys: list[int], data: st.DataObject) -> None:
    state = _of(keys)
    new = [data.draw(st.integers(-2, 2)) for _ in keys]
    for place in range(len(keys)):
        state.queue.key[place] = new[state.queue.position[place]]
    entry(queue.sort)(state)
    assert _content(state) == _expected(new)


@given(KEYS, st.data())
def test_a_gap_closes_wherever_it_is(keys: list[int], data: st.DataObject) -> None:
    state, order = _of(keys), _expected(keys)
    first = data.draw(st.integers(0, len(keys)))
    behind = data.draw(st.integers(first, len(keys)))
    entry(queue.close_gap)(state, first, behind)
    assert _content(state) == order[:first] + order[behind:]


def test_the_queue_moves_to_the_front_when_its_arrays_end() -> None:
    state = _of([0, 0, 0])
    state.counters[HEAD] = 1  # the first has started
    entry(queue.insert)(state, 0, 0.0)  # it fills the last entry
    state.counters[HEAD] += 1
    state.counters[FIRST_NEW] = FAR
    entry(queue.insert)(state, 0, 5.0)
    assert _content(state) == [0, 1, 2]
    assert state.counters[HEAD] == 0
    assert state.counters[FIRST_NEW] == 0
