"""K6: nothing of the learner's own reads differently while this process is connected, or afterwards."""

import os
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.request import urlopen

import dask
import numpy as np
import odc.loader._rio
import pytest
import rasterio

from cdse_access import gdal, settings
from cdse_access import session as cdse
from cdse_access.settings import Settings
from tests.cdse_access.test_settings import ELSEWHERE, HERE

BUCKETS = ("mine", "eodata-private", "eodata2")  # two of these names begin with that of CDSE's


@contextmanager
def shelf(path: Path) -> Iterator[str]:
    """The address of a server of the learner's own."""
    command = [sys.executable, "-m", "tests.cdse_access.shelf", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        yield f"127.0.0.1:{int(server.stdout.readline())}"
        server.kill()


def write(path: Path, **more: Any) -> None:
    pixels = np.arange(64 * 64, dtype="uint16").reshape(1, 64, 64)
    with rasterio.open(path, "w", "GTiff", 64, 64, 1, dtype="uint16", **more) as file:
        file.write(pixels)


@pytest.fixture
def files(tmp_path: Path, monkeypatch) -> Iterator[SimpleNamespace]:
    """What a learner has of his own: rasters with files beside them, and some on a server of his own."""
    place = {"crs": "EPSG:32648", "transform": rasterio.Affine(10, 0, 5e5, 0, -10, 2.3e6)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        write(tmp_path / "world.tif")
    (tmp_path / "world.tfw").write_text("10\n0\n0\n-10\n500005\n2300005\n")
    write(tmp_path / "mask.tif", **place)
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=False), rasterio.open(tmp_path / "mask.tif", "r+") as file:
        file.write_mask(np.eye(64, dtype="uint8") * 255)
    write(tmp_path / "levels.tif", **place)
    with rasterio.Env(TIFF_USE_OVR=True), rasterio.open(tmp_path / "levels.tif", "r+") as file:
        file.build_overviews([2, 4])
    write(tmp_path / "told.tif", **place)
    (tmp_path / "told.tif.aux.xml").write_text("<PAMDataset><Metadata><MDI key='who'>me</MDI></Metadata></PAMDataset>")
    write(tmp_path / "own.tif", **place)
    own = {
        "AWS_ACCESS_KEY_ID": "OWNKEY", "AWS_SECRET_ACCESS_KEY": "own",
        "AWS_HTTPS": "NO", "AWS_VIRTUAL_HOSTING": "FALSE", "AWS_REGION": "default", "GDAL_NUM_THREADS": "2",
        "GDAL_HTTP_UNSAFESSL": "YES", "NO_PROXY": "example.org", "CPL_AWS_EC2_API_ROOT_URL": "disabled",
    }  # fmt: skip
    for name, value in own.items():
        monkeypatch.setenv(name, value)
    with shelf(tmp_path / "own.tif") as address:
        monkeypatch.setenv("AWS_S3_ENDPOINT", address)
        yield SimpleNamespace(folder=tmp_path, address=address)
    gdal.set_option("GDAL_NUM_THREADS", None)  # rasterio.Env leaves the environment's behind


def look(files: SimpleNamespace) -> dict[str, Any]:
    """Everything that a learner sees of them."""
    settings.forget_answers()  # else GDAL need not ask again
    names = [str(files.folder / f"{name}.tif") for name in ("world", "mask", "levels", "told")]
    names += [f"/vsicurl/http://{files.address}/open/own.tif"] + [f"s3://{name}/own.tif" for name in BUCKETS]
    return {name: look_at(name) for name in names}


def look_at(name: str) -> tuple[Any, ...]:
    with rasterio.open(name) as file:
        seen = file.transform, file.crs, file.overviews(1), file.tags(), [Path(beside).name for beside in file.files]
        return (*seen, int(file.read(1).sum()), int(file.read_masks(1).sum()))


def look_in_a_thread(files: SimpleNamespace) -> dict[str, Any]:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(look, files).result()


def look_in_an_environment(files: SimpleNamespace) -> dict[str, Any]:
    with rasterio.Env(GDAL_CACHEMAX=64, AWS_REGION="default"):
        return look(files)


def list_settings() -> tuple[Any, ...]:
    options = ["GDAL_NUM_THREADS", "GDAL_HTTP_UNSAFESSL", "GDAL_DISABLE_READDIR_ON_OPEN", *settings.READING]
    process = [gdal.get_process_option(name) for name in options]
    of_path = [gdal.get_path_option(settings.PREFIX, name) for name in (*settings.READING, *OWN_OPTIONS)]
    odc_stac = odc.loader._rio.get_rio_env(sanitize=False, no_session_keys=False)
    return dict(os.environ), process, of_path, odc_stac, dask.config.get("num_workers", None), [*warnings.filters]


OWN_OPTIONS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_S3_ENDPOINT", "AWS_REGION", "GDAL_HTTP_PROXY")
WAYS: list[Callable[[SimpleNamespace], dict[str, Any]]] = [look, look_in_a_thread, look_in_an_environment]


@contextmanager
def nothing_around() -> Iterator[None]:
    yield


@pytest.mark.parametrize("around", [nothing_around, rasterio.Env, lambda: rasterio.Env(GDAL_NUM_THREADS="3")])
def test_ones_own_files_read_as_before(files, offline_service, around):
    with around():  # rasterio itself leaves options behind
        look(files)
    before, settings_before = [way(files) for way in WAYS], list_settings()
    assert before[0] == before[1] == before[2] and len(before[0]) == 8
    keys = offline_service["access_key"], offline_service["secret_key"]
    with around():
        cdse.connect(keys=keys, stac=offline_service["stac"], s3=offline_service["s3"])
        assert [way(files) for way in WAYS] == before
    assert [way(files) for way in WAYS] == before
    cdse.logout()
    assert [way(files) for way in WAYS] == before and list_settings() == settings_before
    with urlopen(f"http://{files.address}/strangers") as answer:
        assert answer.read() == b"0"  # nobody but the learner has asked his server


def test_options_of_ones_own_for_cdses_files_are_there_again(files):
    gdal.set_path_option(settings.PREFIX, "AWS_REGION", "own")
    gdal.set_path_option("/vsis3/eodata", "AWS_S3_ENDPOINT", "own.example")
    own = Settings()
    own.apply(HERE)
    assert gdal.get_path_option("/vsis3/eodata/a", "AWS_S3_ENDPOINT") == HERE.endpoint
    own.undo()
    assert gdal.get_path_option("/vsis3/eodata/a", "AWS_REGION") == "own"
    assert gdal.get_path_option("/vsis3/eodata/a", "AWS_S3_ENDPOINT") == "own.example"
    assert gdal.get_path_option(settings.PREFIX, "AWS_SECRET_ACCESS_KEY") is None
    for prefix, name in ((settings.PREFIX, "AWS_REGION"), ("/vsis3/eodata", "AWS_S3_ENDPOINT")):
        gdal.set_path_option(prefix, name, None)
    gdal.set_path_option(settings.PREFIX, "AWS_S3_ENDPOINT", None)


def test_keys_that_are_the_environments_too_are_taken_back(files, monkeypatch):
    """GDAL answers with the environment's where a path has no option of its own: the two must be told apart."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", HERE.keys.secret.reveal())
    monkeypatch.setenv("GDAL_NUM_THREADS", "1")
    own = Settings()
    own.apply(HERE)
    own.undo()
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "mended")
    assert gdal.get_path_option(settings.PREFIX, "AWS_SECRET_ACCESS_KEY") is None
    assert gdal.get_process_option("GDAL_NUM_THREADS") is None


def test_what_the_learner_has_set_meanwhile_stays(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "a.org")
    monkeypatch.delenv("no_proxy", raising=False)
    own = Settings()
    own.apply(HERE)
    os.environ["NO_PROXY"] = "b.org"
    gdal.set_option("GDAL_NUM_THREADS", "3")
    with dask.config.set(num_workers=7):
        own.undo()
        assert (os.environ["NO_PROXY"], gdal.get_option("GDAL_NUM_THREADS")) == ("b.org", "3")
        assert dask.config.get("num_workers") == 7
    gdal.set_option("GDAL_NUM_THREADS", None)
    dask.config.config.pop("num_workers", None)


def test_a_filter_of_ones_own_stays():
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", settings.FALSE_ALARM, module="rasterio.warp")
        own = Settings()
        own.apply(ELSEWHERE)
        own.undo()
        assert any(settings.FALSE_ALARM in str(entry[1]) for entry in warnings.filters)


def test_an_older_session_does_not_end_the_service_under_a_newer_one():
    older = cdse.connect("offline").session
    newer = cdse.connect("offline").session
    assert newer is not older
    older.close()
    assert newer.offline.is_alive()
    cdse.logout()
    assert not newer.offline.is_alive()


# -- where GDAL can be told nothing ------------------------------------------------


@pytest.mark.parametrize("value", ["YES", "1", "true", ""])  # GDAL takes for true what is not NO, FALSE, OFF or 0
def test_where_certificates_are_off_gdal_gets_no_key_and_it_is_said(monkeypatch, capsys, value):
    monkeypatch.setenv("GDAL_HTTP_UNSAFESSL", value)
    store = cdse.Store("store.invalid", True, HERE.keys, "")
    assert settings.find_obstacle(store) == "plain-unsafe" and settings.find_obstacle(HERE) == ""
    own = Settings()
    own.apply(store)
    assert gdal.get_path_option(settings.PREFIX, "AWS_SECRET_ACCESS_KEY") is None
    assert gdal.get_option("GDAL_HTTP_UNSAFESSL") == value
    own.undo()


@pytest.mark.parametrize("value", ["NO", "no", "OFF", "0", "FALSE"])
def test_where_they_are_on_it_does(monkeypatch, value):
    monkeypatch.setenv("GDAL_HTTP_UNSAFESSL", value)
    assert settings.find_obstacle(cdse.Store("store.invalid", True, HERE.keys, "")) == ""


def test_where_gdal_cannot_be_called_it_is_told_nothing(monkeypatch, files):
    before, settings_before = look(files), list_settings()
    monkeypatch.setattr(gdal, "_function", lambda name: None)
    own = Settings()
    own.apply(ELSEWHERE)
    assert settings.find_obstacle(ELSEWHERE) == "plain-unreachable" and look(files) == before
    assert list_settings()[0] == settings_before[0]
    own.undo()
    monkeypatch.undo()
