"""The book: it builds offline into whole Vietnamese pages, and what is wrong in it stops the build."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unicodedata
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import cache, partial
from html import unescape
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import unquote

import jupyterlab
import nbformat
import numpy as np
import odc.stac
import pytest
import rasterio
import xarray as xr
import yaml
from odc.geo.geobox import GeoBox
from odc.geo.xr import xr_zeros
from odc.loader.types import RasterLoadParams, RasterSource
from pystac import Item
from pystac_client import Client

from book import build
from cdse_access import gdal, service, transport
from cdse_access import session as cdse
from cdse_access.checks.bbox import check_bbox
from cdse_access.checks.pixels import check_pixels, number_tiles
from cdse_access.checks.season import join_faults
from cdse_access.env_file import PAIR
from cdse_access.exchange import LostError, open_certificates
from cdse_access.jp2 import reader
from cdse_access.jp2.answers import lost_problem, refusal
from cdse_access.jp2.cache import find_root
from cdse_access.jp2.codestream import SIGNATURE, Layout, read_header
from cdse_access.jp2.cog import Cog
from cdse_access.jp2.decoding import Image
from cdse_access.jp2.ranges import Remote, open_pool
from cdse_access.jp2.sources import InMemory
from cdse_access.jp2.tile_parts import read_tiles
from cdse_access.jp2.wanted import Frame, Wanted
from cdse_access.loading import KeptReader, fetch, load
from cdse_access.messages import say
from cdse_offline import practice
from cdse_offline.s3_answers import S3Error
from lessons import bands, maps
from tests.cdse_access.cogs import BBOX as OF_COGS
from tests.cdse_access.cogs import make_radar, write_cog
from tests.lessons.notebooks.running import read_cells

ROOT = Path(__file__).parents[2]
NAMES = [path.stem for path in sorted((ROOT / "notebooks" / "md").glob("*.md"))]
NUMBERED = [name for name in NAMES if name[0].isdigit()]
IMAGE_ID = "S2B_MSIL2A_20230928T101719_N0510_R065_T32UPU_20241026T142623"
BBOX = (11.44, 47.81, 11.48, 47.83)
AREA: dict[str, Any] = {"bbox": BBOX, "resolution": 10}


class Page(HTMLParser):
    """The parts of a page that the tests ask about."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []  # what a reader sees, script and style left out
        self._open: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not {"script", "style"} & set(self._open):
            self.words.append(data)

    def all(self, *names: str) -> Iterator[dict[str, str | None]]:
        return (attributes for tag, attributes in self.tags if tag in names)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    @property
    def ids(self) -> set[str]:
        return {name for _, attributes in self.tags if (name := attributes.get("id"))}


@pytest.fixture(scope="module")
def seconds() -> dict[str, float]:
    return {}


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory, seconds: dict[str, float]) -> Path:
    begin = time.monotonic()
    folder = build.build(ROOT, tmp_path_factory.mktemp("book"))
    seconds["build"] = time.monotonic() - begin
    return folder


@pytest.fixture(scope="module")
def pages(book: Path) -> dict[str, Page]:
    return {path.stem: Page(path) for path in book.glob("*.html")}


def slug(name: str) -> str:
    return name.lstrip("0123456789").removeprefix("-")


# -- the whole book ----------------------------------------------------------


def test_every_page_is_there(pages):
    expected = {slug(name) for name in NAMES} | {
        "index",
        "vung-ngoai-tuyen",
        "thuat-ngu",
        "su-co",
        "hieu-nang",
        "do-tin-cay",
        "giang-day",
        "gioi-thieu",
    }
    assert pages.keys() == expected and len(NUMBERED) == 5


def test_it_is_small_and_quick(book, pages, seconds):
    total = sum(path.stat().st_size for path in book.rglob("*") if path.is_file())
    assert total < 12e6
    for page in pages.values():
        pictures = {found["src"] for found in page.all("img", "script") if found.get("src")}
        weight = page.path.stat().st_size + sum((book / src).stat().st_size for src in pictures)
        assert weight < 1.5e6, page.path.name
    assert seconds["build"] < 20


def test_every_page_is_vietnamese(pages):
    english = re.compile(
        r"\b(Previous|Next page|Contents|Search|Copy|Note|Warning|Tip|Figure \d|Table \d|Exercise|Solution|Show code)\b"
    )
    for name, page in pages.items():
        assert next(page.all("html"))["lang"] == "vi", name
        labels = [value for _, found in page.tags for key, value in found.items() if key in ("aria-label", "title")]
        assert [word for word in [*page.words, *filter(None, labels)] if english.search(word)] == [], name


def test_nothing_is_fetched_from_elsewhere(book, pages):
    for page in pages.values():
        loaded = [found.get("src") or found.get("href") or "" for found in page.all("script", "link", "img", "iframe")]
        assert [address for address in loaded if "//" in address] == []
    for path in [*book.glob("*.css"), *book.glob("*.js")]:
        if path.name != "search-index.js":
            assert not re.search(r"@import|url\(|https?://", path.read_text(encoding="utf-8")), path.name


def test_every_link_leads_somewhere(book, pages):
    count = 0
    for page in pages.values():
        for found in page.all("a", "img", "script", "link"):
            address = found.get("href") or found.get("src") or ""
            if not address or re.match(r"(https?|mailto):", address):
                continue
            count += 1
            file, _, anchor = unquote(address).partition("#")
            assert not file or (book / file).is_file(), f"{page.path.name}: {address}"
            if anchor:
                target = pages[Path(file).stem] if file else page
                assert anchor in target.ids, f"{page.path.name}: {address}"
    assert count > 300


def test_ids_are_readable_and_unique(pages):
    assert {"muc-tieu", "bai-tap", "di-xa-hon"} <= pages["ndvi"].ids
    for page in pages.values():
        ids = [attributes["id"] for _, attributes in page.tags if attributes.get("id")]
        assert len(ids) == len(set(ids)), page.path.name


def test_every_picture_says_what_is_seen(pages):
    pictures = [found["alt"] for page in pages.values() for found in page.all("img") if found.get("src") != "icon.svg"]
    assert len(pictures) > 15
    poor = [alt for alt in pictures if len(alt.split()) < 8 or re.match(r"<|Figure|Hình \d", alt) or "_" in alt]
    assert poor == []


def test_a_page_keeps_room_for_its_pictures(pages):
    pictures = [found for page in pages.values() for found in page.all("img")]
    raster = [found for found in pictures if Path(found["src"]).suffix in (".webp", ".png", ".jpg")]
    assert len(raster) > 15
    assert [found["src"] for found in raster if not int(found.get("width") or 0) > 100] == []


def test_every_notebook_can_be_downloaded(book, pages):
    for name in NAMES:
        (found,) = [found for found in pages[slug(name)].all("a") if "download" in found]
        assert found["download"] == f"{name}.ipynb"
        assert (book / found["href"]).read_bytes() == (ROOT / "notebooks" / f"{name}.ipynb").read_bytes()


# -- cells -------------------------------------------------------------------


def code_cells(name: str) -> list[nbformat.NotebookNode]:
    notebook = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4)
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def tagged(name: str, tag: str) -> list[str]:
    return [cell.source for cell in code_cells(name) if tag in cell.metadata.get("tags", ())]


def solutions(name: str) -> list[str]:
    """Code of the solutions, in dropdowns of the text."""
    return [block for cell in read_cells(name) for block in cell.solutions]


@pytest.mark.parametrize("name", NAMES)
def test_exercises_are_quiet(name, pages):
    page = pages[slug(name)]
    asked = [found for found in page.all("div") if found.get("class") == "cell exercise"]
    assert len(asked) == len(tagged(name, "exercise")) > 0
    assert "chưa có câu trả lời" not in page.text


@pytest.mark.parametrize("name", NAMES)
def test_solutions_are_closed(name, pages):
    boxes = [found for found in pages[slug(name)].all("details") if "solution" in (found["class"] or "")]
    assert 0 < len(boxes) <= len(solutions(name))
    assert [found for found in boxes if "open" in found] == []
    html = pages[slug(name)].path.read_text(encoding="utf-8")
    outside = re.sub(r'<details class="box solution">.*?</details>', "", html, flags=re.DOTALL)
    shown = unescape(re.sub(r"<[^>]+>", "", outside))
    longest = [max(source.splitlines(), key=len) for source in solutions(name)]
    assert [line for line in longest if line in shown] == []


def list_alts(cell: nbformat.NotebookNode) -> list[str]:
    """What is told of each picture that the cell shows."""
    data = [output.get("data", {}) for output in cell.outputs]
    pictures = [one for one in data if any(kind.startswith("image/") for kind in one)]
    return [cell.metadata["alt"] for _ in pictures]


@pytest.mark.parametrize("name", NAMES)
def test_figures_carry_the_alt_text_and_the_caption_of_their_cells(name, pages):
    page = pages[slug(name)]
    shown = code_cells(name)
    expected = [alt for cell in shown for alt in list_alts(cell)]
    assert [found["alt"] for found in page.all("img") if "files/" in (found["src"] or "")] == expected
    captions = [cell.metadata["caption"] for cell in shown if "caption" in cell.metadata]
    numbered = [f"Hình {number}: {caption}" for number, caption in enumerate(captions, start=1)]
    assert [caption for caption in numbered if squeeze(caption) not in squeeze(page.text)] == []


def squeeze(text: str) -> str:
    """Letters alone: neither the marks of Markdown nor the spaces that tags leave in a page's text."""
    return re.sub(r"[\s*`\u200b]", "", text)


@pytest.mark.parametrize("name", NAMES)
def test_code_is_shown_letter_for_letter(name, pages):
    html = pages[slug(name)].path.read_text(encoding="utf-8")
    blocks = [
        re.sub(r"<[^>]+>", "", block) for block in re.findall(r'<code class="language-\w+">(.*?)</code>', html, re.S)
    ]
    shown = [unescape(block) for block in blocks]
    asked = tagged(name, "exercise")
    sources = [cell.source for cell in code_cells(name) if cell.source not in asked]
    assert len(sources) > 10
    assert [source for source in sources if source not in shown] == []


def test_search_index_holds_sections_with_places(book, pages):
    source = (book / "search-index.js").read_text(encoding="utf-8")
    records = json.loads(re.fullmatch(r"bookIndex\((.*)\);\n", source, re.DOTALL)[1])
    assert {record["page"].split("#")[0] for record in records} == {f"{name}.html" for name in pages}
    assert any(record["heading"] == "NDVI đo điều gì" for record in records)
    assert all(unicodedata.is_normalized("NFC", record["text"]) for record in records)
    assert any("odc.stac.load(" in record["code"] for record in records)


# -- faults stop the build ---------------------------------------------------


@pytest.fixture
def little_book(tmp_path: Path) -> Path:
    return make_little_book(tmp_path)


def make_little_book(folder: Path) -> Path:
    """A book of one page, with the theme and the plugin."""
    root = folder / "root"
    shutil.copytree(ROOT / "book", root / "book", ignore=shutil.ignore_patterns("*.md", "*.py", "__pycache__"))
    (root / "notebooks").mkdir()
    set_pages(root, "index.md")
    return root


def set_pages(root: Path, *files: str) -> None:
    config = yaml.safe_load((ROOT / "myst.yml").read_text(encoding="utf-8"))
    config["project"]["toc"] = [{"file": file} for file in files]
    (root / "myst.yml").write_text(yaml.safe_dump(config, allow_unicode=True, sort_keys=False), encoding="utf-8")


def write_page(path: Path, text: str) -> None:
    path.write_text(f"---\ntitle: Thử\n---\n\n{text}\n", encoding="utf-8")


def build_page(root: Path, text: str) -> Page:
    write_page(root / "index.md", text)
    return Page(build.build(root, root / "_build") / "index.html")


# What mystmd tells of every page.
FAULTS = [
    ("Xem [](#khong-co).", "khong-co"),
    ("Xem {numref}`khong-co`.", "khong-co"),
    ("![một hình không có thật](khong-co.png)", "khong-co.png"),
    (":::{khong-co}\nchữ\n:::", "khong-co"),
    ("{khong-co}`chữ`", "khong-co"),
    ("{mau}`xanh`", "no colour"),
    ("(nhan)=\n## Một\n\n(nhan)=\n## Hai", "nhan"),
    (":::{note}\n:khong-co: 1\nchữ\n:::", "khong-co"),
    ("$$\\khongco$$", "khongco"),
]


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What is reported of a book with a fault on each page, built once; there is no book then."""
    root = make_little_book(tmp_path_factory.mktemp("faults"))
    names = ["index", *(f"book/trang-{place}" for place in range(len(FAULTS)))]
    set_pages(root, *(f"{name}.md" for name in names))
    for name, (text, _) in zip(names, [("chữ", ""), *FAULTS], strict=True):
        write_page(root / f"{name}.md", text)
    with pytest.raises(build.BookError) as caught:
        build.build(root, root / "_build")
    assert not (root / "_build" / "html").exists()
    return str(caught.value).splitlines()


@pytest.mark.parametrize("place", range(len(FAULTS)), ids=[text for text, _ in FAULTS])
def test_a_fault_stops_the_build(reported, place):
    lines = [line for line in reported if f"trang-{place}.md" in line]
    assert [line for line in lines if FAULTS[place][1] in line], lines


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[Bài](notebooks/khong-co.ipynb)", "khong-co"),
        ("![](book/images/lo-trinh.svg)", "no alt text"),
        (":::{figure} book/images/lo-trinh.svg\nChú thích\n:::", "no alt text"),
        (":::{figure} #khong-co\nChú thích\n:::", "no cell has the label khong-co"),
        ("```{mermaid}\ngraph LR\n```", "mermaid"),
        (":::{dropdown} Chọn\n:class: quiz\nSai rồi.\n:::", "neither"),
    ],
)
def test_a_fault_after_which_nothing_else_is_told_stops_the_build(little_book, text, message):
    with pytest.raises(build.BookError, match=message):
        build_page(little_book, text)
    assert not (little_book / "_build" / "html").exists()


def test_a_page_that_the_toc_misses_stops_the_build(little_book):
    set_pages(little_book, "index.md", "khong-co.md")
    with pytest.raises(build.BookError, match="khong-co"):
        build_page(little_book, "chữ")


QUIZ = """
**Câu 1.** Một?

:::{dropdown} a
:class: quiz
Đúng: vì thế.
:::
:::{dropdown} b
:class: quiz
Chưa đúng: vì thế này.
:::

**Câu 2.** Hai?

:::{dropdown} a
:class: quiz
Đúng: vì thế.
:::
"""


def test_choices_of_a_question_open_one_at_a_time(little_book):
    page = build_page(little_book, QUIZ)
    assert [(found["class"], found["name"]) for found in page.all("details")] == [
        ("box quiz correct", "cau-1"),
        ("box quiz mistaken", "cau-1"),
        ("box quiz correct", "cau-2"),
    ]


def make_figure(outputs: int) -> nbformat.NotebookNode:
    """A notebook whose one cell shows so many pictures."""
    data = {"image/png": PIXEL, "text/plain": "NDVI, 5/9/2023"}
    shown = [nbformat.v4.new_output("display_data", data=data)] * outputs
    about = {"alt": "Một chấm, không hơn.", "caption": "Chấm *nhỏ*.", "label": "mot-cham"}
    cell = nbformat.v4.new_code_cell("vẽ()", outputs=shown, metadata=about)
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Bài"), cell])


PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="


def test_a_cell_becomes_code_and_a_numbered_figure(little_book):
    nbformat.write(make_figure(1), little_book / "notebooks" / "bai.ipynb")
    set_pages(little_book, "index.md", "notebooks/bai.ipynb")
    index = build_page(little_book, ":::{figure} #mot-cham\nỞ trang khác.\n:::\n\nXem [](#mot-cham).")
    page = Page(little_book / "_build" / "html" / "bai.html")
    assert [found["alt"] for found in page.all("img") if found["src"] != "icon.svg"] == ["Một chấm, không hơn."]
    assert "Hình1:Chấmnhỏ." in squeeze(page.text)
    order = [tag for tag, _ in page.tags if tag in ("code", "figure", "img", "figcaption")]
    assert order[-4:] == ["code", "figure", "img", "figcaption"]
    # Another page shows the picture without its code, and says the same of it.
    assert "Một chấm, không hơn." in [found["alt"] for found in index.all("img")]
    assert not list(index.all("code")) and "Xem Hình 1" in index.text


def test_alt_text_without_its_picture_stops_the_build(little_book):
    nbformat.write(make_figure(0), little_book / "notebooks" / "bai.ipynb")
    set_pages(little_book, "index.md", "notebooks/bai.ipynb")
    with pytest.raises(build.BookError, match="0 pictures for one alt text: Một chấm"):
        build_page(little_book, "chữ")


WORDS = """
:::{note}
Không có tiêu đề.
:::

:::{figure} book/images/lo-trinh.svg
:label: hinh
:alt: Một sơ đồ để thử

Chú thích.
:::

:::{exercise} Đếm
:label: bai
Đếm đến ba.
:::

:::{solution} bai
:class: dropdown
Một, hai, ba.
:::

Xem [](#hinh) và công thức $\\text{phản xạ}^2$.

::::{tab-set}
:::{tab-item} Một
Thẻ một
:::
::::
"""


def test_words_of_mystmd_are_vietnamese_in_both_themes(little_book, monkeypatch):
    monkeypatch.setenv("GITHUB_REPOSITORY", "an/vien-tham")
    page = build_page(little_book, WORDS)
    for word in ("Ghi chú", "Hình 1: Chú thích.", "Xem Hình 1", "Bài tập 1. Đếm", "Lời giải của Bài tập 1", "Thẻ một"):
        assert word in page.text, word
    assert any(tag == "math" for tag, _ in page.tags)
    # The tree that every theme draws from holds the same words.
    tree = (little_book / "_build/source/_build/site/content/index.json").read_text(encoding="utf-8")
    assert "Ghi chú" in tree and "Lời giải của" in tree
    assert not re.search(r'"value":"(Note|Figure |Exercise|Solution to )', tree)


def test_a_notebook_has_launch_buttons_and_a_progress_bar_its_last_state(little_book, monkeypatch):
    monkeypatch.setenv("GITHUB_REPOSITORY", "an/vien-tham")
    bar = nbformat.v4.new_output("stream", name="stdout", text="\r[    ] | 0%\r[####] | 100% Xong\nhết\n")
    cell = nbformat.v4.new_code_cell("chạy()", outputs=[bar])
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Bài"), cell])
    nbformat.write(notebook, little_book / "notebooks" / "bai.ipynb")
    set_pages(little_book, "index.md", "notebooks/bai.ipynb")
    build_page(little_book, "[Bài](notebooks/bai.ipynb)")
    page = Page(little_book / "_build" / "html" / "bai.html")
    (shown,) = re.findall(r'<pre class="stdout"[^>]*>(.*?)</pre>', page.path.read_text(encoding="utf-8"), re.DOTALL)
    assert shown == "[####] | 100% Xong\nhết"
    links = [found.get("href", "") for found in page.all("a")]
    assert "https://mybinder.org/v2/gh/an/vien-tham/HEAD?urlpath=lab%2Ftree%2Fnotebooks%2Fbai.ipynb" in links


def test_faults_are_found_and_harmless_lines_are_not():
    lines = [
        "📖 Built index.md in 20 ms.",
        "⚠️  index.md:3 Cross reference target was not found: x",
        "⛔️ index.md Could not load plugin",
        "   because of this",
        '⚠️  notebooks/03.ipynb:6 unknownSymbol, Unrecognized Unicode character "ả" (7843)',
        '⚠️  index.md Duplicate identifier in project "muc-tieu"',
        "Error: render failed",
    ]
    assert build.faults(lines) == [
        lines[1],
        lines[2] + "\n   because of this",
        lines[5],
        lines[6],
    ]


def test_launch_buttons_need_a_repository(tmp_path):
    build.stage(ROOT, tmp_path, own_theme=True, repository="an/vien-tham")
    config = yaml.safe_load((tmp_path / "myst.yml").read_text(encoding="utf-8"))
    assert config["project"]["github"] == "an/vien-tham"
    assert config["site"] == {"template": "book/theme", "options": {"repository": "an/vien-tham"}}
    build.stage(ROOT, tmp_path, own_theme=False, repository="an/vien-tham")
    config = yaml.safe_load((tmp_path / "myst.yml").read_text(encoding="utf-8"))
    assert config["site"] == {"template": "book-theme"}


def test_the_first_page_says_where_the_course_is_had_from(tmp_path):
    """The repository's address where it is known, else that one has to ask for it; none is invented."""
    build.stage(ROOT, tmp_path / "known", own_theme=True, repository="an/vien-tham")
    known = (tmp_path / "known/index.md").read_text(encoding="utf-8")
    clones = [line for line in known.splitlines() if line.startswith("git clone ")]
    assert set(clones) == {"git clone https://github.com/an/vien-tham khoa-hoc"} and build.ADDRESS not in known
    build.stage(ROOT, tmp_path / "unknown", own_theme=True, repository=None)
    unknown = (tmp_path / "unknown/index.md").read_text(encoding="utf-8")
    assert build.ASK in unknown and unknown.count(f"git clone {build.ADDRESS} ") == len(clones)


# -- pages that must agree with the lessons ----------------------------------


def lesson(name: str) -> str:
    return (ROOT / "notebooks" / "md" / f"{name}.md").read_text(encoding="utf-8")


def page_text(name: str) -> str:
    return (ROOT / "book" / f"{name}.md").read_text(encoding="utf-8")


def test_the_index_gives_each_lessons_minutes():
    index = (ROOT / "index.md").read_text(encoding="utf-8")
    picture = (ROOT / "book/images/lo-trinh.svg").read_text(encoding="utf-8")
    minutes = [re.search(r"Thời gian: khoảng (\d+) phút", lesson(name))[1] for name in NAMES]
    assert re.findall(r"^\| \[(?:\d\.|Phụ lục:) .*\| (\d+) \|$", index, flags=re.MULTILINE) == minutes
    minutes = minutes[: len(NUMBERED)]
    assert re.findall(r">(\d+) phút", picture) == minutes
    assert 160 <= sum(map(int, minutes)) <= 200, "the index says: about three hours"


def test_the_diagram_shows_what_each_lesson_needs():
    needs = {
        int(name[:2]): {int(n) for n in re.findall(r"\[Bài (\d)\]", lesson(name).split("## Cần biết trước")[1][:200])}
        for name in NUMBERED
    }
    assert needs == {1: set(), 2: {1}, 3: {2}, 4: {3}, 5: {3, 4}}, "draw book/images/lo-trinh.svg anew"


def glossary() -> dict[str, str]:
    return dict(re.findall(r"^\*\*(.+)\*\* \*(.+)\*\n: ", page_text("thuat-ngu"), flags=re.MULTILINE))


@pytest.mark.parametrize("name", NAMES)
def test_the_glossary_holds_every_marked_term(name):
    terms = {vietnamese.lower(): english.lower() for vietnamese, english in glossary().items()}
    marked = re.findall(r"(?<!\*)\*([^*\n]+)\*(?!\*) \(\*?([^)*\n]+)\*?\)", lesson(name))
    assert marked or name.startswith(("05", "phu-luc"))
    missing = [(v, e) for v, e in marked if terms.get(v.lower()) != e.lower()]
    assert missing == []


def test_the_glossary_is_in_order():
    def key(term: str) -> str:
        letters = unicodedata.normalize("NFD", term.lower().replace("đ", "d"))
        return "".join(letter for letter in letters if not unicodedata.combining(letter))

    terms = list(glossary())
    assert len(terms) > 40 and terms == sorted(terms, key=key)


def test_the_teachers_page_names_what_the_service_prints():
    service = (ROOT / "src/cdse_offline/__main__.py").read_text(encoding="utf-8")
    page = page_text("giang-day")
    assert re.findall(r"^export (\w+)=", page, flags=re.MULTILINE) == re.findall(r"export (\w+)=", service)
    (port,) = re.findall(r"\bport=(\d+)", service)
    assert f":{port}" in page and f"cổng {port}" in page
    assert f'"{say("service-in-use", service=say("service-given"))}"' in page


# -- messages of the troubleshooting page ------------------------------------


def cards() -> dict[str, str]:
    """Label of each card and the message it shows."""
    found = re.findall(r"^\((loi-[\w-]+)\)=\n### .+\n\n```message\n(.+)\n```", page_text("su-co"), flags=re.MULTILINE)
    return dict(found)


READ = """
import json, os, sys
import rasterio
for label, href, changes in json.loads(sys.argv[1]):
    kept = dict(os.environ)
    for name, value in changes.items():
        os.environ.pop(name, None) if value is None else os.environ.update({name: value})
    try:
        rasterio.open(href).read(window=((0, 1), (0, 1)))
    except rasterio.errors.RasterioIOError as error:
        print(json.dumps([label, str(error)]))
    os.environ.clear()
    os.environ.update(kept)
"""
NO_KEYS = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_CONFIG_FILE": os.devnull}


@pytest.fixture(scope="module")
def offline(connected: cdse.Session) -> Client:
    assert connected.catalog is not None
    return connected.catalog


@pytest.fixture(scope="module")
def item(offline: Client) -> Item:
    return next(offline.search(collections=["sentinel-2-l2a"], ids=[IMAGE_ID]).items())


@pytest.fixture(scope="module")
def reading_errors(item: Item) -> dict[str, str]:
    """What GDAL says, each case on a file of its own: it remembers answers."""
    endpoint = cdse.current().store.endpoint
    href = [item.assets[key].href for key in ("B01_60m", "B02_60m", "B03_60m", "B04_60m", "B05_60m", "B06_60m")]
    cases = [
        ("loi-access-key", href[0], {"AWS_ACCESS_KEY_ID": "KHOA-LA"}),
        ("loi-chu-ky", href[1], {"AWS_SECRET_ACCESS_KEY": "BI-MAT-SAI"}),
        ("loi-aws-chua-dat", href[2], NO_KEYS | {"CPL_AWS_EC2_API_ROOT_URL": "disabled"}),
        ("loi-tu-choi", href[3], {"AWS_NO_SIGN_REQUEST": "YES"}),
        ("loi-host-https", href[4], {"AWS_S3_ENDPOINT": f"https://{endpoint}"}),
        ("loi-amazon", href[4], {"AWS_S3_ENDPOINT": None, "GDAL_HTTP_PROXY": ""}),
        ("loi-tls", href[5], {"AWS_HTTPS": "YES"}),
        ("loi-khong-tep", href[5].replace("B06", "B99"), {}),
    ]
    environment = cdse.current().environment() | {"GDAL_HTTP_MAX_RETRY": "0"}
    command = [sys.executable, "-c", READ, json.dumps(cases)]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=True)
    return dict(json.loads(line) for line in result.stdout.splitlines())


def _connect(service: str | None = None, **variables: str) -> None:
    before = dict(os.environ)
    for name in [name for name in os.environ if name.startswith(("CDSE_S", "AWS_"))]:
        del os.environ[name]
    os.environ.update(variables)
    session = cdse.current()
    try:
        cdse.connect(service)
    finally:
        cdse.use_store(session.store)
        os.environ.clear()
        os.environ.update(before)


def find_time(item: Item) -> datetime:
    assert item.datetime
    return item.datetime


def find_catalog(item: Item) -> str:
    link = item.get_root_link()
    assert link
    return link.href


def _connect_here(item: Item, **changes: str) -> None:
    """Connect to this module's service as a class would, with something changed."""
    own = {"CDSE_STAC_URL": find_catalog(item), "CDSE_S3_ENDPOINT": cdse.current().store.endpoint}
    held = cdse.current().store.keys
    keys = {PAIR[0]: held.access.reveal(), PAIR[1]: held.secret.reveal()}
    _connect(**own | keys | changes)


def _with_a_file_that_git_would_take(_: Item) -> None:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["git", "init", "--quiet", folder], check=True)
        path = Path(folder, ".env")
        path.write_text("CDSE_S3_ACCESS_KEY=A1\nCDSE_S3_SECRET_KEY=B2\n")
        _connect(CDSE_ENV_FILE=str(path))


def _with_a_clock_that_is_off(item: Item) -> None:
    practice.switch_on(practice.fault("clock", minutes=40))
    try:
        _connect_here(item)
    finally:
        practice.switch_off()


def _without_the_driver(_: Item) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gdal, "has_driver", lambda: False)
        reader._check_driver()


def _without_projections(_: Item) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PROJ_LIB", "/khong-co")
        patch.delenv("PROJ_DATA", raising=False)
        patch.setattr(gdal, "finds_projections", lambda: False)
        reader._check_projections()


def _without_python(_: Item) -> None:
    environment = os.environ | {"PYTHON": "khong-co-python"}
    script = ROOT / "tools" / "setup.sh"
    folder = ROOT / "tests"  # without a .venv
    result = subprocess.run(["sh", script], cwd=folder, env=environment, capture_output=True, text=True, check=False)
    raise RuntimeError(result.stderr.splitlines()[0])


def _without_lessons(_: Item) -> None:
    command = [sys.executable, "-I", "-S", "-c", "import lessons"]  # neither this folder nor installed packages
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    raise RuntimeError(result.stderr.splitlines()[-1].removeprefix("ModuleNotFoundError: "))


def _evaluate(expression: str) -> object:
    """As a learner's cell would, where nothing has run before but the load of one band."""
    return eval(expression, {"np": np, "xr": xr, "loaded": xr.Dataset({"B04_10m": ("x", [1])})})


def _on_a_taken_port(_: Item) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        command = [sys.executable, "-m", "cdse_offline", "--port", str(server.getsockname()[1])]
        result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
    raise RuntimeError(result.stderr)


def _old(item: Item) -> Item:
    old = item.clone()
    old.properties["processing:version"] = "02.14"
    return old


def _search(item: Item, **question) -> list[Item]:
    client = cdse.open_catalog(find_catalog(item))
    return list(client.search(**{"collections": ["sentinel-2-l2a"]} | question).items())


def _answered(status: int, body: bytes) -> None:
    """What the catalogue's client says to an answer that stays the same."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server, pytest.MonkeyPatch.context() as patch:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        patch.setattr(transport, "WAITS", (0, 0))
        try:
            cdse.open_catalog(f"http://127.0.0.1:{server.server_port}/")
        finally:
            server.shutdown()


def _load(item: Item, *more: Item, band: str = "B04_10m", **area) -> None:
    load([item, *more], [band], progress=False, **AREA | area)


def _without(item: Item, name: str) -> Item:
    item = item.clone()
    del item.assets["B04_10m"].extra_fields[name]
    return item


def _with(item: Item, name: str, value: object) -> Item:
    item = item.clone()
    item.assets["B04_10m"].extra_fields[name] = value
    return item


def _at_a_point(item: Item) -> Item:
    item = item.clone()
    item.geometry = {"type": "Point", "coordinates": [11.5, 47.8]}
    return item


def _of_the_real_cdse(item: Item) -> Item:
    """With pixels all over its tile."""
    other = item.clone()
    del other.properties["cdse_offline:window"]
    return other


def _in_zone_48(item: Item) -> Item:
    other = item.clone()
    other.id, other.datetime = "S2X", find_time(item) + timedelta(days=1)
    other.properties["grid:code"] = "MGRS-48QWJ"
    for asset in other.assets.values():
        asset.extra_fields["proj:code"] = "EPSG:32648"
    return other


def _after(item: Item, **pixels: int) -> None:
    """What is said of a load in which each band has one value everywhere."""
    geobox = GeoBox.from_bbox(BBOX, crs="EPSG:4326", shape=(20, 20))
    layer = xr_zeros(geobox, "uint16").expand_dims(time=[np.datetime64(find_time(item).replace(tzinfo=None))])
    bands = {name: (layer + np.uint16(value)).assign_attrs(nodata=0) for name, value in pixels.items()}
    raise join_faults(check_pixels(xr.Dataset(bands), [item]))


def _without_a_tile(item: Item) -> None:
    """B08 lacks all that lies on one tile of its file, B04 has it."""
    geobox = GeoBox.from_bbox(BBOX, crs="EPSG:4326", shape=(100, 100))
    layout, corner = Layout(10980, 10980, 100, 100, 1, 15), rasterio.Affine(10, 0, 600000, 0, -10, 5400000)
    image = Image(layout, 4, "EPSG:32632", corner)
    numbers = number_tiles(geobox, image)
    layer = xr_zeros(geobox, "uint16").expand_dims(time=[np.datetime64(find_time(item).replace(tzinfo=None))]) + 1500
    bands = {"B04_10m": layer, "B08_10m": layer.where(numbers != np.median(numbers), 0).astype("uint16")}
    dn = xr.Dataset({name: band.assign_attrs(nodata=0) for name, band in bands.items()})
    raise join_faults(check_pixels(dn, [item], {item.assets["B08_10m"].href: image}))


def _undecodable(item: Item) -> None:
    reader = KeptReader(RasterSource("no.jp2"), None, None)
    reader.read(RasterLoadParams(), GeoBox.from_bbox(BBOX, crs="EPSG:4326", shape=(20, 20)))


def _on_many_threads(item: Item) -> None:
    try:
        with rasterio.Env(GDAL_NUM_THREADS="ALL_CPUS"):
            _load(item)
    finally:
        cdse.use_store(cdse.current().store)  # leaving Env took the course's setting away, too


def _describe_strips() -> None:
    """A GeoTIFF that is no COG."""
    transform = rasterio.Affine(10, 0, 0, 0, -10, 0)
    pixels = np.zeros((9, 9), "int16")
    data = write_cog(pixels, "EPSG:32648", transform, 0, driver="GTiff", blocksize=None, predictor=2)
    grid = GeoBox((9, 9), transform, "EPSG:32648")
    wanted = Wanted("x.tif", grid, 0, None, "", "2023-01-01", "B04", Frame(0, 0, 8, 8, (1,)))
    Cog(InMemory("x.tif", data)).describe(wanted)


HREF = "s3://eodata/Sentinel-2/B04_10m.jp2"


def _store_answers(status: int, body: bytes) -> None:
    raise refusal(status, {}, body, HREF)


def _lose(error: LostError) -> None:
    raise lost_problem(error, HREF)


def _with_a_bundle_that_is_gone() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GDAL_CURL_CA_BUNDLE", "")
        patch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/ca.pem")
        open_certificates()


def _with_a_forged_certificate(item: Item) -> None:
    _lose(LostError("why-certificate"))


def _without_encryption(item: Item) -> None:
    _lose(LostError("why-in-the-open"))


def _remote(item: Item) -> Remote:
    store = cdse.current().store
    return Remote(item.assets["B01_60m"].href, store, open_pool(store, 1))


def _replaced_meanwhile(item: Item) -> None:
    file = _remote(item)
    file.read(0, 10)
    file.etag = "cũ"
    file.read(20, 30)


def _tiles_of(item: Item, damage: Callable[[bytes], bytes]) -> None:
    """Reads the tiles of a damaged file whose last tile is wanted."""
    file = InMemory("B04_10m.jp2", damage(_remote(item).read(0, 1 << 24)))
    header = read_header(file)
    list(read_tiles(file, header, {header.layout.tile_count - 1}))


def _fetch(item: Item) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("CDSE_CACHE", folder)
        fetch([item], ["B01_60m"], progress=False, bbox=BBOX, resolution=60)


def _with_size(item: Item, size: int) -> Item:
    changed = item.clone()
    changed.assets["B01_60m"].extra_fields["file:size"] = size
    return changed


def _fail(error: Exception, *_: object) -> None:
    raise error


def _start_offline_in_a_file() -> None:
    with service.running(environment={"CDSE_OFFLINE_CACHE": os.devnull}):
        pass


def _hear_of_a_full_disk() -> None:
    body = S3Error(500, "OfflineDiskFull", "", "/srv").build_response("/eodata/a.jp2").body
    raise refusal(500, {}, bytes(body), "s3://eodata/a.jp2")


def _keep_in_a_file() -> None:
    with tempfile.NamedTemporaryFile() as file, pytest.MonkeyPatch.context() as patch:
        patch.setenv("CDSE_CACHE", file.name)
        find_root("cdse")


def _on_a_full_disk(item: Item) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "replace", partial(_fail, OSError(28, "No space left on device")))
        _fetch(item)


OF_A_CLASS = {"CDSE_STAC_URL": "http://may-giao-vien:8123/stac/v1/", "CDSE_S3_ENDPOINT": "may-giao-vien:8123"}
LINES = np.arange(0, 40, 10), np.arange(0, 40, 20)  # of 10 m and of 20 m
PRODUCERS: dict[str, Callable[[Item], object]] = {
    "loi-thieu-python": _without_python,
    "loi-lessons": _without_lessons,
    "loi-ten": lambda item: _evaluate("dn"),
    "loi-goi": lambda item: _evaluate("__import__('rioxarray_khong_co')"),
    "loi-band-dataset": lambda item: _evaluate("loaded['B04']"),
    "loi-cham-band": lambda item: _evaluate("loaded.B04"),
    "loi-mang-lon": lambda item: _evaluate("np.ones((10**6, 10**6, 100))"),
    "loi-cong": _on_a_taken_port,
    "loi-thieu-khoa": lambda item: _connect("live"),
    "loi-jp2": _without_the_driver,
    "loi-proj": _without_projections,
    "loi-khoa-noi-khac": lambda item: _connect(**OF_A_CLASS),
    "loi-khoa-khong-ma-hoa": lambda item: _connect(
        **OF_A_CLASS, CDSE_S3_ACCESS_KEY="A1B2C" * 4, CDSE_S3_SECRET_KEY="a1b2" * 10
    ),
    "loi-nua-khoa": lambda item: _connect(CDSE_S3_ACCESS_KEY="A1"),
    "loi-khoang-trang": lambda item: _connect(CDSE_S3_ACCESS_KEY="A1", CDSE_S3_SECRET_KEY="B2\nB3"),
    "loi-chu-mau": lambda item: _connect(CDSE_S3_ACCESS_KEY="<access-key>", CDSE_S3_SECRET_KEY="B2"),
    "loi-dao-khoa": lambda item: _connect(CDSE_S3_ACCESS_KEY="a1b2" * 10, CDSE_S3_SECRET_KEY="A1B2C" * 4),
    "loi-env-git": _with_a_file_that_git_would_take,
    "loi-khoa-la": lambda item: _connect_here(item, CDSE_S3_ACCESS_KEY="KHOA-LA"),
    "loi-secret": lambda item: _connect_here(item, CDSE_S3_SECRET_KEY="BI-MAT-SAI"),
    "loi-dong-ho": _with_a_clock_that_is_off,
    "loi-dia-chi-s3": lambda item: _connect(
        CDSE_STAC_URL="https://stac.dataspace.copernicus.eu/v1/", CDSE_S3_ENDPOINT="máy của cô giáo"
    ),
    "loi-catalog": lambda item: cdse.open_catalog("http://127.0.0.1:9/stac/v1/"),
    "loi-catalog-ban": lambda item: _answered(503, b""),
    "loi-khong-phai-catalog": lambda item: _answered(200, b"<html>"),
    "loi-bbox-dao": lambda item: check_bbox((20.81, 105.92, 20.83, 105.95)),
    "loi-bbox-thu-tu": lambda item: check_bbox((11.5, 47.8, 11.4, 47.9)),
    "loi-khong-item": lambda item: load([], ["B04_10m"], bbox=BBOX),
    "loi-danh-sach-rong": lambda item: odc.stac.load([], bands=["B04_10m"], bbox=BBOX),
    "loi-collection": lambda item: _search(item, collections=["SENTINEL-2"]),
    "loi-ngay": lambda item: _search(item, datetime="28/9/2023"),
    "loi-thoi-diem": lambda item: _search(item, datetime="2023-09-28T10:00:00"),
    "loi-limit": lambda item: _search(item, bbox=BBOX, limit=1000),
    "loi-ten-band": lambda item: odc.stac.load([item], bands=["red"], bbox=BBOX),
    "loi-thieu-band": lambda item: _load(item, band="B04"),
    "loi-ngoai-vung": lambda item: _load(_of_the_real_cdse(item), bbox=(105.9, 20.8, 106.0, 20.9)),
    "loi-ngoai-khung": lambda item: _load(item, bbox=(11.0, 47.75, 11.05, 47.8)),
    "loi-tham-so": lambda item: _load(item, resolutoin=10),
    "loi-so-luong": _on_many_threads,
    "loi-nhieu-mui": lambda item: _load(item, _in_zone_48(item)),
    "loi-thieu-proj": lambda item: _load(_without(item, "proj:code")),
    "loi-luoi-mau-thuan": lambda item: _load(_with(item, "proj:shape", [10980, 10981])),
    "loi-item-hong": lambda item: _load(_at_a_point(item)),
    "loi-anh-mau": lambda item: _load(item, band="TCI_10m"),
    "loi-gia-tri": lambda item: _load(item, resampling="nearst"),
    "loi-groupby": lambda item: _load(item, groupby="day"),
    "loi-kinh-tuyen-180": lambda item: _load(item, bbox=(179.5, -17, 179.6, -16.9)),
    "loi-dia-chi-anh": lambda item: _load(item, band="thumbnail"),
    "loi-phan-lop": lambda item: _load(item, band="SCL_20m", resampling="bilinear"),
    "loi-mot-pixel": lambda item: _load(item, bbox=(11.44, 47.81, 11.44001, 47.81001)),
    "loi-bo-nho": lambda item: _load(item, resolution=0.01),
    "loi-lech-band": _without_a_tile,
    "loi-dn-lon": lambda item: _after(item, B04_10m=40000),
    "loi-thieu-pixel": lambda item: _after(item, B04_10m=0),
    "loi-giai-nen": _undecodable,
    "loi-kho-ban": lambda item: _store_answers(503, b"<Code>SlowDown</Code>"),
    "loi-bien-chung-chi": lambda item: _with_a_bundle_that_is_gone(),
    "loi-kho-mang": lambda item: _lose(LostError("why-broken-off", what="ConnectionResetError")),
    "loi-kho-trang-web": lambda item: _store_answers(200, b"<html>"),
    "loi-kho-range": lambda item: _store_answers(200, SIGNATURE),
    "loi-kho-chung-chi": _with_a_forged_certificate,
    "loi-kho-khong-ma-hoa": _without_encryption,
    "loi-catalog-khong-ma-hoa": lambda item: cdse.open_catalog(find_catalog(item).replace("http://", "https://")),
    "loi-kho-quyen": lambda item: _store_answers(403, b"<Code>AccessDenied</Code>"),
    "loi-kho-thieu": lambda item: _store_answers(404, b"<Code>NoSuchKey</Code>"),
    "loi-tep-doi": _replaced_meanwhile,
    "loi-tep-cut": lambda item: _tiles_of(item, lambda data: data[:-100]),
    "loi-tep-co": lambda item: _fetch(_with_size(item, 5)),
    "loi-khong-jp2": lambda item: _tiles_of(item, lambda data: b"%PDF" + data),
    "loi-cog": lambda item: _describe_strips(),
    "loi-fetch-cog": lambda item: fetch([make_radar().item], ["VV"], bbox=OF_COGS, resolution=20, progress=False),
    "loi-dia-day": _on_a_full_disk,
    "loi-thu-muc-cat": lambda item: _keep_in_a_file(),
    "loi-ngoai-tuyen-tu-choi": lambda item: _start_offline_in_a_file(),
    "loi-ngoai-tuyen-dia": lambda item: _hear_of_a_full_disk(),
    "loi-thieu-vung": lambda item: fetch([item], ["B01_60m"], progress=False),
    "loi-baseline": lambda item: bands.scale_offset([_old(item)], ["B04_10m"]),
    "loi-dn-thuc": lambda item: bands.reflectance(xr.DataArray(np.ones((2, 2))), 0.0001, -0.1),
    "loi-khac-luoi": lambda item: bands.ndvi(*(xr.DataArray(x * 0.0, {"x": x}, "x") for x in LINES)),
    "loi-khong-phai-scl": lambda item: bands.clear(xr.DataArray([4, 12.5])),
    "loi-ndvi-nguyen": lambda item: bands.ndvi(xr.DataArray([1]), xr.DataArray([2])),
    "loi-gian-mau": lambda item: maps.stretch(xr.DataArray([np.nan, np.nan])),
}


def matches(card: str, message: str) -> bool:
    """Whether a card shows this message; … in the card stands for anything."""
    return re.fullmatch(".+".join(map(re.escape, card.split("…"))), message.strip(), re.DOTALL) is not None


@cache
def _labels() -> list[str]:
    return sorted(cards())


def test_every_card_has_a_cause_and_a_cure():
    texts = page_text("su-co").split("\n### ")[1:]
    assert len(texts) == len(cards()) > 20
    assert [text.splitlines()[0] for text in texts if "**Vì sao.**" not in text or "**Cách chữa.**" not in text] == []


@pytest.mark.parametrize("label", [label for label in _labels() if label in PRODUCERS])
def test_a_card_shows_the_message_of_the_lessons(label, item):
    with pytest.raises(Exception) as caught:  # noqa: PT011 - any kind: the message is what a reader sees
        PRODUCERS[label](item)
    assert matches(cards()[label], str(caught.value)), f"{cards()[label]}\n{caught.value}"


def test_the_cards_show_the_messages_of_gdal(reading_errors):
    for label, message in reading_errors.items():
        assert matches(cards()[label], message), f"{label}: {message}"


def test_a_service_that_does_not_start_is_a_card(monkeypatch):
    cdse.logout()
    monkeypatch.setattr(service.sys, "executable", shutil.which("false"))
    with pytest.raises(ConnectionError) as caught:
        cdse.connect("offline")
    assert matches(cards()["loi-ngoai-tuyen"], str(caught.value))


def test_the_card_of_a_dead_kernel_shows_what_jupyterlab_says():
    core = Path(jupyterlab.__file__).parent.glob("static/jlab_core.*.js")
    said = re.findall(r'"([^"]*appears to have died[^"]*)"', "".join(path.read_text(encoding="utf-8") for path in core))
    assert [text for text in said if not matches(cards()["loi-kernel-chet"], text)] == [] != said


def test_no_card_is_without_a_test(reading_errors):
    others = {"loi-ngoai-tuyen", "loi-kernel-chet"}
    assert cards().keys() == PRODUCERS.keys() | reading_errors.keys() | others


# -- workflows ---------------------------------------------------------------


@cache
def workflow(name: str) -> dict:
    return yaml.safe_load((ROOT / ".github" / "workflows" / f"{name}.yml").read_text(encoding="utf-8"))


def test_ci_runs_the_tests_on_three_systems_and_in_conda():
    jobs = workflow("test")["jobs"]
    systems = jobs["test"]["strategy"]["matrix"]["os"]
    assert {system.split("-")[0] for system in systems} == {"ubuntu", "macos", "windows"}
    assert "make test" in json.dumps(jobs["test"])
    assert "environment.yml" in json.dumps(jobs["conda"])


def test_the_public_site_is_built_with_book_theme_and_published():
    jobs = workflow("pages")["jobs"]
    assert "python -m book.build --public" in json.dumps(jobs["build"])
    assert "actions/deploy-pages" in json.dumps(jobs["publish"])
    assert yaml.safe_load((ROOT / "myst.yml").read_text(encoding="utf-8"))["site"]["template"] == "book-theme"
