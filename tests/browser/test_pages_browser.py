"""The pages in a real browser: sign in, read the list, a person's reasons, the API's own pages.

Chromium can resolve no name but the loopback address, and its console must stay silent.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver.chrome.service import Service as Driver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.select import Select
from selenium.webdriver.support.wait import WebDriverWait

from serving.access import COMMAND_LINE, LEAD, Kind, Principal
from serving.app import Parts, create_app
from serving.batch import rank
from serving.records import Records
from serving.rules import Rules
from serving.settings import Settings
from serving.worklist.domain import Entry
from serving.worklist.store import Store
from tests.served import answering, world

pytestmark = pytest.mark.browser

PATIENCE = 30
PROGRAMS = ("chromium", "chromedriver")
OPTIONS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
    "--disable-background-networking", "--disable-component-update", "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)  # fmt: skip
HERE = """return performance.getEntriesByType('resource').map(r => r.name)
    .concat([location.href]).filter(a => !a.startsWith('data:'))"""


@dataclass(frozen=True)
class Site:
    address: str
    store: Store
    entries: tuple[Entry, ...]

    def link(self) -> str:
        lead = Principal("lead", frozenset({LEAD}))
        return f"{self.address}/login?token={self.store.tokens.issue(Kind.LINK, lead)}"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    here = world(folder)
    store = Store(f"sqlite:///{folder}/caseload.db")
    ranked = rank(here.history, here.models["complexity"], here.as_of, rules=Rules())
    store.save(COMMAND_LINE, ranked.run, ranked.entries)
    parts = Parts(here.scorer, Records(folder / "history"), store)
    with answering(create_app(Settings.from_env({}), parts)) as address:
        yield Site(address, store, ranked.entries)


@pytest.fixture(params=[(1280, 900), (390, 844)], ids=["desk", "phone"])
def browser(request: pytest.FixtureRequest) -> Iterator[webdriver.Chrome]:
    found = [shutil.which(program) for program in PROGRAMS]
    if not all(found):
        pytest.skip("Chromium and its driver are not here: make system")
    options = webdriver.ChromeOptions()
    options.binary_location = str(found[0])
    for option in OPTIONS:
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    started = webdriver.Chrome(options, Driver(str(found[1])))
    started.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {
            "width": request.param[0], "height": request.param[1], "deviceScaleFactor": 1,
            "mobile": request.param[0] < 600,
        },
    )  # fmt: skip
    yield started
    started.quit()


def text(browser: webdriver.Chrome) -> str:
    return browser.find_element(By.TAG_NAME, "body").text


def arrive(browser: webdriver.Chrome, there: Callable[[webdriver.Chrome], bool]) -> None:
    """Waits for the page that a click leads to: a click returns before it has come, and the next
    step could then be overtaken by it. Elements of the page that goes may vanish meanwhile."""
    gone = (StaleElementReferenceException, NoSuchElementException)
    WebDriverWait(browser, PATIENCE, ignored_exceptions=gone).until(there)


def kept_to_itself(browser: webdriver.Chrome, site: Site) -> None:
    """Nothing was fetched from elsewhere, nothing complained, nothing sticks out sideways."""
    assert all(name.startswith(site.address) for name in browser.execute_script(HERE))
    assert browser.get_log("browser") == []
    wide = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert browser.execute_script(wide) <= 0


def picture(browser: webdriver.Chrome, name: str) -> None:
    """Keep what is seen, where a folder for it is named."""
    if folder := os.environ.get("CASELOAD_PICTURES"):
        width = browser.execute_script("return innerWidth")
        browser.save_screenshot(str(Path(folder) / f"{name}-{width}.png"))


def test_from_the_link_to_a_persons_reasons(browser: webdriver.Chrome, site: Site) -> None:
    link, first = site.link(), site.entries[0]
    browser.get(link)
    assert browser.current_url == f"{site.address}/"
    assert "Who to offer the next free places" in text(browser)
    assert str(first.nurse_id) in browser.find_element(By.CSS_SELECTOR, "tbody tr").text
    picture(browser, "list")
    kept_to_itself(browser, site)

    browser.find_element(By.LINK_TEXT, first.person_id).click()
    arrive(browser, lambda b: f"Person {first.person_id}" in b.title)
    told = text(browser)
    for why in first.reasons:
        assert why.text in told
    assert f"{first.model} version {first.model_version}" in told
    picture(browser, "person")
    kept_to_itself(browser, site)

    browser.get(link)
    assert "Please sign in" in text(browser), "the link is spent"
    picture(browser, "signed-out")


def test_a_practice_is_chosen_and_the_list_is_paged(browser: webdriver.Chrome, site: Site) -> None:
    browser.get(site.link())
    browser.find_element(By.LINK_TEXT, "Next page").click()
    arrive(browser, lambda b: site.entries[50].person_id in text(b))
    practice = site.entries[0].practice_id
    Select(browser.find_element(By.ID, "practice")).select_by_value(str(practice))
    browser.find_element(By.XPATH, "//button[text()='Show']").submit()
    arrive(browser, lambda b: f"Practice {practice}." in text(b))
    others = {e.practice_id for e in site.entries} - {practice}
    body = browser.find_element(By.TAG_NAME, "tbody").text
    assert not any(str(other) in body for other in others)
    kept_to_itself(browser, site)


def test_the_apis_own_pages_render_without_the_internet(
    browser: webdriver.Chrome, site: Site
) -> None:
    browser.get(site.link())
    browser.get(f"{site.address}/docs")
    arrive(browser, lambda b: "/v1/risk" in text(b))
    assert "/v1/worklists/latest" in text(browser)
    picture(browser, "api")
    assert all(name.startswith(site.address) for name in browser.execute_script(HERE))
    assert browser.get_log("browser") == []


def test_signing_out_closes_the_door(browser: webdriver.Chrome, site: Site) -> None:
    browser.get(site.link())
    browser.find_element(By.XPATH, "//button[text()='Sign out']").click()
    arrive(browser, lambda b: "You are signed out" in text(b))
    browser.get(f"{site.address}/")
    assert "Please sign in" in text(browser)
