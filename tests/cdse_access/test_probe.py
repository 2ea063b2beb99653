"""cdse_access.probe: twelve bytes tell why the archive cannot be read, and what GDAL's words hide."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import odc.stac
import pytest
import rasterio
from pystac import Item

from cdse_access import probe
from cdse_access import session as cdse
from cdse_access.problems import BadData, BadInput, Problem, Reason, Rejected, Unavailable
from cdse_offline.practice import fault, switch_off, switch_on

ID = "S2B_MSIL2A_20230928T101719_N0510_R065_T32UPU_20241026T142623"


@pytest.fixture(scope="module")
def item(offline_service) -> Item:
    """An item of a service that this module's environment is set for."""
    keys = offline_service["access_key"], offline_service["secret_key"]
    cdse.set_environment(offline_service["s3"], keys, https=False)
    catalog = cdse.open_catalog(offline_service["stac"])
    return next(catalog.search(collections=["sentinel-2-l2a"], ids=[ID]).items())


@pytest.fixture(autouse=True)
def no_faults_afterwards(offline_service, item, monkeypatch):
    monkeypatch.setattr(probe, "WAITS", (0, 0.01, 0.01))
    yield
    switch_off(offline_service["s3"])


@pytest.fixture
def image(item) -> str:
    """An image that is read in other tests, too, so that it is made only once."""
    return item.assets["B04_60m"].href


@pytest.fixture
def text(item) -> str:
    return item.assets["product_metadata"].href


def test_good_keys_and_a_good_file_are_silent(image, text):
    assert probe.probe(image) is None and probe.probe(text) is None


SETTINGS = [
    ({"AWS_ACCESS_KEY_ID": "KHOA-LA"}, Rejected, Reason.KEY_UNKNOWN, "hết hạn"),
    ({"AWS_SECRET_ACCESS_KEY": "BI-MAT-SAI"}, Rejected, Reason.SECRET_WRONG, "dán lại cả cặp khóa"),
    ({"AWS_HTTPS": "YES"}, BadData, Reason.NOT_SERVICE, "không mã hóa"),
    ({"AWS_S3_ENDPOINT": "127.0.0.1:9"}, Unavailable, Reason.NETWORK, "kiểm tra mạng"),
    ({"AWS_S3_ENDPOINT": "khong-co-may-nay.invalid"}, Unavailable, Reason.NETWORK, "kiểm tra mạng"),
    ({"AWS_S3_ENDPOINT": ""}, BadInput, Reason.KEYS, r"connect\(\)"),
    ({"AWS_SECRET_ACCESS_KEY": ""}, BadInput, Reason.KEYS, r"connect\(\)"),
]


@pytest.mark.parametrize(("settings", "kind", "reason", "cure"), SETTINGS)
def test_bad_settings(text, monkeypatch, settings, kind, reason, cure):
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(kind, match=cure) as caught:
        probe.probe(text)
    assert caught.value.reason is reason
    assert not {"KHOA-LA", "BI-MAT-SAI"} & set(str(caught.value).split())


FAULTS = [
    (fault("key-unknown"), Rejected, Reason.KEY_UNKNOWN, "tạo cặp khóa mới"),
    (fault("secret-wrong"), Rejected, Reason.SECRET_WRONG, "dán lại"),
    (fault("clock", minutes=20), Rejected, Reason.CLOCK, r"lệch 20 phút .*đặt giờ"),
    (fault("clock", minutes=-90), Rejected, Reason.CLOCK, "lệch 90 phút"),
    (fault("status", path="/eodata/*", status=403), Rejected, Reason.FORBIDDEN, "tài khoản"),
    (fault("status", path="/eodata/*", status=404), BadData, Reason.MISSING, "tìm lại item"),
    (fault("status", path="/eodata/*", status=503), Unavailable, Reason.BUSY, "chờ"),
    (fault("status", path="/eodata/*", status=429), Unavailable, Reason.BUSY, "chờ"),
    (fault("html", path="/eodata/*"), BadData, Reason.NOT_SERVICE, "đăng nhập mạng"),
    (fault("empty", path="/eodata/*"), Unavailable, Reason.NOT_SERVICE, "proxy"),
    (fault("ignore-range", path="/eodata/*"), Unavailable, Reason.NOT_SERVICE, "proxy"),
    (fault("reset", path="/eodata/*"), Unavailable, Reason.NETWORK, "kiểm tra mạng"),
    (fault("short", path="/eodata/*"), Unavailable, Reason.NETWORK, "kiểm tra mạng"),
    (fault("zeroed", path="/eodata/*", position=0, length=64), BadData, Reason.BROKEN, "bỏ ngày này"),
]


@pytest.mark.parametrize(("rule", "kind", "reason", "cure"), FAULTS, ids=[str(rule) for rule, *_ in FAULTS])
def test_bad_answers(image, rule, kind, reason, cure):
    switch_on(rule)
    began = time.monotonic()
    with pytest.raises(kind, match=cure) as caught:
        probe.probe(image)
    assert caught.value.reason is reason and time.monotonic() - began < 10  # it does not try as long as a load does


def test_a_busy_moment_passes(text):
    switch_on(fault("status", path="/eodata/*", which="first 2", status=503))
    assert probe.probe(text) is None


def test_a_page_in_the_place_of_bytes_is_not_the_service(text, monkeypatch):
    monkeypatch.setattr(probe, "_beginning", lambda *_: b"<!DOCTYPE ht")
    with pytest.raises(BadData) as caught:
        probe.probe(text)
    assert caught.value.reason is Reason.NOT_SERVICE


# -- what the keys are tried on ------------------------------------------------


def catalog(*items: Item) -> SimpleNamespace:
    return SimpleNamespace(search=lambda **question: SimpleNamespace(items=lambda: iter(items)))


def test_the_offline_service_need_not_make_an_image(item):
    assert probe.sample(catalog(item)).endswith("MTD_MSIL2A.xml")


def test_elsewhere_it_is_the_red_band_of_the_newest_item(item):
    real = item.clone()
    del real.properties["cdse_offline:simulated"]
    assert probe.sample(catalog(real, item)).endswith("B04_10m.jp2")
    real.assets["B04_10m"].href = "https://a/x.jp2"
    assert probe.sample(catalog(real)).endswith("B04_20m.jp2")
    real.assets = {"product_metadata": real.assets["product_metadata"]}  # as a data pack may have it
    assert probe.sample(catalog(real)).endswith("MTD_MSIL2A.xml")
    real.assets.clear()
    assert probe.sample(catalog(real)) is None and probe.sample(catalog()) is None


def test_a_catalogue_of_other_things_gives_no_sample():
    def search(**question: object) -> None:
        raise BadInput("no such collection")

    assert probe.sample(SimpleNamespace(search=search)) is None


# -- what GDAL's words hide ----------------------------------------------------


def load(item: Item, band: str, chunks: dict | None = None) -> int:
    """A plain load of a few pixels in threads of its own; their sum."""
    area = {"bbox": item.properties["cdse_offline:window"], "resolution": 600}
    with ThreadPoolExecutor(2) as pool:
        return int(odc.stac.load([item], [band], chunks=chunks, pool=pool, **area).compute()[band].sum())


def test_gdals_words_become_a_reason(item, image, monkeypatch):
    probe.forget_answers()  # what an earlier test has read needs no key
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "BI-MAT-SAI")
    with pytest.raises(rasterio.errors.RasterioIOError) as caught:
        load(item, "B04_60m")
    found = probe.explain(caught.value, image)
    assert isinstance(found, Rejected) and found.reason is Reason.SECRET_WRONG


def test_a_key_that_expires_amid_a_load_is_told(item, image):
    switch_on(fault("key-expires", path="*.jp2", which="after 1"))
    probe.forget_answers()
    with pytest.raises((OSError, rasterio.errors.RasterioError)) as caught:  # whatever GDAL says
        load(item, "B04_60m")
    assert probe.explain(caught.value, image).reason is Reason.KEY_UNKNOWN


@pytest.mark.parametrize("chunks", [None, {}])
def test_after_an_explanation_gdal_reads_anew(item, image, monkeypatch, chunks):
    """Without it, keys that were mended stay refused until the kernel is restarted."""
    probe.forget_answers()
    with monkeypatch.context() as wrong:
        wrong.setenv("AWS_SECRET_ACCESS_KEY", "BI-MAT-SAI")
        with pytest.raises(rasterio.errors.RasterioIOError, match="signature"):
            load(item, "B04_60m", chunks)
    with pytest.raises(rasterio.errors.RasterioIOError, match="403") as caught:
        load(item, "B04_60m", chunks)
    found = probe.explain(caught.value, image)
    assert isinstance(found, Unavailable) and "hãy chạy lại" in str(found)
    assert load(item, "B04_60m", chunks) > 0


def test_a_known_problem_stays_what_it_is(image):
    known = BadData("?", Reason.CHANGED)
    assert probe.explain(known, image) is known


@pytest.mark.parametrize("error", [ValueError("no such band"), TypeError("?")])
def test_a_wrong_question_is_no_fault_of_the_archive(error, image):
    found = probe.explain(error, image)
    assert (type(found), str(found)) == (BadInput, str(error))


def test_a_file_of_this_machine_is_not_asked_for(tmp_path):
    assert isinstance(probe.explain(OSError("?"), str(tmp_path / "x.jp2")), Unavailable)


def test_words_that_hold_a_key_are_scrubbed(image):
    secret = os.environ["AWS_SECRET_ACCESS_KEY"]
    found = probe.explain(OSError(f"bad {secret}"), image)
    assert isinstance(found, Problem) and secret not in str(found) and "đã che" in str(found)


def test_without_that_function_of_gdal_nothing_breaks(monkeypatch):
    monkeypatch.setattr(probe.ctypes, "CDLL", lambda path: object())
    monkeypatch.delattr(odc.loader._rio, "_local")
    assert probe.forget_answers() is None
