"""The page of `ungil bench` in a real browser."""

import shutil

import pytest
from test_formats import everything, hostile

from browser import CHROME, DRIVER, Browser
from ungil.bench.formats import render

pytestmark = pytest.mark.skipif(not (CHROME and DRIVER), reason="no Chromium with its driver")


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    profile = tmp_path_factory.mktemp("profile")
    browser = Browser(profile)
    yield browser
    browser.close()
    shutil.rmtree(profile, ignore_errors=True)


@pytest.mark.parametrize(("width", "dark"), [(1100, False), (360, True)])
def test_it_is_as_wide_as_the_screen_and_asks_nobody(browser, tmp_path, width, dark):
    page = tmp_path / "page.html"
    page.write_text(render([everything(), hostile()], "html"), "utf-8")
    browser.show(page, width=width, dark=dark)
    whole, inner = browser.driver.execute_script(
        "return [document.documentElement.scrollWidth, innerWidth]"
    )
    assert whole <= inner
    # Its style is allowed, and colours the curves: no two of them alike.
    strokes = browser.driver.execute_script(
        "return [...document.querySelector('.curve').querySelectorAll('.series path')]"
        ".map(path => getComputedStyle(path).stroke)"
    )
    assert len(strokes) == len(set(strokes)) == 2
    assert browser.complaints() == []
    assert browser.requests() == [page.as_uri()]
