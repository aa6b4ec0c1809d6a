"""Texts made from others without being copies: on record where a desk asks for it, and never in a story."""

from __future__ import annotations

import datetime as dt

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.config import CopySettings
from tasks.dedup import evaluate_duplicates
from tests.dedup.texts import NIGHT, articles, edited, night, relations, signed, story_of, words

A = words("a", 240)
REWORDED = edited(A, 0.3, 1)
STATEMENT = words("statement", 110)


def run(texts: dict[str, list[str]], reuse: float = 0.25) -> tuple[pa.Table, pa.Table, pa.Table]:
    return night(signed(articles(texts), reuse=reuse), reuse=reuse)


def test_a_reworded_text_is_on_record_and_in_no_story() -> None:
    copies, stories, _ = run({"a": A, "b": REWORDED, "c": words("other", 240)})
    assert relations(copies) == {("b", "a"): "reuse"}
    assert story_of(stories) == {"a": "a", "b": "b", "c": "c"}
    row = copies.to_pylist()[0]
    assert row["method"] == "phrases"
    assert row["decided"].startswith("words in shared runs of three 0.")
    assert 0 < row["jaccard"] < 0.5


def test_it_is_left_out_unless_asked_for() -> None:
    tonight = signed(articles({"a": A, "b": REWORDED}))
    assert tonight["phrases"].null_count == 2
    assert len(night(tonight)[0]) == 0


def test_a_statement_that_both_print_is_no_reuse() -> None:
    texts = {name: [*words(name, 100), *STATEMENT, *words(name + "2", 60)] for name in "ab"}
    assert len(run(texts)[0]) == 0


def test_passages_from_several_places_are_reuse() -> None:
    taken = [*words("one", 50), *A[20:60], *words("two", 50), *A[150:190], *words("three", 50)]
    assert relations(run({"a": A, "b": taken})[0]) == {("b", "a"): "reuse"}


def test_house_lines_are_no_reuse() -> None:
    lines = [words(("line", n), 30) for n in range(3)]
    texts = {f"{n:02d}": [x for m, line in enumerate(lines) for x in (*words((n, m), 25), *line)] for n in range(40)}
    assert len(run(texts)[0]) == 0


def test_what_an_earlier_night_wrote_is_found_and_what_it_did_not_sign_is_not() -> None:
    for reuse, found in ((0.25, {("b", "a"): "reuse"}), (0.0, {})):
        _, _, before = run({"a": A}, reuse)
        copies, _, _ = night(signed(articles({"b": REWORDED}), reuse=0.25), before, NIGHT + dt.timedelta(days=1), reuse=0.25)
        assert relations(copies) == found


PLAN = st.lists(st.tuples(st.integers(0, 2), st.sampled_from([0.0, 0.1, 0.3, 0.5]), st.integers(0, 3)), min_size=2, max_size=8)


@given(PLAN, st.randoms())
@settings(max_examples=25, deadline=None)
def test_order_and_unrelated_texts_change_no_row(plan: list[tuple[int, float, int]], chance: object) -> None:
    texts = {f"{n:02d}": edited(words(("base", source), 150), share, seed) for n, (source, share, seed) in enumerate(plan)}
    wanted = run(texts)
    keys = list(texts)
    chance.shuffle(keys)  # type: ignore[attr-defined]
    beside = run({"zz": words("unrelated", 150), **{key: texts[key] for key in keys}})
    assert beside[0].to_pylist() == wanted[0].to_pylist()
    assert [row for row in beside[1].to_pylist() if row["article_id"] != "zz"] == wanted[1].to_pylist()
    plain = run(texts, 0.0)
    assert plain[0].to_pylist() == [row for row in wanted[0].to_pylist() if row["relation"] != "reuse"]
    assert plain[1].equals(wanted[1])


def test_reuse_counts_in_a_file_of_pairs_and_not_among_texts() -> None:
    pairs = pa.table({"text_a": [" ".join(A)] * 2, "text_b": [" ".join(REWORDED), " ".join(words("other", 240))], "label": [1, 0]})
    assert evaluate_duplicates(pairs)["f1"] == 1.0
    for columns in ({"text": [" ".join(A), " ".join(REWORDED)]}, {"text": [" ".join(A), " ".join(REWORDED)], "cluster": ["1", "2"]}):
        found = evaluate_duplicates(pa.table(columns), CopySettings(reuse=0.25))
        assert (found["precision"], found["recall"]) == (1.0, 1.0)


@pytest.mark.parametrize("text", ["", "word " * 300_000, "the of and a to in " * 2000], ids=["empty", "one word", "stop words"])
def test_odd_texts_change_nothing(text: str) -> None:
    assert relations(run({"a": A, "b": REWORDED, "c": text.split()})[0]) == {("b", "a"): "reuse"}
