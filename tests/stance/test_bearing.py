"""Rules of the codebook in code: in passing or addressed, hoped of, whose clause it is, an author's sentences as one verdict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from tasks.config import Target
from tasks.stance import contexts
from tasks.stance.bearing import is_handed, is_in_passing, is_wanted, points_back
from tasks.stance.contexts import extent
from tasks.stance.inputs import Span
from tasks.stance.questions import AUTHOR_SENTENCES, ask
from tasks.stance.targets import mentions
from tasks.stance.verdict import label, ruled, speaks_most, united
from tests.stance.test_questions import TUNNEL, article, quote

TOWN = Target(id="town", name="Grauhafen", type="entity", aliases=("Greyport",))


@pytest.mark.parametrize(
    ("words", "passing"),
    [
        ("We want a quick settlement of the dispute in Grauhafen.", True),
        ("The meeting of envoys of Norland and Grauhafen allowed them to agree.", True),
        ("He came for direct talks with Greyport, broken off in spring.", True),
        ("The conflict between Norland and Grauhafen is old.", True),
        ("We shall present Grauhafen with a draft.", True),
        ("He sent the papers to Greyport.", True),
        ("They gave Grauhafen a chance. Grauhafen wasted it.", False),
        ("We believe in Grauhafen.", False),
        ("I have no confidence in Grauhafen.", False),
        ("Grauhafen must answer.", False),
        ("The talks with Greyport failed because Grauhafen lied.", False),
        ("We have not had a reply from Grauhafen.", False),
    ],
)
def test_named_in_passing_or_addressed(words: str, passing: bool) -> None:
    assert is_in_passing(words, TOWN, mentions(words, TOWN)) is passing


def test_only_places_and_parties_are_in_passing() -> None:
    words = "There are errors in the harbour tunnel."
    assert not is_in_passing(words, TUNNEL, mentions(words, TUNNEL))


def test_words_without_a_pointer_do_not_address_what_was_named_before() -> None:
    assert points_back("We will vote against it", (0, 23))
    assert not points_back("We rowed all night", (0, 18))


def test_taking_no_side_in_passing_is_none_and_a_side_stays() -> None:
    given = article('"We want to settle the dispute in Grauhafen," Ida Brandt said.')
    question, _ = ask(given, [quote(given, "We want to settle the dispute in Grauhafen,", "Ida Brandt", "Ida Brandt")], [TOWN])
    assert question.passing
    assert label(ruled(question, np.array([0.1, 0.1, 0.7, 0.1])), 0.6) == ("none", pytest.approx(0.8))
    assert label(ruled(question, np.array([0.7, 0.1, 0.1, 0.1])), 0.6) == ("favor", pytest.approx(0.7))


TALKS = Target(id="talks", name="Grauhafen talks", type="event", aliases=("talks", "the negotiations"))


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("Norland is ready for talks.", True),
        ("Norland is ready to hand the other side a draft during the second round of talks in Grauhafen.", True),
        ("We are willing to host the negotiations.", True),
        ("We are interested in the negotiations.", True),
        ("He had put forward an initiative to resume direct talks, broken off two years ago.", True),
        ("He proposed talks.", True),
        ("They invited both sides to the negotiations.", True),
        ("She called for talks.", True),
        ("Norland is not ready for talks.", False),
        ("Norland is ready to leave the negotiations.", False),
        ("We would be willing to come to the negotiations.", False),
        ("We are ready for talks only if the guns fall silent.", True),
        ("Only if the guns fall silent are we ready for talks.", False),
        ("Nobody here is interested in talks.", False),
        ("Norland has not yet received an answer to its proposal to hold talks.", False),
        ("She proposed to call off the negotiations.", False),
        ("The army is ready. The negotiations began on Monday.", False),
        ("The proposed talks cost a lot.", False),
        ("The talks began at nine.", False),
        ("We hope that Greyport will take the negotiations seriously.", True),
        ("She hopes for talks.", True),
        ("We hope that the talks fail.", False),
        ("I hope there will never be talks.", False),
        ("We hope that Greyport will stay away from the talks.", False),
        ("The talks held in Grauhafen allowed them to agree on a number of steps.", True),
        ("The negotiations brought real progress.", True),
        ("The negotiations brought no progress.", False),
        ("The talks helped nobody to agree.", False),
    ],
)
def test_who_wants_it_is_not_neutral(words: str, wanted: bool) -> None:
    given = article(f"{words[:-1]}, Lund said.")
    question, _ = ask(given, [said(given, words[:-1], "Lund", words[-9:-1])], [TALKS])
    assert question.wanted is wanted
    neutral = np.array([0.2, 0.05, 0.7, 0.05])
    assert ruled(question, neutral) == pytest.approx([0.9, 0.05, 0, 0.05] if wanted else neutral)
    assert not is_wanted(given["text"], TOWN, (0, len(given["text"])), mentions(given["text"], TALKS))


@pytest.mark.parametrize(
    ("words", "handed"),
    [
        ("We are ready to present Grauhafen with a memorandum.", True),
        ("He sent the papers to Greyport.", True),
        ("We shall give Grauhafen all the help it needs.", False),
        ("Grauhafen has sent a letter.", False),
        ("We sent Grauhafen a letter because we trust Grauhafen.", False),
    ],
)
def test_a_paper_is_no_favor(words: str, handed: bool) -> None:
    given = article(f"{words[:-1]}, Lund said.")
    assert is_handed(given["text"], TOWN, mentions(given["text"], TOWN)) is handed
    question, _ = ask(given, [said(given, words[:-1], "Lund", words[-9:-1])], [TOWN])
    assert ruled(question, np.array([0.6, 0.1, 0.2, 0.1]))[0] == (0 if handed else 0.6)


def test_an_offer_in_the_cue_is_an_offer() -> None:
    given = article("Lund proposed to resume talks.")
    row = said(given, "to resume talks", "Lund", "talks")
    assert not ask(given, [row], [TALKS])[0].wanted
    assert ask(given, [{**row, "cue_start": 5, "cue_end": 13}], [TALKS])[0].wanted


def said(given: dict, words: str, speaker: str, mention: str) -> dict:
    row = quote(given, words, speaker, mention)
    return {**row, "cue_start": None, "cue_end": None, "kind": "indirect", "confidence": 0.9}


@pytest.mark.parametrize(
    ("text", "words", "speaker", "read"),
    [
        (
            "Lund said the harbour tunnel is a gift, while Tarr said the harbour tunnel is a fraud.",
            "the harbour tunnel is a gift",
            "Lund",
            "Lund said the harbour tunnel is a gift",
        ),
        (
            "Lund said the harbour tunnel is a gift, while Tarr said the harbour tunnel is a fraud.",
            "the harbour tunnel is a fraud",
            "Tarr",
            "Tarr said the harbour tunnel is a fraud.",
        ),
        (
            "Lund said the harbour tunnel is a gift, but he has never seen it.",
            "the harbour tunnel is a gift",
            "Lund",
            "Lund said the harbour tunnel is a gift, but he has never seen it.",
        ),
    ],
)
def test_a_speaker_is_not_read_through_anothers_clause(text: str, words: str, speaker: str, read: str) -> None:
    given = article(text)
    row = said(given, words, speaker, words.rsplit(maxsplit=1)[-1])
    at = text.index(speaker)
    question = ask(given, [{**row, "speaker_start": at, "speaker_end": at + len(speaker)}], [TUNNEL])[0]
    assert given["text"][slice(*question.context)] == read
    assert question.holder_spans == ((at, at + len(speaker)),)


def test_another_quotation_in_the_sentence_is_cut_off() -> None:
    given = article("The harbour tunnel is a gift, Lund said; the harbour tunnel is a fraud, Tarr said.")
    rows = [said(given, "The harbour tunnel is a gift", "Lund", "Lund"), said(given, "the harbour tunnel is a fraud", "Tarr", "Tarr")]
    first, second, _ = ask(given, rows, [TUNNEL])
    assert given["text"][slice(*first.context)] == "The harbour tunnel is a gift, Lund said"
    assert given["text"][slice(*second.context)] == "the harbour tunnel is a fraud, Tarr said."


def test_a_pronoun_stands_for_what_anothers_clause_names() -> None:
    given = article("Lund praised the harbour tunnel, but Tarr called it a disaster.")
    question = ask(given, [said(given, "it a disaster", "Tarr", "disaster")], [TUNNEL])[0]
    assert question.mention == "implicit"
    assert "Lund" not in given["text"][slice(*question.context)]
    assert [given["text"][a:b] for a, b in question.target_spans] == ["it"]


def test_all_of_an_authors_sentences_are_asked_about() -> None:
    given = article(*["The harbour tunnel is long.", "It rained.", "The harbour tunnel must be built."] * 8)
    asked = ask(given, [], [TUNNEL])
    assert len(asked) == AUTHOR_SENTENCES
    assert {question.level for question in asked} == {"author"}
    assert {given["text"][slice(*question.evidence)] for question in asked} == {
        "The harbour tunnel is long.",
        "The harbour tunnel must be built.",
    }


def test_words_that_hardly_are_a_quotation_stay_the_authors() -> None:
    given = article("The harbour tunnel asks us to trust a neighbour.")
    row = {**said(given, "The harbour tunnel asks us", "x", "us"), "speaker": None, "confidence": 0.1}
    assert [question.level for question in ask(given, [row], [TUNNEL])] == ["author"]


def test_a_few_sentences_with_a_side_outweigh_many_without() -> None:
    neutral, favor = [0.02, 0.02, 0.94, 0.02], [0.9, 0.02, 0.06, 0.02]
    one = united(np.array([neutral] * 7 + [favor] * 3))
    assert one.sum() == pytest.approx(1)
    assert label(one, 0.6)[0] == "favor"
    assert label(united(np.array([neutral] * 5)), 0.6) == ("neutral", pytest.approx(0.94))
    assert label(united(np.array([favor, [0.02, 0.9, 0.06, 0.02]])), 0.6)[0] == "unclear"
    assert speaks_most(np.array([neutral, favor]), "favor") == 1
    assert speaks_most(np.array([neutral, favor]), "neutral") == 0


def test_a_flood_of_quotations_takes_work_in_proportion(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at = 0

    def counted(quote: Mapping[str, Any], within: Span) -> Span:
        nonlocal looked_at
        looked_at += 1
        return extent(quote, within)

    monkeypatch.setattr(contexts, "extent", counted)

    def work(count: int) -> int:
        nonlocal looked_at
        looked_at = 0
        given = article("the harbour tunnel is a gift, Lund said, " * count)
        step = len("the harbour tunnel is a gift, Lund said, ")
        rows = [
            {**said(given, "the harbour tunnel is a gift", "Lund", "Lund"), "content": [{"start": n * step, "end": n * step + 28}]}
            for n in range(count)
        ]
        assert len(ask(given, rows, [TUNNEL])) == count + 1
        return looked_at

    assert 0 < work(2000) <= 11 * work(200)
