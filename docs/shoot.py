"""Screenshots of a morning page, as they stand in docs/: `python docs/shoot.py published/digests/2026-03-03.html docs/digest`."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

WINDOWS: tuple[tuple[str, int, int, Any], ...] = (("desk-light", 1080, 1000, "light"), ("phone-dark", 390, 844, "dark"))


def main(page: Path, stem: str) -> None:
    """Write the page's beginning, and its charts, as `STEM-WINDOW.png` and `STEM-WINDOW-sides.png`."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"])
        for name, width, height, scheme in WINDOWS:
            shown = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, offline=True).new_page()
            shown.goto(page.resolve().as_uri())
            shown.screenshot(path=f"{stem}-{name}.png")
            shown.evaluate("document.getElementById('sides').scrollIntoView()")
            shown.screenshot(path=f"{stem}-{name}-sides.png")
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
