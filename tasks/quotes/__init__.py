"""Who said what: source, cue and content."""

from tasks.quotes.evaluate import evaluate_quotes
from tasks.quotes.quotes import models, quotes
from tasks.step import Step
from tasks.tables import ARTICLES, REJECTS
from tasks.tables import QUOTES as TABLE

QUOTES = Step("quotes", 3, quotes, (ARTICLES,), (TABLE, REJECTS), settings=lambda config: config.quotes, models=models)
"""Canonical articles to quotes, and to rejects where an article broke."""

__all__ = ["QUOTES", "evaluate_quotes", "quotes"]
