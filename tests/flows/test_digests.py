"""The morning pages over HTTP: only pages, only below their word, only for this machine."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import httpx
import pytest
from starlette.testclient import TestClient

from flows import digests
from flows.places import Places
from tasks.errors import Abort
from tests.flows.house import free_port

PAGE = "<!doctype html><title>The night</title>"
DATE = dt.date(2026, 3, 2)


@pytest.fixture
def places(tmp_path: Path) -> Places:
    folder = tmp_path / "published" / "digests"
    folder.mkdir(parents=True)
    (folder / f"{DATE}.html").write_text(PAGE)
    (tmp_path / "published" / "secret.html").write_text("secret")
    return Places(tmp_path)


@pytest.fixture
def browser(places: Places) -> TestClient:
    return TestClient(digests.application(places.published, "word"), base_url="http://127.0.0.1:4201")


def test_a_page_opens_below_its_word(browser: TestClient) -> None:
    answer = browser.get(f"/word/{DATE}.html")
    assert answer.text == PAGE
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert answer.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    "path",
    [
        f"/{DATE}.html",
        f"/other/{DATE}.html",
        "/word/2026-03-03.html",
        "/word/..%2fsecret.html",
        "/word/%2e%2e/secret.html",
        "/word/secret.html",
        "/word/",
        "/",
        f"/word/{DATE}.md",
    ],
)
def test_nothing_else_is_served(browser: TestClient, path: str) -> None:
    answer = browser.get(path)
    assert answer.status_code == 404
    assert "secret" not in answer.text.replace("secret.html", "")


def test_nothing_can_be_written(browser: TestClient) -> None:
    assert {browser.request(method, f"/word/{DATE}.html").status_code for method in ("POST", "PUT", "DELETE")} == {405}


@pytest.mark.parametrize("host", ["evil.example", "evil.example:4201", "127.0.0.1.evil.example"])
def test_no_name_of_somebody_elses_points_here(browser: TestClient, host: str) -> None:
    assert browser.get(f"/word/{DATE}.html", headers={"Host": host}).status_code == 400


def test_the_address_stays_when_the_desk_is_served_again(places: Places) -> None:
    port = free_port()
    assert digests.link(places, DATE) is None
    links = []
    for _ in range(2):
        with digests.served(places, port):
            links.append(digests.link(places, DATE))
            assert httpx.get(str(links[-1]), trust_env=False).text == PAGE
    assert links[0] == links[1]
    assert (places.prefect / "digests").stat().st_mode & 0o077 == 0
    with pytest.raises(httpx.ConnectError):
        httpx.get(str(links[0]), trust_env=False)


def test_a_port_that_is_taken_is_told(places: Places) -> None:
    port = free_port()
    with (
        digests.served(places, port),
        pytest.raises(Abort, match=f"port {port} of 127.0.0.1.*choose another pair with --port"),
        digests.served(places, port),
    ):
        pass
