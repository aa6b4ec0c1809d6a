"""A speaker is somebody: whose aide, what body, which plural; and nobody where there is nobody."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tasks.quotes import quotes
from tasks.quotes.attribution import Attribution
from tasks.quotes.find import _with_name
from tasks.quotes.names import read_mention
from tasks.quotes.wording import Wording
from tests.quotes.articles import RULES_ALONE, table


@pytest.mark.parametrize(
    ("mention", "kind", "name"),
    [
        ("The president of the [Haldmark] Farmers' League, Jost Amelung,", "name", "Jost Amelung"),
        ("the director of the operating company Torvhydro, Stepan Korda,", "name", "Stepan Korda"),
        ("The mayor of Nesselau, Oskar Bredehorst,", "name", "Oskar Bredehorst"),
        ("a spokesman for Ada Lund", "title", "spokesman for Ada Lund"),
        ("advisers to Mr. Reed", "title", "advisers to Mr. Reed"),
        ("officials in Grauhafen", "title", "officials in Grauhafen"),
        ("Secretary of State Omar Reed", "name", "Omar Reed"),
        ("Ada Lund of the Port Authority", "name", "Ada Lund"),
        ("The National Parents' Council", "organisation", "National Parents' Council"),
        ("the Dockworkers’ Union", "organisation", "Dockworkers’ Union"),
        ("Dockworkers' Union chair Maren Tolk", "name", "Maren Tolk"),
        ("Ministry of Labour", "organisation", "Ministry of Labour"),
        ("Rep. Omar Reed (R-Utah)", "name", "Omar Reed"),
        ("Rep. Omar Reed (R-Ut", "name", "Omar Reed"),
        ("But Reed", "name", "Reed"),
        ("nobody", "nobody", ""),
        ("Those who know the river", "nobody", ""),
        ("Others", "nobody", ""),
        ("figures that the operator Torvhydro publishes", "nobody", ""),
        ("a new poll", "nobody", ""),
        ("Die Vorsitzende", "title", "Vorsitzende"),
        ("eine Mutter", "title", "Mutter"),
        ("Verbandspräsident Jost Amelung", "name", "Jost Amelung"),
    ],
)
def test_who_a_mention_means(mention: str, kind: str, name: str) -> None:
    found = read_mention(mention)
    assert (found.kind, found.name) == (kind, name)


def test_the_article_tells_a_surname_from_a_plural_and_a_place() -> None:
    wording = Wording("Members of parliament met in Nesselau. Ada Waters came. The members left, so did Waters. Observers said no.")
    assert wording.read("Members").kind == "title"
    assert wording.read("Observers").kind == "title"
    assert wording.read("Waters").kind == "name"
    assert wording.read("Nesselau").kind == "organisation"
    assert Wording("Reed said so.").read("Reed").kind == "name"


def said(text: str, language: str = "en") -> list[Any]:
    found, rejects = quotes(table(text, language=language), RULES_ALONE)
    assert rejects.num_rows == 0
    return [row["speaker"] for row in found.to_pylist()]


def test_a_pronoun_is_no_plural_place_or_sentence_before_it() -> None:
    text = (
        "Ada Lund said that the dam had drowned Nesselau. Torvia says that the dam saved it.\n"
        "Members said that the road is closed.\nShe added that nobody in Nesselau had slept."
    )
    assert said(text) == ["Ada Lund", "Torvia", "Members", "Ada Lund"]


def test_who_stands_for_the_words_before_it_in_its_sentence() -> None:
    assert said('The mood is less arithmetical. A crane driver, who said that "they never asked us", went home.') == ["crane driver"]


def test_a_president_of_elsewhere_is_not_ours() -> None:
    text = "President Omar Reed said that the road is closed.\nThe president of Torvia said that the port is open."
    assert said(text) == ["Omar Reed", "president of Torvia"]


@pytest.mark.parametrize(
    ("text", "source", "cue", "found"),
    [
        ("Minister Ada Lund, until now the treaty's strongest advocate, said", "the treaty's strongest", "said", "Ada Lund"),
        ("Ada Lund, chair of the Council, who had agreed, said", "chair of the Council, who had agreed", "said", "Ada Lund"),
        ("It went to Ada Lund, the minister said", "the minister", "said", None),
        ("In August, several groups, all of them old, said", "several groups, all of them old", "said", None),
    ],
)
def test_an_apposition_belongs_to_its_name(text: str, source: str, cue: str, found: str | None) -> None:
    at = text.index(source)
    one = Attribution(((0, 1),), (text.rindex(cue), text.rindex(cue) + len(cue)), (at, at + len(source)))
    assert one.source is not None
    start, end = _with_name(text, one.source, one.cue)
    assert end == one.source[1]
    assert text[start:].startswith(found) if found else start == at


@pytest.mark.parametrize(
    ("text", "speaker"),
    [
        ("„Am ersten Tag ist das ein Abenteuer“, sagte eine Mutter, die nicht genannt sein wollte. „Fragen Sie am Freitag.“", "Mutter"),
        ("„Wir streiken nicht gegen die Kinder“, sagte die Vorsitzende des Lehrerbundes, Nora Feldkamp.", "Nora Feldkamp"),
        ("„Wir haben davon nichts gewusst“, sagte Bürgermeister Bredehorst. „Gar nichts.“", "Bredehorst"),
        ("„Ein Vertrag ohne Kontrolle ist keiner“, rief Verbandspräsident Jost Amelung unter Beifall.", "Jost Amelung"),
        ("Die Vorsitzende sagte: „Der Hafen bleibt im Winter zu.“", "Vorsitzende"),
    ],
)
def test_german_offices_are_no_names(text: str, speaker: str) -> None:
    assert said(text, "de") == [speaker]


def test_german_pronouns() -> None:
    text = "„Man öffnet keinen Überlauf ohne Anruf“, sagt Edda Wolkenhauer.\n„Lieber gestern als morgen“, sagte sie."
    assert said(text, "de") == ["Edda Wolkenhauer", "Edda Wolkenhauer"]


@pytest.mark.parametrize("unit", ["a-", "A.", "in A ", "Ada ", "sss-"])
def test_an_articles_wording_is_read_in_linear_time(unit: str) -> None:
    began = time.process_time()
    Wording(unit * (300_000 // len(unit)))
    assert time.process_time() - began < 4
