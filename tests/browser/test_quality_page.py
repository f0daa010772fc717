"""The quality report in a real browser: opened as a file, nothing fetched, charts in sight."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service as Driver
from selenium.webdriver.common.by import By

from features.quality.page import write_page
from features.quality.report import check_history
from features.synthetic import generate
from features.tables.history import History, HistoryWriter
from features.tables.schema import TABLES

pytestmark = pytest.mark.browser

PROGRAMS = ("chromium", "chromedriver")
OPTIONS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
           "--disable-background-networking", "--disable-component-update", "--no-first-run",
           "--host-resolver-rules=MAP * ~NOTFOUND")  # fmt: skip
FETCHED = "return performance.getEntriesByType('resource').map(r => r.name)"
WIDE = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
LATE = "2024-06"
"""From this month on, every other stay is lost on purpose."""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a population whose stays ramp down."""
    folder = tmp_path_factory.mktemp("page")
    generate(folder / "whole", people=1_500, seed=5, years=6)
    whole = History.open(folder / "whole")
    manifest = whole.manifest
    with HistoryWriter(
        folder / "cut", source="cut", buckets=whole.buckets, precision=manifest.precision,
        delays={"stay": "<b>none</b>"}, last=manifest.last, last_known=manifest.last_known,
    ) as writer:  # fmt: skip
        for number in range(whole.buckets):
            tables = {name: whole.bucket(number, [name])[name] for name in TABLES}
            begun = tables["stay"]["admitted_at"].to_pylist()
            kept = [k % 4 == 0 or f"{at:%Y-%m}" < LATE for k, at in enumerate(begun)]
            writer.write(number, tables | {"stay": tables["stay"].filter(kept)})
    write_page(folder / "quality.html", check_history(History.open(folder / "cut")))
    return folder / "quality.html"


@pytest.fixture
def browser() -> Iterator[webdriver.Chrome]:
    found = [shutil.which(program) for program in PROGRAMS]
    if not all(found):
        pytest.skip("Chromium and its driver are not here: make system")
    options = webdriver.ChromeOptions()
    options.binary_location = str(found[0])
    for option in OPTIONS:
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    started = webdriver.Chrome(options, Driver(str(found[1])))
    yield started
    started.quit()


def test_the_page_opens_from_a_file_and_shows_its_charts(
    browser: webdriver.Chrome, page: Path
) -> None:
    for width, height in ((1280, 900), (390, 844)):
        browser.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600},
        )
        browser.get(page.as_uri())
        assert browser.execute_script(FETCHED) == []
        assert browser.get_log("browser") == []
        assert browser.execute_script(WIDE) <= 0
    assert browser.find_elements(By.TAG_NAME, "script") == []
    verdicts = browser.find_elements(By.CSS_SELECTOR, ".verdict")
    assert [verdict.is_displayed() for verdict in verdicts] == [True] * 3
    charts = browser.find_elements(By.CSS_SELECTOR, "svg.chart")
    assert len(charts) >= 5
    assert all(chart.size["height"] > 40 and chart.get_attribute("aria-label") for chart in charts)
    stays = next(
        c for c in charts if str(c.get_attribute("aria-label")).startswith("Stays by month")
    )
    assert f"months are short, {LATE}" in str(stays.get_attribute("aria-label"))
    odd = stays.find_elements(By.CSS_SELECTOR, "rect.odd")
    usual = stays.find_elements(By.CSS_SELECTOR, "rect.usual")
    assert 6 <= len(odd) <= 8
    colours = {bars[0].value_of_css_property("fill") for bars in (odd, usual)}
    assert len(colours) == 2
    assert "<b>none</b>" in browser.find_element(By.TAG_NAME, "body").text, "words stay words"
    if folder := os.environ.get("CASELOAD_PICTURES"):
        browser.save_screenshot(str(Path(folder) / "quality.png"))
