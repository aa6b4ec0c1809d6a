from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.quotes.marks import CLOSERS, is_title, quoted


def inner(text: str) -> list[str]:
    return [one.inner(text) for one in quoted(text, 0, len(text))]


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ('"We will go," he said.', ["We will go,"]),
        ("“We will go,” he said, “and stay.”", ["We will go,", "and stay."]),
        ("„Wir gehen“, sagte er.", ["Wir gehen"]),
        ("„Wir gehen”, sagte er.", ["Wir gehen"]),
        ("« Nous partons », dit-il.", [" Nous partons "]),
        ("«Мы идём», сказал он.", ["Мы идём"]),
        ("»Wir gehen«, sagte er.", ["Wir gehen"]),
        ("``We will go,'' he said.", ["We will go,"]),
        ("''We will go,'' he said.", ["We will go,"]),
        ("‘We don’t know,’ she said.", ["We don’t know,"]),
        ("'We don't know,' she said.", ["We don't know,"]),
        ("“He told me ‘no’ and left,” she said.", ["He told me ‘no’ and left,"]),
        ("\"He told me 'no' and left,\" she said.", ["He told me 'no' and left,"]),
        ("“He read “the book” and left,” she said.", ["He read “the book” and left,"]),
        ("The workers' union and the 6' wall don't quote.", []),
        ("“It begins here and goes on", ["It begins here and goes on"]),
        ('A 12" pipe broke.', []),
        ("", []),
        ('""', []),
    ],
)
def test_each_style_of_marks(text: str, want: list[str]) -> None:
    assert inner(text) == want


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ('at the conference "Rivers and Towns: Living in a Dry Land."', True),
        ('the film "Two Winters" was shown', True),
        ('"Rivers and Towns Are Ours," she said', False),
        ('He said "we are ready for this" on Monday', False),
        ('a report titled "Dry land"', True),
    ],
)
def test_a_title_is_no_quotation(text: str, title: bool) -> None:
    (one,) = quoted(text, 0, len(text))
    assert is_title(text, one) is title


@given(st.lists(st.sampled_from([*"ab .,s\n[(", *CLOSERS, *(c for v in CLOSERS.values() for c in v)]), max_size=60).map("".join))
def test_quotations_are_in_order_disjoint_and_begin_with_their_mark(text: str) -> None:
    place = 0
    for one in quoted(text, 0, len(text)):
        assert place <= one.start < one.end <= len(text)
        assert text.startswith(one.mark, one.start)
        place = one.end


@pytest.mark.parametrize("unit", ['"', "“", "'", "“a", "s' ", '"a" ', "‘a ", "''"])
def test_a_flood_of_marks_takes_linear_time(unit: str) -> None:
    text = unit * (200_000 // len(unit))
    began = time.process_time()
    quoted(text, 0, len(text))
    assert time.process_time() - began < 4
