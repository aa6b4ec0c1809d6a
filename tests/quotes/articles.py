"""Articles of our own for the tests."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from tasks.config import QuoteSettings
from tasks.tables import ARTICLES

RULES_ALONE = QuoteSettings(model=None)


def table(*texts: str, language: str = "en", kinds: tuple[str, ...] = (), copies: dict[int, int] | None = None) -> pa.Table:
    """ARTICLES of texts with one paragraph a line."""
    rows = []
    for number, text in enumerate(texts):
        paragraphs, place = [], 0
        for index, line in enumerate(text.split("\n")):
            kind = kinds[index] if index < len(kinds) else "body"
            paragraphs.append({"start": place, "end": place + len(line), "kind": kind, "copy_of": (copies or {}).get(index)})
            place += len(line) + 1
        row: dict[str, Any] = dict.fromkeys(ARTICLES.schema.names)
        row |= {"article_id": f"{number:020x}", "text": text, "language": language, "paragraphs": paragraphs, "source": "s", "uri": "u"}
        rows.append(row)
    return pa.Table.from_pylist(rows, schema=ARTICLES.schema)
