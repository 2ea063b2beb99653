"""cdse_access.pytest_plugin: another project's tests get an offline CDSE by the name of a fixture."""

import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

PROJECT = """
from cdse_access import connect, logout

addresses = []


def test_it_answers(cdse_offline):
    catalog = connect(stac=cdse_offline.stac, s3=cdse_offline.s3, keys=cdse_offline.keys)
    assert next(catalog.search(collections=["sentinel-2-l2a"], max_items=1).items())
    logout()
    addresses.append(cdse_offline.s3)


def test_it_is_still_the_same(cdse_offline):
    assert addresses == [cdse_offline.s3] and cdse_offline.is_alive()
"""


def test_a_project_of_somebody_else(tmp_path: Path):
    (tmp_path / "test_theirs.py").write_text(PROJECT, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:nbval"]
    if not entry_points(group="pytest11", name="cdse_offline"):  # not installed anew since the entry point is there
        command += ["-p", "cdse_access.pytest_plugin"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert "2 passed" in result.stdout, result.stdout + result.stderr


def test_the_project_names_it():
    text = (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    assert '[project.entry-points.pytest11]\ncdse_offline = "cdse_access.pytest_plugin"' in text


def test_who_does_not_ask_for_it_pays_nothing():
    code = "import sys, cdse_access.pytest_plugin; print({*sys.modules} & {'rasterio', 'dotenv'})"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "set()\n"
