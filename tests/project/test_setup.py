"""tools/setup.sh: what it installs of the project itself, when it does so again, and what kernels do not see."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("cdse_access", "cdse_offline", "lessons")
# What only the project's own folder shows.
INNER = ("bench", "book", "conftest", "lab", "tests", "tools")


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


@pytest.mark.skipif(os.name == "nt", reason="the script needs a POSIX shell")
def test_folders_that_the_first_version_left_behind_do_not_hide_the_packages(project):
    (packages,) = (project / ".venv").glob("lib/python*/site-packages")
    (packages / "cdse-bai-hoc.pth").write_text("../../../..")
    (project / "cdse_offline/__pycache__").mkdir(parents=True)
    (project / "cdse_offline/__pycache__/server.cpython-311.pyc").touch()
    (project / "jp2_parts").mkdir()
    (project / "jp2_parts/mine.txt").touch()  # somebody's own file stays
    set_up(project)
    found = run_python(project / ".venv/bin/python", "import cdse_offline; print(cdse_offline.__file__)", project)
    assert Path(found) == project / "src/cdse_offline/__init__.py"
    assert not (project / "cdse_offline").exists() and (project / "jp2_parts/mine.txt").exists()
    assert not (packages / "cdse-bai-hoc.pth").exists()


def test_a_wheel_holds_the_three_packages_and_nothing_else(tmp_path):
    """What `pip install` of the project would bring to someone who has no course."""
    source = tmp_path / "source"
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        source.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, source / name)
    for folder in ("lessons", "src", "tests", "tools"):
        shutil.copytree(ROOT / folder, source / folder, ignore=shutil.ignore_patterns("__pycache__"))
    options = ["--no-index", "--no-deps", "--no-build-isolation", "--quiet", "--wheel-dir", tmp_path]
    subprocess.run([sys.executable, "-m", "pip", "wheel", *options, source], env=environment(), check=True)
    (wheel,) = tmp_path.glob("*.whl")
    with ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    homes = {"lessons": ROOT, "cdse_access": ROOT / "src", "cdse_offline": ROOT / "src"}
    there = {
        path.relative_to(home).as_posix()
        for package, home in homes.items()
        for path in (home / package).rglob("*")
        if path.suffix == ".py" or path.name == "py.typed"
    }
    assert names == there


# -- tools/home.sh -------------------------------------------------------------


@pytest.mark.parametrize("home", [None, "", "/no/such", "/dev/null"])
def test_without_a_home_that_can_be_written_the_project_has_one(tmp_path, home):
    """JupyterLab, IPython and matplotlib keep things there; JupyterLab ends with a traceback where it cannot."""
    folder = tmp_path / "khóa học"
    folder.mkdir()
    printed, told = choose_home(folder, home)
    assert printed == str(folder / ".home") and (folder / ".home").is_dir()
    assert told.startswith("Chú ý: ") and str(folder / ".home") in told


def test_the_users_own_home_is_used_and_left_as_it_is(tmp_path):
    home = tmp_path / "Nhà của tôi"
    home.mkdir()
    assert choose_home(tmp_path, str(home)) == (str(home), "")
    assert list(tmp_path.iterdir()) == [home] and list(home.iterdir()) == []


def choose_home(folder: Path, home: str | None) -> tuple[str, str]:
    variables = {name: value for name, value in os.environ.items() if name != "HOME"}
    if home is not None:
        variables["HOME"] = home
    command = ["sh", str(ROOT / "tools" / "home.sh")]
    result = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=True)
    return result.stdout.strip(), result.stderr
