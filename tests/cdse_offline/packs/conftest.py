"""A service to record from, and a pack that was recorded."""

import os
import shutil
from pathlib import Path

import pytest

from cdse_access import session as cdse
from cdse_offline.packs import record
from cdse_offline.packs.loads import WantedItem, search_items
from tests.cdse_offline.packs.recording import LOAD


@pytest.fixture(scope="module")
def source(offline_service: dict[str, str]) -> dict[str, str]:
    """`connect()` uses this run's service."""
    os.environ["CDSE_STAC_URL"], os.environ["CDSE_S3_ENDPOINT"] = offline_service["stac"], offline_service["s3"]
    os.environ["CDSE_S3_ACCESS_KEY"] = offline_service["access_key"]
    os.environ["CDSE_S3_SECRET_KEY"] = offline_service["secret_key"]
    return offline_service


@pytest.fixture(scope="module")
def whole(source: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished pack: two days, two bands."""
    folder = tmp_path_factory.mktemp("recorded") / "lop-10a"
    record.record(folder, [LOAD], yes=True)
    return folder


@pytest.fixture
def copy(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "copy"))


@pytest.fixture(scope="module")
def scenes(source) -> list[WantedItem]:
    return search_items(cdse.connect(), [LOAD])
