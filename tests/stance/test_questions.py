"""Who is asked about what: a speaker by the quote, the author by the words that nobody said, nobody by a repeat."""

from __future__ import annotations

from typing import Any

from tasks.config import Target
from tasks.stance.questions import ask

LEDE = "The town needs the harbour tunnel, engineers found in their report."
QUOTE = '"The harbour tunnel is a waste of money," mayor Ida Brandt said on Monday.'
LATER = '"We will vote against it," she added.'
FAR = '"It rained all night," the ferryman Olin Tarr said.'
TUNNEL = Target(id="tunnel", name="harbour tunnel", type="policy")


def article(*paragraphs: str, title: str = "Council meets", copies: dict[int, int] | None = None) -> dict[str, Any]:
    text, spans = "", []
    for number, words in enumerate(paragraphs):
        start = len(text)
        text += words + "\n"
        spans.append({"start": start, "end": start + len(words), "kind": "body", "copy_of": (copies or {}).get(number)})
    return {"text": text, "title": title, "language": "en", "paragraphs": spans}


def quote(given: dict[str, Any], words: str, speaker: str, mention: str, **changed: Any) -> dict[str, Any]:
    start = given["text"].index(words)
    named = given["text"].index(mention, start)
    row = {
        "quote_id": words[:8],
        "content": [{"start": start, "end": start + len(words)}],
        "speaker": speaker,
        "speaker_start": named,
        "speaker_end": named + len(mention),
        "chain": [speaker],
        "repeat_of": None,
    }
    return {**row, **changed}


def test_speaker_and_author_are_never_mixed() -> None:
    given = article(LEDE, QUOTE, LATER, FAR)
    quotes = [
        quote(given, "The harbour tunnel is a waste of money,", "Ida Brandt", "Ida Brandt"),
        quote(given, "We will vote against it,", "Ida Brandt", "she"),
    ]
    asked = ask(given, quotes, [TUNNEL])
    assert [(q.level, q.holder, q.mention) for q in asked] == [
        ("quoted_speaker", "Ida Brandt", "explicit"),
        ("quoted_speaker", "Ida Brandt", "implicit"),
        ("author", "author", "explicit"),
    ]
    explicit, implicit, author = asked
    assert given["text"][slice(*explicit.context)] == QUOTE
    assert given["text"][slice(*implicit.context)] == f"{QUOTE}\n{LATER}"
    assert given["text"][slice(*author.evidence)] == LEDE
    for question in asked:
        for a, b in question.target_spans:
            assert given["text"][a:b] == "harbour tunnel"
            assert question.context[0] <= a < b <= question.context[1]


def test_a_target_that_the_article_never_names_is_not_asked_about() -> None:
    given = article(FAR)
    assert ask(given, [quote(given, "It rained all night,", "Olin Tarr", "Olin Tarr")], [TUNNEL]) == []


def test_far_from_every_mention_nothing_is_asked_of_the_model() -> None:
    given = article(LEDE, *["The market was quiet on a grey and ordinary Monday morning in the old town."] * 8, FAR)
    (question, author) = ask(given, [quote(given, "It rained all night,", "Olin Tarr", "Olin Tarr")], [TUNNEL])
    assert question.mention == "not_mentioned"
    assert author.level == "author"


def test_repeats_are_nobodys_words_again() -> None:
    given = article(LEDE, QUOTE, QUOTE, copies={2: 1})
    words = "The harbour tunnel is a waste of money,"
    first = quote(given, words, "Ida Brandt", "Ida Brandt")
    again = {**first, "quote_id": "again", "repeat_of": first["quote_id"]}
    assert [q.quote_id for q in ask(given, [first, again], [TUNNEL]) if q.level == "quoted_speaker"] == [first["quote_id"]]


def test_a_sentence_that_others_fill_is_not_the_authors() -> None:
    given = article(QUOTE)
    asked = ask(given, [quote(given, "The harbour tunnel is a waste of money,", "Ida Brandt", "Ida Brandt")], [TUNNEL])
    assert [(question.level, question.mention) for question in asked] == [("quoted_speaker", "explicit"), ("author", "not_mentioned")]


def test_of_whom_something_is_hoped_is_no_favor_toward_them() -> None:
    town = Target(id="town", name="Grauhafen", type="entity", aliases=("the council of Grauhafen",))
    for words, hoped in (
        ("We hope that Grauhafen will take the offer seriously,", True),
        ("she expects the council of Grauhafen to answer,", True),
        ("We hope that the offer helps Grauhafen,", False),
        ("Grauhafen deserves our thanks,", False),
    ):
        given = article(f'"{words}" Ida Brandt said.')
        question, _ = ask(given, [quote(given, words, "Ida Brandt", "Ida Brandt")], [town])
        assert question.hoped is hoped, words
