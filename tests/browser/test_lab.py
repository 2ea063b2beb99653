"""Each lesson in JupyterLab: opened, all cells run, figures drawn."""

import os
import re
from pathlib import Path

import nbformat
import pytest

from tests.browser import lab
from tools.notebooks import NOTEBOOKS, names

# CI must have a browser; elsewhere a learner's machine may lack one.
pytestmark = pytest.mark.skipif(
    lab.chromium() is None and not os.environ.get("CI"), reason="no Chromium: install it or set CHROMIUM=/path"
)
PICTURES = os.environ.get("LAB_PICTURES")


@pytest.fixture(scope="module")
def page_of_lab():
    with lab.server(lab.WITH_FIGURES) as (url, folder), lab.browser(url) as page:
        yield page, url, folder


def figures(outputs: list[dict]) -> int:
    return sum(any(kind.startswith("image/") for kind in output.get("data", {})) for output in outputs)


@pytest.mark.parametrize("name", names() or ["01-xac-thuc"])
def test_lesson_runs_in_jupyterlab(name, page_of_lab):
    page, url, folder = page_of_lab
    path = NOTEBOOKS / f"{name}.ipynb"
    lesson = lab.run(page, url, folder, path)
    if PICTURES:
        lab.save_pictures(page, Path(PICTURES), name)

    stored = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    assert [o for cell in lesson.code for o in cell["outputs"] if o["output_type"] == "error"] == []
    assert [cell["count"] for cell in lesson.code] == list(range(1, len(stored) + 1))
    assert [figures(cell["outputs"]) for cell in lesson.code] == [figures(cell.outputs) for cell in stored]
    told = [cell.metadata.get("alt", "") for cell in stored for _ in range(figures(cell.outputs))]
    assert lesson.alts == told
    captions = [re.sub("[*`]", "", cell.metadata.caption) for cell in stored if "caption" in cell.metadata]
    assert lesson.captions == [f"Hình {number}: {caption}" for number, caption in enumerate(captions, start=1)]
    assert lesson.leftovers == []
    assert lesson.errors == []
