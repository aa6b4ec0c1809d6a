"""The page in a real browser (Debian's Chromium): phone and desk, light and dark, hostile texts too; nothing leaves the machine."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.digest.nights import render, tables
from tests.digest.test_hostile import PAYLOADS

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium; apt-get install chromium")
WINDOWS = [(390, 844), (1280, 900)]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield started
        started.close()


def visit(browser: Browser, folder: Path, page: str, width: int, height: int, scheme: Any = "light") -> tuple[Any, list[str]]:
    """The page, opened, and every trouble it made: messages on the console, dialogs, requests beyond itself."""
    file = folder / "digest.html"
    file.write_text(page, encoding="utf-8")
    opened = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, offline=True).new_page()
    trouble: list[str] = []
    opened.on("console", lambda message: trouble.append(message.text))
    opened.on("dialog", lambda dialog: (trouble.append(dialog.message), dialog.dismiss()))
    opened.on("request", lambda request: None if request.url == file.as_uri() else trouble.append(request.url))
    opened.goto(file.as_uri())
    return opened, trouble


@pytest.mark.parametrize(("width", "height"), WINDOWS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_fits_its_window_and_is_readable(browser: Browser, tmp_path: Path, width: int, height: int, scheme: str) -> None:
    page, trouble = visit(browser, tmp_path, render(tables(words="A rather ordinary sentence " * 8))[0], width, height, scheme)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    ink, paper = page.evaluate("[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]")
    assert contrast(ink, paper) >= 7  # WCAG 2.2 AAA, for body text
    assert min(page.evaluate("[...document.querySelectorAll('svg text')].map(t => t.getBoundingClientRect().height)")) >= 9
    assert trouble == []


def test_hostile_texts_do_nothing(browser: Browser, tmp_path: Path) -> None:
    page, trouble = visit(browser, tmp_path, render(tables(words=" ".join(PAYLOADS), name=PAYLOADS[3]))[0], 1280, 900)
    page.mouse.move(400, 400)
    page.wait_for_timeout(300)
    assert page.evaluate("document.querySelectorAll('script, img, iframe, object, embed, form, input, link, base').length") == 0
    assert trouble == []


def test_print_has_every_section(browser: Browser, tmp_path: Path) -> None:
    page, _ = visit(browser, tmp_path, render(tables())[0], 1280, 900)
    page.emulate_media(media="print")
    assert page.evaluate("[...document.querySelectorAll('main > section')].every(s => s.getBoundingClientRect().height > 0)")
    assert not page.is_visible("nav")
    assert page.pdf(format="A4").startswith(b"%PDF-")


def contrast(first: str, second: str) -> float:
    """WCAG 2.2 contrast ratio of two `rgb(r, g, b)` colours."""
    low, high = sorted(_luminance([int(v) / 255 for v in colour[4:-1].split(",")]) for colour in (first, second))
    return (high + 0.05) / (low + 0.05)


def _luminance(rgb: list[float]) -> float:
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in rgb]
    return sum(weight * v for weight, v in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
