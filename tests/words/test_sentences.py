"""Sentences: exact spans, no crossing of lines, and the news cases in news_sentences.txt."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.words.sentences import sentences

CASES = [
    line.split("\t")
    for line in (Path(__file__).parent / "news_sentences.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]
KNOWN_WRONG = {
    "Lines 1. and 2. of the metro stay shut.¦ Line 3 reopens.",
    '("Dr. Weiss was right.")¦ No one replied.',
}
"""What we know to be wrong still."""


@pytest.mark.parametrize(("language", "marked"), CASES, ids=[f"{c[0]}-{n}" for n, c in enumerate(CASES)])
def test_news_sentences_end_where_a_reader_ends_them(language: str, marked: str) -> None:
    want = [part.strip() for part in marked.split("¦")]
    text = marked.replace("¦", "")
    have = [text[start:end] for start, end in sentences(text, language)]
    assert (have == [w for w in want if w]) is (marked not in KNOWN_WRONG)


TEXTS = st.text(alphabet=st.sampled_from("aB.!? \n\t\"'“”()1…😀é\u2028\u00a0"), max_size=120)


@given(TEXTS, st.sampled_from(["en", "de", "fr", "ru", "und", "", "zh-Hant"]))
def test_spans_cover_all_that_is_not_blank_once_and_in_order(text: str, language: str) -> None:
    spans = sentences(text, language)
    assert all(start < end for start, end in spans)
    assert all(a[1] <= b[0] for a, b in pairwise(spans))
    inside = [i for start, end in spans for i in range(start, end)]
    assert {i for i, c in enumerate(text) if not c.isspace()} <= set(inside)
    assert all(not text[s].isspace() and not text[e - 1].isspace() for s, e in spans)


@given(st.lists(st.text(alphabet='aB. "', max_size=30), max_size=6), st.sampled_from(["\n", "\n\n", "\r\n", "\u2028"]))
def test_no_sentence_crosses_the_end_of_a_paragraph(paragraphs: list[str], end: str) -> None:
    text = end.join(paragraphs)
    assert not any(set(text[s:e]) & set(end) for s, e in sentences(text, "en"))


def test_a_sentence_that_ends_with_no_is_not_joined() -> None:
    text = "She said no. He left."
    assert [text[s:e] for s, e in sentences(text, "en")] == ["She said no.", "He left."]


@pytest.mark.parametrize("pattern", ["Mr. ", '"a. ', "(a. ", "A.B. ", ". ", '"', "1. ", "M. X. ", "… "])
def test_the_cost_is_linear_in_what_an_adversary_writes(pattern: str) -> None:
    text = pattern * 30_000
    spans = sentences(text, "fr")
    assert spans[0][0] == 0
    assert spans[-1][1] == len(text.rstrip())
