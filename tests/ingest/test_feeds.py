"""Dialects of feeds, and XML that means harm (T2)."""

from __future__ import annotations

import json
import time
import tracemalloc

import pytest

from tasks.errors import RejectDocument
from tasks.ingest import feeds, sitemaps

RSS = """<?xml version="1.0" encoding="utf-8"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:media="http://search.yahoo.com/mrss/" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>Channel</title>
 <item><title>Ferry &amp; gate</title><media:title>Picture</media:title>
 <link>https://news.example/a</link><guid isPermaLink="false">id-1</guid>
 <pubDate>Fri, 20 Nov 2026 10:00:00 GMT</pubDate><dc:creator>Ida Lund</dc:creator><description>Short&nbsp;text</description>
 <content:encoded><![CDATA[<p>Long</p>]]></content:encoded></item></channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>Feed</title><entry><title type="html">Ferry</title><id>tag:1</id>
 <link rel="self" href="/self"/><link href="/a"/><updated>2026-11-20T11:00:00Z</updated><published>2026-11-20T10:00:00Z</published>
 <author><name>Ida Lund</name></author><summary>Short</summary>
 <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Long</p></div></content></entry></feed>"""
RDF = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
 <channel rdf:about="https://news.example/"><title>C</title></channel>
 <item rdf:about="https://news.example/a"><title>Ferry</title><dc:date>2026-11-20T10:00:00Z</dc:date></item></rdf:RDF>"""
CDF = """<CHANNEL HREF="https://news.example/">
 <ITEM HREF="https://news.example/a"><TITLE>Ferry</TITLE><ABSTRACT>Short</ABSTRACT></ITEM></CHANNEL>"""
JSON = json.dumps(
    {
        "version": "https://jsonfeed.org/version/1.1",
        "items": [
            {"id": 7, "url": "/a", "title": "Ferry", "content_html": "<p>Long</p>", "authors": [{"name": "Ida Lund"}]},
            "no item",
        ],
    }
)


def only(text: str) -> dict[str, str]:
    (entry,) = feeds.entries(text.encode(), None, "https://news.example/feed")
    return entry


def test_rss() -> None:
    assert only(RSS) == {
        "title": "Ferry & gate",
        "url": "https://news.example/a",
        "id": "id-1",
        "published": "Fri, 20 Nov 2026 10:00:00 GMT",
        "byline": "Ida Lund",
        "teaser": "Short\u00a0text",
        "html": "<p>Long</p>",
    }


def test_atom() -> None:
    entry = only(ATOM)
    assert (entry["title"], entry["url"], entry["byline"], entry["teaser"]) == ("Ferry", "https://news.example/a", "Ida Lund", "Short")
    assert (entry["published"], entry["updated"]) == ("2026-11-20T10:00:00Z", "2026-11-20T11:00:00Z")
    assert "<p>Long</p>" in entry["html"].replace(' xmlns="http://www.w3.org/1999/xhtml"', "")


@pytest.mark.parametrize("text", [RDF, CDF, JSON])
def test_other_dialects(text: str) -> None:
    entry = only(text)
    assert (entry["title"], entry["url"]) == ("Ferry", "https://news.example/a")


def test_latin1_feed_and_ill_formed_feed() -> None:
    latin = RSS.replace("utf-8", "iso-8859-1").replace("Ferry", "Fähre").encode("iso-8859-1")
    assert next(feeds.entries(latin))["title"] == "Fähre & gate"
    broken = RSS.replace("&amp;", "&").replace("</channel></rss>", "")
    assert only(broken)["url"] == "https://news.example/a"


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
HOSTILE = [
    f'<!DOCTYPE rss [<!ENTITY l0 "ha">{LAUGHS}]><rss><channel><item><title>&l9;</title></item></channel></rss>',
    f'<!DOCTYPE rss [<!ENTITY a "{"x" * 100_000}">]><rss><channel><item><title>{"&a;" * 10_000}</title></item></channel></rss>',
    '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss><channel><item><title>&x;</title></item></channel></rss>',
    '<!DOCTYPE rss [<!ENTITY % p SYSTEM "http://127.0.0.1/x.dtd"> %p;]><rss/>',
    '<rss xmlns:xi="http://www.w3.org/2001/XInclude"><channel><item><xi:include href="/etc/passwd"/></item></channel></rss>',
    "<!doctype rss [<!entity a 'b'>]><rss/>",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_entities_and_inclusions_are_refused_at_once(text: str) -> None:
    began = time.process_time()
    tracemalloc.start()
    try:
        for encoded in (text.encode(), text.encode("utf-16")):
            with pytest.raises(RejectDocument) as caught:
                list(feeds.entries(encoded))
            assert caught.value.reason == "bomb"
        with pytest.raises(RejectDocument):
            list(sitemaps.places(text.encode()))
        assert tracemalloc.get_traced_memory()[1] < 32 << 20
    finally:
        tracemalloc.stop()
    assert time.process_time() - began < 1


def test_external_dtd_is_not_read() -> None:
    text = '<!DOCTYPE rss SYSTEM "file:///etc/passwd"><rss><channel><item><title>Ferry</title></item></channel></rss>'
    assert only(text)["title"] == "Ferry"


@pytest.mark.parametrize(
    "text", ["<a>" * 100_000, "<item>" * 50_000, "<rss " + "a='b' " * 100_000 + "/>", "{" * 5000, '{"items": 3}', "no feed"]
)
def test_pathological_feeds_end_quickly(text: str) -> None:
    began = time.process_time()
    assert _outcome(text) in ("entries", "bad_record", "bomb")
    assert time.process_time() - began < 3


def _outcome(text: str) -> str:
    try:
        return "entries" if len(list(feeds.entries(text.encode()))) <= 1000 else "too many"
    except RejectDocument as fault:
        return fault.reason


def test_plain_sitemap() -> None:
    assert [p.url for p in sitemaps.places(b"https://news.example/a\nhttps://news.example/b\n# x\n")] == [
        "https://news.example/a",
        "https://news.example/b",
    ]
