from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.quotes.attribution import Attribution
from tasks.quotes.names import read_mention
from tasks.quotes.speakers import Cast


@pytest.mark.parametrize(
    ("mention", "kind", "name", "role"),
    [
        ("Norlandian Deputy Trade Minister Anna Berg", "name", "Anna Berg", "Deputy Trade Minister"),
        ("Anna Berg, a spokeswoman for the port,", "name", "Anna Berg", "spokeswoman for the port"),
        ("the party's campaign manager, Anna Berg", "name", "Anna Berg", "party's campaign manager"),
        ("Sen. Omar Reed", "name", "Omar Reed", "Sen."),
        ("Mr. Reed", "name", "Reed", ""),
        ("Austen D. Gool, an adviser to the board", "name", "Austen D. Gool", "adviser to the board"),
        ("Pierre de Vos", "name", "Pierre de Vos", ""),
        ("the Chancellery", "organisation", "Chancellery", ""),
        ("The Port Authority", "organisation", "Port Authority", ""),
        ("the Ministry of Trade", "organisation", "Ministry of Trade", ""),
        ("Mr. Reed's advisers", "title", "Mr. Reed's advisers", ""),
        ("Several political experts", "title", "Several political experts", ""),
        ("a senior official", "title", "senior official", "senior official"),
        ("Aides", "title", "Aides", ""),
        ("He", "pronoun", "he", ""),
        ("", "nobody", "", ""),
    ],
)
def test_a_mention_is_read(mention: str, kind: str, name: str, role: str) -> None:
    found = read_mention(mention)
    assert (found.kind, found.name, found.role) == (kind, name, role)


def speakers(text: str, *mentions: str) -> list[str | None]:
    spans = [(text.index(m), text.index(m) + len(m)) for m in mentions]
    cast = Cast(text, [Attribution(((0, 1),), None, span) for span in spans])
    return [cast.who(span, [], []).name for span in spans]


def test_two_of_one_surname_are_told_apart_by_honorific() -> None:
    text = "Omar Reed and Ada Reed came. Mr. Reed went left. Ms. Reed went right. Omar Reed left."
    assert speakers(text, "Mr. Reed", "Ms. Reed") == ["Omar Reed", "Ada Reed"]


def test_a_word_before_the_name_at_a_sentence_s_beginning_is_no_part_of_it() -> None:
    assert speakers("Using Ted Holm as a guide. Ted Holm came. Holm said so.", "Holm said"[:4]) == ["Ted Holm"]


def test_who_is_the_name_before_it() -> None:
    assert speakers("Anna Berg, who leads the port, came.", "who") == ["Anna Berg"]


@given(st.text(max_size=60))
def test_any_mention_can_be_read(mention: str) -> None:
    assert read_mention(mention).kind in {"name", "organisation", "title", "pronoun", "nobody"}
