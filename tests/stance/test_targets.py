"""Where a target is named: whole words, inflected, short names in their own case; linear on hostile text."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.config import Target
from tasks.stance.targets import mentions

TREATY = Target(id="treaty", name="Vessen treaty", type="policy", aliases=("river treaty", "Vessen-Vertrag", "EU", "Kiew"))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The Vessen treaty's critics met.", ["Vessen treaty's"]),
        ("the VESSEN  Treaty was signed", ["VESSEN  Treaty"]),
        ("Der Entwurf des Vessen-Vertrages liegt vor.", ["Vessen-Vertrages"]),
        ("river treaties are many, the river treaty is one", ["river treaty"]),
        ("The EU said; eu is no name, EUs is none", ["EU"]),
        ("Kiews Antwort an Kiew", ["Kiews", "Kiew"]),
        ("non-EU states and EU-wide rules", ["EU"]),
        ("nothing here", []),
    ],
)
def test_mentions(text: str, found: list[str]) -> None:
    assert [text[a:b] for a, b in mentions(text, TREATY)] == found


ABROAD = Target(
    id="ukraine",
    name="Ukraine",
    aliases=(
        "Украина",
        "Київ",
        "украинские переговоры",
        "Ukrayna",
        "أوكرانيا",
        "الحكومة",
        "乌克兰",
        "der Vertrag",
        "torwische Regierung",
    ),
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Президент Украины прибыл на Украину.", ["Украины", "Украину"]),
        ("Украинство здесь ни при чём", []),
        ("У Києві та з Київом", ["Київом"]),
        ("Участники украинских переговоров ушли", ["украинских переговоров"]),
        ("Ukrayna'nın yanıtı ve Ukrayna’ya", ["Ukrayna'nın", "Ukrayna’ya"]),
        ("وأوكرانيا ترد، بالحكومة", ["وأوكرانيا", "بالحكومة"]),
        ("俄罗斯与乌克兰举行会谈", ["乌克兰"]),
        ("Wegen des Vertrags und dem Vertrag", ["des Vertrags", "dem Vertrag"]),
        ("mit der torwischen Regierung", ["torwischen Regierung"]),
        ("l'Ukraine et d’Ukraine", ["Ukraine", "Ukraine"]),
    ],
)
def test_names_in_other_languages(text: str, found: list[str]) -> None:
    assert [text[a:b] for a, b in mentions(text, ABROAD)] == found


@given(st.text(alphabet="Vesn treayEUKiw'’s-. ", max_size=300))
def test_spans_are_in_order_and_inside(text: str) -> None:
    spans = mentions(text, TREATY)
    assert all(0 <= a < b <= len(text) for a, b in spans)
    assert all(left[1] <= right[0] for left, right in pairwise(spans))


@pytest.mark.parametrize("unit", ["Vessen ", "river treat", "EU", " \n", "Vessen-Vertrag", "Vessen'"])
def test_a_megabyte_takes_linear_time(unit: str) -> None:
    small, large = unit * (20_000 // len(unit)), unit * (1_000_000 // len(unit))
    began = time.process_time()
    mentions(small, TREATY)
    middle = time.process_time()
    mentions(large, TREATY)
    assert time.process_time() - middle < 100 * max(middle - began, 0.02)  # 50 times the text: far from its square
