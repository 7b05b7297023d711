"""The hash of a table: of what it says, whichever way its words are kept."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from simulator.results.writer import table_hash

WORDS = st.lists(st.sampled_from(["", "a", "b", "ab", "национальный"]), max_size=8)


def hash_of(column: pa.Array) -> str:
    return table_hash(pa.table({"word": column}))


@given(WORDS, st.permutations(["", "a", "b", "ab", "национальный", "never said"]))
def test_words_by_number_hash_as_words_do(words: list[str], known: list[str]) -> None:
    numbers = pa.array([known.index(word) for word in words], pa.int32())
    by_number = pa.DictionaryArray.from_arrays(numbers, pa.array(known, pa.string()))
    assert hash_of(by_number) == hash_of(pa.array(words, pa.string()))


@given(WORDS, WORDS)
def test_other_words_hash_otherwise(some: list[str], others: list[str]) -> None:
    hashes = [hash_of(pa.array(words, pa.string()).dictionary_encode()) for words in (some, others)]
    assert (hashes[0] == hashes[1]) == (some == others)


def test_a_word_that_is_missing_is_not_an_empty_one() -> None:
    missing, empty = (pa.array(["a", word]).dictionary_encode() for word in (None, ""))
    assert hash_of(missing) != hash_of(empty)
    assert hash_of(missing) == hash_of(pa.array(["a", None]))
