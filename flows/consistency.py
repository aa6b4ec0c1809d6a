"""What ties the tables of a night together: counts, keys that lead somewhere, spans that say what they claim. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tasks.errors import ContractError
from tasks.tables import plain

Tables = Mapping[str, pa.Table]
Fault = tuple[str, str]
"""Table, and what does not hold in it."""

KEYS = (
    ("stories", "article_id", "articles", "article_id"),
    ("articles", "article_id", "stories", "article_id"),
    ("copies", "article_id", "articles", "article_id"),
    ("summaries", "article_id", "articles", "article_id"),
    ("roundups", "story_id", "stories", "story_id"),
    ("quotes", "article_id", "articles", "article_id"),
    ("quotes", "repeat_of", "quotes", "quote_id"),
    ("stances", "article_id", "articles", "article_id"),
    ("stances", "quote_id", "quotes", "quote_id"),
)
"""Table, column -> the table and column in which each of its values stands. The second row with the first: every article is told in a
story. `copies.other_id` and `stories.canonical_id` may be articles of earlier nights."""


def consistent(tables: Tables) -> None:
    """Check a night's tables.

    Raises:
        ContractError: the first thing that does not hold.
    """
    for table, fault in faults(tables):
        raise ContractError(f"{table}{fault}")


def complete(tables: Tables, documents: int) -> None:
    """Check that every document that was read is an article or a reject: nothing is lost on the way.

    Args:
        documents: how many the sources brought.

    Raises:
        ContractError: the sum is another; the numbers are told.
    """
    early = {row["document"] for row in tables["rejects"].select(["document"]).to_pylist()}
    early -= set(tables["articles"]["article_id"].to_pylist())
    articles = tables["articles"].num_rows
    if articles + len(early) != documents:
        raise ContractError(f"{documents} documents were read, but {articles} became articles and {len(early)} were set aside")


def faults(tables: Tables) -> Iterator[Fault]:
    """Everything that does not hold."""
    yield from _keys(tables)
    members = tables["stories"]["article_id"]
    if len(pc.unique(members)) != len(members):
        yield "stories", ".article_id: an article stands in more than one story"
    texts = dict(zip(tables["articles"]["article_id"].to_pylist(), tables["articles"]["text"].to_pylist(), strict=True))
    for table, (columns, look) in SPANS.items():
        for row in plain(tables[table].select(columns)).to_pylist():
            if row["article_id"] in texts and (fault := look(row, texts[row["article_id"]])):
                yield table, f": {row['article_id']}: {fault}"
    for row in tables["roundups"].select(["story_id", "additions"]).to_pylist():
        if any(texts.get(one["article_id"], "")[one["start"] : one["end"]] != one["text"] for one in row["additions"] or ()):
            yield "roundups", f": {row['story_id']}: an addition is not the text at its span"


def _keys(tables: Tables) -> Iterator[Fault]:
    for table, column, other, key in KEYS:
        rows = tables[table]
        if column == "article_id" and table == "stances":
            rows = rows.filter(pc.not_equal(rows["holder_level"].cast(pa.string()), "outlet"))  # there it is an outlet's id
        values = rows[column]
        wanted = pc.and_(pc.is_valid(values), pc.not_equal(values, ""))
        stray = rows.filter(pc.and_(wanted, pc.invert(pc.is_in(values, value_set=pc.unique(tables[other][key])))))
        if stray.num_rows:
            yield table, f".{column}: {stray[column][0]} is no {other} row ({stray.num_rows} such rows)"


def _within(spans: Any, text: str) -> bool:
    return all(0 <= span["start"] <= span["end"] <= len(text) for span in spans or ())


def _article(row: Mapping[str, Any], text: str) -> str | None:
    return None if _within(row["paragraphs"], text) else "a paragraph lies outside the text"


def _quote(row: Mapping[str, Any], text: str) -> str | None:
    if " ".join(text[span["start"] : span["end"]] for span in row["content"]) != row["text"]:
        return f"{row['quote_id']}: the content's spans do not give its text"
    if row["cue_start"] is not None and text[row["cue_start"] : row["cue_end"]] != row["cue"]:
        return f"{row['quote_id']}: text[cue_start:cue_end] is not the cue"
    return None if _within(row["insertions"], text) else f"{row['quote_id']}: an insertion lies outside the text"


def _stance(row: Mapping[str, Any], text: str) -> str | None:
    start, end = row["evidence_start"], row["evidence_end"]
    return None if start is None or text[start:end] == row["evidence"] else f"{row['target_id']}: text[start:end] is not the evidence"


def _summary(row: Mapping[str, Any], text: str) -> str | None:
    basis = text if row["kind"] == "extractive" else row["text"] or ""
    if any(not 0 <= span["start"] < span["end"] <= len(basis) for span in row["sentences"]):
        return f"a sentence lies outside the {'article' if row['kind'] == 'extractive' else 'summary'}"
    return None if _within(row["support"], text) else "what backs a sentence lies outside the article"


SPANS: dict[str, tuple[list[str], Callable[[Mapping[str, Any], str], str | None]]] = {
    "articles": (["article_id", "paragraphs"], _article),
    "quotes": (["article_id", "quote_id", "content", "text", "cue", "cue_start", "cue_end", "insertions"], _quote),
    "stances": (["article_id", "target_id", "evidence_start", "evidence_end", "evidence"], _stance),
    "summaries": (["article_id", "kind", "text", "sentences", "support"], _summary),
}
"""Table -> the columns that are looked at, and what finds a row's fault, given the text of its article."""
