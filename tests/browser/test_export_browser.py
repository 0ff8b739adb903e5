"""Exported pages, opened from disk by a browser that has no network."""

import pytest
from browser.lab import PIXELS, SETTLED, wait_until
from browser.test_comparison_browser import CELL as COMPARISON
from browser.test_covariance_explorer_browser import CELL as COVARIANCE
from browser.test_k_chooser_browser import CELL as CHOOSER
from browser.test_lower_bound_explorer_browser import CELL as BOUND
from browser.test_player_browser import CELL as PLAYER
from browser.test_responsibility_explorer_browser import CELL as RESPONSIBILITY

from gmm_from_scratch.widgets import export_html

pytestmark = pytest.mark.browser


class Page:
    """A page from disk: what it shows, and whom it asked."""

    def __init__(self, browser, path):
        self.context = browser.new_context(offline=True)
        self.page = self.context.new_page()
        self.errors, self.requests = [], []
        self.page.on("pageerror", lambda error: self.errors.append(error.stack))
        self.page.on("console", lambda message: self.errors.append(message.text))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(path.as_uri())
        self.widget = self.page.locator(".gmm-widget")
        self.widget.wait_for()

    def close(self, path):
        self.context.close()
        assert not self.errors, "\n".join(self.errors)
        assert [url for url in self.requests if not url.startswith("data:")] == [
            path.as_uri()
        ]


def make(code, name):
    names = {}
    exec(code, names)
    return names[name]


def is_at_end(count):
    def check():
        words = count.inner_text().split()
        return words[1] == words[3]

    return check


@pytest.mark.parametrize(
    ("code", "name"), [(PLAYER, "player"), (COMPARISON, "widget")], ids=["one", "two"]
)
def test_a_page_from_disk_plays(browser, tmp_path, code, name):
    path = export_html(make(code, name), tmp_path / "page.html")
    page = Page(browser, path)
    count, before = page.widget.locator(".gmm-count"), page.widget.evaluate(SETTLED)
    page.widget.get_by_label("Speed").select_option("4")
    page.widget.locator(".gmm-play").click()
    wait_until(lambda: "Iteration 2 of" in count.inner_text(), "it plays")
    after = page.widget.evaluate(PIXELS)
    assert all(one != other for one, other in zip(before, after, strict=True))
    page.widget.locator(".gmm-stage").first.focus()
    page.page.keyboard.press("End")
    wait_until(is_at_end(count), "it jumps to the end")
    # What only a kernel could answer is not offered.
    assert page.widget.locator(".gmm-random").count() == 0
    assert page.widget.locator(".gmm-handle:enabled").count() == 0
    page.close(path)


@pytest.mark.parametrize(
    ("code", "part", "key"),
    [
        (COVARIANCE, "gmm-handle", "ArrowRight"),
        (RESPONSIBILITY, "gmm-handle", "ArrowRight"),
        (BOUND, "gmm-stage", "PageDown"),
        (CHOOSER, "gmm-stage", "ArrowLeft"),
    ],
    ids=["covariance", "responsibility", "bound", "chooser"],
)
def test_explorers_answer_from_disk(browser, tmp_path, code, part, key):
    path = export_html(make(code, "widget"), tmp_path / "page.html")
    page = Page(browser, path)
    before = page.widget.evaluate(SETTLED)
    count = page.widget.locator(".gmm-headline, .gmm-count, .gmm-score-value")
    words = count.all_inner_texts()
    page.widget.locator(f".{part}").first.press(key)
    wait_until(lambda: page.widget.evaluate(SETTLED) != before, "the picture changes")
    if part == "gmm-stage":
        assert count.all_inner_texts() != words
    page.close(path)


def test_without_scripts_the_page_shows_the_film_strip(browser, tmp_path):
    path = export_html(make(PLAYER, "player"), tmp_path / "page.html")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(path.as_uri())
    picture = page.locator("img")
    picture.wait_for()
    assert "Film strip of EM on 272 points" in picture.get_attribute("alt")
    context.close()
