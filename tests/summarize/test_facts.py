"""Numbers, dates, names and negations that a summary must not make up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.summarize.facts import negations, new_names, new_numbers
from tasks.summarize.numerals import LANGUAGES, named

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


@pytest.mark.parametrize(
    ("language", "article", "same", "other"),
    [
        ("de", "Am Montag kamen zwölf Schiffe im März.", "12 Schiffe kamen montags.", "Am Dienstag kamen dreizehn Schiffe."),
        ("de", "Das Amt zählt zweihundert Boote.", "Es sind zweihundert.", "Es sind einundzwanzig."),
        ("fr", "Lundi, douze bateaux sont venus.", "Le 12, un lundi.", "Mardi, treize bateaux."),
        ("es", "El lunes llegaron doce barcos en enero.", "Eran 12 en enero.", "Eran once en febrero."),
        ("it", "Dodici navi sono arrivate lunedì.", "Erano 12 lunedì.", "Erano tredici martedì."),
        ("nl", "Twaalf schepen kwamen maandag.", "Het waren er 12 op maandag.", "Dertien kwamen dinsdag."),
        ("pt", "Doze navios chegaram na segunda-feira.", "Eram 12 na segunda-feira.", "Eram treze na terça-feira."),
        ("ru", "В понедельник пришли двенадцать судов.", "Их 12, с понедельника.", "Во вторник пришли тринадцать."),
        ("uk", "У понеділок прийшли дванадцять суден.", "Їх 12, з понеділка.", "У вівторок прийшли тринадцять."),
        ("tr", "Pazartesi on iki gemi geldi.", "Pazartesi on iki gemi.", "Salı yirmi gemi geldi."),
    ],
)
def test_number_words_and_dates_of_other_languages(language: str, article: str, same: str, other: str) -> None:
    assert not new_numbers(same, article, language)
    assert len(new_numbers(other, article, f"{language}-XX")) >= 1


@given(st.text(max_size=30), st.sampled_from(sorted(LANGUAGES)))
def test_any_word_can_be_read(word: str, language: str) -> None:
    assert all(named(word.lower(), language))
