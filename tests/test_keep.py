"""KEEP: the only place where rows leave, each that leaves with its reason."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from tasks.config import Settings
from tasks.keep import KEEP, UNSIGNED
from tasks.tables import STORIES
from tests.summarize.written_articles import HARBOUR, article, articles


def told(article_id: str, *, canonical: bool) -> dict[str, Any]:
    row = dict.fromkeys(STORIES.schema.names)
    return row | {"story_id": "s", "article_id": article_id, "canonical_id": "first", "is_canonical": canonical, "copied_share": 1.0}


def kept(names: list[str], *rows: dict[str, Any]) -> tuple[list[str], list[str], list[dict[str, Any]]]:
    """Ids of kept and canonical articles, and the rejects' rows; `names` are those that SIGN read, the first of them canonical."""
    stories = STORIES.rows(told(name, canonical=number == 0) for number, name in enumerate(names))
    articles_, canonical, rejects = KEEP.run(articles(*rows), stories, Settings())
    return articles_["article_id"].to_pylist(), canonical["article_id"].to_pylist(), rejects.to_pylist()


FIRST, COPY = article("first", HARBOUR), article("copy", HARBOUR)
EMPTY = article("empty", HARBOUR, reject_stage="extract", reject="no_article", reject_message="no article was found")
UNREAD = article("unread", HARBOUR, reject_stage="fetch", reject="unreadable", reject_message="no permission")
LOST = article("lost", HARBOUR, source="wire", uri="day.jsonl#3", raw_sha256="0" * 64)


def test_what_has_a_reason_leaves_with_it() -> None:
    ids, canonical, rejects = kept(["first", "copy"], FIRST, EMPTY, COPY, UNREAD)
    assert (ids, canonical) == (["first", "copy"], ["first"])
    assert [(row["document"], row["stage"], row["reason"], row["retryable"]) for row in rejects] == [
        ("empty", "extract", "no_article", False),
        ("unread", "fetch", "unreadable", True),
    ]


def test_an_article_without_a_story_leaves_as_one_that_sign_could_not_be_run_on() -> None:
    """A document that ended SIGN's process has no signature, so no story: it is told, with its own stage, and never in silence."""
    ids, canonical, rejects = kept(["first", "copy"], FIRST, LOST, COPY, EMPTY)
    assert (ids, canonical) == (["first", "copy"], ["first"])
    lost, empty = rejects
    assert lost == {
        "document": "lost",
        "source": "wire",
        "uri": "day.jsonl#3",
        "stage": "sign",
        "reason": "internal",
        "message": UNSIGNED,
        "raw_sha256": "0" * 64,
        "retryable": False,
    }
    assert (empty["stage"], empty["reason"], empty["message"]) == ("extract", "no_article", "no article was found")


@pytest.mark.parametrize("rows", [(LOST,), (LOST, EMPTY)])
def test_where_no_article_has_a_story_all_leave(rows: tuple[dict[str, Any], ...]) -> None:
    ids, canonical, rejects = kept([], *rows)
    assert (ids, canonical) == ([], [])
    assert [row["reason"] for row in rejects] == ["internal", "no_article"][: len(rows)]


def test_nothing_is_nothing() -> None:
    tables: tuple[pa.Table, ...] = KEEP.run(articles(), STORIES.empty(), Settings())
    assert [table.num_rows for table in tables] == [0, 0, 0]
