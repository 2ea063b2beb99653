"""tools/setup.sh: what it installs of the project itself, when it does so again, and what kernels do not see."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("cdse_access", "cdse_offline", "lessons")
# What only the project's own folder shows.
INNER = ("bench", "book", "conftest", "tests", "tools")


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PIP_"))}


def run_python(python: Path | str, code: str, folder: Path) -> str:
    command = [python, "-c", code]
    result = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True, check=True)
    return result.stdout.strip()


def test_a_kernel_elsewhere_sees_the_packages_and_nothing_else_of_the_project(tmp_path):
    find = "from importlib.util import find_spec; print(*[name for name in {} if find_spec(name)])"
    assert run_python(sys.executable, find.format(PACKAGES), tmp_path).split() == list(PACKAGES)
    assert run_python(sys.executable, find.format(INNER), tmp_path).split() == []


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small copy of the project whose .venv finds this environment's pip and setuptools."""
    folder = tmp_path / "here"
    for name in ("pyproject.toml", "requirements.txt", "README.md", "LICENSE", "tools/setup.sh"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    for package in ("lessons", "src/cdse_access", "src/cdse_offline", "tests"):
        (folder / package).mkdir(parents=True)
        (folder / package / "__init__.py").touch()
    venv = folder / ".venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    (packages,) = venv.glob("lib/python*/site-packages")
    (packages / "borrowed.pth").write_text(sysconfig.get_path("purelib"))
    shutil.copy(ROOT / "requirements.txt", venv / "installed-requirements.txt")
    return folder


def set_up(project: Path) -> str:
    """Run the script with no network to turn to; what it said."""
    command = ["sh", "tools/setup.sh"]
    result = subprocess.run(command, cwd=project, env=environment(), capture_output=True, text=True, check=True)
    return result.stdout + result.stderr


def place_of_lessons(project: Path) -> Path:
    python = project / ".venv/bin/python"
    return Path(run_python(python, "import lessons; print(lessons.__file__)", project.parent)).parent


@pytest.mark.skipif(os.name == "nt", reason="the script needs a POSIX shell")
def test_the_project_is_installed_again_after_a_move_and_after_a_change_only(project):
    set_up(project)
    assert place_of_lessons(project) == project / "lessons"
    assert set_up(project) == ""

    moved = project.rename(project.with_name("there"))
    set_up(moved)
    assert place_of_lessons(moved) == moved / "lessons"
    assert set_up(moved) == ""

    with (moved / "pyproject.toml").open("a") as file:
        file.write('\n[project.entry-points.test_setup]\nlessons = "lessons"\n')
    set_up(moved)
    names = "from importlib.metadata import entry_points as find; print(*find(group='test_setup').names)"
    assert run_python(moved / ".venv/bin/python", names, moved.parent) == "lessons"
