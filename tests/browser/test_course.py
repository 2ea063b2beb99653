"""The course as `make lab` opens it, in Chromium: copies of the learner's own, in Vietnamese, in whole letters."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Page, expect

from tests.browser import lab
from tests.project.test_frame import ROOT

pytestmark = pytest.mark.skipif(
    lab.chromium() is None and not os.environ.get("CI"), reason="no Chromium: install it or set CHROMIUM=/path"
)
FILES = (".gitignore", "lab", "notebooks/01-xac-thuc.ipynb", "notebooks/02-kham-pha-stac.ipynb")
FIRST, SECOND = (Path(name).name for name in FILES[-2:])
LETTERS = "".join(chr(code) for code in [*range(0xC0, 0x180), *range(0x1EA0, 0x1EFA)]) + "ơƠưƯ₫–“”…█"
MISSING = """async (letters) => {
    await document.fonts.load('40px "Khoa hoc Mono"', letters);
    const pen = document.createElement("canvas").getContext("2d");
    pen.font = '40px "Khoa hoc Mono", "DejaVu Sans", "Noto Sans", sans-serif';
    return [...letters].filter((letter) => Math.abs(pen.measureText(letter).width - 24) > 0.01);
}"""
SECONDS = 30_000  # milliseconds, as playwright counts


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Path:
    """A fresh clone, as far as JupyterLab looks at it."""
    folder = tmp_path_factory.mktemp("khoa học")
    for name in FILES:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        (folder / name).parent.mkdir(exist_ok=True)
        copy(ROOT / name, folder / name)
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "-qm", "x")
    return folder


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def opened(course) -> Iterator[tuple[Page, str]]:
    command = [sys.executable, "-m", "lab"]
    with lab.server(command, course) as (url, _), lab.browser(url) as page:
        yield page, url


def open_notebook(opened: tuple[Page, str], path: str) -> Page:
    page, url = opened
    page.goto(f"{url}lab/tree/{path}?reset")
    expect(page.locator(".jp-NotebookPanel:visible .jp-MarkdownCell h1").first).to_be_visible(timeout=SECONDS)
    return page


def save(page: Page) -> None:
    page.keyboard.press("Control+s")
    page.wait_for_timeout(1000)


def test_it_speaks_vietnamese_in_a_font_that_has_every_letter(opened):
    """A letter that the font lacks comes from another one, in another width: code would fall apart there."""
    page = open_notebook(opened, f"bai-cua-toi/{FIRST}")
    names = page.locator(".lm-MenuBar-itemLabel").all_inner_texts()
    assert {"Tệp", "Chạy", "Trợ giúp"} <= set(names)
    family = page.locator(".jp-CodeCell .cm-content").first.evaluate("cell => getComputedStyle(cell).fontFamily")
    assert family.startswith('"Khoa hoc Mono"')
    assert page.evaluate(MISSING, LETTERS) == []


def test_a_learner_reads_and_folds_and_git_sees_nothing(course, opened):
    """The copy and, by a link of some page, the original, which is there to be read only."""
    for folder in ("bai-cua-toi", "notebooks"):
        page = open_notebook(opened, f"{folder}/{SECOND}")
        page.locator(".jp-Cell-outputWrapper .jp-Cell-outputCollapser:visible").first.click()
        save(page)
        text = (course / folder / SECOND).read_text(encoding="utf-8")
        assert ('"collapsed": true' in text) == (folder == "bai-cua-toi")
    assert git(course, "status", "--short") == ""


def test_a_lesson_is_begun_anew_and_the_old_copy_is_kept(course, opened):
    mine = course / "bai-cua-toi" / FIRST
    change_first_cell(mine, "# của tôi")
    page = open_notebook(opened, f"bai-cua-toi/{FIRST}")
    expect(page.get_by_text("# của tôi")).to_have_count(1)
    page.get_by_role("button", name="Bắt đầu lại bài này").click()
    page.locator(".jp-Dialog .jp-mod-accept").click()
    expect(page.get_by_text(re.compile("đã trở lại như lúc đầu"))).to_have_count(1, timeout=SECONDS)
    expect(page.get_by_text("# của tôi")).to_have_count(0)
    (aside,) = (course / "bai-cua-toi/ban-cu").iterdir()
    assert "của tôi" in aside.read_text(encoding="utf-8") and "của tôi" not in mine.read_text(encoding="utf-8")


def test_a_newer_lesson_is_offered_and_the_copy_stays(course, opened):
    mine, original = course / "bai-cua-toi" / SECOND, course / "notebooks" / SECOND
    change_first_cell(mine, "# của tôi")
    change_first_cell(original, "# mới")
    page = open_notebook(opened, f"bai-cua-toi/{SECOND}")
    expect(page.get_by_text(re.compile("đã có bản mới"))).to_have_count(1, timeout=SECONDS)
    assert "của tôi" in mine.read_text(encoding="utf-8")


def change_first_cell(path: Path, line: str) -> None:
    notebook = nbformat.read(path, as_version=4)
    cell = next(cell for cell in notebook.cells if cell.cell_type == "code")
    cell.source += f"\n{line}"
    nbformat.write(notebook, path)
