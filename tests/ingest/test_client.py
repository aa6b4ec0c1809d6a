from __future__ import annotations

import gzip
import threading
import time
import tracemalloc
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler

import pytest

from tasks.config import Limits
from tasks.errors import RejectDocument
from tasks.ingest.client import Turns
from tests.ingest.conftest import Site


def reason(call: Callable[[], object]) -> str:
    with pytest.raises(RejectDocument) as caught:
        call()
    return caught.value.reason


def test_answer_comes_with_headers_after_redirects(site: Site) -> None:
    site.page("/a", b"", 301, Location="/b")
    site.page("/b", b"", 307, Location=site.url("/c"))
    site.page("/c", b"hello", Content_Type="text/plain; charset=koi8-r")
    answer = site.client().get(site.url("/a"))
    assert (answer.url, answer.body, answer.headers["content-type"]) == (site.url("/c"), b"hello", "text/plain; charset=koi8-r")


def test_six_redirects_are_too_many(site: Site) -> None:
    site.page("/a", b"", 302, Location="/a")
    assert reason(lambda: site.client().get(site.url("/a"), robots=False)) == "fetch_failed"
    assert len(site.asked) == 6


def test_gzip_is_decoded(site: Site) -> None:
    site.page("/a", gzip.compress(b"words " * 500), Content_Encoding="gzip")
    assert site.client().get(site.url("/a")).body == b"words " * 500


@pytest.mark.parametrize(
    ("body", "encoding", "expected"),
    [
        (gzip.compress(b"words " * 500)[:-20], "gzip", "bad_archive"),
        (b"no gzip at all", "gzip", "bad_archive"),
        (b"anything", "br", "bad_archive"),
        (gzip.compress(bytes(50_000_000)), "gzip", "bomb"),
    ],
)
def test_broken_encodings_and_bombs_are_rejects(site: Site, body: bytes, encoding: str, expected: str) -> None:
    site.page("/a", body, Content_Encoding=encoding)
    client = site.client()
    tracemalloc.start()
    try:
        assert reason(lambda: client.get(site.url("/a"))) == expected
        assert tracemalloc.get_traced_memory()[1] < 16 << 20
    finally:
        tracemalloc.stop()


def test_endless_answer_is_cut(site: Site) -> None:
    def pour(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        for _ in range(2000):
            handler.wfile.write(b"x" * 65536)

    site.routes["/a"] = pour
    assert reason(lambda: site.client(limits=Limits(max_document_bytes=100_000)).get(site.url("/a"))) == "too_large"


def test_slow_drip_ends_at_the_budget(site: Site) -> None:
    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        for _ in range(100):
            handler.wfile.write(b"x")
            handler.wfile.flush()
            time.sleep(0.05)

    site.routes["/a"] = drip
    began = time.monotonic()
    assert reason(lambda: site.client(limits=Limits(max_seconds=0.3)).get(site.url("/a"), robots=False)) == "fetch_failed"
    assert time.monotonic() - began < 3


def test_broken_connection_is_a_reject(site: Site) -> None:
    def hang_up(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b"short")
        handler.close_connection = True

    site.routes["/a"] = hang_up
    assert reason(lambda: site.client().get(site.url("/a"))) == "fetch_failed"


def test_robots_are_heeded_and_asked_once(site: Site) -> None:
    site.page("/robots.txt", b"User-agent: *\nDisallow: /private\n")
    site.page("/open", b"yes")
    client = site.client()
    assert client.get(site.url("/open")).body == b"yes"
    assert reason(lambda: client.get(site.url("/private/a"))) == "robots"
    assert [path for path, _ in site.asked] == ["/robots.txt", "/open"]


@pytest.mark.parametrize(("status", "expected"), [(500, "robots"), (503, "robots"), (404, None), (403, None)])
def test_robots_that_fail_forbid_and_robots_that_are_not_there_allow(site: Site, status: int, expected: str | None) -> None:
    site.page("/robots.txt", b"", status)
    site.page("/a", b"yes")
    if expected:
        assert reason(lambda: site.client().get(site.url("/a"))) == expected
    else:
        assert site.client().get(site.url("/a")).body == b"yes"


def test_retry_after_is_waited_for(site: Site) -> None:
    slept: list[float] = []
    answers = iter([429, 503, 200])

    def busy(handler: BaseHTTPRequestHandler) -> None:
        status = next(answers)
        handler.send_response(status)
        handler.send_header("Retry-After", "7")
        handler.send_header("Content-Length", "0" if status != 200 else "2")
        handler.end_headers()
        handler.wfile.write(b"ok" if status == 200 else b"")

    site.routes["/a"] = busy
    assert site.client(sleep=slept.append).get(site.url("/a"), robots=False).body == b"ok"
    assert slept == [7.0, 7.0]


def test_retry_after_may_be_a_date(site: Site) -> None:
    slept: list[float] = []
    site.page("/a", b"", 503, Retry_After="Sat, 21 Nov 2026 06:00:20 GMT")
    assert reason(lambda: site.client(sleep=slept.append).get(site.url("/a"), robots=False)) == "fetch_failed"
    assert slept == [20.0, 20.0]


def test_a_wait_of_an_hour_is_the_next_nights_business(site: Site) -> None:
    site.page("/a", b"", 429, Retry_After="3600")
    assert reason(lambda: site.client().get(site.url("/a"), robots=False)) == "fetch_failed"
    assert len(site.asked) == 1


def test_delay_and_crawl_delay_between_requests(site: Site) -> None:
    site.page("/robots.txt", b"User-agent: *\nCrawl-delay: 5\n")
    site.page("/a", b"yes")
    slept: list[float] = []
    client = site.client(sleep=slept.append, delay=1.0, monotonic=lambda: 100.0)
    client.get(site.url("/a"))
    client.get(site.url("/a"))
    assert slept == [5.0, 5.0]


def test_budget_of_seconds_ends_a_source(site: Site) -> None:
    site.page("/a", b"yes")
    client = site.client(delay=10.0, limits=Limits(max_seconds=5))
    client.get(site.url("/a"), robots=False)
    assert reason(lambda: client.get(site.url("/a"), robots=False)) == "over_budget"


def test_agent_and_conditions_are_sent_and_304_is_an_answer(site: Site) -> None:
    site.page("/a", b"", 304)
    answer = site.client().get(site.url("/a"), {"If-None-Match": '"x"'}, robots=False)
    assert (answer.status, answer.body) == (304, b"")
    assert site.asked[0][1]["if-none-match"] == '"x"'
    assert site.asked[0][1]["user-agent"] == "nightwire-test"
    assert "cookie" not in site.asked[0][1]


def test_two_sources_at_one_host_share_its_one_connection_and_its_delay(site: Site) -> None:
    inside, most, slept = 0, 0, []
    guard = threading.Lock()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        nonlocal inside, most
        with guard:
            inside += 1
            most = max(most, inside)
        time.sleep(0.05)
        with guard:
            inside -= 1
        handler.send_response(200)
        handler.send_header("Content-Length", "2")
        handler.end_headers()
        handler.wfile.write(b"ok")

    site.routes |= {"/a": answer, "/b": answer}
    turns = Turns()
    clients = [site.client(turns=turns, delay=3.0, sleep=slept.append, monotonic=lambda: 100.0) for _ in range(2)]
    threads = [threading.Thread(target=client.get, args=(site.url(path),)) for client, path in zip(clients, ("/a", "/b"), strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert most == 1
    pages = [path for path, _ in site.asked if path != "/robots.txt"]
    assert sorted(pages) == ["/a", "/b"]
    assert slept == [3.0] * (len(site.asked) - 1)
