"""A polite HTTP client that connects only to addresses it has checked.

One connection and a delay a host, robots.txt, Retry-After, conditional requests, time limits, decoded-byte limits, a budget of seconds.
The name is resolved once per connection and the connection goes to that very address (no second look-up that could be rebound);
redirects are followed here, each checked like the first address.
"""

from __future__ import annotations

import datetime as dt
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin, urlsplit

import httpx
from protego import Protego

from tasks.config import Limits
from tasks.errors import RejectDocument
from tasks.ingest.addresses import Policy
from tasks.ingest.compression import inflated
from tasks.ingest.secrets import NOTHING, Secrets

REDIRECTS, TRIES = 5, 3
LONGEST_WAIT = 60.0
"""Seconds that a Retry-After or a Crawl-delay may ask for; more is the next night's business."""
ANSWER_SECONDS = 60.0
"""Seconds in which an answer has to be there, however steadily it drips."""
ROBOTS_BYTES = 512_000
ADDRESSES = 3
"""Addresses of a host that are tried, one after the other."""
_TIMEOUT = httpx.Timeout(20.0, connect=10.0)


class Pinned(httpx.BaseTransport):
    """A transport that resolves a host itself, checks its addresses and connects to one of them; TLS verifies the host's name.

    Each host has connections of its own: two names that share an address must not share a connection, for its certificate was
    checked for one of them only.

    Args:
        tls: decides which certificates are good; None for the public authorities.
    """

    def __init__(self, policy: Policy, tls: ssl.SSLContext | None = None) -> None:
        self._policy = policy
        self._tls = tls or httpx.create_ssl_context(trust_env=False)
        self._of: dict[str, httpx.HTTPTransport] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The answer of the host at the first of its checked addresses that can be connected to.

        Raises:
            RejectDocument: `unsafe_address`.
        """
        parts = self._policy.check(str(request.url))
        host = request.url.host
        transport = self._of.setdefault(host, self._transport())
        *others, last = self._policy.pin(host, request.url.port or (443 if parts.scheme == "https" else 80))[:ADDRESSES]
        for address in others:
            try:
                return transport.handle_request(_to(address, request))
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        return transport.handle_request(_to(last, request))

    def _transport(self) -> httpx.HTTPTransport:
        return httpx.HTTPTransport(verify=self._tls, retries=0, trust_env=False, limits=httpx.Limits(max_connections=1))

    def close(self) -> None:
        """Ends the connections."""
        for transport in self._of.values():
            transport.close()


def _to(address: str, request: httpx.Request) -> httpx.Request:
    """The request as sent to an address; its Host header and the name that TLS asks for stay the host's."""
    url = request.url.copy_with(host=address)
    extensions = {**request.extensions, "sni_hostname": request.url.host}
    return httpx.Request(request.method, url, headers=request.headers, stream=request.stream, extensions=extensions)


@dataclass(frozen=True)
class Answer:
    """An answer with status 200 or 304; `url` is the last one after redirects; header names in small letters."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    fetched_at: dt.datetime


class Turns:
    """Whose turn it is at which host: one request at a time, and when the last one began; shared by the sources of a process."""

    def __init__(self) -> None:
        self.last: dict[str, float] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def at(self, host: str) -> threading.Lock:
        """The lock to hold while asking a host."""
        with self._lock:
            return self._locks.setdefault(host, threading.Lock())


TURNS = Turns()


@dataclass
class Client:
    """The only way out of nightwire.

    Attributes:
        turns: shared by all clients that may meet at a host.
        secrets: what is filled into addresses and headers on the wire, and stands nowhere else.
        agent: the User-Agent, with a contact.
        now: the wall clock, for `fetched_at`; monotonic and sleep are for delays and budgets.
        tls: as for `Pinned`; only tests bring an authority of their own.
    """

    policy: Policy
    limits: Limits
    agent: str
    delay: float
    now: Callable[[], dt.datetime]
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _robots: dict[str, Protego] = field(default_factory=dict)
    turns: Turns = field(default_factory=Turns)
    tls: ssl.SSLContext | None = None
    secrets: Secrets = NOTHING

    def __post_init__(self) -> None:
        headers = {"User-Agent": self.agent, "Accept-Encoding": "gzip, deflate", "Accept": "*/*"}
        self._http = httpx.Client(transport=Pinned(self.policy, self.tls), trust_env=False, timeout=_TIMEOUT, headers=headers)
        self._end = self.monotonic() + self.limits.max_seconds

    def close(self) -> None:
        """Ends the connections."""
        self._http.close()

    def get(self, url: str, headers: Mapping[str, str] | None = None, *, robots: bool = True) -> Answer:
        """The answer to a GET, after redirects, waits and robots.txt.

        Raises:
            RejectDocument: `unsafe_address`, `robots`, `fetch_failed`, `too_large`, `bomb`, `bad_archive` or `over_budget`.
        """
        for _ in range(REDIRECTS + 1):
            self.policy.check(url)
            if robots and not self._rules(url).can_fetch(url, self.agent):
                raise RejectDocument("robots", f"robots.txt of {urlsplit(url).hostname} asks not to fetch this")
            answer = self._patient(url, headers or {})
            if answer.status not in (301, 302, 303, 307, 308):
                return answer
            url = urljoin(url, answer.headers.get("location", ""))
        raise RejectDocument("fetch_failed", f"more than {REDIRECTS} redirects")

    def _patient(self, url: str, headers: Mapping[str, str]) -> Answer:
        host = urlsplit(url).hostname or ""
        for number in range(1, TRIES + 1):
            with self.turns.at(host):
                self._wait(host)
                answer = self._once(url, headers)
            if answer.status in (200, 301, 302, 303, 304, 307, 308):
                return answer
            pause = self._retry_after(answer)
            if answer.status not in (429, 503) or pause is None or number == TRIES:
                raise RejectDocument("fetch_failed", f"{host} answered {answer.status}")
            self._pause(pause)
        raise RejectDocument("fetch_failed", f"{host} did not answer")

    def _once(self, url: str, headers: Mapping[str, str]) -> Answer:
        end = min(self.monotonic() + ANSWER_SECONDS, self._end)
        try:
            sent = {**self.secrets.sent(url), **headers}
            with self._http.stream("GET", self.secrets.address(url), headers=sent) as response:
                body = self._body(response, end) if response.status_code == 200 else b""
                kept = {name.lower(): self.secrets.masked(value) for name, value in response.headers.items()}
                return Answer(url, response.status_code, kept, self.secrets.masked_bytes(body), self.now())
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, ValueError, OSError) as error:
            told = self.secrets.masked(f"{urlsplit(url).hostname}: {type(error).__name__}: {error}")
            raise RejectDocument("fetch_failed", told) from error

    def _body(self, response: httpx.Response, end: float) -> bytes:
        parts: list[bytes] = []
        size = 0
        for data in _decoded(response, self.limits):
            size += len(data)
            if size > self.limits.max_document_bytes:
                raise RejectDocument("too_large", f"an answer of over {self.limits.max_document_bytes} bytes")
            if self.monotonic() > end:
                raise RejectDocument("fetch_failed", f"the answer was not there after {ANSWER_SECONDS:.0f} seconds")
            parts.append(data)
        return b"".join(parts)

    def _rules(self, url: str) -> Protego:
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self._robots:
            self._robots[origin] = Protego.parse(self._robots_text(f"{origin}/robots.txt"))
        return self._robots[origin]

    def _robots_text(self, url: str) -> str:
        """The rules; RFC 9309: none where the file is not there (4xx), everything forbidden where the host fails."""
        try:
            answer = self.get(url, robots=False)
        except RejectDocument as fault:
            gone = fault.reason == "fetch_failed" and any(f"answered 4{n:02}" in fault.message for n in range(100) if n != 29)
            return "" if gone else "User-agent: *\nDisallow: /"
        return answer.body[:ROBOTS_BYTES].decode("utf-8", "replace")

    def _wait(self, host: str) -> None:
        rules = next((r for origin, r in self._robots.items() if urlsplit(origin).hostname == host), None)
        asked = rules.crawl_delay(self.agent) if rules else None
        pause = max(self.delay, min(float(asked or 0), LONGEST_WAIT))
        last = self.turns.last
        if host in last:
            self._pause(last[host] + pause - self.monotonic())
        last[host] = self.monotonic()

    def _pause(self, seconds: float) -> None:
        if self.monotonic() + max(seconds, 0) > self._end:
            raise RejectDocument("over_budget", f"the source's {self.limits.max_seconds:.0f} seconds are used up")
        if seconds > 0:
            self.sleep(seconds)

    def _retry_after(self, answer: Answer) -> float | None:
        asked = answer.headers.get("retry-after", "")
        try:
            seconds = float(asked) if asked.isdigit() else (parsedate_to_datetime(asked) - answer.fetched_at).total_seconds()
        except (ValueError, TypeError):
            return self.delay
        return max(seconds, 0.0) if seconds <= LONGEST_WAIT else None


def _decoded(response: httpx.Response, limits: Limits) -> Iterator[bytes]:
    """The body's bytes without gzip or deflate."""
    kind = response.headers.get("content-encoding", "").strip().lower()
    if kind in ("", "identity"):
        yield from response.iter_raw()
        return
    yield from inflated(response.iter_raw(), kind, limits)
