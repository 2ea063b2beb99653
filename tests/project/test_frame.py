"""The project as a whole: its packages, its set-up files, its promises about what the files do not hold."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib import metadata
from itertools import chain
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

import conftest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
REQUIREMENTS = [Requirement(r) for r in chain(PROJECT["dependencies"], EXTRAS["book"], EXTRAS["dev"])]
BINARY = {".png", ".jpg", ".webp", ".jp2", ".tif", ".pdf", ".woff2"}


def files() -> list[Path]:
    """Every file that is, or would be, in git."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    return [path for name in listed.split("\0")[:-1] if (path := ROOT / name).is_file()]


PICTURE = re.compile(r'"image/(?:png|jpeg)": "[^"]*"')  # base64 can spell anything


def texts() -> dict[str, str]:
    """Content of the text files, without pictures in notebooks; this file aside: it names what it looks for."""
    return {
        path.relative_to(ROOT).as_posix(): PICTURE.sub("", path.read_text(encoding="utf-8"))
        for path in files()
        if path != Path(__file__) and path.suffix not in BINARY
    }


def modules(package: str) -> list[Path]:
    return sorted(path for home in (ROOT, ROOT / "src") for path in (home / package).rglob("*.py"))


def code_cells() -> list[tuple[str, nbformat.NotebookNode]]:
    return [
        (f"{path.name}, cell {number}", cell)
        for path in sorted((ROOT / "notebooks").glob("*.ipynb"))
        for number, cell in enumerate(nbformat.read(path, as_version=4).cells)
        if cell.cell_type == "code"
    ]


# -- set-up files ------------------------------------------------------------


def locked(file: str = "requirements.txt") -> dict[str, list[tuple[Requirement, int]]]:
    """Pinned requirements by package, each with its number of hashes."""
    found: dict[str, list[tuple[Requirement, int]]] = {}
    lock = re.sub(r"^ *#.*\n", "", (ROOT / file).read_text(), flags=re.M)
    for entry in re.split(r"\n(?=[a-z0-9])", lock):
        pin = Requirement(entry.split(" \\\n")[0])
        found.setdefault(canonicalize_name(pin.name), []).append((pin, entry.count("--hash=sha256:")))
    return found


def test_requirements_pins_every_dependency_within_its_bounds():
    pins = locked()
    missing = [r.name for r in REQUIREMENTS if canonicalize_name(r.name) not in pins]
    assert missing == [], "run: make lock"
    for requirement in REQUIREMENTS:
        for pin, _ in pins[canonicalize_name(requirement.name)]:
            if not meet(requirement, pin):
                continue
            (version,) = pin.specifier
            assert version.operator == "=="
            assert requirement.specifier.contains(version.version), f"{pin} is outside of {requirement}: run make lock"


def meet(one: Requirement, other: Requirement) -> bool:
    """Whether there is a Python for which both hold."""
    versions = ({"python_version": f"3.{minor}", "python_full_version": f"3.{minor}.1"} for minor in range(11, 16))
    return any(all(r.marker is None or r.marker.evaluate(v) for r in (one, other)) for v in versions)


def test_where_a_newer_decoder_can_be_had_it_is_pinned():
    old, new = sorted(locked()["rasterio"], key=lambda entry: str(entry[0].specifier))
    assert [str(pin.marker) for pin, _ in (old, new)] == [f'python_full_version {sign} "3.12"' for sign in ("<", ">=")]
    assert Version(str(new[0].specifier).strip("=")) >= Version("1.5")
    assert "  - libgdal-jp2openjpeg\n" in (ROOT / "environment.yml").read_text()


def test_requirements_has_hashes_and_no_address():
    pins = locked()
    assert len(pins) > 100
    assert [name for name, versions in pins.items() if not all(count for _, count in versions)] == []
    # Wheels of all platforms, not only of the machine that locked.
    assert pins["rasterio"][0][1] > 20
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    assert [line for line in lines if re.search(r"://|^\s*-(?!-hash)|file:", line)] == []


def test_the_bench_adds_packages_to_the_course_and_changes_none():
    pins, course = locked("requirements-bench.txt"), locked()
    assert {canonicalize_name(Requirement(r).name) for r in EXTRAS["bench"]} <= pins.keys(), "run: make lock"
    assert pins.keys() & course.keys() == set(), "run: make lock"
    for line in EXTRAS["bench"]:
        ((pin, count),) = pins[canonicalize_name(Requirement(line).name)]
        (version,) = pin.specifier
        assert version.operator == "==" and count
        assert Requirement(line).specifier.contains(version.version), f"{pin} is outside of {line}: run make lock"


def needed(names: list[tuple[str, frozenset[str]]], *, here: bool) -> dict[str, list[Requirement]]:
    """Requirements of the installed packages, from these (name, extras) on: those of this machine, or of any."""
    found: dict[str, list[Requirement]] = {}
    seen, waiting = set(), list(names)
    while waiting:
        name, extras = current = waiting.pop()
        if current in seen:
            continue
        seen.add(current)
        for line in _requires(name):
            requirement = Requirement(line)
            if not _applies(requirement, extras, here):
                continue
            child = canonicalize_name(requirement.name)
            found.setdefault(child, []).append(requirement)
            waiting.append((child, frozenset(requirement.extras)))
    return found


def _requires(name: str) -> list[str]:
    try:
        return metadata.requires(name) or []
    except metadata.PackageNotFoundError:  # another platform's
        return []


def _applies(requirement: Requirement, extras: frozenset[str], here: bool) -> bool:
    marker = requirement.marker
    if marker is None:
        return True
    if here:
        return any(marker.evaluate({"extra": extra}) for extra in ("", *extras))
    wanted = re.findall(r"extra == ['\"]([\w.-]+)['\"]", str(marker))
    return not wanted or bool(extras & set(wanted))


ROOTS = [(canonicalize_name(r.name), frozenset(r.extras)) for r in REQUIREMENTS]


def test_requirements_pins_what_the_packages_need():
    pins = locked()
    for name, requirements in needed(ROOTS, here=True).items():
        versions = [next(iter(pin.specifier)).version for pin, _ in pins.get(name, [])]
        assert versions, f"{name} is missing: run make lock"
        for requirement in requirements:
            assert all(requirement.specifier.contains(v, prereleases=True) for v in versions), requirement


def test_requirements_pins_nothing_else():
    """Of what is for this machine: packages that only others need are not here to be asked."""
    wanted = {name for name, _ in ROOTS} | needed(ROOTS, here=False).keys()
    pinned = {name for name, entries in locked().items() if any(_is_for_this_machine(pin) for pin, _ in entries)}
    assert pinned - wanted == set(), "run make lock"


def _is_for_this_machine(pin: Requirement) -> bool:
    return pin.marker is None or pin.marker.evaluate()


# The one test that asks a package index. The two tests above hold the same without a network.
@pytest.mark.skipif(not os.environ.get("TEST_NETWORK"), reason="asks a package index only with TEST_NETWORK=1")
@pytest.mark.skipif(not (ROOT / ".venv/bin/python").exists(), reason="needs the environment of `make setup`")
@pytest.mark.parametrize("name", ["requirements.txt", "requirements-bench.txt"])
def test_requirements_regenerates_to_itself(tmp_path, name):
    again = tmp_path / name
    shutil.copy(ROOT / name, again)
    subprocess.run(["sh", "tools/lock.sh", again], cwd=ROOT, check=True)
    assert again.read_text() == (ROOT / name).read_text(), "run: make lock"


def test_environment_regenerates_to_itself(tmp_path):
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    subprocess.run([sys.executable, "-m", "pyproject2conda", "project"], cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "environment.yml").read_text() == (ROOT / "environment.yml").read_text(), "run: make lock"


@pytest.mark.parametrize("arguments", [["check"], ["format", "--check"]])
def test_ruff_is_content(arguments):
    result = subprocess.run([sys.executable, "-m", "ruff", *arguments, "."], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout


def test_the_tests_run_in_a_newcomers_environment(monkeypatch):
    cleanups = []
    mine = {**os.environ, "AWS_PROFILE": "work", "CDSE_STAC_URL": "http://127.0.0.1:1", "MPLBACKEND": "tkagg"}
    monkeypatch.setattr(os, "environ", mine)
    conftest.pytest_configure(SimpleNamespace(add_cleanup=cleanups.append))
    assert not {"AWS_PROFILE", "CDSE_STAC_URL", "MPLBACKEND"} & mine.keys()
    folders = [Path(mine[name]) for name in ("CDSE_CACHE", "IPYTHONDIR")]
    assert all(folder.is_dir() for folder in folders)
    for cleanup in cleanups:
        cleanup()
    assert not any(folder.exists() for folder in folders)


# -- what no file holds ------------------------------------------------------

# A word for a key, then, close by, a run of characters as long as CDSE's keys, a digit among them.
KEY = re.compile(
    r"(?:key|secret|token|password)\W{1,12}(?=[A-Z+/]*\d)[A-Z0-9+/]{20,}[^\w+/]|AKIA[A-Z0-9]{16}", re.IGNORECASE
)
# Addresses of package indexes, folders of the machine that ran or locked.
INDEX = re.compile(r"pypi\.org/simple|files\.pythonhosted|extra-index-url|find-links [/f]|registry\.npmjs")
FOLDER = re.compile(r"(?<![\w.:/-])/(?:home|Users|root|tmp|work|opt|private|var)/|\b[A-Z]:\\+Users")
UNSAFE = re.compile(r"UNSAFESSL\W{1,8}(?:YES|TRUE|ON|1)\b|catalogue\.dataspace\.copernicus\.eu/stac", re.IGNORECASE)


@pytest.mark.parametrize(
    ("pattern", "bad", "good"),
    [
        (KEY, 'secret_key = "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8S9t0"', 'secret_key = "khoa-bi-mat-cua-ban"'),
        (KEY, '"access_key": "ABCDEFGHIJ0123456789"', '"access_key": "..."'),
        (KEY, '{token: "A1b2C3d4E5f6G7h8I9j0"}', "{token}</NextContinuationToken>"),
        (INDEX, "--extra-index-url https://example.org/simple", "https://pypi.org/project/odc-stac"),
        (FOLDER, "File /home/an/cdse/notebooks", "https://example.org/home/an"),
        (FOLDER, "C:\\Users\\an", "s3://eodata/Sentinel-2/"),
        (UNSAFE, 'os.environ["GDAL_HTTP_UNSAFESSL"] = "YES"', 'os.environ.pop("GDAL_HTTP_UNSAFESSL")'),
        (UNSAFE, "https://catalogue.dataspace.copernicus.eu/stac", "https://stac.dataspace.copernicus.eu/v1"),
    ],
)
def test_the_patterns_find_what_they_should(pattern, bad, good):
    assert pattern.search(bad + "\n")
    assert not pattern.search(good + "\n")


@pytest.mark.parametrize("pattern", [KEY, INDEX], ids=["key", "index"])
def test_no_file_holds(pattern):
    contents = texts()
    assert "README.md" in contents
    found = {name: match[0] for name, text in contents.items() if (match := pattern.search(text))}
    assert found == {}


def test_no_code_turns_off_certificates_or_asks_the_legacy_catalogue():
    code = (".py", ".sh", ".yml", ".toml", "Makefile")
    # Tests set it to see that `connect` removes it; the measurement of faults compares with readers that do it.
    aside = ("tests/", "bench/faults/naive.py")
    sources = {name: text for name, text in texts().items() if name.endswith(code) and not name.startswith(aside)}
    assert "src/cdse_access/session.py" in sources
    # A cell tagged `legacy` shows it in order to warn of it.
    cells = {where: cell.source for where, cell in code_cells() if "legacy" not in cell.metadata.get("tags", ())}
    assert [name for name, text in (sources | cells).items() if UNSAFE.search(text)] == []
