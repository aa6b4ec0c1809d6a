"""What of an article is compared."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from tasks.dedup import SIGN
from tasks.dedup.sign import SignSettings
from tasks.tables import ARTICLES, SIGNATURES
from tests.dedup.texts import articles, signed, words


def paragraphs(*lines: tuple[str, str, int | None]) -> tuple[str, list[dict[str, object]]]:
    """Text and paragraphs of (kind, line, copy_of)."""
    text, made = "", []
    for kind, line, copy_of in lines:
        made.append({"start": len(text), "end": len(text) + len(line), "kind": kind, "copy_of": copy_of})
        text += line + "\n"
    return text, made


def sign_lines(*lines: tuple[str, str, int | None]) -> dict[str, object]:
    text, made = paragraphs(*lines)
    return signed(articles({"a": text}, paragraphs={"a": made})).to_pylist()[0]


@pytest.mark.parametrize("wide", ["", "Ünïcödé “früher” — 中 "])
def test_only_first_body_paragraphs_are_compared(wide: str) -> None:
    one, two = wide + " ".join(words(1, 30)), " ".join(words(2, 25))
    bare = sign_lines(("body", one, None), ("body", two, None))
    dressed = sign_lines(
        ("title", wide + "Big words", None),
        ("teaser", one, None),
        ("dateline", "PRAGUE, May 4 (Wire) —", None),
        ("body", one, None),
        ("boilerplate", "Sign up for our newsletter", None),
        ("body", two, None),
        ("body", one, 3),
    )
    assert dressed["shingles"] == bare["shingles"]
    assert dressed["text_digest"] == bare["text_digest"]
    assert [p["words"] for p in dressed["paragraphs"]] == [p["words"] for p in bare["paragraphs"]]


def test_paragraph_spans_are_those_of_the_article() -> None:
    text, made = paragraphs(
        ("title", "Ä title", None), ("body", "Erst — „eins“ 中国", None), ("boilerplate", "x", None), ("body", "then", None)
    )
    row = signed(articles({"a": text}, paragraphs={"a": made})).to_pylist()[0]
    assert [text[p["start"] : p["end"]] for p in row["paragraphs"]] == ["Erst — „eins“ 中国", "then"]
    assert [p["words"] for p in row["paragraphs"]] == [4, 1]
    assert row["length"] == 5


def test_an_article_of_teasers_alone_is_compared_by_them() -> None:
    assert sign_lines(("title", "T", None), ("teaser", "six words stand in this teaser", None))["length"] == 6


def test_case_quotes_and_dashes_do_not_count() -> None:
    rows = signed(articles({"a": "“Don’t stop” — she SAID…", "b": "'don't stop' - She said..."})).to_pylist()
    assert rows[0]["text_digest"] == rows[1]["text_digest"]


def test_rejected_articles_are_not_signed_and_the_rest_not_changed() -> None:
    table = articles({"a": words(1), "b": words(2), "c": ""}, reject={"b": "no_article"})
    assert signed(table)["article_id"].to_pylist() == ["a", "c"]
    assert signed(table).slice(0, 1).equals(signed(articles({"a": words(1)})))


def test_nothing_in_nothing_out() -> None:
    assert SIGN.run(ARTICLES.empty(), SignSettings(shingle=5)).equals(SIGNATURES.empty())


def test_shards_and_order_change_nothing() -> None:
    texts = {f"{n:03d}": words(n, 50 + n) + ["中", "é"] * (n % 2) for n in range(60)}
    table = articles(texts)
    whole = signed(table)
    shuffled = table.take(pa.array(np.random.default_rng(3).permutation(60)))
    assert signed(shuffled).equals(whole)
    parts = pa.concat_tables(
        [signed(table.slice(0, 7)), signed(table.slice(7, 31)), signed(table.slice(38))], promote_options="permissive"
    )
    assert parts.to_pylist() == whole.to_pylist()
