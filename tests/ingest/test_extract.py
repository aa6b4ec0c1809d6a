"""EXTRACT and REPEATS on documents of ours, row for row."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest

from tasks.config import Outlet
from tasks.errors import RejectDocument
from tasks.ingest import EXTRACT, REPEATS
from tasks.ingest.documents import Document, found, printable, refused, table
from tasks.ingest.extract import ExtractSettings, SourceSettings

AT = dt.datetime(2026, 11, 21, 6, 0, tzinfo=dt.UTC)
LEDE = "The harbour of Eastmouth will stay closed until the storm has passed, the port authority said on Thursday."
SECOND = "Three ferries were turned back overnight and about nine hundred passengers slept in a school gym in the old town."
QUOTE = '"We will open the gates when the wind drops below sixty knots," harbour master Ida Lund told reporters there.'
PLAIN = f"Harbour Stays Closed\n{LEDE}\n{SECOND} {QUOTE}\nEASTMOUTH (Coast News) - {LEDE}\n{SECOND}\n{QUOTE}\n"
PAGE = f"""<!DOCTYPE html><html lang="en"><head><title>Harbour Stays Closed - Coast News</title>
<meta property="og:title" content="Harbour Stays Closed"><meta property="og:site_name" content="Coast News">
<link rel="canonical" href="https://www.coast.example/2026/11/19/harbour">
<script type="application/ld+json">{{"@type": "NewsArticle", "headline": "Harbour Stays Closed",
 "datePublished": "2026-11-19T18:30:00+01:00",
 "author": [{{"name": "Ida Lund"}}, {{"name": "Per Holm"}}]}}</script></head>
<body><nav><a href="/">Home</a> <a href="/news">News</a></nav>
<article><h1>Harbour Stays Closed</h1><p>EASTMOUTH — {LEDE}</p><p>{SECOND}</p><p>{QUOTE}</p></article>
<footer>All rights</footer></body></html>"""
SETTINGS = ExtractSettings(
    timezone="Europe/Berlin",
    sources={"s": SourceSettings(outlet="coast"), "german": SourceSettings(language="de")},
    outlets=(Outlet(id="coast", name="Coast News", hosts=("coast.example",)),),
)


def run(*documents: Document) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = REPEATS.run(
        EXTRACT.run(table(documents), settings=SETTINGS), settings=REPEATS.settings(None)
    ).to_pylist()
    return rows


def document(raw: str | bytes, media_type: str = "text/plain", source: str = "s", **fields: str) -> Document:
    data = raw.encode() if isinstance(raw, str) else raw
    return found(source, f"{len(data)}.x", data, AT, media_type, fields=fields or None)


def shown(row: dict[str, Any]) -> list[tuple[str, str, int | None]]:
    return [(p["kind"], row["text"][p["start"] : p["end"]], p["copy_of"]) for p in row["paragraphs"]]


def test_teaser_glued_before_its_body() -> None:
    (row,) = run(document(PLAIN))
    assert row["title"] == "Harbour Stays Closed"
    assert (row["dateline_place"], row["dateline_agency"]) == ("EASTMOUTH", "Coast News")
    assert shown(row) == [
        ("teaser", LEDE, 4),
        ("teaser", SECOND, 5),
        ("teaser", QUOTE, 6),
        ("dateline", "EASTMOUTH (Coast News) -", None),
        ("body", LEDE, None),
        ("body", SECOND, None),
        ("body", QUOTE, None),
    ]
    assert row["flags"] == ["repeated_text"]
    assert (row["language"], row["outlet"]) == ("en", "coast")


def test_page() -> None:
    (row,) = run(document(PAGE, "text/html"))
    assert (row["title"], row["byline"], row["url"]) == (
        "Harbour Stays Closed",
        "Ida Lund, Per Holm",
        "https://www.coast.example/2026/11/19/harbour",
    )
    assert row["published_at"] == dt.datetime(2026, 11, 19, 17, 30, tzinfo=dt.UTC)
    assert (row["published_precision"], row["published_method"], row["published_raw"]) == (
        "second",
        "json_ld",
        "2026-11-19T18:30:00+01:00",
    )
    kinds = [kind for kind, _, _ in shown(row)]
    assert [k for k in kinds if k != "title"] == ["dateline", "body", "body", "body"]
    assert (row["outlet"], row["reject"], row["flags"]) == ("coast", None, [])


@pytest.mark.parametrize(
    ("head", "url", "method", "day"),
    [
        ('<meta property="article:published_time" content="2026-11-18">', "", "meta", 18),
        ('<meta name="dc.date" content="18.11.2026 10:00">', "", "meta", 18),
        ("", "https://coast.example/2026/11/18/a", "url", 18),
        ("", "", "inferred", None),
    ],
)
def test_where_the_time_comes_from(head: str, url: str, method: str, day: int | None) -> None:
    text = f"<html><head>{head}</head><body><article><p>{LEDE}</p><p>{SECOND}</p></article></body></html>"
    (row,) = run(document(text, "text/html", **({"url": url} if url else {})))
    assert (row["published_at"].astimezone(dt.UTC).day if row["published_at"] else None) in ((day, day - 1) if day else (None,))
    assert row["published_method"] == (method if day else None)


def test_dateline_gives_the_day_where_nothing_else_does() -> None:
    (row,) = run(document(f"Title Line\nEASTMOUTH, Nov. 19 (AP) - {LEDE}\n{SECOND}"))
    assert row["published_at"].astimezone(dt.UTC) == dt.datetime(2026, 11, 18, 23, tzinfo=dt.UTC)
    assert (row["published_precision"], row["published_method"], row["published_raw"]) == ("inferred", "dateline", "Nov. 19")


def test_future_date_is_flagged_and_kept() -> None:
    record = json.dumps(
        {"title": "T", "text": f"{LEDE}\n{SECOND}", "published": "2027-01-01T00:00:00Z", "url": "https://coast.example/a"}
    )
    (row,) = run(document(record, "application/json"))
    assert row["flags"] == ["future_date"]
    assert row["published_at"].year == 2027


def test_record_with_teaser_html_and_own_names() -> None:
    record = json.dumps(
        {"headline": "A <b>title</b>", "summary": LEDE, "content_html": f"<p>{LEDE}</p><p>{SECOND}</p>", "author": ["A", "B"]}
    )
    (row,) = run(document(record, "application/json"))
    assert shown(row) == [("teaser", LEDE, 1), ("body", LEDE, None), ("body", SECOND, None)]
    assert (row["title"], row["byline"]) == ("A title", "A, B")


def test_columns_of_the_source() -> None:
    settings = SETTINGS.model_copy(update={"sources": {"s": SourceSettings(columns={"text": "Volltext", "title": "Kopf"})}})
    raw = json.dumps({"Kopf": "K", "Volltext": f"{LEDE}\n{SECOND}", "text": "not this"})
    (row,) = EXTRACT.run(table([document(raw, "application/json")]), settings=settings).to_pylist()
    assert (row["title"], row["text"]) == ("K", f"{LEDE}\n{SECOND}")


@pytest.mark.parametrize(
    ("raw", "media_type", "reason"),
    [
        (b"\xff\xfe\x00", "text/plain", "bad_encoding"),
        ("{broken", "application/json", "bad_record"),
        ("[1]", "application/json", "bad_record"),
        ('{"url": "x"}', "application/json", "no_article"),
        ("<html><body></body></html>", "text/html", "no_article"),
        ("a\0b" * 9, "text/plain", "binary"),
        ("word " * 300_000, "text/plain", "too_large"),
    ],
)
def test_one_bad_document_is_a_row_with_its_reason(raw: str | bytes, media_type: str, reason: str) -> None:
    good = document(PLAIN)
    rows = {row["article_id"]: row for row in run(document(raw, media_type), good)}
    assert len(rows) == 2
    assert rows[good.document_id] == run(good)[0]
    bad = next(row for key, row in rows.items() if key != good.document_id)
    assert (bad["reject_stage"], bad["reject"], bad["text"]) == ("extract", reason, None)


def test_rejects_of_the_fetch_pass_through() -> None:
    (row,) = run(refused("s", "a.txt", RejectDocument("unreadable", "Permission denied"), AT))
    assert (row["reject_stage"], row["reject"], row["reject_message"]) == ("fetch", "unreadable", "Permission denied")


def test_every_row_is_decided_alone() -> None:
    documents = [document(PLAIN), document(PAGE, "text/html"), document("Short.")]
    together = {row["article_id"]: row for row in run(*documents)}
    assert together == {d.document_id: run(d)[0] for d in reversed(documents)}


def test_other_language_and_short_text_are_flagged() -> None:
    (row,) = run(document(f"{LEDE}\n{SECOND}", source="german"))
    assert row["flags"] == ["lang_mismatch"]
    (row,) = run(document("Только несколько слов."))
    assert row["flags"] == ["too_short"]


def test_messages_are_plain_and_short() -> None:
    assert printable("a\x1b[31m\r\nb\u202ec\ud800") == "a\\x1b[31m\\r\\nb\\u202ec\\ud800"
    assert len(printable("x\n" * 5000)) <= 500


def test_document_id_is_the_same_everywhere() -> None:
    one = found("s", "a/b.txt", b"text", AT, "text/plain")
    assert one.document_id == "67c83e447fb4d92db3b8"
    assert one.document_id == found("s", "a/b.txt", b"text", AT + dt.timedelta(days=1), "text/html").document_id
    assert one.document_id != found("t", "a/b.txt", b"text", AT, "text/plain").document_id


@pytest.mark.parametrize(
    "html",
    ["<div>" * 20_000, "<table><tr><td>" * 10_000, "<b>" * 30_000, "<!-- x -->" * 20_000, "<p>&amp;" * 10, "<", "<p", "</p>" * 999],
)
def test_broken_html_is_an_article_or_a_reject(html: str) -> None:
    (row,) = run(document(html, "text/html"))
    assert row["reject"] in (None, "no_article", "bad_record", "timeout")
