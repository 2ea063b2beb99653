"""The lessons' files: complete, executed in order, the same in both forms, clean in their outputs."""

import json

import nbformat
import pytest
from nbclient.exceptions import CellExecutionError
from nbformat import v4

from tests.project.test_frame import FOLDER, INDEX, KEY
from tools import notebooks

LESSONS = ("01-xac-thuc", "02-kham-pha-stac", "03-tai-du-lieu", "04-ndvi", "05-rgb", "phu-luc-su-co")
FIGURE_BYTES = 150_000


def read(name: str) -> nbformat.NotebookNode:
    return nbformat.read(notebooks.NOTEBOOKS / f"{name}.ipynb", as_version=4)


def outputs(name: str) -> list[nbformat.NotebookNode]:
    return [output for cell in read(name).cells for output in cell.get("outputs", ())]


def test_the_five_lessons_are_there():
    assert set(LESSONS) <= set(notebooks.names())


lesson = pytest.mark.parametrize("name", sorted({*LESSONS, *notebooks.names()}))


@lesson
def test_text_and_notebook_are_a_pair(name):
    text = notebooks.cells(notebooks.TEXTS / f"{name}.md")
    assert text == notebooks.cells(notebooks.NOTEBOOKS / f"{name}.ipynb"), "run: make notebooks (or make texts)"


@lesson
def test_every_cell_was_executed_in_order(name):
    counts = [cell.execution_count for cell in read(name).cells if cell.cell_type == "code"]
    assert counts == list(range(1, len(counts) + 1))
    assert counts


@lesson
def test_outputs_are_stored(name):
    """Without stored outputs nbval compares nothing and passes."""
    kinds = {output.output_type for output in outputs(name)}
    assert kinds & {"execute_result", "display_data"}


@lesson
def test_no_output_is_an_error_or_a_warning(name):
    bad = [o for o in outputs(name) if o.output_type == "error" or o.get("name") == "stderr"]
    assert bad == []
    # nbval passes a cell with this tag also when it no longer raises.
    assert [c.id for c in read(name).cells if "raises-exception" in c.metadata.get("tags", ())] == []


@lesson
def test_outputs_hold_no_folder_key_or_index(name):
    text = "\n".join(json.dumps(_without_pictures(output), ensure_ascii=False) for output in outputs(name))
    assert [match[0] for pattern in (FOLDER, KEY, INDEX) for match in pattern.finditer(text)] == []


def _without_pictures(output: nbformat.NotebookNode) -> dict:
    data = {kind: value for kind, value in output.get("data", {}).items() if not kind.startswith("image/")}
    return {**output, "data": data}


def figures(name: str) -> list[str]:
    """Each picture in base64, PNG or JPEG."""
    return [value for o in outputs(name) for kind, value in o.get("data", {}).items() if kind.startswith("image/")]


@lesson
def test_figures_are_small(name):
    assert [size for figure in figures(name) if (size := len(figure) * 3 // 4) > FIGURE_BYTES] == []


@pytest.mark.parametrize("name", LESSONS[2:])
def test_a_lesson_about_pixels_shows_pixels(name):
    assert figures(name)


@lesson
def test_metadata_does_not_change_with_the_machine(name):
    notebook = read(name)
    assert notebook.metadata.kernelspec == notebooks.KERNELSPEC
    assert "version" not in notebook.metadata.language_info
    assert [cell.id for cell in notebook.cells if "execution" in cell.metadata] == []


# -- tools/notebooks.py ------------------------------------------------------

TEXT = """---
kernelspec:
  name: python3
  display_name: Python 3 (ipykernel)
---

# Thử

```{code-cell} ipython3
:tags: [thu]

import uuid
from IPython.display import HTML

HTML(f"<i id='{uuid.uuid4()}'>1</i>")
```
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(notebooks, "ROOT", tmp_path)
    monkeypatch.setattr(notebooks, "NOTEBOOKS", tmp_path)
    monkeypatch.setattr(notebooks, "TEXTS", tmp_path / "md")
    (tmp_path / "md").mkdir()
    (tmp_path / "md/thu.md").write_text(TEXT)
    return tmp_path


def test_run_stores_outputs_and_gives_the_same_bytes_again(folder):
    notebooks.run("thu")
    first = (folder / "thu.ipynb").read_bytes()
    assert b"<i id=" in first
    notebooks.run("thu")
    assert (folder / "thu.ipynb").read_bytes() == first
    assert notebooks.cells(folder / "thu.ipynb") == notebooks.cells(folder / "md/thu.md")


def test_run_does_not_overwrite_edits_of_the_notebook(folder):
    nbformat.write(v4.new_notebook(cells=[v4.new_markdown_cell("# Sửa trong JupyterLab")]), folder / "thu.ipynb")
    with pytest.raises(SystemExit, match="make texts ARGS=thu"):
        notebooks.run("thu")


def test_texts_writes_the_notebook_back(folder):
    kept = {"tags": ["thu"], "alt": "Một: hai", "caption": "*Ba*", "label": "bon"}
    cells = [v4.new_markdown_cell("# Sửa"), v4.new_code_cell("1 + 1", metadata=kept | {"collapsed": True})]
    nbformat.write(v4.new_notebook(cells=cells), folder / "thu.ipynb")
    notebooks.write_text("thu")
    assert notebooks.cells(folder / "md/thu.md") == [("markdown", "# Sửa", {}), ("code", "1 + 1", kept)]


def test_a_cell_that_fails_leaves_the_stored_notebook(folder):
    notebooks.run("thu")
    before = (folder / "thu.ipynb").read_bytes()
    (folder / "md/thu.md").write_text(TEXT.replace("import uuid", "1 / 0"))
    with pytest.raises(CellExecutionError, match="ZeroDivisionError"):
        notebooks.run("thu")
    assert (folder / "thu.ipynb").read_bytes() == before


def test_a_learners_environment_has_no_keys(monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    monkeypatch.setenv("CDSE_STAC_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("CDSE_OFFLINE_CACHE", "here")
    environment = notebooks.learner_environment()
    assert environment["CDSE_OFFLINE_CACHE"] == "here"
    assert not {"AWS_SECRET_ACCESS_KEY", "CDSE_STAC_URL"} & environment.keys()
    assert environment["NO_PROXY"].endswith("127.0.0.1,localhost")


@pytest.mark.parametrize("name", notebooks.names())
def test_a_lesson_that_nobody_edited_comes_back_to_its_text_unchanged(name, tmp_path, monkeypatch):
    before = (notebooks.TEXTS / f"{name}.md").read_text(encoding="utf-8")
    (tmp_path / f"{name}.md").write_text(before, encoding="utf-8")
    monkeypatch.setattr(notebooks, "TEXTS", tmp_path)
    notebooks.write_text(name)
    assert (tmp_path / f"{name}.md").read_text(encoding="utf-8") == before
