"""Who said what: source, cue and content."""

from tasks.quotes.quotes import quotes
from tasks.step import Step
from tasks.tables import ARTICLES, REJECTS
from tasks.tables import QUOTES as TABLE

QUOTES = Step("quotes", 1, quotes, (ARTICLES,), (TABLE, REJECTS), settings=lambda config: config.quotes)
"""Canonical articles to quotes, and to rejects where an article broke."""

__all__ = ["QUOTES", "quotes"]
