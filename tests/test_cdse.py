"""lessons.cdse: which service, what environment, and what bad input gets."""

import os
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime

import dask
import pytest
from odc.loader._rio import capture_rio_env
from pystac import Asset, Item

from lessons import cdse

BBOX = (11.44, 47.81, 11.48, 47.83)


@pytest.fixture(autouse=True)
def own_environment(monkeypatch):
    """Each test starts without keys or addresses, and leaves os.environ as it was."""
    before = dict(os.environ)
    for name in [*os.environ]:
        if name.startswith(("CDSE_", "AWS_")) and name != "CDSE_OFFLINE_CACHE":
            del os.environ[name]
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def opened(monkeypatch):
    """Addresses that connect() would open, without a network."""
    urls = []
    monkeypatch.setattr(cdse, "open_catalog", urls.append)
    return urls


def test_keys_lead_to_the_live_service(opened, capsys):
    os.environ |= {"CDSE_S3_ACCESS_KEY": "A1", "CDSE_S3_SECRET_KEY": "B2"}
    cdse.connect()
    assert opened == ["https://stac.dataspace.copernicus.eu/v1/"]
    assert os.environ["AWS_S3_ENDPOINT"] == "eodata.dataspace.copernicus.eu" and os.environ["AWS_HTTPS"] == "YES"
    assert (os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"]) == ("A1", "B2")
    assert capsys.readouterr().out == "Đang dùng CDSE thật.\n"


def test_cdse_names_come_before_aws_names():
    os.environ |= {"CDSE_S3_ACCESS_KEY": "A1", "CDSE_S3_SECRET_KEY": "B2"}
    os.environ |= {"AWS_ACCESS_KEY_ID": "A3", "AWS_SECRET_ACCESS_KEY": "B4"}
    assert cdse.s3_keys() == ("A1", "B2")


def test_aws_keys_stay_the_users_after_connecting(opened):
    os.environ |= {"AWS_ACCESS_KEY_ID": "A3", "AWS_SECRET_ACCESS_KEY": "B4"}
    cdse.connect()
    cdse.connect()
    assert opened == ["https://stac.dataspace.copernicus.eu/v1/"] * 2


def test_an_aws_profile_is_never_used(opened, tmp_path):
    credentials = tmp_path / "credentials"
    credentials.write_text("[default]\naws_access_key_id = A5\naws_secret_access_key = B6\n")
    os.environ |= {"AWS_SHARED_CREDENTIALS_FILE": str(credentials), "AWS_PROFILE": "default"}
    assert cdse.s3_keys() is None


def test_given_addresses_are_used(opened, capsys):
    os.environ |= {"CDSE_STAC_URL": "http://lop.local:8123/stac/v1/", "CDSE_S3_ENDPOINT": "lop.local:8123"}
    os.environ |= {"CDSE_S3_ACCESS_KEY": "A1", "CDSE_S3_SECRET_KEY": "B2", "GDAL_HTTP_UNSAFESSL": "YES"}
    cdse.connect()
    assert opened == ["http://lop.local:8123/stac/v1/"]
    assert os.environ["AWS_S3_ENDPOINT"] == "lop.local:8123" and os.environ["AWS_HTTPS"] == "NO"
    assert "GDAL_HTTP_UNSAFESSL" not in os.environ
    assert capsys.readouterr().out == "Đang dùng dịch vụ được chỉ định. Đã bỏ GDAL_HTTP_UNSAFESSL.\n"


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"CDSE_S3_ACCESS_KEY": "A1"}, "Thiếu CDSE_S3_SECRET_KEY"),
        ({"CDSE_S3_SECRET_KEY": "B2"}, "Thiếu CDSE_S3_ACCESS_KEY"),
        ({"AWS_ACCESS_KEY_ID": "A1", "AWS_SECRET_ACCESS_KEY": ""}, "Thiếu AWS_SECRET_ACCESS_KEY"),
        ({"CDSE_S3_ACCESS_KEY": "A1 ", "CDSE_S3_SECRET_KEY": "B2"}, "CDSE_S3_ACCESS_KEY chứa khoảng trắng"),
        ({"CDSE_S3_ACCESS_KEY": "A1", "CDSE_S3_SECRET_KEY": "B2\n"}, "CDSE_S3_SECRET_KEY chứa khoảng trắng"),
        ({"CDSE_S3_ACCESS_KEY": "A1", "CDSE_S3_SECRET_KEY": "B 2"}, "CDSE_S3_SECRET_KEY chứa khoảng trắng"),
        ({"CDSE_STAC_URL": "http://a/"}, "cả CDSE_STAC_URL và CDSE_S3_ENDPOINT"),
        ({"CDSE_STAC_URL": "a/stac", "CDSE_S3_ENDPOINT": "a"}, "địa chỉ đầy đủ"),
        (
            {"CDSE_STAC_URL": "https://a/", "CDSE_S3_ENDPOINT": "https://eodata.dataspace.copernicus.eu"},
            "hãy đặt CDSE_S3_ENDPOINT=eodata.dataspace.copernicus.eu",
        ),
        ({"CDSE_STAC_URL": "https://a/", "CDSE_S3_ENDPOINT": "b.eu/"}, "hãy đặt CDSE_S3_ENDPOINT=b.eu"),
        ({"CDSE_STAC_URL": "https://a/", "CDSE_S3_ENDPOINT": "b.eu"}, "Thiếu khóa S3"),
    ],
)
def test_bad_settings_are_named_and_nothing_is_opened(opened, variables, message):
    os.environ |= variables
    with pytest.raises(ValueError, match=message):
        cdse.connect()
    assert opened == [] and "AWS_S3_ENDPOINT" not in os.environ


def test_a_key_is_never_shown_in_an_error(opened):
    os.environ |= {"CDSE_S3_ACCESS_KEY": "LO-RA ", "CDSE_S3_SECRET_KEY": "BI MAT"}
    with pytest.raises(ValueError, match="khoảng trắng") as caught:
        cdse.connect()
    assert "LO-RA" not in str(caught.value) and "BI MAT" not in str(caught.value)


def test_live_needs_keys_and_an_unknown_name_is_refused(opened):
    with pytest.raises(ValueError, match="Thiếu khóa S3: hãy tạo tại https://"):
        cdse.connect("live")
    with pytest.raises(ValueError, match='connect\\("offline"\\)'):
        cdse.connect("ngoai-tuyen")


def test_the_environment_is_complete_and_odc_keeps_it(opened):
    cdse.set_environment("127.0.0.1:1", ("A1", "B2"), https=False)
    needed = {"AWS_S3_ENDPOINT", "AWS_HTTPS", "AWS_VIRTUAL_HOSTING", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
    assert needed | cdse.GDAL.keys() <= os.environ.keys()
    assert os.environ["GDAL_NUM_THREADS"] == "1" and "GDAL_HTTP_UNSAFESSL" not in os.environ
    assert dask.config.get("num_workers") == 4
    assert capture_rio_env()["GDAL_HTTP_MAX_RETRY"] == "4"  # odc-stac's own default is 10, with exponential waits


def test_offline_without_anything_set(capsys):
    catalog = cdse.connect()
    assert catalog.title.startswith("CDSE ngoại tuyến") and catalog._stac_io.timeout == 30
    again = cdse.connect()  # the offline keys now in the environment must not look like the user's own
    assert again.self_href == catalog.self_href
    assert capsys.readouterr().out == ("Đang dùng CDSE ngoại tuyến: ảnh mô phỏng, không cần tài khoản hay mạng.\n" * 2)


def test_offline_can_be_forced_past_keys(opened):
    os.environ |= {"CDSE_S3_ACCESS_KEY": "A1", "CDSE_S3_SECRET_KEY": "B2"}
    cdse.connect("offline")
    assert opened[0].startswith("http://127.0.0.1:") and os.environ["AWS_ACCESS_KEY_ID"] != "A1"


def test_a_service_that_cannot_start_says_so(monkeypatch):
    monkeypatch.setattr(cdse, "_offline", None)
    monkeypatch.setattr(cdse.sys, "executable", shutil.which("false"))
    with pytest.raises(ConnectionError, match="không khởi động được"):
        cdse.connect("offline")


def test_a_dead_address_says_what_to_do():
    with pytest.raises(ConnectionError, match=r'127\.0\.0\.1:9/.*connect\("offline"\)'):
        cdse.open_catalog("http://127.0.0.1:9/stac/v1/")


@pytest.mark.parametrize(
    ("bbox", "message"),
    [
        ((11.4, 47.8, 11.5), "bốn số"),
        ((11.4, 47.8, 11.5, float("nan")), "bốn số"),
        ((20.8, 105.9, 20.9, 106.0), "đảo chỗ"),
        ((682540, 5298490, 685230, 5300540), "ra ngoài miền"),
        ((11.5, 47.8, 11.4, 47.9), "sai thứ tự"),
        ((11.4, 47.9, 11.5, 47.8), "sai thứ tự"),
        ((11.43, 11.47, 47.81, 47.83), "rộng hơn 10°"),  # west, east, south, north
        ((0, 47, 12, 48), "rộng hơn 10°"),
        ((11, 40, 12, 52), "rộng hơn 10°"),
    ],
)
def test_bad_bbox(bbox, message):
    with pytest.raises(ValueError, match=message):
        cdse.check_bbox(bbox)


def test_good_bbox_comes_back():
    assert cdse.check_bbox(list(BBOX)) == BBOX


@pytest.fixture
def item():
    ring = [[11.0, 47.7], [12.0, 47.7], [12.0, 48.7], [11.0, 48.7], [11.0, 47.7]]
    geometry = {"type": "Polygon", "coordinates": [ring]}
    made = Item("S2B_x", geometry, [11.0, 47.7, 12.0, 48.7], datetime(2023, 9, 28, tzinfo=UTC), {})
    for name in ("B04_10m", "B04_20m", "B08_10m"):
        made.assets[name] = Asset(f"s3://eodata/{name}.jp2")
    return made


def test_good_items_pass(item):
    assert cdse.check_items([item], bands=["B04_10m"], bbox=BBOX) is None


def test_items_are_checked_before_a_load(item):
    with pytest.raises(ValueError, match="Không có item nào"):
        cdse.check_items([], bands=["B04_10m"], bbox=BBOX)
    with pytest.raises(ValueError, match="S2B_x không có band 'B04': hãy chọn trong B04_10m, B04_20m"):
        cdse.check_items([item], bands=["B04"], bbox=BBOX)
    with pytest.raises(ValueError, match="nằm ngoài S2B_x"):
        cdse.check_items([item], bands=["B04_10m"], bbox=(47.81, 11.44, 47.83, 11.48))  # swapped


def test_an_area_without_simulated_pixels_is_refused(item):
    item.properties["cdse_offline:window"] = [11.5, 47.9, 11.6, 48.0]  # within the tile, which reaches further
    with pytest.raises(ValueError, match=r"vốn phủ \[11.5, 47.9, 11.6, 48.0\]"):
        cdse.check_items([item], bands=["B04_10m"], bbox=BBOX)


def test_the_offline_service_ends_with_its_kernel():
    code = "from lessons.cdse import connect; import lessons.cdse as c; connect(); print(c._offline[0].pid)"
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    child = int(finished.stdout.split()[-1])
    for _ in range(50):
        if not _alive(child):
            return
        time.sleep(0.1)
    pytest.fail(f"process {child} is still alive 5 s after its kernel ended")


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
