"""Feeds and sitemaps as sources: which entries are new, and the page of each where the entry does not hold the article.

State between nights (all JSON): `etag` and `last_modified` per address under `validators`, `seen` (entry -> digest of what it said,
and its address) and `health` (what the last fetch met).
"""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tasks.config import Source
from tasks.errors import RejectDocument
from tasks.ingest import dates, feeds, sitemaps
from tasks.ingest.addresses import Policy
from tasks.ingest.client import Answer, Client
from tasks.ingest.compression import Capped
from tasks.ingest.documents import Document, found, refused
from tasks.ingest.pieces import HTML, RECORD, TEXT, charset_of
from tasks.ingest.tabular import record

VERSION = "0.1"
MOST_SEEN = 50_000
"""Entries that are remembered; the oldest are forgotten first."""
ENOUGH = 120
"""Words from which an entry's own text is an article and not a teaser."""
_TYPES = {"text/html": HTML, "application/xhtml+xml": HTML, "text/plain": TEXT}


@dataclass
class Visit:
    """One fetch of one source: what it needs, and what it remembers."""

    source: Source
    start: dt.datetime
    end: dt.datetime
    zone: str
    state: dict[str, Any]
    client: Client

    def documents(self) -> Iterator[Document]:
        """The documents; a fault of the source itself is a reject too, and what it met is its health."""
        health = {"documents": 0, "rejects": 0, "fault": ""}
        try:
            for document in self._feed() if self.source.kind == "feed" else self._sitemap():
                if document.reject is None:
                    health["documents"] += 1  # type: ignore[operator]
                else:
                    self._ask_again(document.uri)
                    health["rejects"] += 1  # type: ignore[operator]
                yield document
        except RejectDocument as fault:
            health["rejects"] += 1  # type: ignore[operator]
            health["fault"] = fault.message
            yield refused(self.source.name, self.source.url, fault, self.client.now())
        finally:
            seen = self.state.get("seen", {})
            self.state["seen"] = dict(list(seen.items())[-MOST_SEEN:])
            self.state["health"] = health
            self.client.close()

    def _ask_again(self, uri: str) -> None:
        """What failed is asked for again the next time, although the feed may not have changed."""
        self.state["validators"] = {}
        self.state["seen"] = {key: said for key, said in self.state.get("seen", {}).items() if said[1] != uri}

    def _conditional(self, url: str) -> Answer | None:
        """The answer, or None where nothing has changed since the last one."""
        known = self.state.setdefault("validators", {}).get(url, {})
        asked = {"If-None-Match": known.get("etag"), "If-Modified-Since": known.get("last_modified")}
        answer = self.client.get(url, {name: value for name, value in asked.items() if value})
        if answer.status == 304:
            return None
        headers = answer.headers
        self.state["validators"][url] = {"etag": headers.get("etag", ""), "last_modified": headers.get("last-modified", "")}
        return answer

    def _is_new(self, key: str, said: str, uri: str) -> bool:
        known = [hashlib.sha256(said.encode()).hexdigest()[:16], uri]
        seen = self.state.setdefault("seen", {})
        if seen.get(key) == known:
            return False
        seen.pop(key, None)
        seen[key] = known
        return True

    def _tonight(self, raw: str) -> bool:
        """Whether a time is in the night, or not known."""
        moment = dates.parse(raw, self.zone) if raw else None
        return moment is None or self.start <= moment[0] < self.end

    def _feed(self) -> Iterator[Document]:
        answer = self._conditional(self.source.url)
        if answer is None:
            return
        entries = feeds.entries(answer.body, charset_of(answer.headers.get("content-type", "")), answer.url)
        for number, entry in enumerate(entries):
            if number >= self.source.limits.max_documents:
                raise RejectDocument("over_budget", f"more than {self.source.limits.max_documents} entries")
            key = entry.get("id") or entry.get("url") or entry.get("title", "")
            if self.source.select == "published" and not self._tonight(entry.get("published", "")):
                continue
            if key and self._is_new(key, record({k: v for k, v in entry.items() if k != "id"}).decode(), entry.get("url", "")):
                yield self._entry(entry, answer, number)

    def _entry(self, entry: Mapping[str, str], answer: Answer, number: int) -> Document:
        words = len((entry.get("html") or entry.get("text") or "").split())
        wanted = self.source.follow == "always" or (self.source.follow == "teaser" and words < ENOUGH)
        if wanted and entry.get("url"):
            known = {name: entry[name] for name in ("title", "published", "byline", "url") if entry.get(name)}
            return self._page(entry["url"], known)
        return found(self.source.name, entry.get("url") or f"{answer.url}#{number}", record(dict(entry)), answer.fetched_at, RECORD)

    def _page(self, url: str, known: Mapping[str, str]) -> Document:
        try:
            answer = self.client.get(url)
        except RejectDocument as fault:
            if fault.reason == "over_budget":
                raise
            return refused(self.source.name, url, fault, self.client.now())
        declared = answer.headers.get("content-type", "")
        media_type = _TYPES.get(declared.partition(";")[0].strip().lower() or "text/html")
        if media_type is None:
            return refused(self.source.name, url, RejectDocument("no_article", f"the page is {declared[:60]}"), answer.fetched_at)
        if not answer.body.strip():
            return refused(self.source.name, url, RejectDocument("empty", "the page is empty"), answer.fetched_at)
        fields = {**known, "url": answer.url}
        return found(self.source.name, url, answer.body, answer.fetched_at, media_type, charset_of(declared), fields)

    def _sitemap(self) -> Iterator[Document]:
        queue, asked, count = [(self.source.url, 0)], {self.source.url}, 0
        while queue:
            url, depth = queue.pop(0)
            try:
                places = self._places(url)
            except RejectDocument as fault:
                if depth == 0 or fault.reason == "over_budget":
                    raise
                yield refused(self.source.name, url, fault, self.client.now())  # the other sitemaps of the index are none the worse
                continue
            for place in places:
                if place.is_index:
                    wanted = place.url not in asked and depth < sitemaps.DEEPEST and len(queue) < sitemaps.MOST
                    if wanted and self._changed(place.changed):
                        asked.add(place.url)
                        queue.append((place.url, depth + 1))
                elif self._tonight(when := place.published or place.changed) and self._is_new(place.url, when, place.url):
                    if (count := count + 1) > self.source.limits.max_documents:
                        raise RejectDocument("over_budget", f"more than {self.source.limits.max_documents} pages")
                    known = {"title": place.title, "published": place.published, "method": "sitemap"}
                    yield self._page(place.url, {name: value for name, value in known.items() if value})

    def _places(self, url: str) -> list[sitemaps.Place]:
        """The entries of a sitemap; none where it has not changed."""
        answer = self._conditional(url)
        if answer is None:
            return []
        return list(sitemaps.places(_unzipped(answer, self.source), charset_of(answer.headers.get("content-type", ""))))

    def _changed(self, raw: str) -> bool:
        """Whether a sitemap may hold pages of the night: it was not last changed before."""
        moment = dates.parse(raw, self.zone) if raw else None
        return moment is None or moment[0] + dt.timedelta(days=1) > self.start


def _unzipped(answer: Answer, source: Source) -> bytes:
    """A sitemap's bytes; many are gzip files, whatever their type says."""
    if not answer.body.startswith(b"\x1f\x8b"):
        return answer.body
    stream = io.BufferedReader(
        Capped(gzip.GzipFile(fileobj=io.BytesIO(answer.body)), lambda: len(answer.body), source.limits.max_ratio)
    )
    raw = stream.read(source.limits.max_document_bytes + 1)
    if len(raw) > source.limits.max_document_bytes:
        raise RejectDocument("too_large", f"a sitemap of over {source.limits.max_document_bytes} bytes")
    return raw


def policy(source: Source) -> Policy:
    """What a source may fetch: its `hosts`, or the host of its address and its subdomains."""
    own = (urlsplit(source.url).hostname or "").removeprefix("www.")
    return Policy(hosts=tuple(h.lower() for h in source.hosts) or (own,))


def agent(source: Source) -> str:
    """The User-Agent."""
    return f"nightwire/{VERSION} (+{source.contact})" if source.contact else f"nightwire/{VERSION}"
