"""The shipped model on articles of our own."""

from __future__ import annotations

from tasks.config import QuoteSettings
from tasks.quotes import quotes
from tests.quotes.articles import table
from tests.quotes.test_quotes import TALKS

OTHER = "The port stays open, the harbour office said.\nMr. Omar Reed called the plan “a gift to the weather” and left."


def test_the_talks_by_model_and_in_any_company() -> None:
    both, rejects = quotes(table(TALKS, OTHER), QuoteSettings())
    assert rejects.num_rows == 0
    rows = [row for row in both.to_pylist() if row["article_id"] == "0" * 20 and len(row["chain"]) == 1]
    said = {(row["kind"], row["speaker"]) for row in rows}
    assert {("direct", "Anna Berg"), ("mixed", "Anna Berg"), ("indirect", "Anna Berg"), ("indirect", "Paul Stern")} <= said
    assert all(row["model"].startswith("shipped:quotes@") for row in rows)
    assert not any("Trade in a New Age" in row["text"] and row["kind"] == "direct" for row in rows)
    alone, _ = quotes(table(TALKS), QuoteSettings())
    assert alone.to_pylist() == [row for row in both.to_pylist() if row["article_id"] == "0" * 20]
