"""cdse_access.settings: what connect() tells GDAL reaches the store's files, nothing else, and is taken back."""

import os
import pickle
import subprocess
import sys
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import dask
import odc.loader._rio
import odc.stac
import pytest
import rasterio
from odc.loader._rio import capture_rio_env
from pystac import Item
from rasterio.errors import RasterioIOError

from cdse_access import gdal, settings
from cdse_access import session as cdse
from cdse_access.secrets import Keys
from cdse_access.settings import FALSE_ALARM, Settings, Variables, child_environment, proxy_exceptions
from cdse_access.store import Store

ID = "S2B_MSIL2A_20230928T101719_N0510_R065_T32UPU_20241026T142623"
KEYS = Keys.from_texts("A1", "B2")
HERE, ELSEWHERE = Store("127.0.0.1:5", False, KEYS, ""), Store("lop.local:8123", False, KEYS, "x")


@pytest.fixture
def connected(offline_service, monkeypatch):
    """A session for one test, with nothing of AWS in the environment."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("CPL_AWS_EC2_API_ROOT_URL", "disabled")
    monkeypatch.setenv("NO_PROXY", "example.org")
    monkeypatch.delenv("no_proxy", raising=False)
    keys = offline_service["access_key"], offline_service["secret_key"]
    yield cdse.connect(keys=keys, stac=offline_service["stac"], s3=offline_service["s3"]).session
    cdse.logout()


@pytest.fixture
def item(connected) -> Item:
    return next(connected.catalog.search(collections=["sentinel-2-l2a"], ids=[ID]).items())


def first_pixel(href: str) -> int:
    with rasterio.open(href) as image:
        return int(image.read(1, window=((900, 901), (900, 901)))[0, 0])


def load_plainly(item: Item, **more) -> int:
    area = {"bbox": item.properties["cdse_offline:window"], "resolution": 600}
    return int(odc.stac.load([item], ["B04_60m"], **area, **more).compute()["B04_60m"].sum())


# -- plain reading ---------------------------------------------------------------


def test_plain_reading_works_in_every_thread(item):
    href = item.assets["B04_60m"].href
    with ThreadPoolExecutor(2) as pool:
        assert set(pool.map(first_pixel, [href] * 4)) == {first_pixel(href)}
        assert load_plainly(item) == load_plainly(item, chunks={}) == load_plainly(item, pool=pool) > 0
    with dask.config.set(scheduler="synchronous"):
        assert load_plainly(item, chunks={}) > 0
    with rasterio.Env(GDAL_HTTP_MAX_RETRY=0):
        assert first_pixel(href) >= 0


def test_the_learners_own_settings_for_aws_change_nothing_and_stay(item, tmp_path, monkeypatch):
    (tmp_path / "credentials").write_text("[default]\naws_access_key_id = X\naws_secret_access_key = Y\n")
    own = {
        "AWS_ACCESS_KEY_ID": "X", "AWS_SECRET_ACCESS_KEY": "Y", "AWS_SESSION_TOKEN": "Z", "AWS_REGION": "eu-west-1",
        "AWS_S3_ENDPOINT": "s3.amazonaws.com", "AWS_VIRTUAL_HOSTING": "TRUE", "AWS_HTTPS": "YES",
        "AWS_NO_SIGN_REQUEST": "YES", "AWS_REQUEST_PAYER": "requester", "AWS_PROFILE": "default",
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"), "http_proxy": "http://127.0.0.1:9",
    }  # fmt: skip
    for name, value in own.items():
        monkeypatch.setenv(name, value)
    settings.forget_answers()
    assert first_pixel(item.assets["B04_60m"].href) >= 0 and load_plainly(item, chunks={}) > 0
    assert os.environ.items() >= own.items()


def test_another_bucket_is_read_with_the_learners_own_settings(connected, monkeypatch):
    with Recording() as server:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "OWNKEY")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "own")
        monkeypatch.setenv("AWS_S3_ENDPOINT", server.address)
        monkeypatch.setenv("AWS_HTTPS", "NO")
        monkeypatch.setenv("AWS_VIRTUAL_HOSTING", "FALSE")
        with pytest.raises(RasterioIOError):
            rasterio.open("s3://mine/a.tif")
        assert server.requests and all("Credential=OWNKEY/" in text for text in server.requests)


def test_tries_are_counted_and_bounded_though_odc_stac_would_try_ten_times(connected, monkeypatch):
    assert capture_rio_env()["GDAL_HTTP_MAX_RETRY"] == "10"  # what holds in odc-stac's threads for other files
    monkeypatch.setitem(settings.READING, "GDAL_HTTP_RETRY_DELAY", "0.01")
    with Recording(status=503) as server:
        cdse.use_store(Store(server.address, False, KEYS, ""))
        with odc.loader._rio.rio_env(**capture_rio_env()), pytest.raises(RasterioIOError):
            rasterio.open("s3://eodata/a.jp2")
        assert server.paths.count("/eodata/a.jp2") == 1 + 4


def test_a_silent_store_is_not_waited_for(connected, monkeypatch):
    """Nor is its bucket listed when the file could not be read."""
    monkeypatch.setitem(settings.READING, "GDAL_HTTP_LOW_SPEED_TIME", "1")
    monkeypatch.setitem(settings.READING, "GDAL_HTTP_MAX_RETRY", "0")
    with Recording(seconds=8) as server:
        cdse.use_store(Store(server.address, False, KEYS, ""))
        began = time.monotonic()
        with pytest.raises(RasterioIOError):
            rasterio.open("s3://eodata/b.jp2")
        assert time.monotonic() - began < 7 and server.paths == ["/eodata/b.jp2"]


def test_no_folder_is_listed(item, offline_service):
    from cdse_offline.practice import usage

    settings.forget_answers()
    usage(reset=True, service=offline_service["s3"])
    rasterio.open(item.assets["B04_60m"].href).close()
    assert usage(service=offline_service["s3"])["requests"] <= 2


class Recording(ThreadingHTTPServer):
    """A store that always answers the same; `requests` are the signatures that it got."""

    def __init__(self, status: int = 404, seconds: float = 0) -> None:
        self.status, self.seconds = status, seconds
        self.requests: list[str] = []
        self.paths: list[str] = []
        super().__init__(("127.0.0.1", 0), Answer)
        self.address = f"127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def __exit__(self, *error: Any) -> None:
        self.shutdown()
        super().__exit__(*error)

    def handle_error(self, *_: object) -> None:
        """A client that hangs up is no news."""


class Answer(BaseHTTPRequestHandler):
    server: Recording

    def do_GET(self) -> None:
        self.server.requests.append(self.headers["Authorization"] or "")
        self.server.paths.append(self.path)
        time.sleep(self.server.seconds)
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_HEAD(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None:
        pass


# -- nothing else ----------------------------------------------------------------


def test_the_environment_is_as_it_was_but_for_the_proxy(offline_service, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "example.org")
    monkeypatch.delenv("no_proxy", raising=False)
    before = dict(os.environ)
    keys = offline_service["access_key"], offline_service["secret_key"]
    cdse.connect(keys=keys, stac=offline_service["stac"], s3=offline_service["s3"])
    assert dict(os.environ) == before | {"NO_PROXY": "example.org,127.0.0.1,localhost"}
    cdse.connect("offline")
    assert dict(os.environ) == before | {"NO_PROXY": "example.org,127.0.0.1,localhost"}
    cdse.logout()
    assert dict(os.environ) == before


# -- taken back ------------------------------------------------------------------


def test_logout_takes_everything_back(connected, item):
    href = item.assets["B04_60m"].href
    assert first_pixel(href) >= 0
    assert gdal.get_option("GDAL_NUM_THREADS") == "1" and dask.config.get("num_workers") == 4
    assert any(FALSE_ALARM in str(entry[1]) for entry in warnings.filters)
    cdse.logout()
    with pytest.raises(RasterioIOError, match="AWS_SECRET_ACCESS_KEY"):
        first_pixel(href)
    with pytest.raises(RasterioIOError, match="AWS_SECRET_ACCESS_KEY"):
        load_plainly(item)
    assert gdal.get_option("GDAL_NUM_THREADS") is None
    assert dask.config.get("num_workers", None) is None
    assert not any(FALSE_ALARM in str(entry[1]) for entry in warnings.filters)


def test_what_the_learner_had_set_is_there_again(monkeypatch):
    monkeypatch.setenv("GDAL_NUM_THREADS", "4")
    gdal.set_option("GDAL_NUM_THREADS", "2")
    own = Settings()
    with dask.config.set(num_workers=3):
        own.apply(ELSEWHERE)
        assert gdal.get_option("GDAL_NUM_THREADS") == "1"
        own.undo()
        assert dask.config.get("num_workers") == 3
    assert gdal.get_option("GDAL_NUM_THREADS") == "2"
    gdal.set_option("GDAL_NUM_THREADS", None)
    own.apply(ELSEWHERE)
    monkeypatch.delenv("GDAL_NUM_THREADS")  # meanwhile: taken back, it must not come again
    own.undo()
    assert gdal.get_option("GDAL_NUM_THREADS") is None  # the environment's, not one of the process


def test_without_odc_stacs_sessions_nothing_breaks(monkeypatch):
    monkeypatch.delattr(odc.loader._rio, "_local")
    assert settings.forget_answers() is None


# -- variables -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, {"NO_PROXY": "127.0.0.1,localhost"}),
        ({"NO_PROXY": "a.org"}, {"NO_PROXY": "a.org,127.0.0.1,localhost"}),
        ({"no_proxy": "a.org"}, {"no_proxy": "a.org,127.0.0.1,localhost"}),  # K14: the lower case wins
        (
            {"NO_PROXY": "a", "no_proxy": "b"},
            {"NO_PROXY": "a,127.0.0.1,localhost", "no_proxy": "b,127.0.0.1,localhost"},
        ),
        ({"no_proxy": ""}, {"no_proxy": "127.0.0.1,localhost"}),  # else urllib would heed no NO_PROXY
        ({"no_proxy": " ", "NO_PROXY": "a"}, {"no_proxy": "127.0.0.1,localhost", "NO_PROXY": "a,127.0.0.1,localhost"}),
        ({"NO_PROXY": "a,127.0.0.1,localhost"}, {"NO_PROXY": "a,127.0.0.1,localhost"}),
    ],
)
def test_this_machine_is_not_asked_through_a_proxy(monkeypatch, given, expected):
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert proxy_exceptions("http://127.0.0.1:5/stac/", "lop.local") == expected
    assert proxy_exceptions("127.0.0.7:5", "http://[::1]:5/") == {
        name: f"{value},127.0.0.7,::1" for name, value in expected.items()
    }
    assert proxy_exceptions("http://lop.local/") == {}


def test_variables_are_restored_to_the_letter(monkeypatch):
    monkeypatch.setenv("EMPTY", "")
    monkeypatch.setenv("OLD", "1")
    before = dict(os.environ)
    with Variables() as variables:
        variables.set({"EMPTY": "x", "NEW": "y", "OLD": "2"})
        variables.set({"OLD": "3"})
        assert variables.as_before()["OLD"].reveal() == "1" and not variables.as_before()["NEW"]
        assert os.environ["NEW"] == "y" and os.environ["OLD"] == "3"
    assert dict(os.environ) == before


CHILD = """
import rasterio, sys
with rasterio.open(sys.argv[1]) as image:
    print(int(image.read(1, window=((900, 901), (900, 901)))[0, 0]))
"""


def test_a_child_process_reads_with_what_the_session_gives_it(connected, item):
    href = item.assets["B04_60m"].href
    command = [sys.executable, "-c", CHILD, href]
    child = subprocess.run(command, env=connected.environment(), capture_output=True, text=True, check=True)
    assert int(child.stdout) == first_pixel(href)


def test_the_environment_for_a_child_shows_no_value(monkeypatch):
    monkeypatch.setenv("AWS_SESSION_TOKEN", "old")
    found = child_environment(Store("lop.local", False, Keys.from_texts("A1", "bi-mat"), ""))
    assert "AWS_SECRET_ACCESS_KEY" in repr(found) and "bi-mat" not in repr(found) + str(found) + f"{found}"
    assert found["AWS_SECRET_ACCESS_KEY"] == "bi-mat" and "AWS_SESSION_TOKEN" not in found and found["PATH"]
    with pytest.raises(TypeError, match="không được ghi vào tệp"):
        pickle.dumps(found)


def test_the_environment_for_a_child_shows_no_value_where_a_variable_is_added():
    found = child_environment(Store("lop.local", False, Keys.from_texts("A1", "bi-mat"), ""))
    for more in (found | {"LANG": "vi"}, {"LANG": "vi"} | found, found.copy()):
        assert "bi-mat" not in repr(more) and more["AWS_SECRET_ACCESS_KEY"] == "bi-mat"
    assert (found | {"LANG": "vi"})["LANG"] == "vi"
