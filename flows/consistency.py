"""What ties the tables of a night together: counts, keys that lead somewhere, spans that say what they claim. Pure.

A night may be larger than memory: of each table only the columns of keys are held, and the texts of one file of articles at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tasks.errors import ContractError
from tasks.tables import SPECS, plain

Piece = Callable[[Sequence[str]], pa.Table]
"""One file of a table: names of columns -> those columns. What is in memory already is one by its `select`."""
Tables = Mapping[str, Sequence[Piece]]
Fault = tuple[str, str]
"""Table, and what does not hold in it."""
AT_ONCE = 1000
"""Rows that are Python's at the same time."""

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


def columns(tables: Tables, table: str, names: Sequence[str]) -> pa.Table:
    """Some columns of a table, all its files together."""
    pieces = [plain(piece(names)) for piece in tables[table]]
    return pa.concat_tables(pieces) if pieces else plain(SPECS[table].empty().select(names))


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
    ids = set(columns(tables, "articles", ["article_id"])["article_id"].to_pylist())
    early = set(columns(tables, "rejects", ["document"])["document"].to_pylist()) - ids
    if len(ids) + len(early) != documents:
        raise ContractError(f"{documents} documents were read, but {len(ids)} became articles and {len(early)} were set aside")


def faults(tables: Tables) -> Iterator[Fault]:
    """Everything that does not hold."""
    held = {table: columns(tables, table, _wanted(table)) for table in tables}
    for table, rows in held.items():
        yield from _twice(table, rows)
    yield from _strays(held)
    members = held["stories"]["article_id"]
    if len(pc.unique(members)) != len(members):
        yield "stories", ".article_id: an article stands in more than one story"
    yield from _spans(tables)


def _wanted(table: str) -> list[str]:
    """The columns of a table's own key, and those that lead to others or that others lead to."""
    links = [column for one, column, *_ in KEYS if one == table] + [key for *_, other, key in KEYS if other == table]
    return list(dict.fromkeys([*SPECS[table].key, *links]))


def _twice(table: str, rows: pa.Table) -> Iterator[Fault]:
    """A key that stands in two files; within one file its contract forbids it."""
    key = list(SPECS[table].key)
    counted = rows.group_by(key).aggregate([([], "count_all")])
    if counted.num_rows != rows.num_rows:
        (one,) = counted.filter(pc.greater(counted["count_all"], 1)).slice(0, 1).select(key).to_pylist()
        yield table, f": the key {one} stands in more than one row"


def _strays(held: Mapping[str, pa.Table]) -> Iterator[Fault]:
    for table, column, other, key in KEYS:
        rows = held[table]
        if column == "article_id" and table == "stances":
            rows = rows.filter(pc.not_equal(rows["holder_level"], "outlet"))  # there it is an outlet's id
        values = rows[column]
        wanted = pc.and_(pc.is_valid(values), pc.not_equal(values, ""))
        stray = rows.filter(pc.and_(wanted, pc.invert(pc.is_in(values, value_set=pc.unique(held[other][key])))))
        if stray.num_rows:
            yield table, f".{column}: {stray[column][0]} is no {other} row ({stray.num_rows} such rows)"


def _spans(tables: Tables) -> Iterator[Fault]:
    """Whatever points into a text, one file of articles after the other; the files of other tables are cut as those of articles are."""
    ids = {table: [set(piece(["article_id"])["article_id"].to_pylist()) for piece in tables[table]] for table in SPANS}
    additions = [
        {**one, "story_id": row["story_id"]}
        for piece in tables["roundups"]
        for row in _rows(piece, ["story_id", "additions"])
        for one in row["additions"] or ()
    ]
    for piece, here in zip(tables["articles"], ids["articles"], strict=True):
        texts = {row["article_id"]: row["text"] for row in _rows(piece, ["article_id", "text"])}
        for table, (names, look) in SPANS.items():
            for other, there in zip(tables[table], ids[table], strict=True):
                if not here.isdisjoint(there):
                    yield from _looked_at(table, _rows(other, names), look, texts)
        yield from _told(additions, texts)
    known = set().union(*ids["articles"])
    yield from _told((one for one in additions if one["article_id"] not in known), None)


def _rows(piece: Piece, names: Sequence[str]) -> Iterator[dict[str, Any]]:
    for batch in plain(piece(names)).to_batches(max_chunksize=AT_ONCE):
        yield from batch.to_pylist()


def _looked_at(
    table: str, rows: Iterable[Mapping[str, Any]], look: Callable[[Mapping[str, Any], str], str | None], texts: Mapping[str, str]
) -> Iterator[Fault]:
    for row in rows:
        if row["article_id"] in texts and (fault := look(row, texts[row["article_id"]])):
            yield table, f": {row['article_id']}: {fault}"


def _told(additions: Iterable[Mapping[str, Any]], texts: Mapping[str, str] | None) -> Iterator[Fault]:
    """Additions to stories that are not the text at their spans; `None` stands for articles that there are none of."""
    for one in additions:
        text = "" if texts is None else texts.get(one["article_id"])
        if text is not None and text[one["start"] : one["end"]] != one["text"]:
            yield "roundups", f": {one['story_id']}: an addition is not the text at its span"


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
