"""A real JupyterLab and a real Chromium, each started once and ended for sure."""

import os

import pytest
from browser.server import CHROMIUM_FLAGS, find_chromium, running_server


@pytest.fixture(scope="session")
def chromium():
    path = find_chromium()
    if path is None and os.environ.get("CI"):
        pytest.fail("There is no Chromium here, but CI must run the browser tests.")
    if path is None:
        pytest.skip("There is no Chromium here: install it to run the browser tests.")
    return path


@pytest.fixture(scope="session")
def jupyter_server(chromium, tmp_path_factory):
    folders = [tmp_path_factory.mktemp(name) for name in ("notebooks", "jupyter")]
    with running_server(*folders) as server:
        yield server


@pytest.fixture(scope="session")
def browser(chromium):
    sync_api = pytest.importorskip(
        "playwright.sync_api", reason="playwright drives the browser: install it."
    )
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=CHROMIUM_FLAGS
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def page(browser):
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    page.set_default_timeout(60_000)
    yield page
    page.close()
