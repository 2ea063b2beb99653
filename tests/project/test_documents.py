"""Documents for people: short, true in what they name, one version everywhere."""

import re
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml

from tests.project.test_frame import PROJECT, ROOT, files

DOCUMENTS = [path for path in files() if path.suffix == ".md" and "notebooks/md" not in path.as_posix()]
DEVELOPERS = [path for path in DOCUMENTS if path.name in {"README.md", "CONTRIBUTING.md"}]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


# -- short, and where they are looked for ------------------------------------------


def test_readme_is_short_and_begins_with_the_command():
    lines = read("README.md").splitlines()
    assert len(lines) <= 60
    assert any(line.strip().startswith("make lab") for line in lines[:15])


def test_contributing_is_short():
    assert len(read("CONTRIBUTING.md").splitlines()) <= 60


def test_every_folder_has_a_readme_and_a_licence():
    folders = {path.relative_to(ROOT).parts[0] for path in files() if path.parent != ROOT}
    shown = {folder for folder in folders if not folder.startswith(".")} - {"src"}
    assert [folder for folder in shown if not (ROOT / folder / "README.md").exists()] == []
    assert [p.name for p in (ROOT / "src").glob("cdse_*") if not (p / "README.md").exists()] == []
    licence = read("LICENSE")
    assert [folder for folder in folders if f"{folder}/" not in licence] == []


# -- what they name is there -------------------------------------------------------


def test_every_make_target_that_a_document_names_exists():
    targets = set(re.findall(r"^([a-z.-]+):", read("Makefile"), flags=re.MULTILINE))
    named = set()
    for path in [*DOCUMENTS, ROOT / ".ci/run", *(ROOT / ".github").rglob("*.yml")]:
        text = path.read_text(encoding="utf-8")
        named |= set(re.findall(r"(?:^|`|\$ |run: )make ([a-z.-]+)", text, flags=re.MULTILINE))
    assert {"lab", "test", "lint"} <= named <= targets


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_what_a_document_runs_is_there(path):
    modules = re.findall(r"python3? -m ([a-z_.]+)", path.read_text(encoding="utf-8"))
    assert [module for module in modules if find_spec(module) is None] == []


# A folder or a file in code marks; "…" and capitals stand for something else.
PLACE = re.compile(r"`((?:src|lessons|lab|notebooks|book|tests|bench|tools)/[\w./-]*)`")
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)[^)]*\)")


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_places_and_links_of_a_document_exist(path):
    text = path.read_text(encoding="utf-8")
    missing = [place for place in PLACE.findall(text) if not (ROOT / place).exists() and "NN-" not in place]
    missing += [link for link in LINK.findall(text) if not (path.parent / link).exists()]
    assert missing == []


@pytest.mark.parametrize("path", DEVELOPERS, ids=name)
def test_modules_that_a_readme_names_exist(path):
    """`x.py` lies beside the README, below it, or is written with its folder."""
    named = re.findall(r"`([\w/]+\.(?:py|sh|mjs|json|cfg))`", path.read_text(encoding="utf-8"))
    homes = {ROOT, path.parent, *(place for place in path.parent.rglob("*") if place.is_dir())}
    missing = [file for file in named if not any((home / file).exists() for home in homes)]
    assert set(missing) <= {"test_x.py"}


def test_the_clients_readme_names_its_modules():
    """The table has every module and folder of the package."""
    package = ROOT / "src/cdse_access"
    table = "\n".join(line for line in read("src/cdse_access/README.md").splitlines() if line.startswith("| `"))
    named = set(re.findall(r"`(\w+)/?`", "\n".join(row.split("|")[1] for row in table.splitlines())))
    there = {path.stem for path in package.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert named == there - {"__init__", "__main__"}


def test_the_services_readme_names_its_wings():
    wings = {path.parent.name for path in (ROOT / "src/cdse_offline").glob("*/__init__.py")}
    assert set(re.findall(r"^\| `(\w+)/`", read("src/cdse_offline/README.md"), flags=re.MULTILINE)) == wings


def test_ci_runs_the_test_command_of_the_readme_and_the_checks_of_the_code():
    assert "\nmake lint\nmake test\n" in read(".ci/run")
    assert "make test" in read("README.md")
    assert "-m mypy" in read("Makefile")


# -- one version -------------------------------------------------------------------


def test_the_version_is_one():
    newest = re.search(r"^## \[(\d+\.\d+\.\d+)\] - (\d{4}-\d\d-\d\d)$", read("CHANGELOG.md"), flags=re.MULTILINE)
    citation = yaml.safe_load(read("CITATION.cff"))
    assert newest
    assert newest[1] == PROJECT["version"] == citation["version"]
    assert newest[2] == citation["date-released"].isoformat()


def test_the_changelog_has_the_form_of_keep_a_changelog():
    text = read("CHANGELOG.md")
    headings = re.findall(r"^## (.+)$", text, flags=re.MULTILINE)
    assert headings[0] == "[Unreleased]"
    versions = [re.fullmatch(r"\[(\d+)\.(\d+)\.(\d+)\] - (\d{4}-\d\d-\d\d)", heading) for heading in headings[1:]]
    assert all(versions)
    numbers = [tuple(map(int, version.groups()[:3])) for version in versions if version]
    assert numbers == sorted(numbers, reverse=True)
    kinds = set(re.findall(r"^### (.+)$", text, flags=re.MULTILINE))
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_the_citation_has_what_its_format_asks_for():
    """The rules of Citation File Format 1.2.0 that this file can break."""
    citation = yaml.safe_load(read("CITATION.cff"))
    assert citation.keys() >= {"cff-version", "message", "title", "authors"}
    known = {"abstract", "date-released", "keywords", "license", "references", "type", "version"}
    assert citation.keys() <= known | {"cff-version", "message", "title", "authors"}
    assert citation["cff-version"] == "1.2.0" and citation["type"] == "software"
    assert " AND ".join(citation["license"]) == PROJECT["license"]
    (author,) = citation["authors"]
    assert author["name"] in read("LICENSE") and citation["title"] in read("myst.yml")


# -- forms and hooks ---------------------------------------------------------------


def test_templates_of_issues_say_what_they_are():
    templates = sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("*.md"))
    assert len(templates) >= 2
    for path in templates:
        head = yaml.safe_load(path.read_text(encoding="utf-8").split("---\n")[1])
        assert head.keys() >= {"name", "about"}


def test_hooks_run_what_is_installed():
    (repository,) = yaml.safe_load(read(".pre-commit-config.yaml"))["repos"]
    assert repository["repo"] == "local"
    for hook in repository["hooks"]:
        python, option, module = hook["entry"].split()[:3]
        assert (python, option) == (".venv/bin/python", "-m") and find_spec(module)


def test_what_packages_bring_is_typed():
    project = tomllib.loads(read("pyproject.toml"))
    assert project["tool"]["setuptools"]["package-data"] == {"*": ["py.typed"]}
    markers = {path.parent.name for path in files() if path.name == "py.typed"}
    assert markers == {"cdse_access", "cdse_offline", "lessons"}
