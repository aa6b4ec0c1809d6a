"""Prefect's pages of a served desk in a real browser (Debian's Chromium); no request leaves the machine."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from prefect.client.schemas.objects import FlowRun, StateType

from tests.flows.house import House, eventually

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium; apt-get install chromium")
PATIENCE = 60_000
"""Milliseconds that a page of Prefect's may take: 5-12 s were seen, on a busy machine more."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield started
        started.close()


@pytest.fixture(scope="module")
def page(browser: Browser, house: House) -> Iterator[Page]:
    """A page, signed in as a person does it; requests beyond the desk's server fail the test at the end."""
    opened = browser.new_context(viewport={"width": 1400, "height": 1000}).new_page()
    opened.set_default_timeout(PATIENCE)
    elsewhere: list[str] = []
    ours = (f"{house.page}/", f"{house.digests}/", "data:", "blob:")
    opened.context.on("request", lambda request: None if request.url.startswith(ours) else elsewhere.append(request.url))
    opened.goto(house.page)
    opened.locator("input[type=password]").fill(house.password)
    opened.keyboard.press("Enter")
    opened.get_by_text("Dashboard").first.wait_for()
    yield opened
    assert elsewhere == []


def keep(page: Page, folder: Path, name: str) -> None:
    """A picture for a person to look at; those in docs/ are such ones, put there by hand."""
    page.screenshot(path=folder / f"{name}.png")


def published_run(house: House) -> FlowRun:
    def look() -> FlowRun | None:
        with house.client() as client:
            runs = [run for run in client.read_flow_runs() if run.name.startswith("night 2") and run.state_type == StateType.COMPLETED]
        return runs[0] if runs else None

    return eventually(look, 240, "a night that is published")


def test_a_runs_page_has_its_timeline_and_tables(page: Page, house: House, tmp_path: Path) -> None:
    run = published_run(house)
    page.goto(f"{house.page}/runs/flow-run/{run.id}")
    page.get_by_text(run.name).first.wait_for()
    page.get_by_text("Completed").first.wait_for()
    page.locator("canvas").first.wait_for()
    keep(page, tmp_path, "run")
    page.get_by_text("Artifacts", exact=True).first.click()
    for key in ("funnel", "timings", "sources", "stances", "alerts", "nights", "digest"):
        page.get_by_text(re.compile(key, re.IGNORECASE)).first.wait_for()
    keep(page, tmp_path, "artifacts")


def test_nothing_from_outside_is_markup_on_a_page(page: Page, house: House) -> None:
    """The desk's target has an image and links in its name; Prefect's pages show some cells of a table as Markdown."""
    run = published_run(house)
    with house.client() as client:
        (found,) = [artifact for artifact in client.read_artifacts() if artifact.key == "stances" and artifact.flow_run_id == run.id]
    page.goto(f"{house.page}/artifacts/artifact/{found.id}")
    page.get_by_text("bridge").first.wait_for()
    assert page.evaluate("document.querySelectorAll('td img, td a, td b, [href*=evil], [src*=evil]').length") == 0


def test_the_backfills_form_has_its_fields(page: Page, house: House, tmp_path: Path) -> None:
    with house.client() as client:
        deployment = client.read_deployment_by_name("backfill/backfill")
    page.goto(f"{house.page}/deployments/deployment/{deployment.id}/run")
    for title in ("From", "To", "Single nights", "Which of them", "Stage", "Newest first", "At once", "Stop after", "Dry run"):
        page.get_by_text(title, exact=False).first.wait_for()
    assert page.get_by_text('Property is type "None"').count() == 0
    keep(page, tmp_path, "form")


def test_the_morning_page_opens_from_a_runs_page(page: Page, house: House, tmp_path: Path) -> None:
    run = published_run(house)
    with house.client() as client:
        (found,) = [artifact for artifact in client.read_artifacts() if artifact.key == "digest" and artifact.flow_run_id == run.id]
    page.goto(f"{house.page}/artifacts/artifact/{found.id}")
    with page.context.expect_page() as opened:  # Prefect's page opens links in a tab of their own
        page.get_by_role("link", name=re.compile("The morning page")).click()
    morning = opened.value
    morning.wait_for_load_state()
    assert morning.url.startswith(f"{house.digests}/")
    assert morning.url.endswith(f"/{run.name.removeprefix('night ')}.html")
    assert morning.title().startswith("News digest")
    assert morning.locator("main").is_visible()
    keep(morning, tmp_path, "digest")
