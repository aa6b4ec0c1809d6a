"""T1: nothing is connected to that is not a public address of the source's hosts."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

import httpcore
import pytest

from tasks.config import Limits
from tasks.errors import RejectDocument
from tasks.ingest.addresses import Policy, is_public, resolve
from tasks.ingest.client import Client
from tests.ingest.conftest import NOW, Site

PUBLIC = "93.184.215.14"
LITERALS = [
    "http://127.0.0.1/",
    "http://127.1/",
    "http://0.0.0.0/",
    "http://0/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0177.0.0.1/",
    "http://0x7f.0.0.1/",
    "http://10.0.0.1/",
    "http://172.16.3.4/",
    "http://192.168.1.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://100.64.0.1/",
    "http://198.18.0.1/",
    "http://224.0.0.1/",
    "http://255.255.255.255/",
    "http://[::1]/",
    "http://[::]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[::ffff:169.254.169.254]/",
    "http://[fe80::1]/",
    "http://[fc00::1]/",
    "http://[fd12:3456::1]/",
    "http://[ff02::1]/",
    "http://[2002:7f00:1::]/",
    "http://[2002:a9fe:a9fe::]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[64:ff9b::a00:1]/",
    "http://[2001:db8::1]/",
    "http://[::127.0.0.1]/",
    "http://localhost/",
]
FORMS = [
    "file:///etc/passwd",
    "ftp://news.example/a",
    "gopher://news.example/",
    "javascript:alert(1)",
    "data:text/html,hello",
    "//news.example/a",
    "http://user:secret@news.example/",
    "http://news.example@127.0.0.1/",
    "http://news.example:22/",
    "http://news.example:6379/",
    "http://news.example\\@127.0.0.1/",
    "http://news.example/\r\nHost: 127.0.0.1",
    "http://127.0.0.1#.news.example/",
    "http://news.example.evil.example/",
    "http://evilnews.example/",
    "http:///a",
    "http://[::1/",
    "http://news.example:99999/",
    "https://news.example/" + "a" * 3000,
]
REBOUND = ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "::ffff:10.0.0.1", "fe80::1%eth0", "192.0.0.8", "2002:7f00:1::"]


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    made: list[str] = []

    def connect(self: object, host: str, port: int, **_: object) -> None:
        made.append(host)
        raise httpcore.ConnectError("no test leaves this machine")

    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", connect)
    return made


def client(policy: Policy) -> Client:
    return Client(policy, Limits(), "nightwire-test", 0.0, lambda: NOW, sleep=lambda _seconds: None)


@pytest.mark.parametrize("url", LITERALS)
def test_private_address_is_never_connected_to_even_where_the_host_is_allowed(url: str, connections: list[str]) -> None:
    host = urlsplit(url).hostname or ""
    with pytest.raises(RejectDocument) as caught:
        client(Policy(hosts=(host,))).get(url, robots=False)
    assert caught.value.reason in ("unsafe_address", "fetch_failed")
    assert connections == []


@pytest.mark.parametrize("url", FORMS)
def test_odd_address_is_refused_before_any_look_up(url: str, connections: list[str]) -> None:
    asked: list[str] = []
    policy = Policy(hosts=("news.example",), resolver=lambda host, port: asked.append(host) or [PUBLIC])  # type: ignore[func-returns-value]
    with pytest.raises(RejectDocument) as caught:
        client(policy).get(url, robots=False)
    assert caught.value.reason == "unsafe_address"
    assert (asked, connections) == ([], [])


@pytest.mark.parametrize("address", REBOUND)
@pytest.mark.parametrize("before", [[], [PUBLIC]])
def test_name_that_leads_to_a_private_address_is_refused(address: str, before: list[str], connections: list[str]) -> None:
    policy = Policy(hosts=("news.example",), resolver=lambda host, port: [*before, address])
    with pytest.raises(RejectDocument) as caught:
        client(policy).get("http://news.example/a", robots=False)
    assert caught.value.reason == "unsafe_address"
    assert connections == []


def test_the_connection_goes_to_the_address_that_was_checked(connections: list[str]) -> None:
    answers = iter([[PUBLIC], ["127.0.0.1"], ["127.0.0.1"]])
    policy = Policy(hosts=("news.example",), resolver=lambda host, port: next(answers))
    with pytest.raises(RejectDocument, match="no test leaves"):
        client(policy).get("http://news.example/a", robots=False)
    assert connections == [PUBLIC]


@pytest.mark.parametrize(
    "target",
    ["http://127.0.0.2/", "http://[::1]/", "file:///etc/passwd", "http://169.254.169.254/", "//localhost/", "gopher://127.0.0.1/"],
)
def test_redirect_is_checked_like_the_first_address(site: Site, target: str) -> None:
    site.page("/a", b"", 302, Location=target)
    with pytest.raises(RejectDocument) as caught:
        site.client().get(site.url("/a"), robots=False)
    assert caught.value.reason == "unsafe_address"
    assert [path for path, _ in site.asked] == ["/a"]


def test_subdomains_belong_to_a_host_and_public_addresses_are_public() -> None:
    policy = Policy(hosts=("news.example",))
    assert policy.check("https://www.news.example/a?b=c").hostname == "www.news.example"
    assert all(is_public(ipaddress.ip_address(ip)) for ip in (PUBLIC, "1.1.1.1", "2606:4700:4700::1111", "2002:101:101::"))


def test_unknown_name_is_a_failed_fetch() -> None:
    with pytest.raises(RejectDocument) as caught:
        resolve("a name with blanks.invalid", 80)
    assert caught.value.reason == "fetch_failed"
