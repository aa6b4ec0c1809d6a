"""A canary: a source's secret reaches its host and nothing else, however often the host says it back."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pyarrow.parquet as pq
import pytest

from flows.desk import Desk
from tasks.errors import Unusable
from tests.conftest import ROOT
from tests.flows import news
from tests.flows.conftest import NIGHT
from tests.ingest.conftest import Site, serve

CANARY = "s3cr3t/canary+of=the&desk"
TORTURE = bool(os.environ.get("NIGHTWIRE_TORTURE"))
CONFIG = """
name = "secret"
[night]
root = ".."
shards = 1
reject_limit = 0.9
[[sources]]
name = "wire"
kind = "feed"
url = "http://127.0.0.1:{port}/feed?token=${{DESK_TOKEN}}"
headers = {{ Authorization = "Bearer ${{DESK_TOKEN}}" }}
hosts = ["127.0.0.1"]
delay = 0
"""
ALLOWING = """
from tasks.ingest import web
from tasks.ingest.addresses import Policy

web.policy = lambda source: Policy(hosts=("127.0.0.1",), ports=frozenset(({port},)), allows=lambda ip: str(ip) == "127.0.0.1")
"""
FORMS = (CANARY, quote(CANARY, safe=""), quote(CANARY))


@pytest.fixture
def site() -> Iterator[Site]:
    with serve() as site:
        yield site


def desk(folder: Path, site: Site) -> Path:
    token = quote(CANARY, safe="")
    items = [
        ("a", f"/page?token={token}", ""),
        ("b", f"/moved?token={token}", ""),
        ("c", f"/broken?token={token}", ""),
        ("d", "", news.article(2, sentences=12) + f"The token is {CANARY} in the text."),
    ]
    entries = "".join(
        f"<item><guid isPermaLink='false'>{name}</guid><title>{name}</title>{f'<link>{site.url(link)}</link>' if link else ''}"
        f"<content:encoded>{text.replace('&', '&amp;')}</content:encoded></item>"
        for name, link, text in items
    ).replace("&token", "&amp;token")
    site.page(
        f"/feed?token={token}",
        f"<rss version='2.0' xmlns:content='http://purl.org/rss/1.0/modules/content/'><channel>{entries}</channel></rss>".encode(),
        Content_Type="application/rss+xml",
    )
    page = f"<html><body><article><h1>A page</h1><p>{news.article(3)}</p><p>Said back: {CANARY}</p></article></body></html>"
    site.page(f"/page?token={token}", page.encode(), Content_Type="text/html")
    site.page(f"/moved?token={token}", b"", status=302, Location=f"/nowhere?token={token}")
    site.page(f"/broken?token={token}", b"", status=500)
    site.page("/robots.txt", b"User-agent: *\nAllow: /\n")
    (folder / "configs").mkdir(parents=True)
    (folder / "site").mkdir()
    (folder / "site" / "sitecustomize.py").write_text(ALLOWING.format(port=site.port))
    config = folder / "configs" / "secret.toml"
    config.write_text(CONFIG.format(port=site.port))
    return config


UNDER_PREFECT = pytest.param([], marks=pytest.mark.skipif(not TORTURE, reason="a minute; make torture"))


@pytest.mark.parametrize("options", [["--without-prefect"], UNDER_PREFECT])
def test_the_canary_is_nowhere(tmp_path: Path, site: Site, options: list[str]) -> None:
    config = desk(tmp_path, site)
    environment = {**os.environ, "DESK_TOKEN": CANARY, "PYTHONPATH": f"{tmp_path / 'site'}{os.pathsep}{ROOT}"}
    command = [sys.executable, "-m", "flows"]
    for words in (["run", str(config), "--date", str(NIGHT), *options], ["status", str(config)], ["verify", str(config)]):
        done = subprocess.run([*command, *words], env=environment, capture_output=True, text=True, check=False, timeout=400)
        assert done.returncode == 0, done.stderr
        assert not [form for form in FORMS if form in done.stdout + done.stderr]
    feeds = [headers for path, headers in site.asked if path.startswith("/feed")]
    assert feeds
    assert all(headers["authorization"] == f"Bearer {CANARY}" for headers in feeds)
    looked = 0
    for path in tmp_path.rglob("*"):
        if path.is_file() and "site" not in path.parts:
            held = path.read_bytes() + (repr(pq.read_table(path).to_pylist()).encode() if path.suffix == ".parquet" else b"")
            assert not [form for form in FORMS if form.encode() in held], path
            looked += 1
    assert looked > 20
    articles = pq.read_table(tmp_path / "published" / "articles").to_pylist()
    assert len(articles) == 2
    assert any("Said back: ${DESK_TOKEN}" in row["text"] for row in articles)


def test_a_secret_goes_to_its_own_host_only(site: Site) -> None:
    from tasks.config import Source
    from tasks.ingest.secrets import Secrets

    source = Source(name="s", kind="feed", url="https://a.example/x?token=${DESK_TOKEN}", headers={"Authorization": "${DESK_TOKEN}"})
    known = Secrets.of(source, {"DESK_TOKEN": CANARY, "HOME": "/root"})
    assert known.address(source.url) == f"https://a.example/x?token={quote(CANARY, safe='')}"
    for other in (
        "https://b.example/x?token=${DESK_TOKEN}",
        "http://a.example/x?token=${DESK_TOKEN}",
        "https://a.example:8443/${DESK_TOKEN}",
    ):
        assert known.address(other) == other
        assert known.sent(other) == {}
    assert known.address("https://a.example/${HOME}") == "https://a.example/${HOME}"


@pytest.mark.parametrize(
    ("url", "headers", "told"),
    [
        ("https://a.example/x?token=${DESK_TOKEN}", "", "DESK_TOKEN is not set"),
        ("https://a.example/x?api_key=plain", "", "api_key holds a secret in plain text"),
        ("https://user:pass@a.example/x", "", "user and password holds a secret in plain text"),
        ("https://a.example/x", 'headers = { Cookie = "plain" }', "Cookie holds a secret in plain text"),
        ("https://${DESK_TOKEN}.example/x", "", "a placeholder in the host"),
    ],
)
def test_a_secret_in_the_open_stops_the_night_before_it_begins(
    tmp_path: Path, url: str, headers: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DESK_TOKEN", raising=False)
    config = tmp_path / "c.toml"
    config.write_text(f'name = "c"\n[[sources]]\nname = "a"\nkind = "feed"\nurl = "{url}"\n{headers}\n')
    with pytest.raises(Unusable, match=told):
        Desk.open(config)
