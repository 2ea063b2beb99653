"""The handbook's recipe as it is written: a class's pack of another place, and one cell that each lesson changes."""

import ast
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cdse_access.service import running
from lessons.answers.messages import say
from tests.lessons.notebooks.running import Lesson, change_cells, list_exercises, read_cells, run_cells

ROOT = Path(__file__).parents[3]
UNSURE = (say("unknown"), "Danh sách trống")  # the truth, Bayern: a pack of one place has neither
LESSONS = ("02-kham-pha-stac", "03-tai-du-lieu")


@pytest.fixture(scope="module")
def recipe() -> str:
    page = (ROOT / "book/giang-day.md").read_text(encoding="utf-8")
    return page.partition("(goi-du-lieu)=")[2].partition("(khong-mang)=")[0]


@pytest.fixture(scope="module")
def pack(recipe: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Recorded by the page's command; only the service is the one for rehearsals, which the page names as well."""
    (command,) = re.findall(r"^\.venv/bin/python (-m cdse_offline record (?:.*\\\n)*.*)$", recipe, re.MULTILINE)
    assert "--service live" in command and "`--service offline`" in recipe and "`--yes`" in recipe
    rehearsal = command.replace("\\\n", " ").replace("--service live", "--service offline --yes")
    folder = tmp_path_factory.mktemp("class")
    arguments = [sys.executable, *shlex.split(rehearsal)]
    subprocess.run(arguments, cwd=folder, check=True, capture_output=True, timeout=240, text=True)
    (written,) = folder.iterdir()
    assert f"--data {written.name} " in recipe
    return written


@pytest.fixture(scope="module")
def replaced(recipe: str) -> dict[str, str]:
    """What the page tells a learner to write into the lesson's cell."""
    (block,) = re.findall(r"^```python\n(bbox = .*?)^```$", recipe, re.DOTALL | re.MULTILINE)
    assigned = ast.parse(block).body
    return {ast.unparse(one.targets[0]): ast.unparse(one.value) for one in assigned if isinstance(one, ast.Assign)}


@pytest.fixture(scope="module")
def service(pack: Path) -> Iterator[dict[str, str]]:
    with running(data=pack) as cdse:
        yield {
            "CDSE_STAC_URL": cdse.stac, "CDSE_S3_ENDPOINT": cdse.s3,
            "CDSE_S3_ACCESS_KEY": cdse.keys.access.reveal(), "CDSE_S3_SECRET_KEY": cdse.keys.secret.reveal(),
        }  # fmt: skip


@pytest.fixture(params=LESSONS)
def lesson(request: pytest.FixtureRequest, service, replaced, monkeypatch) -> Lesson:
    for name, value in service.items():
        monkeypatch.setenv(name, value)
    cells = read_cells(request.param)
    (cell,) = {cell.source for cell in change_cells(cells, replaced)} - {cell.source for cell in cells}
    assert all(name in cell for name in replaced), "one cell holds all that is changed"
    ran = run_cells(change_cells(cells, replaced))
    assert ran.problem is None and list(ran.answers) == list_exercises(cells)
    return ran


def test_a_lesson_works_on_a_classes_pack_with_one_cell_changed(lesson, replaced):
    assert "Đang dùng dịch vụ được chỉ định" in lesson.printed
    assert lesson.names["bbox"] == ast.literal_eval(replaced["bbox"])
    unsure = [answer for answer in lesson.answers.values() if ": Đúng" not in answer]
    assert all(any(words in answer for words in UNSURE) for answer in unsure)
    assert 2 * len(unsure) < len(lesson.answers)
