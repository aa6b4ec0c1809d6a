"""Articles for the tests, written for them."""

from typing import Any

import pyarrow as pa

from tasks.tables import ARTICLES

HARBOUR = [
    ("dateline", "LOWHAVEN (Tidewire) -"),
    ("body", "The harbour board voted on Tuesday to close the old ferry pier for two years. Repairs will cost 4.2 million crowns."),
    ("body", '"We had no choice," board chair Mira Tolland said. "The piles are rotten."'),
    ("body", "Shop owners on the quay fear that visitors will stay away. Some of them have asked the board for help with the rent."),
    ("body", "The board will hear the owners on May 14. The first ferry ran from the pier in 1911."),
    ("boilerplate", "Subscribe to our newsletter for more news from the coast."),
]


def article(article_id: str, blocks: list[tuple[str, str]], **columns: Any) -> dict[str, Any]:
    """A row of ARTICLES; datelines stand before their body on one line, other blocks on lines of their own."""
    text, spans = "", []
    for kind, block in blocks:
        spans.append({"start": len(text), "end": len(text) + len(block), "kind": kind, "copy_of": None})
        text += block + (" " if kind == "dateline" else "\n")
    row = dict.fromkeys(ARTICLES.schema.names)
    return row | {"article_id": article_id, "text": text.rstrip("\n"), "paragraphs": spans, "language": "en", "flags": []} | columns


def articles(*rows: dict[str, Any]) -> pa.Table:
    """A table of ARTICLES rows."""
    return ARTICLES.rows(rows)
