"""The book in Chromium: every page drawn without errors or outside requests, and what a reader does with it."""

import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Route, sync_playwright

from book import build
from tests.browser import lab

pytestmark = pytest.mark.skipif(
    lab.chromium() is None and not os.environ.get("CI"), reason="no Chromium: install it or set CHROMIUM=/path"
)
SLUGS = ["index", "xac-thuc", "kham-pha-stac", "tai-du-lieu", "ndvi", "rgb", "phu-luc-su-co"]
SLUGS += ["vung-ngoai-tuyen", "thuat-ngu", "su-co", "hieu-nang", "do-tin-cay", "giang-day", "gioi-thieu"]
LESSONS = SLUGS[1:7]
OPEN_ALL = "document.querySelectorAll('details').forEach(box => { box.removeAttribute('name'); box.open = true; })"
# No preload: axe would fetch the style sheet, which a page of the file system may not.
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], "preload": False, "resultTypes": ["violations"]}
PICTURES = os.environ.get("BOOK_PICTURES")


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build.build(target=tmp_path_factory.mktemp("book"))


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=lab.chromium(), args=["--no-sandbox"])
        yield browser
        browser.close()


Theme = Literal["dark", "light"]


class Reader:
    """A page of the book, with what went wrong on it."""

    def __init__(self, browser: Browser, book: Path, width: int = 1440, theme: Theme = "light") -> None:
        self.book = book
        self.page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=theme)
        self.errors: list[str] = []
        self.outside: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self._keep_error)
        self.page.route("**/*", self._local_only)

    def _keep_error(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(message.text)

    def _local_only(self, route: Route) -> None:
        if route.request.url.startswith("file:"):
            route.continue_()
        else:
            self.outside.append(route.request.url)
            route.abort()

    def open(self, slug: str) -> Page:
        self.page.goto(f"{self.book.as_uri()}/{slug}.html")
        return self.page

    def results(self, words: str) -> list[str]:
        """Pages and headings that the search offers for these words."""
        field = self.page.locator(".finder input")
        field.fill(words)
        deadline = time.monotonic() + 3
        while not (found := self.page.locator(".finder li a").all()) and time.monotonic() < deadline:
            self.page.wait_for_timeout(50)
        return [f"{link.get_attribute('href')} {link.inner_text()}" for link in found]


@pytest.fixture
def reader(chromium: Browser, book: Path) -> Iterator[Reader]:
    reader = Reader(chromium, book)
    yield reader
    reader.page.close()
    assert reader.errors == [] and reader.outside == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_is_drawn_and_accessible(chromium, book, theme):
    axe = Axe()
    reader = Reader(chromium, book, theme=theme)
    findings = {}
    for slug in SLUGS:
        page = reader.open(slug)
        page.evaluate(OPEN_ALL)
        page.evaluate("document.querySelectorAll('img').forEach(image => image.loading = 'eager')")
        page.wait_for_function("[...document.images].every(image => image.complete)")
        broken = page.eval_on_selector_all("img[src]", "found => found.filter(i => !i.naturalWidth).map(i => i.src)")
        assert broken == [], slug
        found = axe.run(page, options=RULES).response["violations"]
        if found:
            findings[slug] = [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in found]
        if PICTURES:
            page.screenshot(path=Path(PICTURES) / f"{slug}-{theme}.png", full_page=True)
    reader.page.close()
    assert findings == {} and reader.errors == [] and reader.outside == []


@pytest.mark.parametrize("slug", SLUGS)
def test_a_phone_scrolls_down_only(chromium, book, slug):
    reader = Reader(chromium, book, width=390)
    page = reader.open(slug)
    page.evaluate(OPEN_ALL)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    reader.page.close()
    assert reader.errors == []


BLOCKS = """() => [...document.querySelectorAll("article :is(.code pre, .outputs pre, .scroll, .math)")]
    .map((block) => [block.scrollWidth > block.clientWidth + 1, block.textContent.trim().slice(0, 60)])"""


def test_blocks_fit_a_phone(chromium, book):
    """Of all code, results and tables of the lessons, one in twenty may be wider than the page."""
    reader = Reader(chromium, book, width=390)
    blocks: list[tuple[bool, str]] = []
    for slug in LESSONS:
        page = reader.open(slug)
        page.evaluate(OPEN_ALL)
        blocks += page.evaluate(BLOCKS)
    wide = [text for is_wide, text in blocks if is_wide]
    reader.page.close()
    assert len(blocks) > 150 and len(wide) <= len(blocks) / 20, wide


def test_choices_of_a_quiz_close_each_other_by_keyboard(reader):
    page = reader.open("kham-pha-stac")
    choices = page.locator("details.quiz[name=cau-1]")
    for number in range(choices.count()):
        choices.nth(number).locator("summary").focus()
        page.keyboard.press("Enter")
        opened = [choice.get_attribute("open") is not None for choice in choices.all()]
        assert opened == [other == number for other in range(choices.count())]
    assert page.locator("details.quiz.correct").count() == 5


def test_contents_on_a_phone(chromium, book):
    reader = Reader(chromium, book, width=390)
    page = reader.open("ndvi")
    contents = page.get_by_role("navigation", name="Mục lục")
    assert not contents.is_visible()
    page.get_by_role("button", name="Mục lục").click()
    assert contents.is_visible()
    page.keyboard.press("Escape")
    assert not contents.is_visible()
    page.get_by_role("button", name="Mục lục").click()
    contents.get_by_role("link", name="3. Tải dữ liệu").click()
    assert page.locator("h1").inner_text().endswith("Tải dữ liệu với odc-stac")
    reader.page.close()


@pytest.mark.parametrize(
    ("words", "place"),
    [
        ("mây", "ndvi.html"),
        ("may", "ndvi.html"),
        ("ma\u0302y", "ndvi.html"),  # NFD, as macOS types it
        ("giãn màu", "rgb.html"),
        ("gian mau", "rgb.html"),
        ("bien moi truong", "xac-thuc.html"),
        ("BIẾN MÔI TRƯỜNG", "xac-thuc.html"),
        ("mau gia", "rgb.html"),
        ("chữ ký không khớp", "su-co.html#loi-chu-ky"),
        ("cận hồng ngoại", "thuat-ngu.html"),
    ],
)
def test_search_finds_words_however_they_are_typed(reader, words, place):
    page = reader.open("index")
    page.keyboard.press("/")
    assert any(result.startswith(place) for result in reader.results(words)), reader.results(words)


def test_marks_that_are_typed_count(reader):
    page = reader.open("index")
    page.get_by_role("button", name="Tìm kiếm").click()
    assert "lười" in reader.results("lười")[0]  # lazy
    assert "lưới" in reader.results("lưới")[0]  # grid
    assert reader.results("khongcotunaynhuthe") == []
    assert "Không tìm thấy" in page.locator(".finder [role=status]").inner_text()


def test_search_by_keyboard(reader):
    page = reader.open("index")
    page.keyboard.press("Control+k")
    assert reader.results("tran so nguyen")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/*.html*")
    assert not page.locator(".finder").is_visible()
    page.keyboard.press("/")
    page.keyboard.press("Escape")
    assert not page.locator(".finder").is_visible()


def test_solutions_open_by_keyboard(reader):
    page = reader.open("xac-thuc")
    box = page.locator("details.solution").first
    assert box.get_attribute("open") is None
    box.locator("summary").focus()
    page.keyboard.press("Enter")
    assert box.get_attribute("open") is not None and box.locator(".code").first.is_visible()


def test_dark_and_light(reader):
    page = reader.open("index")
    paper = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(paper)
    page.get_by_role("button", name="Đổi nền sáng, tối").click()
    dark = page.evaluate(paper)
    reader.open("ndvi")
    assert page.evaluate(paper) == dark != light  # kept from page to page


def test_code_is_copied_whole(reader):
    page = reader.open("ndvi")
    page.evaluate("Object.defineProperty(navigator, 'clipboard', {value: {writeText: async t => window.copied = t}})")
    block = page.locator(".code").filter(has_text="def hectares").first
    block.hover()
    block.get_by_role("button", name="Chép").click()
    assert block.get_by_role("button", name="Đã chép").is_visible()
    assert page.evaluate("window.copied") == block.locator("code").text_content()
    assert page.evaluate("window.copied").startswith("def hectares(level):")


def test_figures_open_large(reader):
    page = reader.open("rgb")
    picture = page.locator("article .zoom img").first
    picture.scroll_into_view_if_needed()
    small = picture.bounding_box()["width"]
    picture.click()
    large = page.locator(".viewer img")
    page.wait_for_function("document.querySelector('.viewer img').complete")
    assert large.bounding_box()["width"] > 1.2 * small
    assert large.get_attribute("alt") == picture.get_attribute("alt")
    page.keyboard.press("Escape")
    assert not page.locator(".viewer").is_visible()


def test_tabs_are_tabs(reader):
    page = reader.open("index")
    tab_set = page.locator(".tabs").first
    tabs, panel = tab_set.get_by_role("tab"), tab_set.get_by_role("tabpanel")
    assert tabs.count() > 1 and panel.count() == 1  # the others are hidden
    tabs.first.focus()
    page.keyboard.press("ArrowRight")
    assert tabs.nth(1).get_attribute("aria-selected") == "true"
    assert "wsl" in panel.inner_text().lower()


def test_the_way_through_the_book(reader):
    page = reader.open("index")
    for slug in SLUGS[1:]:
        page.get_by_role("navigation", name="Trang kề").get_by_role("link", name="Trang sau").click()
        assert page.url.endswith(f"/{slug}.html")
        assert page.locator(".contents [aria-current=page]").get_attribute("href") == f"{slug}.html"
    assert page.get_by_role("link", name="Trang sau").count() == 0


def test_the_outline_follows(reader):
    page = reader.open("ndvi")
    page.locator("#tom-tat").evaluate("heading => heading.scrollIntoView({behavior: 'instant'})")
    page.wait_for_function("document.querySelector('.outline [aria-current]')?.hash === '#tom-tat'")


def test_formulas_are_drawn_without_fonts_of_their_own(reader):
    page = reader.open("ndvi")
    box = page.locator(".math math").first.bounding_box()
    assert box["height"] > 30 and box["width"] > 100  # a fraction, not raw text


def test_a_printed_page_is_a_handout(reader, tmp_path):
    page = reader.open("ndvi")
    page.emulate_media(media="print")
    for selector in (".bar", ".contents", ".outline", ".copy", "details.solution"):
        assert not page.locator(selector).first.is_visible(), selector
    assert page.locator(".blank, .exercise").first.bounding_box()["height"] > 100  # room for an answer
    page.pdf(path=tmp_path / "bai.pdf", prefer_css_page_size=True)
    sheets = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", (tmp_path / "bai.pdf").read_bytes())
    assert {(round(float(width)), round(float(height))) for width, height in sheets} == {(595, 842)}  # A4 in points
    assert len(sheets) < 30
