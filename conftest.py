"""What every test run has in common: the environment, the order, the offline CDSE."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import matplotlib as mpl
import pytest

from tools.notebooks import learner_environment

ROOT = Path(__file__).parent
# Quick checks first, then the faults, then the lessons, then JupyterLab in a browser.
ORDER = ("tests/faults", "notebooks", "tests/browser")


def pytest_configure(config: pytest.Config) -> None:
    """A newcomer's environment, whatever the developer's shell holds. Kernels inherit it."""
    os.environ.update(environment := learner_environment())
    for name in os.environ.keys() - environment.keys():
        del os.environ[name]
    ipython_folder = tempfile.TemporaryDirectory(prefix="ipython-")
    config.add_cleanup(ipython_folder.cleanup)
    os.environ["IPYTHONDIR"] = ipython_folder.name
    mpl.use("agg")  # for this process only: kernels choose their inline backend themselves


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def rank(item: pytest.Item) -> int:
        folder = item.path.relative_to(ROOT).parent.as_posix()
        return ORDER.index(folder) if folder in ORDER else -1

    items.sort(key=rank)


@pytest.fixture(scope="module", autouse=True)
def environment_stays_in_its_module() -> Iterator[None]:
    """`connect()` sets keys and addresses: the next module, and above all the lessons, must not see them."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="session")
def offline_service() -> Iterator[dict[str, str]]:
    """An offline CDSE of its own: the line of JSON that it announces itself with."""
    command = [sys.executable, "-m", "cdse_offline", "--port", "0", "--until-stdin-closes"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        line = process.stdout.readline()
        assert line, f"the offline CDSE ended with code {process.wait(10)} before it was ready"
        yield json.loads(line)
        process.stdin.close()
        assert process.wait(10) == 0
