"""Figures, quiz and solutions in JupyterLab: alt text and captions of the cells, dropdowns that open by keyboard."""

import os
from collections.abc import Iterator

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from playwright.sync_api import Page, expect

from tests.browser import lab

pytestmark = pytest.mark.skipif(
    lab.chromium() is None and not os.environ.get("CI"), reason="no Chromium: install it or set CHROMIUM=/path"
)
SECONDS = 30_000  # milliseconds, as playwright counts
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
DRAW = f"from base64 import b64decode\nfrom IPython.display import Image\nImage(b64decode('{PIXEL}'))"
ALTS = ['Một chấm "đen": nhỏ.', "Chấm <b>thứ hai</b>."]
TEXT = """## Câu hỏi ôn tập

**Câu 1.** Một?

:::{dropdown} Lựa chọn `a`
:class: quiz
Đúng: vì thế.
:::
:::{dropdown} Lựa chọn b
:class: quiz
Chưa đúng: vì thế này.
:::

:::{dropdown} Lời giải
```python
ket_qua = 1
check("4.1", ket_qua)
```
:::
"""


def make_notebook() -> NotebookNode:
    shown = new_output("display_data", data={"image/png": PIXEL, "text/plain": "NDVI"})
    first = {"alt": ALTS[0], "caption": "Chấm *nhỏ* của `a < b`.", "label": "mot"}
    second = {"alt": ALTS[1], "caption": "Chấm hai.", "label": "hai"}
    cells = [
        new_code_cell(DRAW, metadata=first, outputs=[shown]),
        new_code_cell("1", outputs=[shown]),
        new_code_cell(DRAW, metadata=second, outputs=[]),
        new_markdown_cell(TEXT),
    ]
    return new_notebook(cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with lab.server(lab.WITH_FIGURES) as (url, folder), lab.browser(url) as page:
        nbformat.write(make_notebook(), folder / "hinh.ipynb")
        page.goto(f"{url}lab/tree/hinh.ipynb?reset")
        expect(page.locator(".jp-MarkdownCell h2")).to_be_visible(timeout=SECONDS)
        yield page


def read_figures(page: Page) -> tuple[list[str], list[str]]:
    pictures = page.locator(".jp-OutputArea img")
    captions = page.locator(".hinh-ve")
    return [found.get_attribute("alt") or "" for found in pictures.all()], captions.all_inner_texts()


def test_stored_pictures_have_alt_text_and_a_numbered_caption(page):
    expect(page.locator(".hinh-ve")).to_have_count(1)
    assert read_figures(page) == ([ALTS[0], ""], ["Hình 1: Chấm nhỏ của a < b."])
    assert page.locator(".hinh-ve em").inner_text() == "nhỏ"
    assert page.locator(".hinh-ve code").inner_text() == "a < b"


def test_a_caption_stands_below_and_leaves_the_picture_its_width(page):
    picture = page.locator(".jp-OutputArea").filter(has=page.locator("img")).first.bounding_box()
    caption = page.locator(".hinh-ve").bounding_box()
    cell = page.locator(".jp-CodeCell").first.bounding_box()
    assert caption["y"] >= picture["y"] + picture["height"] - 1
    assert picture["width"] > 0.9 * cell["width"]


def test_what_runs_again_has_them_too(page):
    for _ in range(2):
        page.locator(".jp-CodeCell").nth(0).locator(".cm-content").click()
        page.keyboard.press("Shift+Enter")
        page.keyboard.press("Shift+Enter")
        page.keyboard.press("Shift+Enter")
        expect(page.locator(".jp-OutputArea img")).to_have_count(2, timeout=SECONDS)
        expect(page.locator(".hinh-ve")).to_have_count(2)
        assert read_figures(page) == (ALTS, ["Hình 1: Chấm nhỏ của a < b.", "Hình 2: Chấm hai."])


def test_a_caption_goes_with_its_picture(page):
    cell = page.locator(".jp-CodeCell").nth(2)
    cell.locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.type("2")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".hinh-ve")).to_have_count(1, timeout=SECONDS)
    assert "Hình 2" not in "".join(page.locator(".hinh-ve").all_inner_texts())


def test_choices_and_solutions_open_by_keyboard(page):
    boxes = page.locator(".jp-MarkdownCell details")
    assert boxes.count() == 3
    for number, inside in enumerate(("Đúng: vì thế.", "Chưa đúng: vì thế này.", "ket_qua = 1")):
        box = boxes.nth(number)
        hidden = box.get_by_text(inside).first
        assert box.get_attribute("open") is None and not hidden.is_visible()
        box.locator("summary").focus()
        page.keyboard.press("Enter")
        expect(hidden).to_be_visible()
