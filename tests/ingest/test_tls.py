"""TLS to a checked address: the certificate is verified for the host's name, by a real server with an authority of the test's own."""

from __future__ import annotations

import datetime as dt
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import trustme

from tasks.config import Limits
from tasks.errors import RejectDocument
from tasks.ingest.addresses import Policy
from tasks.ingest.client import Client
from tests.ingest.conftest import NOW, Site, serve

AUTHORITY, STRANGER = trustme.CA(), trustme.CA()
EXPIRED = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)


@contextmanager
def secure(certificate: trustme.LeafCert) -> Iterator[tuple[Site, list[str | None]]]:
    """A site with a certificate, and the names that were asked for in the handshakes."""
    names: list[str | None] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    context.sni_callback = lambda _socket, name, _context: names.append(name)
    with serve(context) as site:
        site.page("/a", b"secret news")
        yield site, names


def client(port: int, addresses: list[str] | None = None) -> Client:
    trusted = ssl.create_default_context()
    AUTHORITY.configure_trust(trusted)
    policy = Policy(
        hosts=("news.example", "other.example"),
        ports=frozenset((port,)),
        allows=lambda ip: ip.is_loopback,
        resolver=lambda _host, _port: addresses or ["127.0.0.1"],
    )
    return Client(policy, Limits(), "nightwire-test", 0.0, lambda: NOW, sleep=lambda _seconds: None, tls=trusted)


def test_the_name_is_asked_for_and_verified_while_the_address_is_connected_to() -> None:
    with secure(AUTHORITY.issue_cert("news.example")) as (site, names):
        answer = client(site.port).get(f"https://news.example:{site.port}/a")
    assert (answer.body, answer.url) == (b"secret news", f"https://news.example:{site.port}/a")
    assert set(names) == {"news.example"}
    assert {headers["host"] for _, headers in site.asked} == {f"news.example:{site.port}"}


@pytest.mark.parametrize(
    "certificate",
    [
        AUTHORITY.issue_cert("other.example"),
        AUTHORITY.issue_cert("127.0.0.1"),
        AUTHORITY.issue_cert("*.news.example"),
        AUTHORITY.issue_cert("news.example", not_after=EXPIRED),
        STRANGER.issue_cert("news.example"),
    ],
    ids=["another name", "the address alone", "subdomains alone", "expired", "unknown authority"],
)
def test_wrong_certificate_is_refused_before_anything_is_asked(certificate: trustme.LeafCert) -> None:
    with secure(certificate) as (site, _), pytest.raises(RejectDocument, match="CERTIFICATE_VERIFY_FAILED") as caught:
        client(site.port).get(f"https://news.example:{site.port}/a", robots=False)
    assert caught.value.reason == "fetch_failed"
    assert site.asked == []


def test_public_authorities_are_the_default() -> None:
    with secure(AUTHORITY.issue_cert("news.example")) as (site, _):
        trusting = client(site.port)
        with pytest.raises(RejectDocument, match="CERTIFICATE_VERIFY_FAILED"):
            Client(trusting.policy, Limits(), "x", 0.0, lambda: NOW).get(f"https://news.example:{site.port}/a", robots=False)


def test_two_names_at_one_address_share_no_connection() -> None:
    with secure(AUTHORITY.issue_cert("news.example")) as (site, names):
        both = client(site.port)
        assert both.get(f"https://news.example:{site.port}/a", robots=False).body == b"secret news"
        with pytest.raises(RejectDocument, match="CERTIFICATE_VERIFY_FAILED"):
            both.get(f"https://other.example:{site.port}/a", robots=False)
    assert names == ["news.example", "other.example"]
    assert len(site.asked) == 1


def test_no_tls_where_tls_was_asked_for(site: Site) -> None:
    with pytest.raises(RejectDocument) as caught:
        client(site.port).get(f"https://news.example:{site.port}/a", robots=False)
    assert caught.value.reason == "fetch_failed"


def test_connection_is_kept_between_pages() -> None:
    with secure(AUTHORITY.issue_cert("news.example")) as (site, names):
        one = client(site.port)
        for _ in range(3):
            one.get(f"https://news.example:{site.port}/a", robots=False)
    assert names == ["news.example"]


def test_next_address_is_tried_where_the_first_does_not_answer(site: Site) -> None:
    site.page("/a", b"yes")
    assert client(site.port, ["127.0.0.2", "127.0.0.1"]).get(f"http://news.example:{site.port}/a", robots=False).body == b"yes"
    assert [headers["host"] for _, headers in site.asked] == [f"news.example:{site.port}"]


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6 on this machine")
def test_an_ipv6_address_is_an_address() -> None:
    try:
        with serve(host="::1") as site:
            site.page("/a", b"six")
            assert client(site.port, ["::1"]).get(f"http://news.example:{site.port}/a", robots=False).body == b"six"
    except OSError:
        pytest.skip("no IPv6 loopback on this machine")
