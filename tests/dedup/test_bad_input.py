"""Texts that no newsroom writes."""

from __future__ import annotations

import time

import pytest

from tests.dedup.texts import articles, night, relations, signed, story_of, words


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n\t ",
        "\x00\x01",
        "…—“”",
        "word " * 1_000_000,
        "the of and a to in " * 2000,
        "x" * 3_000_000,
        "\u200b" * 1000,
        "中" * 100_000,
    ],
    ids=["empty", "blanks", "control", "punctuation", "one word", "stop words", "no blank", "zero width", "one ideograph"],
)
def test_one_odd_text_neither_fails_nor_changes_the_others(text: str) -> None:
    others = {"b": words(1), "c": words(1)}
    copies, stories, _ = night(signed(articles({"a": text, **others})))
    assert relations(copies) == {("c", "b"): "exact"}
    assert story_of(stories) == {"a": "a", "b": "b", "c": "b"}


def test_ten_megabytes_in_one_document_and_excerpts_of_it() -> None:
    long = words("long", 1_600_000)
    text = " ".join(long)
    assert len(text) > 9_000_000
    texts = {"a": text} | {f"b{n}": long[n * 1000 : n * 1000 + 150] for n in range(20)}
    begin = time.process_time()
    copies, _, _ = night(signed(articles(texts)))
    assert time.process_time() - begin < 30
    assert dict(relations(copies).items()) == {(f"b{n}", "a"): "excerpt" for n in range(20)}


def test_many_exact_copies_take_linear_time() -> None:
    spent = []
    text = " ".join(words("same", 60))
    for count in (5_000, 20_000):
        tonight = signed(articles({f"{n:06d}": text for n in range(count)}))
        begin = time.process_time()
        copies, stories, _ = night(tonight)
        spent.append(time.process_time() - begin)
        assert len(copies) == count - 1
        assert stories["canonical_id"].unique().to_pylist() == ["000000"]
    assert spent[1] < 10 * spent[0] + 0.5
