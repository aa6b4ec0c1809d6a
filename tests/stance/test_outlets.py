"""An outlet's stance: the mean of its articles' own voices, copies that it ran included, quotes never."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from tasks.config import StanceSettings
from tasks.stance.outlets import aggregate
from tasks.tables import ARTICLES, STANCES, STORIES


def stance(article: str, level: str, favor: float, against: float) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(STANCES.schema.names)
    spare = 1 - favor - against
    row |= {
        "article_id": article,
        "target_id": "tunnel",
        "holder_level": level,
        "quote_id": "" if level == "author" else f"q-{article}",
    }
    row |= {
        "mention": "explicit",
        "p_favor": favor,
        "p_against": against,
        "p_neutral": spare,
        "p_none": 0.0,
        "label": "favor",
        "model": "m",
        "codebook": "2",
    }
    return row


def tables(outlets: dict[str, str], members: list[tuple[str, str, float]]) -> tuple[pa.Table, pa.Table]:
    blank = dict.fromkeys(ARTICLES.schema.names)
    articles = ARTICLES.rows({**blank, "article_id": name, "outlet": outlet} for name, outlet in outlets.items())
    stories = STORIES.rows(
        {
            **dict.fromkeys(STORIES.schema.names),
            "story_id": f"s-{canonical}",
            "article_id": member,
            "canonical_id": canonical,
            "is_canonical": member == canonical,
            "copied_share": share,
        }
        for member, canonical, share in members
    )
    return articles, stories


SETTINGS = StanceSettings(unclear_below=0.5, outlet_articles=2)


def test_mean_over_the_articles_that_the_outlet_ran() -> None:
    articles, stories = tables(
        {"a": "daily", "b": "daily", "c": "wire", "d": "daily"},
        [("a", "a", 1.0), ("b", "c", 0.95), ("c", "c", 1.0), ("d", "c", 0.3)],
    )
    rows = [stance("a", "author", 0.8, 0.1), stance("c", "author", 0.6, 0.2), stance("a", "quoted_speaker", 0.0, 1.0)]
    found = {row["article_id"]: row for row in aggregate(STANCES.rows(rows), articles, stories, SETTINGS).to_pylist()}
    assert set(found) == {"daily", "wire"}
    assert found["daily"]["articles"] == 2  # its own and the copy; not the one that only took a third
    assert found["daily"]["p_favor"] == pytest.approx(0.7)
    assert found["daily"]["label"] == "favor"
    assert found["wire"]["label"] == "unclear"  # one article is not enough
    assert {row["holder_level"] for row in found.values()} == {"outlet"}
    assert all(row["evidence"] is None and row["quote_id"] == "" for row in found.values())


def test_quotes_alone_give_an_outlet_no_stance() -> None:
    articles, stories = tables({"a": "daily"}, [("a", "a", 1.0)])
    assert aggregate(STANCES.rows([stance("a", "quoted_speaker", 0.9, 0.0)]), articles, stories, SETTINGS).num_rows == 0
