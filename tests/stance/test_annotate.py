"""Human labels: the sample is blind and even, a bad sheet is refused whole, agreement is alpha, a label holds for all members."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tasks.config import load
from tasks.errors import Unusable
from tasks.stance.annotate import SHEET, against_model, agreement, labelled, sample
from tasks.tables import ARTICLES, LABELLED, STANCES, STORIES

CONFIG = load(Path(__file__).resolve().parents[2] / "configs" / "demo.toml")
TEXT = "Before it. The tunnel must be built, she said. After it."


def stances(labels: list[str]) -> pa.Table:
    blank = dict.fromkeys(STANCES.schema.names)
    return STANCES.rows(
        {
            **blank,
            "article_id": "a",
            "target_id": "tunnel",
            "holder_level": "quoted_speaker",
            "quote_id": f"q{number}",
            "label": label,
            "confidence": 0.9,
            "evidence_start": 11,
            "evidence_end": 35,
            "evidence": TEXT[11:35],
        }
        for number, label in enumerate(labels)
    )


ARTICLE = ARTICLES.rows([{**dict.fromkeys(ARTICLES.schema.names), "article_id": "a", "text": TEXT, "outlet": "vpa"}])
MEMBER = {**dict.fromkeys(STORIES.schema.names), "story_id": "s", "article_id": "a", "canonical_id": "a", "is_canonical": True}
STORY = STORIES.rows([MEMBER])


def sheet(labels: list[str], coders: tuple[str, ...] = ("ann",), rows: int = 100) -> pa.Table:
    drawn = sample(stances(labels), ARTICLE, STORY, CONFIG, rows, "1").to_pylist()
    return pa.Table.from_pylist([{**row, "label": "favor", "coder": coder} for row in drawn for coder in coders])


def test_the_sample_is_blind_even_and_repeatable() -> None:
    given = stances(["favor"] * 40 + ["against"] * 4 + ["none"] * 4)
    drawn = sample(given, ARTICLE, STORY, CONFIG, 12, "1")
    assert tuple(drawn.schema.names) == SHEET
    rows = drawn.to_pylist()
    assert {row["label"] for row in rows} == {""}
    assert "0.9" not in str(rows)
    labels = dict(zip(given["quote_id"].to_pylist(), given["label"].to_pylist(), strict=True))
    drawn_labels = [labels[row["quote_id"]] for row in rows]
    assert [drawn_labels.count(name) for name in ("favor", "against", "none")] == [4, 4, 4]
    assert all(row["before"] + row["evidence"] + row["after"] == TEXT for row in rows)
    assert drawn.equals(sample(given, ARTICLE, STORY, CONFIG, 12, "1"))
    assert not drawn.equals(sample(given, ARTICLE, STORY, CONFIG, 12, "2"))


def test_a_bad_sheet_is_refused_with_every_fault() -> None:
    rows = sheet(["favor"] * 3).to_pylist()
    rows[0]["label"], rows[1]["coder"] = "for", " "
    with pytest.raises(Unusable) as caught:
        labelled(pa.Table.from_pylist(rows))
    assert "'for'" in str(caught.value)
    assert rows[1]["item_id"] in str(caught.value)
    with pytest.raises(Unusable, match=r"lacks the column\(s\) label"):
        labelled(sheet(["favor"]).drop_columns(["label"]))
    rows[0]["label"] = rows[1]["label"] = ""
    assert labelled(pa.Table.from_pylist(rows)).num_rows == 1


def given(votes: list[tuple[str, str, str]]) -> pa.Table:
    blank: dict[str, Any] = dict.fromkeys(LABELLED.schema.names, "")
    key = {"story_id": "s", "article_id": "other", "target_id": "tunnel", "holder_level": "quoted_speaker"}
    return LABELLED.rows(
        {**blank, **key, "item_id": item, "quote_id": item, "coder": coder, "label": said} for item, coder, said in votes
    )


def test_agreement_is_krippendorffs_alpha() -> None:
    """Two coders, nominal data: alpha by the formula of Krippendorff (2011), 1 - (n - 1) D_o / D_e over the coincidences."""
    names = {"a": "favor", "b": "against", "c": "neutral", "d": "none", "e": "favor"}
    first, second = "bbcccccccaad", "bccccccccaad"
    assert len(first) == len(second)
    votes = [(f"q{n}", coder, names[letter]) for coder, said in (("x", first), ("y", second)) for n, letter in enumerate(said)]
    found = agreement(given(votes))
    pairs = len(first)
    counts = [(first + second).count(letter) for letter in "abcd"]
    expected = 1 - (2 * pairs - 1) * 2 / ((2 * pairs) ** 2 - sum(count**2 for count in counts))
    assert found["shared"] == pairs
    assert found["alpha"] == pytest.approx(expected)
    assert found["alpha_low"] <= found["alpha"] <= found["alpha_high"]
    assert agreement(given(votes[:1]))["alpha"] is None


def test_a_label_holds_for_the_story_and_a_tie_for_nothing() -> None:
    votes = [("q0", "x", "favor"), ("q0", "y", "favor"), ("q1", "x", "favor"), ("q2", "x", "none"), ("q2", "y", "favor")]
    found = against_model(given(votes), stances(["favor", "against", "none", "unclear"]), STORY)
    assert (found["rows"], found["abstained"], found["accuracy"]) == (2, 0, 0.5)
    assert found["ece"] == pytest.approx(0.4)
