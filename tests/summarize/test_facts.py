"""Numbers, dates, names and negations that a summary must not make up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.summarize.facts import negations, new_names, new_numbers

ARTICLE = (
    "LOWHAVEN - Board chair Mira Tolland said on Tuesday that 1,200 of the 3.5 million visitors came by ferry in June. "
    "The United Coast League, in which Ukraine has a seat, met twenty-two times. A dozen owners did not agree."
)


@pytest.mark.parametrize(
    "sentence",
    [
        "Some 1200 visitors came by ferry.",
        "The league met 22 times, said Tolland.",
        "Twelve owners disagree.",
        "Mira Tolland's board spoke on Tuesday.",
        "The UCL has a Ukrainian seat.",
        "Officials said 3.5m visitors came.",
        "LOWHAVEN",
        "lowhaven's visitors",
    ],
)
def test_what_the_article_has_is_not_new(sentence: str) -> None:
    assert not new_numbers(sentence, ARTICLE)
    assert not new_names(sentence, ARTICLE)


@pytest.mark.parametrize(
    "sentence",
    [
        "Some 1300 came.",
        "It met 23 times.",
        "It met on Friday.",
        "It cost 3.5 billion.",
        "Seven owners agree.",
        "On July 4 it met.",
        "In 2014 it met.",
    ],
)
def test_a_new_number_or_date_is_seen(sentence: str) -> None:
    assert new_numbers(sentence, ARTICLE)


@pytest.mark.parametrize(
    "sentence", ["The chair, Osk Lane, spoke.", "Osk Lane spoke.", "It met in Paris.", "The UN met.", "NATO spoke."]
)
def test_a_new_name_is_seen(sentence: str) -> None:
    assert new_names(sentence, ARTICLE)


def test_a_sentences_first_word_is_no_name() -> None:
    assert not new_names("Visitors came. Fishermen stayed.", ARTICLE)


def test_negations_are_counted_in_several_languages() -> None:
    assert [negations(t) for t in ("He didn't go.", "Er kam nicht.", "Il n'est pas venu.", "Он не пришёл.", "He went.")] == [
        1,
        1,
        1,
        1,
        0,
    ]


@given(st.text(max_size=200))
def test_no_text_is_news_to_itself(text: str) -> None:
    assert not new_numbers(text, text)
    assert not new_names(text, text)
