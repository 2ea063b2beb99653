"""cdse_access.probe: twelve bytes tell why the archive cannot be read, and what GDAL's words hide."""

import time
from dataclasses import replace
from types import SimpleNamespace

import pytest
from pystac import Item

from cdse_access import probe
from cdse_access.probe import find_sample, read_beginning, try_keys
from cdse_access.problems import BadData, BadInput, Problem, Reason, Rejected, Unavailable
from cdse_access.secrets import Keys, Secret
from cdse_access.store import Store
from cdse_offline.practice import fault, switch_off, switch_on

ID = "S2B_MSIL2A_20230928T101719_N0510_R065_T32UPU_20241026T142623"


@pytest.fixture(scope="module")
def item(connected) -> Item:
    """An item of the service that this module is connected to."""
    return next(connected.catalog.search(collections=["sentinel-2-l2a"], ids=[ID]).items())


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


@pytest.fixture
def store(connected) -> Store:
    return connected.store


def test_good_keys_and_a_good_file_are_silent(store, image, text):
    assert read_beginning(store, image) is None and read_beginning(store, text) is None


STORES = [
    ({"keys": lambda keys: Keys(Secret("KHOA-LA"), keys.secret)}, Rejected, Reason.KEY_UNKNOWN, "hết hạn"),
    ({"keys": lambda keys: Keys(keys.access, Secret("BI-MAT-SAI"))}, Rejected, Reason.SECRET_WRONG, "dán lại cả cặp"),
    ({"https": lambda _: True}, BadData, Reason.NOT_SERVICE, "không mã hóa"),
    ({"endpoint": lambda _: "127.0.0.1:9"}, Unavailable, Reason.NETWORK, "kiểm tra mạng"),
    ({"endpoint": lambda _: "khong-co-may-nay.invalid"}, Unavailable, Reason.NETWORK, "kiểm tra mạng"),
]


@pytest.mark.parametrize(("changes", "kind", "reason", "cure"), STORES)
def test_bad_settings(store, text, changes, kind, reason, cure):
    wrong = replace(store, **{name: change(getattr(store, name)) for name, change in changes.items()})
    with pytest.raises(kind, match=cure) as caught:
        read_beginning(wrong, text)
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
    (fault("short", path="/eodata/*"), Unavailable, Reason.NETWORK, "thử mạng khác"),
    (fault("zeroed", path="/eodata/*", position=0, length=64), BadData, Reason.BROKEN, "bỏ ngày này"),
]


@pytest.mark.parametrize(("rule", "kind", "reason", "cure"), FAULTS, ids=[str(rule) for rule, *_ in FAULTS])
def test_bad_answers(store, image, rule, kind, reason, cure):
    switch_on(rule)
    began = time.monotonic()
    with pytest.raises(kind, match=cure) as caught:
        read_beginning(store, image)
    assert caught.value.reason is reason and time.monotonic() - began < 10  # it does not try as long as a load does


def test_a_busy_moment_passes(store, text):
    switch_on(fault("status", path="/eodata/*", which="first 2", status=503))
    assert read_beginning(store, text) is None


def test_a_page_in_the_place_of_bytes_is_not_the_service(store, text, monkeypatch):
    monkeypatch.setattr(probe, "_read_patiently", lambda *_: b"<!DOCTYPE ht")
    with pytest.raises(BadData) as caught:
        read_beginning(store, text)
    assert caught.value.reason is Reason.NOT_SERVICE


# -- what the keys are tried on ------------------------------------------------


def catalog(*items: Item) -> SimpleNamespace:
    return SimpleNamespace(search=lambda **question: SimpleNamespace(items=lambda: iter(items)))


def test_the_offline_service_need_not_make_an_image(item):
    assert find_sample(catalog(item)).endswith("MTD_MSIL2A.xml")


def test_elsewhere_it_is_the_red_band_of_the_newest_item(item):
    real = item.clone()
    del real.properties["cdse_offline:simulated"]
    assert find_sample(catalog(real, item)).endswith("B04_10m.jp2")
    real.assets["B04_10m"].href = "https://a/x.jp2"
    assert find_sample(catalog(real)).endswith("B04_20m.jp2")
    real.assets = {"product_metadata": real.assets["product_metadata"]}  # as a data pack may have it
    assert find_sample(catalog(real)).endswith("MTD_MSIL2A.xml")
    real.assets.clear()
    assert find_sample(catalog(real)) is None and find_sample(catalog()) is None


def test_a_catalogue_of_other_things_gives_no_sample():
    def search(**question: object) -> None:
        raise BadInput("no such collection")

    assert find_sample(SimpleNamespace(search=search)) is None


# -- who is told where the keys are from ----------------------------------------


@pytest.mark.parametrize("reason", [Reason.MISSING, Reason.BROKEN])
def test_a_bad_file_says_nothing_of_the_keys(store, monkeypatch, reason):
    monkeypatch.setattr(probe, "read_beginning", raising(BadData("?", reason)))
    assert try_keys(store, "s3://eodata/x.jp2", "tệp .env") is None


@pytest.mark.parametrize("reason", [Reason.KEY_UNKNOWN, Reason.SECRET_WRONG])
def test_refused_keys_are_named_by_their_place(store, monkeypatch, reason):
    monkeypatch.setattr(probe, "read_beginning", raising(Rejected("Sai.", reason)))
    with pytest.raises(Rejected, match=r"^Sai\. Khóa ấy lấy từ tệp \.env\.$") as caught:
        try_keys(store, "s3://eodata/x.jp2", "tệp .env")
    assert caught.value.reason is reason


@pytest.mark.parametrize(
    "problem", [Rejected("?", Reason.CLOCK), Unavailable("?", Reason.BUSY), BadData("?", Reason.NOT_SERVICE)]
)
def test_what_is_not_about_keys_stays_what_it_is(store, monkeypatch, problem):
    monkeypatch.setattr(probe, "read_beginning", raising(problem))
    with pytest.raises(type(problem)) as caught:
        try_keys(store, "s3://eodata/x.jp2", "tệp .env")
    assert caught.value is problem


def raising(problem: Problem):
    def fail(*_: object) -> None:
        raise problem

    return fail
