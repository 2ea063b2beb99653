"""The learner's copies: made once, never overwritten, laid aside before a new one takes their place."""

import re
import shutil
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from lab import copies
from tests.project.test_frame import ROOT

NAMES = ["01-mot", "02-hai"]
CODE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)  # a pattern in a solution looks like a link
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")


@pytest.fixture
def course(tmp_path: Path) -> Path:
    (tmp_path / "notebooks").mkdir()
    for name in NAMES:
        change(tmp_path / f"notebooks/{name}.ipynb", f"print('{name}')")
    return tmp_path


def change(path: Path, source: str) -> None:
    """Write the one code cell of a notebook anew; what else it says stays."""
    notebook = nbformat.read(path, as_version=4) if path.exists() else new_notebook()
    notebook.cells = [new_markdown_cell("Bài", id="text"), new_code_cell(source, id="code")]
    nbformat.write(notebook, path)


def read_source(path: Path) -> str:
    return nbformat.read(path, as_version=4).cells[1].source


def find_aside(course: Path) -> list[Path]:
    return sorted((course / "bai-cua-toi/ban-cu").glob("*.ipynb"))


def test_the_first_opening_makes_them_and_says_where(course):
    (told,) = copies.prepare(course)
    assert "bai-cua-toi" in told
    assert [path.stem for path in sorted((course / "bai-cua-toi").iterdir())] == NAMES
    assert read_source(course / "bai-cua-toi/02-hai.ipynb") == "print('02-hai')"
    assert copies.prepare(course) == []


def test_what_a_learner_wrote_stays(course):
    copies.prepare(course)
    mine = course / "bai-cua-toi/01-mot.ipynb"
    change(mine, "cau_tra_loi = 42")
    before = mine.read_bytes()
    assert copies.prepare(course) == []
    assert mine.read_bytes() == before


def test_a_newer_lesson_is_told_and_the_changed_copy_stays(course):
    copies.prepare(course)
    mine = course / "bai-cua-toi/01-mot.ipynb"
    change(mine, "cau_tra_loi = 42")
    change(course / "notebooks/01-mot.ipynb", "print('mới')")
    for _ in range(2):  # until the learner takes it
        (told,) = copies.prepare(course)
        assert "01-mot" in told and "bản mới" in told and "restart" in told
        assert read_source(mine) == "cau_tra_loi = 42"
        assert copies.list_newer(course) == ["01-mot"]
    aside = copies.restart("01-mot", course)
    assert aside and read_source(aside) == "cau_tra_loi = 42"
    assert read_source(mine) == "print('mới')"
    assert copies.prepare(course) == copies.list_newer(course) == []


def test_a_copy_that_nobody_changed_follows_the_course_and_is_kept(course):
    """It was run, folded and saved: that changes nothing of what an author writes."""
    copies.prepare(course)
    mine = course / "bai-cua-toi/01-mot.ipynb"
    notebook = nbformat.read(mine, as_version=4)
    notebook.cells[1].execution_count = 3
    notebook.cells[1].metadata["collapsed"] = True
    nbformat.write(notebook, mine)
    change(course / "notebooks/01-mot.ipynb", "print('mới')")
    (told,) = copies.prepare(course)
    (aside,) = find_aside(course)
    assert aside.name in told and "01-mot" in told
    assert read_source(mine) == "print('mới')" and read_source(aside) == "print('01-mot')"


def test_each_old_copy_has_a_place_of_its_own(course):
    copies.prepare(course)
    places = {copies.restart("01-mot", course) for _ in range(3)}
    assert len(places) == 3 and set(find_aside(course)) == places


def test_a_copy_that_is_no_notebook_is_left_and_told(course):
    copies.prepare(course)
    mine = course / "bai-cua-toi/01-mot.ipynb"
    mine.write_text("{", encoding="utf-8")
    (told,) = copies.prepare(course)
    assert "01-mot" in told and "restart" in told and mine.read_text(encoding="utf-8") == "{"
    assert copies.list_newer(course) == []
    copies.restart("01-mot", course)
    assert copies.prepare(course) == []


def test_a_notebook_that_the_learner_brought_is_let_alone(course):
    (course / "bai-cua-toi").mkdir()
    mine = course / "bai-cua-toi/01-mot.ipynb"
    change(mine, "của tôi")
    assert copies.prepare(course) == []
    assert read_source(mine) == "của tôi"


def test_a_lesson_that_is_not_there(course):
    with pytest.raises(copies.CourseError, match="01-mot, 02-hai"):
        copies.restart("../01-mot", course)


def test_a_folder_that_cannot_be_written(course):
    (course / "bai-cua-toi").write_text("")
    with pytest.raises(copies.CourseError, match="Không ghi được"):
        copies.prepare(course)


def test_git_does_not_track_them():
    assert f"\n{copies.COPIES}/\n" in (ROOT / ".gitignore").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", copies.list_lessons())
def test_what_a_lesson_links_to_is_found_from_its_copy(name, tmp_path):
    """Pages and pictures by their place beside the folder, other lessons by their name."""
    notebook = nbformat.read(ROOT / f"notebooks/{name}.ipynb", as_version=4)
    texts = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    links = {link for text in texts for link in LINK.findall(CODE.sub("", text))}
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks", ignore=shutil.ignore_patterns("md"))
    shutil.copytree(ROOT / "book", tmp_path / "book", ignore=shutil.ignore_patterns("theme", "__pycache__"))
    copies.prepare(tmp_path)
    copy = copies.find_copy(tmp_path, name)
    assert [link for link in links if not (copy.parent / link).exists()] == []


def test_a_copy_stays_in_its_place_when_no_new_one_can_be_written(course, monkeypatch):
    copies.prepare(course)
    mine = course / "bai-cua-toi/01-mot.ipynb"
    change(mine, "cau_tra_loi = 42")

    def fill_the_disk(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", fill_the_disk)
    with pytest.raises(copies.CourseError, match="Không ghi được"):
        copies.restart("01-mot", course)
    assert read_source(mine) == "cau_tra_loi = 42" and find_aside(course) == []
