"""The page of `ungil ecosystem` in a real browser."""

import re

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select
from verb import AS_OF, ELEVEN, verb_over

from browser import CHROME, DRIVER, Browser
from loopback import HISTORY, LoopbackIndex, recorded_names, wheel

pytestmark = pytest.mark.skipif(
    not (CHROME and DRIVER), reason="no Chromium with its ChromeDriver was found"
)

SAMPLE = [name for name in recorded_names(HISTORY) if name not in {"pybind11", "maturin"}]


@pytest.fixture(scope="module")
def pages(tmp_path_factory, recorded):
    """The page of the sample and that of the eleven, by what is in it."""
    folder = tmp_path_factory.mktemp("pages")
    verb = verb_over(folder, recorded)
    made = {}
    for key, names in {"sample": SAMPLE, "eleven": ELEVEN}.items():
        (verb.folder / key).write_text("\n".join(names))
        made[key] = verb.folder / f"{key}.html"
        done = verb(key, "--format", "html", "--output", f"{key}.html")
        assert done.returncode == 0, done.stderr
    return made


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    opened = Browser(tmp_path_factory.mktemp("profile"))
    yield opened
    opened.close()


class Page:
    """What a reader sees and does."""

    def __init__(self, browser):
        self.browser = browser
        self.driver = browser.driver

    def one(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def column(self, number):
        # One call, since each takes a while.
        return self.driver.execute_script(
            "return [...document.querySelectorAll(arguments[0])]"
            ".map((cell) => cell.innerText.split('\\n')[0].trim())",
            f"#table tbody tr:not(.timeline) > :nth-child({number})",
        )

    @property
    def names(self):
        return self.column(2)

    @property
    def states(self):
        return dict(zip(self.names, (s[2:] for s in self.column(3)), strict=True))

    def sort(self, title):
        for button in self.all("#table thead button"):
            if button.text.strip(" ▲▼") == title:
                button.click()
                return
        raise AssertionError(title)

    def view(self, python, platform=None):
        Select(self.one("#target")).select_by_visible_text(python)
        if platform:
            Select(self.one("#platform")).select_by_visible_text(platform)

    def type(self, *keys):
        ActionChains(self.driver).send_keys(*keys).perform()

    def focused(self):
        return self.driver.switch_to.active_element

    def go_to(self, day):
        self.driver.execute_script(
            "const d = document.getElementById('date'); d.value = arguments[0];"
            "d.dispatchEvent(new Event('change'))",
            day,
        )


@pytest.fixture
def shown(browser, pages, request):
    """`shown("eleven", ...)`: a page; at the end nothing may have been asked or complained."""
    opened = []

    def show(key, **how):
        page = key if hasattr(key, "as_uri") else pages[key]
        browser.show(page, **how)
        opened.append(page.as_uri())
        return Page(browser)

    yield show
    assert browser.complaints() == []
    # Its own buttons a browser draws from `data:`, which asks nobody.
    asked = [url for url in browser.requests() if not url.startswith("data:")]
    assert asked == opened


def test_what_is_there(shown):
    page = shown("eleven")
    assert page.one("h1").text == "eleven, free-threaded"
    assert f"8 of 9 compiled packages had free-threaded wheels on {AS_OF}" in (
        page.one(".headline").text
    )
    assert page.names == ELEVEN
    assert page.one("#then").text == f"{AS_OF}: 8 of 9 ready (89 %)"
    assert page.one("#found").text.startswith("11 of 11 packages")
    counted = page.one("#counted").find_element(By.XPATH, "..").text
    assert "starts with cp31 and ends with t" in counted
    assert "abi3t" in counted
    charts = [chart for chart in page.all(".curve") if chart.is_displayed()]
    assert [chart.get_attribute("data-view") for chart in charts] == ["published"]
    assert "8 of 9 at the end" in charts[0].get_attribute("aria-label")


def test_the_day_can_be_chosen(shown):
    page = shown("eleven")
    page.go_to("2026-02-24")
    assert page.one("#then").text == "2026-02-24: 8 of 9 ready (89 %)"
    page.go_to("2024-08-10")
    assert page.one("#then").text.startswith("2024-08-10: 0 of 9 ready")
    assert page.states["numpy"] == "not ready"
    assert page.states["cython"] == "pure fallback"
    page.go_to("2030-01-01")  # there is no such day here
    assert page.one("#then").text.startswith("2024-08-10")
    assert page.one("#date").get_attribute("value") == "2024-08-10"


def test_search(shown):
    page = shown("sample")
    assert len(page.names) == len(SAMPLE)
    page.one("#search").send_keys("PY")
    assert page.names
    assert all("py" in name for name in page.names)
    assert page.one("#found").text.startswith(f"{len(page.names)} of {len(SAMPLE)} packages")
    page.one("#search").clear()
    page.one("#search").send_keys("Charset_Normalizer")
    assert page.names == ["charset-normalizer"]
    page.one("#search").send_keys("<b>nothing")
    assert page.names == []


def test_sort(shown):
    page = shown("sample")
    assert page.names == SAMPLE
    page.sort("Package")
    assert page.names == sorted(SAMPLE)
    assert page.one("#table [aria-sort=ascending]").text.startswith("Package")
    page.sort("Package")
    assert page.names == sorted(SAMPLE, reverse=True)
    assert page.one("#table [aria-sort=descending]").text.startswith("Package")
    page.sort("Needed by")
    needed = [int(text) for text in page.column(5)]
    assert needed == sorted(needed, reverse=True)
    assert needed[0] > 0
    page.sort("Since")
    days = [text.removeprefix("≤ ") for text in page.column(4)]
    assert days == sorted(days)
    page.view("3.15t", "linux")
    page.sort("First wheel")
    firsts = page.column(5)
    filled = [text for text in firsts if text]
    assert filled
    assert firsts == sorted(filled) + [""] * (len(firsts) - len(filled))  # nothing comes last


def test_filters(shown):
    page = shown("sample")
    everything = page.states
    for box in page.all("#groups input"):
        if box.get_attribute("value") != "fallback":
            box.click()
    fallback = {name for name, state in everything.items() if state == "pure fallback"}
    assert fallback
    assert set(page.names) == fallback
    counts = {
        label.text.rpartition(" ")[0][2:].strip(): int(label.text.rpartition(" ")[2])
        for label in page.all("#groups label")
    }
    assert counts["pure fallback"] == len(fallback)
    assert sum(counts.values()) == len(SAMPLE)


def test_views_by_target_and_platform(shown):
    page = shown("sample")
    assert not page.one("#platform").is_enabled()
    page.view("3.14t", "windows")
    assert page.one("#found").text.endswith("3.14t windows")
    charts = [c.get_attribute("data-view") for c in page.all(".curve") if c.is_displayed()]
    assert charts == ["3.14t windows"]
    before = page.states
    page.view("3.15t", "macos")
    assert page.states != before
    page.view("any (published counting)")
    assert not page.one("#platform").is_enabled()
    assert page.one("#found").text.endswith("published counting")


def test_each_packages_timeline(shown):
    page = shown("sample")
    page.one("[data-open=greenlet]").click()
    button = page.one("[data-open=greenlet]")
    assert button.get_attribute("aria-expanded") == "true"
    assert page.focused() == button
    lines = [line.text for line in page.all(".timeline li")]
    assert any(re.match(r"2025-06-05 not ready \(.*\), 3\.2\.3", line) for line in lines)
    assert len(page.all(".timeline .strip span")) == len(lines)
    button.click()
    assert page.all(".timeline") == []


def test_keyboard_alone(shown):
    page = shown("eleven")
    page.type(Keys.TAB, Keys.TAB)  # the link, then the choice of a Python
    assert page.focused().get_attribute("id") == "target"
    outline = page.focused().value_of_css_property("outline-style")
    assert outline == "solid"
    page.type("3.15")
    assert page.one("#found").text.endswith("3.15t linux")
    page.type(Keys.TAB, Keys.TAB)
    assert page.focused().get_attribute("id") == "day"
    page.type(Keys.HOME)
    assert page.one("#then").text.startswith("2024-08-01")
    page.type(Keys.RIGHT, Keys.RIGHT)
    assert page.one("#then").text.startswith("2024-08-03")
    assert page.one("#day").get_attribute("aria-valuetext") == "2024-08-03"
    for _ in range(12):
        page.type(Keys.TAB)
        if page.focused().get_attribute("id") == "search":
            break
    page.type("scikit")
    assert page.names == ["scikit-learn"]
    page.type(Keys.TAB, Keys.SPACE)  # what is ready is left out; that day it was not
    assert page.names == ["scikit-learn"]
    for _ in range(20):
        page.type(Keys.TAB)
        if page.focused().get_attribute("data-open"):
            break
    page.type(Keys.ENTER)
    assert page.focused().get_attribute("aria-expanded") == "true"
    assert page.all(".timeline li")


@pytest.mark.parametrize("key", ["eleven", "sample"])
def test_a_phone(shown, key):
    page = shown(key, width=360, height=740)
    wide, window = page.driver.execute_script(
        "return [document.documentElement.scrollWidth, innerWidth]"
    )
    assert (wide, window) == (360, 360)  # the page itself does not scroll sideways
    assert not page.one("#table .rank").is_displayed()
    assert page.one("[data-open=numpy]").is_displayed()
    size = float(page.one("body").value_of_css_property("font-size").removesuffix("px"))
    assert size >= 16


def contrast(page, selector):
    """Of an element's text to the background of the page (WCAG 2.2, 1.4.3)."""

    def luminance(color):
        parts = [int(n) / 255 for n in re.findall(r"\d+", color)[:3]]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    text = luminance(page.one(selector).value_of_css_property("color"))
    back = luminance(page.one("body").value_of_css_property("background-color"))
    return (max(text, back) + 0.05) / (min(text, back) + 0.05)


@pytest.mark.parametrize("dark", [False, True])
def test_light_and_dark(shown, dark):
    page = shown("sample", dark=dark)
    background = page.one("body").value_of_css_property("background-color")
    brightness = sum(int(part) for part in re.findall(r"\d+", background)[:3]) / 3
    assert (brightness < 80) == dark
    assert page.all("td.ready")
    assert page.all("td.fallback")
    for selector in (
        "p",
        "td",
        ".quiet",
        "td.ready .mark",
        "td.fallback .mark",
        "td.blocked .mark",
    ):
        assert contrast(page, selector) >= 4.5, selector
    drawn = page.one(".curve:not([hidden]) .series path").value_of_css_property("stroke")
    mark = page.one("td.ready .mark").value_of_css_property("color")
    assert re.findall(r"\d+", drawn)[:3] == re.findall(r"\d+", mark)[:3]


def test_declarations_are_shown(browser, shown, tmp_path):
    with LoopbackIndex(recorded=False) as server:
        server.add(
            "spam",
            "spam-1.0-cp314-cp314t-manylinux_2_17_x86_64.whl",
            wheel("spam", "1.0"),
            upload_time="2025-01-01T00:00:00Z",
        )
        verb = verb_over(tmp_path, server)
        asked = ["--target", "3.14t", "--platform", "linux", "--declarations"]
        verb(verb.names("spam"), *asked, "--format", "html", "--output", "page.html")
    page = shown(verb.folder / "page.html")
    assert "GIL" not in page.one("thead").text
    page.view("3.14t")
    assert page.column(7) == ["off"]
    page.go_to("2025-06-01")  # it was read of the last day's wheel
    assert page.column(7) == [""]


def test_what_others_wrote_stays_text(browser, shown, tmp_path):
    with LoopbackIndex(recorded=False) as server:
        server.fail("/simple/evil/", "500")
        verb = verb_over(tmp_path, server)
        hostile = "</script><script>document.title='owned'</script><img src=x onerror=alert(1)>"
        # What a file may be called, a page shows.
        file = hostile.replace("/", "∕")
        (verb.folder / file).write_text("evil\n")
        done = verb(file, "--format", "html", "--output", "page.html")
        assert done.returncode == 3
    assert done.stdout == ""
    text = (verb.folder / "page.html").read_text()
    assert text.isascii()
    page = shown(verb.folder / "page.html")
    assert file in page.one("h1").text
    assert page.driver.title.endswith(f"on {AS_OF}")
    assert page.names == ["evil"]
    assert page.all("img") == []
