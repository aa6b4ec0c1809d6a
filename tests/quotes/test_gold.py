from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tasks.quotes.attribution import Attribution
from tasks.quotes.gold import attributions, labelled, paragraph_marks
from tests.quotes.brat import ROAD, ROAD_BRAT


def test_attributions_of_standoff_lines() -> None:
    first, second = attributions(ROAD_BRAT)
    assert [ROAD[a:b] for a, b in first.content] == ['"The road is closed,"', '"and nobody came."']
    assert first.source is not None
    assert ROAD[slice(*first.source)] == "Ada Lund"
    assert second.cue is not None
    assert ROAD[slice(*second.cue)] == "according to"


def test_a_note_that_breaks_a_line_and_an_event_without_cue_are_passed_over() -> None:
    assert attributions("T1\tContent 0 3\tabc\nthe note goes on\nE1\tAttribution:T9 Content:T1") == []


def test_labels_tell_on_which_side_the_partner_stands() -> None:
    kinds = {ROAD[a:b]: kind for a, b, kind in labelled(attributions(ROAD_BRAT), len(ROAD))}
    assert kinds['"The road is closed,"'] == "contentright"
    assert kinds['"and nobody came."'] == "contentleft"
    assert kinds["said"] == "cueleft"
    assert kinds["according to"] == "cueright"


spans = st.tuples(st.integers(0, 40), st.integers(0, 40)).map(lambda pair: (min(pair), max(pair) + 1))


@given(st.lists(st.builds(Attribution, st.lists(spans, min_size=1, max_size=3).map(tuple), spans, st.none() | spans), max_size=5))
def test_labels_are_disjoint_and_inside(found: list[Attribution]) -> None:
    place = 0
    for start, end, _ in labelled(found, 41):
        assert place <= start < end <= 41
        place = end


@given(st.text(alphabet="ab \n\t¶", max_size=40))
def test_paragraph_marks_keep_every_place(text: str) -> None:
    marked = paragraph_marks(text)
    assert len(marked) == len(text)
    assert "\n" not in marked
    assert all(a == b or a.isspace() for a, b in zip(text, marked, strict=True))
