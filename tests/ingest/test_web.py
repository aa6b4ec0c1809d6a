"""Feeds and sitemaps over a real server, with what is remembered between nights."""

from __future__ import annotations

import gzip
import time
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from tasks.config import Source
from tasks.errors import RejectDocument
from tasks.ingest import web
from tasks.ingest.addresses import Policy
from tasks.ingest.documents import Document, refused
from tests.ingest.conftest import NOW, Night, Site

LONG = "The council of Eastmouth voted on the new harbour wall after a long evening. " * 12
PAGE = f"<html><head><title>Wall</title></head><body><article><p>{LONG}</p></article></body></html>".encode()


def feed(site: Site, extra: str = "") -> bytes:
    return f"""<?xml version="1.0"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>News</title>
    <item><title>Whole</title><link>{site.url("/whole")}</link><guid>1</guid><pubDate>Fri, 20 Nov 2026 10:00:00 GMT</pubDate>
      <content:encoded><![CDATA[<p>{LONG}</p>]]></content:encoded></item>
    <item><title>Teaser</title><link>/page</link><guid>2</guid><pubDate>Fri, 20 Nov 2026 11:00:00 GMT</pubDate>
      <description>Only a line.</description></item>{extra}</channel></rss>""".encode()


def visit(site: Site, state: dict[str, Any], **changes: Any) -> list[Document]:
    source = Source.model_validate({"name": "s", "kind": "feed", "url": site.url("/feed"), "delay": 0, **changes})
    night = Night()
    return list(web.Visit(source, night.start, night.end, night.zone, state, site.client(limits=source.limits)).documents())


def test_whole_entries_are_taken_and_teasers_followed(site: Site) -> None:
    site.page("/feed", feed(site), ETag='"1"')
    site.page("/page", PAGE, Content_Type="text/html; charset=utf-8")
    whole, page = visit(site, {})
    assert (whole.uri, whole.media_type, whole.reject) == (site.url("/whole"), "application/json", None)
    assert (page.uri, page.media_type, page.charset, page.raw) == (site.url("/page"), "text/html", "utf-8", PAGE)
    assert "Teaser" in (page.fields or "")


@pytest.mark.parametrize(("follow", "paths"), [("never", []), ("always", ["/whole", "/page"])])
def test_follow_is_a_setting(site: Site, follow: str, paths: list[str]) -> None:
    site.page("/feed", feed(site))
    site.page("/page", PAGE, Content_Type="text/html")
    site.page("/whole", PAGE, Content_Type="text/html")
    assert len(visit(site, {}, follow=follow)) == 2
    assert [path for path, _ in site.asked if path not in ("/feed", "/robots.txt")] == paths


def test_unchanged_feed_is_asked_conditionally_and_brings_nothing(site: Site) -> None:
    site.page("/feed", feed(site), ETag='"1"', Last_Modified="Fri, 20 Nov 2026 12:00:00 GMT")
    state: dict[str, Any] = {}
    assert len(visit(site, state, follow="never")) == 2
    site.page("/feed", b"", 304)
    assert visit(site, state, follow="never") == []
    assert site.asked[-1][1]["if-none-match"] == '"1"'
    assert site.asked[-1][1]["if-modified-since"] == "Fri, 20 Nov 2026 12:00:00 GMT"


def test_only_new_and_changed_entries_come_again(site: Site) -> None:
    site.page("/feed", feed(site))
    state: dict[str, Any] = {}
    assert len(visit(site, state, follow="never")) == 2
    third = "<item><title>Third</title><guid>3</guid><link>/third</link><description>New.</description></item>"
    site.page("/feed", feed(site, third).replace(b"Only a line.", b"Another line."))
    again = visit(site, state, follow="never")
    assert [d.uri for d in again] == [site.url("/page"), site.url("/third")]


def test_published_selects_the_half_open_night(site: Site) -> None:
    items = "".join(
        f"<item><title>T</title><guid>{n}</guid><link>/{n}</link><pubDate>{when}</pubDate></item>"
        for n, when in enumerate(
            [
                "Thu, 19 Nov 2026 23:59:59 GMT",
                "Fri, 20 Nov 2026 00:00:00 GMT",
                "Fri, 20 Nov 2026 23:59:59 GMT",
                "Sat, 21 Nov 2026 00:00:00 GMT",
            ]
        )
    )
    site.page("/feed", f"<rss><channel>{items}</channel></rss>".encode())
    assert [d.uri[-2:] for d in visit(site, {}, follow="never", select="published")] == ["/1", "/2"]


def test_failing_host_is_a_reject_with_its_reason_and_health(site: Site) -> None:
    site.page("/feed", b"", 500)
    state: dict[str, Any] = {}
    (only,) = visit(site, state)
    assert (only.reject, only.uri) == ("fetch_failed", site.url("/feed"))
    assert state["health"]["rejects"] == 1
    assert "500" in state["health"]["fault"]


def test_failing_page_leaves_the_rest_alone(site: Site) -> None:
    site.page("/feed", feed(site))
    assert [d.reject for d in visit(site, {})] == [None, "fetch_failed"]


def test_page_that_failed_is_asked_for_again(site: Site) -> None:
    site.page("/feed", feed(site), ETag='"1"')
    state: dict[str, Any] = {}
    visit(site, state)
    site.page("/page", PAGE, Content_Type="text/html")
    assert [(d.uri, d.reject) for d in visit(site, state)] == [(site.url("/page"), None)]


def test_page_on_a_foreign_host_is_not_fetched(site: Site) -> None:
    site.page("/feed", feed(site).replace(b"/page", b"http://127.0.0.2/page"))
    assert [d.reject for d in visit(site, {})] == [None, "unsafe_address"]


def test_million_entries_end_at_the_budget(site: Site) -> None:
    many = (
        b"<rss><channel>"
        + b"".join(b"<item><guid>%d</guid><link>/%d</link><title>T</title></item>" % (n, n) for n in range(50_000))
        + b"</channel></rss>"
    )
    site.page("/feed", many)
    documents = visit(site, {}, follow="never", limits={"max_documents": 100})
    assert [d.reject for d in documents] == [None] * 100 + ["over_budget"]


def test_sitemap_index_news_and_gzip(site: Site) -> None:
    news = f"""<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">
      <url><loc>{site.url("/page")}</loc><news:news><news:publication_date>2026-11-20T10:00:00Z</news:publication_date>
        <news:title>Wall</news:title></news:news></url>
      <url><loc>{site.url("/old")}</loc><lastmod>2026-11-18</lastmod></url></urlset>"""
    index = f"""<sitemapindex><sitemap><loc>{site.url("/news.xml.gz")}</loc></sitemap>
      <sitemap><loc>{site.url("/archive.xml")}</loc><lastmod>2019-01-01</lastmod></sitemap></sitemapindex>"""
    site.page("/sitemap.xml", index.encode())
    site.page("/news.xml.gz", gzip.compress(news.encode()), Content_Type="application/x-gzip")
    site.page("/page", PAGE, Content_Type="text/html")
    (page,) = visit(site, {}, kind="sitemap", url=site.url("/sitemap.xml"))
    assert (page.uri, page.reject) == (site.url("/page"), None)
    assert '"method": "sitemap"' in (page.fields or "")
    assert [path for path, _ in site.asked] == ["/robots.txt", "/sitemap.xml", "/news.xml.gz", "/page"]


def test_broken_sitemaps_of_an_index_leave_the_others_alone(site: Site) -> None:
    names = ("gone.xml", "bomb.xml", "noise.xml", "good.xml", "sitemap.xml", "good.xml")
    index = "".join(f"<sitemap><loc>{site.url('/' + name)}</loc></sitemap>" for name in names)
    site.page("/sitemap.xml", f"<sitemapindex>{index}</sitemapindex>".encode())
    site.page("/bomb.xml", gzip.compress(bytes(30_000_000)))
    site.page("/noise.xml", b"<!DOCTYPE a [<!ENTITY b 'c'>]><urlset/>")
    site.page("/good.xml", f"<urlset><url><loc>{site.url('/page')}</loc></url></urlset>".encode())
    site.page("/page", PAGE, Content_Type="text/html")
    found = visit(site, {}, kind="sitemap", url=site.url("/sitemap.xml"))
    assert [(d.uri, d.reject) for d in found] == [
        (site.url("/gone.xml"), "fetch_failed"),
        (site.url("/bomb.xml"), "bomb"),
        (site.url("/noise.xml"), "bomb"),
        (site.url("/page"), None),
    ]
    assert [path for path, _ in site.asked].count("/good.xml") == 1
    assert [path for path, _ in site.asked].count("/sitemap.xml") == 1


def test_feed_of_a_million_entries_is_refused_before_it_is_parsed(site: Site) -> None:
    def pour(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(b"<rss><channel>")
        for _ in range(1000):
            handler.wfile.write(b"<item><title>Ferry</title></item>" * 1000)

    site.routes["/feed"] = pour
    began = time.process_time()
    (only,) = visit(site, {})
    assert (only.reject, only.uri) == ("too_large", site.url("/feed"))
    assert time.process_time() - began < 3


def test_words_of_a_host_can_do_nothing_to_a_log(site: Site) -> None:
    evil = "\x1b[31mred\r\nforged: line\u202e\u2066\x07"
    site.page(
        "/feed", f"<rss><channel><item><title>{'x'}</title><link>{site.url('/a')}?q=%0d%0a</link></item></channel></rss>".encode()
    )
    site.page("/a?q=%0d%0a", b"page", Content_Type="text/\x1b[31m" + "y" * 900)
    documents = visit(site, {})
    documents += visit(site, {}, url=site.url("/none"))
    documents.append(refused("s", evil, RejectDocument("fetch_failed", evil * 100), NOW))
    assert len(documents) == 3
    for document in documents:
        assert document.reject is not None
        for text in (document.uri, document.reject_message or ""):
            assert text.isprintable()
            assert len(text) <= 500


def test_policy_and_agent_of_a_source() -> None:
    source = Source(name="s", kind="feed", url="https://www.news.example/rss", contact="desk@news.example")
    assert web.policy(source) == Policy(hosts=("news.example",))
    assert web.agent(source) == f"nightwire/{web.VERSION} (+desk@news.example)"
