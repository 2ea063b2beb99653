"""What every test run has in common: the environment, the order, the offline CDSE."""

import contextlib
import io
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import matplotlib as mpl
import pytest

from cdse_access.service import running
from cdse_access.session import Session, connect
from tools.notebooks import learner_environment

ROOT = Path(__file__).parent
# Quick checks; then the lessons, for which images are simulated that JupyterLab finds made; then what takes minutes
# before what takes less, so that processes side by side end together.
ORDER = ("tests/lessons/notebooks", "notebooks", "tests/browser", "tests/faults")


def pytest_configure(config: pytest.Config) -> None:
    """A newcomer's environment, whatever the developer's shell holds. Kernels inherit it."""
    os.environ.update(environment := learner_environment())
    for name in os.environ.keys() - environment.keys():
        del os.environ[name]
    names = ["CDSE_CACHE", "IPYTHONDIR"]
    if "PYTEST_XDIST_WORKER" in environment:
        names.append("CDSE_OFFLINE_CACHE")  # services of two processes on one folder kept a lesson waiting for an image
    for name in names:  # nothing of the user's, and nothing that an earlier run has kept
        folder = tempfile.TemporaryDirectory(prefix=f"{name.lower()}-")
        config.add_cleanup(folder.cleanup)
        os.environ[name] = folder.name
    mpl.use("agg")  # for this process only: kernels choose their inline backend themselves


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def rank(item: pytest.Item) -> int:
        folder = item.path.relative_to(ROOT).parent.as_posix()
        return ORDER.index(folder) if folder in ORDER else -1

    items.sort(key=rank)


@pytest.fixture(scope="module", autouse=True)
def environment_stays_in_its_module() -> Iterator[None]:
    """What one module sets or connects to, the next, and above all the lessons, must not see."""
    before = dict(os.environ)
    yield
    forget_session()
    os.environ.clear()
    os.environ.update(before)


def forget_session() -> None:
    """Log out without a word, where this process has connected at all."""
    if "cdse_access.session" in sys.modules:
        with contextlib.redirect_stdout(io.StringIO()):
            sys.modules["cdse_access.session"].logout()


@pytest.fixture(scope="session")
def offline_service() -> Iterator[dict[str, str]]:
    """An offline CDSE of its own: its addresses and keys, as it announced them."""
    with running() as cdse:
        keys = {"access_key": cdse.keys.access.reveal(), "secret_key": cdse.keys.secret.reveal()}
        yield {"stac": cdse.stac, "s3": cdse.s3} | keys
    assert cdse.process.returncode == 0


@pytest.fixture(scope="module")
def connected(offline_service: dict[str, str]) -> Iterator[Session]:
    """This process is connected to that service for a module, without a word."""
    keys = offline_service["access_key"], offline_service["secret_key"]
    with contextlib.redirect_stdout(io.StringIO()):
        catalog = connect(keys=keys, stac=offline_service["stac"], s3=offline_service["s3"])
    yield catalog.session
    forget_session()
