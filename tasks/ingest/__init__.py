"""Where news comes from, and how bytes become an article."""

from __future__ import annotations

from tasks.ingest import extract, repeats
from tasks.step import Step
from tasks.tables import ARTICLES, DOCUMENTS

EXTRACT = Step("extract", 5, extract.extract, (DOCUMENTS,), (ARTICLES,), settings=extract.ExtractSettings.of)
REPEATS = Step("repeats", 3, repeats.repeats, (ARTICLES,), (ARTICLES,), settings=lambda _config: repeats.RepeatSettings())

__all__ = ["EXTRACT", "REPEATS"]
