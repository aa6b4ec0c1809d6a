"""Training of the model that finds sources, cues and contents."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tasks.errors import Unusable
from tasks.models.token_data import Recipe, Tagged
from tasks.models.train_tokens import train_tokens
from tasks.quotes.gold import KINDS, attributions, labelled, paragraph_marks

COLUMNS = ("article", "text", "brat")


def read(table: pa.Table) -> list[tuple[str, Tagged]]:
    """(article id, text with its labelled spans) of a table with the columns article, text, brat.

    Raises:
        Unusable: a column is missing.
    """
    missing = [name for name in COLUMNS if name not in table.column_names]
    if missing:
        raise Unusable(f"quotes: no column {', '.join(missing)}; have {', '.join(table.column_names)}; want {', '.join(COLUMNS)}")
    rows = table.select(COLUMNS).to_pylist()
    return [
        (row["article"], Tagged(paragraph_marks(row["text"]), labelled(attributions(row["brat"]), len(row["text"])))) for row in rows
    ]


def held_out(article: str, share: float) -> bool:
    """Whether an article is kept out of training: decided by its id, so that it is the same in every run."""
    return int(hashlib.sha256(article.encode()).hexdigest()[:8], 16) / 16**8 < share


def train_quotes(files: Sequence[Path], out: Path, recipe: Recipe | None = None, hold: float = 0.08) -> Path:
    """A token classifier in `out`, trained on the Parquet files (columns article, text, brat) less a share `hold` for measuring.

    Raises:
        Unusable: a file can't be read or lacks a column.
    """
    rows: list[tuple[str, Tagged]] = []
    for file in files:
        try:
            rows += read(pq.read_table(file))
        except (OSError, pa.ArrowInvalid) as error:
            raise Unusable(f"quotes: {file.name} can't be read as Parquet: {error}") from error
    train = [item for article, item in rows if not held_out(article, hold)]
    held = [item for article, item in rows if held_out(article, hold)]
    return train_tokens(train, held, KINDS, out, recipe or Recipe())
