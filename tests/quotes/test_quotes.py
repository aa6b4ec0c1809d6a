"""The step on articles of our own: every kind of quotation, its speaker, and what is none."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tasks.quotes import quotes
from tests.quotes.articles import RULES_ALONE, table

TALKS = """Harbour Talks to Resume - Ministry
Northland hopes that the island government will take the talks seriously, Norlandish Deputy Trade Minister Anna Berg said on Friday.
On Wednesday, Norlandish Foreign Minister Paul Stern said that the delegation is ready to present a draft in Marburg on June 2. \
At the same time, the Chancellery said that Northland has not yet received an answer from the island.
"Northland wants a speedy settlement. This was confirmed by [Northland] President [Viktor] Holm, who on May 10 put forward \
an initiative to reopen the northern harbour, closed in the spring," Berg said at the 10th \
Conference "Northland and the Isles: Trade in a New Age."
She noted that "the meeting in Marburg allowed them to agree on a number of steps."
"We hope that the island will take these talks seriously this time," Berg noted."""


def rows(text: str, **more: Any) -> list[dict[str, Any]]:
    found, rejects = quotes(table(text, **more), RULES_ALONE)
    assert rejects.num_rows == 0
    return found.to_pylist()  # type: ignore[no-any-return]


def brief(text: str, **more: Any) -> list[tuple[Any, ...]]:
    return [(row["kind"], row["speaker"], row["words"]) for row in rows(text, **more)]


def test_an_agency_report_whole() -> None:
    found = rows(TALKS, kinds=("title",))
    assert [(r["kind"], r["speaker"], r["cue"], r["speaker_method"]) for r in found] == [
        ("indirect", "Anna Berg", "said", "explicit_name"),
        ("indirect", "Paul Stern", "said", "explicit_name"),
        ("indirect", "Chancellery", "said", "organisation"),
        ("direct", "Anna Berg", "said", "explicit_name"),
        ("indirect", "Viktor Holm", "put forward an initiative", "explicit_name"),
        ("mixed", "Anna Berg", "noted", "pronoun"),
        ("direct", "Anna Berg", "noted", "explicit_name"),
    ]
    assert found[0]["role"] == "Deputy Trade Minister"
    assert found[4]["chain"] == ["Anna Berg", "Viktor Holm"]
    assert found[3]["words"].startswith("Northland wants a speedy settlement. This was confirmed by President Holm, who")
    assert [TALKS[i["start"] : i["end"]] for i in found[3]["insertions"]] == ["[Northland]", "[Viktor]"]
    for row in found:
        assert row["text"] == " ".join(TALKS[s["start"] : s["end"]] for s in row["content"])
        assert row["cue"] == TALKS[row["cue_start"] : row["cue_end"]]


def test_paragraphs_that_repeat_another_are_left_out() -> None:
    text = '"We will stay here," Ada Lund said.\n"We will stay here," Ada Lund said.'
    assert len(rows(text)) == 2
    assert len(rows(text, copies={1: 0})) == 1


def test_the_same_words_said_again_point_to_the_first() -> None:
    first, second = rows('"We will stay here until the spring," Ada Lund said.\nLund said again: "We will stay here until the spring."')
    assert second["repeat_of"] == first["quote_id"]
    assert first["repeat_of"] is None


def test_a_quotation_of_two_paragraphs_with_the_first_left_open() -> None:
    (row,) = rows("“The road is closed,” Ada Lund said. “Nobody came.\n“Nobody will come.”")
    assert row["speaker"] == "Ada Lund"
    assert row["kind"] == "direct"
    assert row["words"] == "The road is closed, Nobody came. Nobody will come."


def test_the_cue_inside_the_quotation_makes_two_spans() -> None:
    (row,) = rows('"The road is closed," said Ada Lund, a spokeswoman for the port, "and nobody came."')
    assert (row["kind"], row["speaker"], row["role"]) == ("direct", "Ada Lund", "spokeswoman for the port")
    assert len(row["content"]) == 2


def test_a_pronoun_goes_by_gender() -> None:
    text = "Mr. Omar Reed said that the road is closed.\nMs. Ada Lund said that the port is open.\nHe added that nobody came."
    assert [r["speaker"] for r in rows(text)] == ["Omar Reed", "Ada Lund", "Omar Reed"]


def test_a_title_stands_for_its_holder() -> None:
    text = "Foreign Minister Omar Reed said that the road is closed.\nThe minister added that nobody came to the port."
    assert [(r["speaker"], r["speaker_method"]) for r in rows(text)] == [("Omar Reed", "explicit_name"), ("Omar Reed", "title_np")]


def test_according_to() -> None:
    (row,) = rows("The road will be closed until spring, according to the Port Authority.")
    assert (row["kind"], row["speaker"]) == ("indirect", "Port Authority")


@pytest.mark.parametrize(
    ("language", "text", "speaker"),
    [
        ("de", "„Der Hafen bleibt im Winter geschlossen“, sagte die Sprecherin Ada Lund am Freitag.", "Ada Lund"),
        ("de", "Ada Lund sagte: „Der Hafen bleibt im Winter geschlossen.“", "Ada Lund"),
        ("fr", "« Le port restera fermé cet hiver », a déclaré Ada Lund vendredi.", "Ada Lund"),
        ("es", "«El puerto seguirá cerrado este invierno», dijo Ada Lund.", "Ada Lund"),
        ("ru", "«Порт будет закрыт всю зиму», — сказала Ада Лунд в пятницу.", "Ада Лунд"),
        ("tr", "“Liman bu kış kapalı kalacak” diyen Lund çıktı.", None),
    ],
)
def test_direct_quotations_in_other_languages(language: str, text: str, speaker: str | None) -> None:
    found, _ = quotes(table(text, language=language), RULES_ALONE)
    (row,) = found.to_pylist()
    assert (row["kind"], row["speaker"]) == ("direct", speaker)


def test_no_quotation_no_row() -> None:
    assert rows('The workers\' road to the "Old Harbour" was closed in the spring.') == []


@pytest.mark.parametrize(
    "unit",
    [
        '"',
        "“a ",
        '"We go," he said. ',
        "said ",
        "Ada Lund said that she hopes to ",
        "[",
        "[a] ",
        "He said that. ",
        "Ada, who said ",
        "‘a ",
        "A, a, ",
    ],
)
def test_a_flood_of_anything_takes_time_in_proportion(unit: str) -> None:
    def seconds(size: int) -> float:
        began = time.process_time()
        quotes(table(unit * (size // len(unit))), RULES_ALONE)
        return time.process_time() - began

    seconds(1000)
    assert seconds(60_000) < 4


def test_languages_that_are_not_asked_for_and_rejected_articles_have_no_rows() -> None:
    assert rows('"We will stay here," Ada Lund said.', language="xx") == []
