"""The question's form: marks, windows, and what a text may not smuggle in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.stance.inputs import AUTHOR, describe, find_mentions, question


def test_marks_stand_around_what_the_spans_say() -> None:
    text = "Rudenko hopes that Kiev listens."
    assert question("Rudenko", "Ukraine", text, [(0, 7)], [(19, 23)]) == (
        "Rudenko toward Ukraine",
        "† Rudenko † hopes that « Kiev » listens.",
    )


def test_without_spans_names_are_found_by_whole_words() -> None:
    assert (
        question("Lee", "Park", "Lee accused Park; Leeds and Parker did not.")[1]
        == "† Lee † accused « Park » ; Leeds and Parker did not."
    )


def test_all_mentions_are_marked() -> None:
    assert question(None, "war", "War is war.")[1] == "« War » is « war » ."


def test_a_possessive_is_found_by_its_name() -> None:
    assert find_mentions("He read Trump's book", "Trump’s") == [(8, 13)]


def test_author_and_nobody_are_told_apart_and_not_marked() -> None:
    assert describe(AUTHOR, "the tax") == "author toward the tax"
    assert describe(None, "the tax") == "toward the tax"
    assert "†" not in question(AUTHOR, "tax", "An author wrote on the tax.")[1]


def test_the_texts_own_marks_are_no_marks() -> None:
    segments = question("A «x» †", "t", "« quoted » † text on t")
    assert segments == ('A "x" * toward t', '" quoted " * text on « t »')


def test_nested_spans_keep_both_marks() -> None:
    assert question("Trump", "Trump campaign", "The Trump campaign won.")[1] == "The « † Trump † campaign » won."


def test_a_long_text_is_cut_around_the_first_mention() -> None:
    text = " ".join(f"w{i}" for i in range(500)) + " Kiev " + " ".join(f"v{i}" for i in range(500))
    words = question(None, "Kiev", text, words=40)[1].split()
    assert "«" in words
    assert "Kiev" in words
    assert "»" in words
    assert words[0] == "w490"
    assert len(words) <= 42


@pytest.mark.parametrize("span", [(3, 3), (-1, 2), (2, 99)])
def test_a_span_outside_is_refused(span: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="offsets into"):
        question(None, "x", "short", (), [span])


@given(st.text(max_size=60), st.text(max_size=12), st.text(max_size=12))
def test_any_text_gives_two_plain_segments(text: str, holder: str, target: str) -> None:
    a, b = question(holder or None, target, text)
    assert a.count("«") == a.count("†") == 0
    assert b.count("«") == b.count("»")
    assert b.count("†") % 2 == 0
    assert not any("\ue000" <= char <= "\ue003" for char in a + b)
