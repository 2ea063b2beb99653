"""cdse_access.service: which service is chosen, at which addresses, and what is told of it."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from cdse_access import keys, service
from cdse_access.keys import AWS_PAIR, PAIR, Found, Keys, Secret
from cdse_access.problems import BadData, BadInput, Reason, Rejected, Unavailable
from cdse_access.service import LIVE, SERVICES, Addresses, Service

HELD = Found(Keys(Secret("A1"), Secret("B2")), "biến CDSE_S3_ACCESS_KEY")
CLASS = {"CDSE_STAC_URL": "http://lop.local:8123/stac/v1/", "CDSE_S3_ENDPOINT": "lop.local:8123"}
OFFLINE = Service(SERVICES["offline"], Addresses("http://127.0.0.1:5/", "127.0.0.1:5", https=False), HELD)


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch):
    for name in (*PAIR, *AWS_PAIR, *CLASS, "AWS_S3_ENDPOINT"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    monkeypatch.setattr(service, "_current", None)
    monkeypatch.setattr(service, "_child", (SimpleNamespace(poll=lambda: None), OFFLINE))


@pytest.fixture
def with_keys(monkeypatch):
    monkeypatch.setenv(PAIR[0], "A1")
    monkeypatch.setenv(PAIR[1], "B2")


# -- which -------------------------------------------------------------------


def test_without_keys_the_offline_service_and_no_question(monkeypatch):
    monkeypatch.setattr(keys, "_someone_answers", lambda: pytest.fail("asked"))
    assert service.choose() is OFFLINE


def test_keys_lead_to_the_live_service(with_keys):
    assert service.choose() == service.choose("live") == Service("CDSE thật", LIVE, HELD)
    assert LIVE.https and LIVE.stac.startswith("https://") and service.choose("offline") is OFFLINE


def test_given_addresses_come_first(with_keys, monkeypatch):
    for name, value in CLASS.items():
        monkeypatch.setenv(name, value)
    chosen = service.choose()
    assert chosen.name == "dịch vụ được chỉ định" and chosen.found == HELD
    assert chosen.addresses == Addresses("http://lop.local:8123/stac/v1/", "lop.local:8123", https=False)
    assert service.choose("live").addresses == LIVE and service.choose("offline") is OFFLINE


def test_addresses_of_the_file_go_with_its_keys_only(monkeypatch, with_keys):
    stored = Found(HELD.keys, "tệp .env", CLASS)
    monkeypatch.setitem(keys.STRATEGIES, "environment", lambda endpoint: None)
    monkeypatch.setitem(keys.STRATEGIES, ".env", lambda endpoint: stored)
    assert service.choose().addresses.s3 == "lop.local:8123" and service.choose("live").addresses == LIVE
    monkeypatch.setitem(keys.STRATEGIES, "environment", lambda endpoint: HELD)
    assert service.choose().addresses == LIVE


@pytest.mark.parametrize("arguments", [("live",), (None, "environment"), ("live", ".env")])
def test_missing_keys_are_told_where_they_were_wanted(arguments):
    with pytest.raises(BadInput, match=r"Thiếu khóa S3: hãy tạo tại https://.*connect\(\"offline\"\)") as caught:
        service.choose(*arguments)
    assert caught.value.reason is Reason.KEYS


def test_given_addresses_want_keys(monkeypatch):
    for name, value in CLASS.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(BadInput, match="Thiếu khóa S3"):
        service.choose()


def test_keys_are_asked_for_only_when_the_live_service_was_named(monkeypatch):
    monkeypatch.setattr(keys, "_someone_answers", lambda: True)
    typed = ["A1", "B2"]
    monkeypatch.setattr(keys, "getpass", lambda question: typed.pop(0))
    assert service.choose() is OFFLINE and typed == ["A1", "B2"]
    assert service.choose("live").found.source == "chuỗi bạn vừa gõ"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("ngoai-tuyen",), r'\'ngoai-tuyen\': hãy gọi connect\(\), connect\("live"\) hoặc connect\("offline"\)'),
        (("live", "netrc"), "'netrc': hãy chọn 'environment', '.env', 'keyring', 'prompt'"),
        (("offline", "prompt"), "tự cấp khóa: hãy bỏ strategy='prompt'"),
    ],
)
def test_an_unknown_name_is_refused_with_the_known_ones(arguments, message):
    with pytest.raises(BadInput, match=message):
        service.choose(*arguments)


# -- addresses ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("stac", "s3", "host", "https", "mended"),
    [
        ("https://a.eu/v1/", "b.eu", "b.eu", True, False),
        ("http://a.eu/v1/", "b.eu:9000", "b.eu:9000", False, False),
        ("https://a.eu/", "https://b.eu", "b.eu", True, True),
        ("https://a.eu/", "b.eu/", "b.eu", True, True),
        (" https://a.eu/ ", " b.eu ", "b.eu", True, False),
        ("https://a.eu/", "'b.eu'", "b.eu", True, True),
        ("https://a.eu/", "https://B.eu/eodata/", "b.eu", True, True),
        ("https://a.eu/", "http://b.eu:9000/", "b.eu:9000", False, True),  # its own scheme counts
        ("http://a.eu/", "https://b.eu", "b.eu", True, True),
        ("http://a.eu/", "eodata.dataspace.copernicus.eu", LIVE.s3, True, False),  # never in the open
        ("http://a.eu/", "http://eodata.dataspace.copernicus.eu", LIVE.s3, True, True),
        ("http://[::1]:8/", "[::1]:8", "[::1]:8", False, False),
    ],
)
def test_addresses_are_mended_and_it_is_said(stac, s3, host, https, mended):
    found = service._given({"CDSE_STAC_URL": stac, "CDSE_S3_ENDPOINT": s3})
    assert (found.stac, found.s3, found.https) == (stac.strip(), host, https)
    assert found.mended == ((f"CDSE_S3_ENDPOINT={host}",) if mended else ())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"CDSE_STAC_URL": "https://a/"}, "cả CDSE_STAC_URL và CDSE_S3_ENDPOINT"),
        ({"CDSE_STAC_URL": " ", "CDSE_S3_ENDPOINT": "a"}, "cả CDSE_STAC_URL và CDSE_S3_ENDPOINT"),
        ({"CDSE_STAC_URL": "a/stac", "CDSE_S3_ENDPOINT": "a"}, "'a/stac': cần địa chỉ đầy đủ"),
        ({"CDSE_STAC_URL": "ftp://a/", "CDSE_S3_ENDPOINT": "a"}, "cần địa chỉ đầy đủ"),
        ({"CDSE_STAC_URL": "https://me:pass@a/", "CDSE_S3_ENDPOINT": "a"}, "cần địa chỉ đầy đủ"),
        ({"CDSE_STAC_URL": "https://a/", "CDSE_S3_ENDPOINT": "máy của cô"}, "'máy của cô': cần tên máy và cổng"),
        ({"CDSE_STAC_URL": "https://a/", "CDSE_S3_ENDPOINT": "https:///x"}, "cần tên máy và cổng"),
        ({"CDSE_STAC_URL": "https://a/", "CDSE_S3_ENDPOINT": "b:port"}, "cần tên máy và cổng"),
    ],
)
def test_addresses_that_cannot_be_are_refused(settings, message):
    with pytest.raises(BadInput, match=message):
        service._given(settings)


@pytest.mark.parametrize("settings", [{}, {"CDSE_STAC_URL": "", "CDSE_S3_ENDPOINT": " "}])
def test_no_address_is_none(settings):
    assert service._given(settings) is None


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1:80", True), ("127.1.2.3", True), ("localhost:1", True), ("[::1]:80", True),
        ("127.0.0.1.example.org", False), ("localhost.example.org", False), ("10.0.0.1:80", False),
    ],
)  # fmt: skip
def test_loopback(host, expected):
    assert service.is_loopback(host) is expected


# -- what is told ------------------------------------------------------------


def test_the_offline_service_is_announced():
    assert str(OFFLINE) == "CDSE ngoại tuyến: ảnh mô phỏng, không cần tài khoản hay mạng."


def test_mended_things_open_lines_and_notes_are_told():
    found = Found(HELD.keys, "tệp .env", mended=("bỏ dấu nháy quanh X",), notes=("hãy gõ `chmod 600 .env`.",))
    addresses = Addresses(
        "http://lop.local/", "lop.local:8123", https=False, mended=("CDSE_S3_ENDPOINT=lop.local:8123",)
    )
    assert str(Service("dịch vụ được chỉ định", addresses, found)).splitlines() == [
        "dịch vụ được chỉ định, khóa lấy từ tệp .env.",
        "Đã sửa giúp: CDSE_S3_ENDPOINT=lop.local:8123; bỏ dấu nháy quanh X.",
        "Chú ý: đường tới lop.local không mã hóa, chỉ dùng khóa của lớp, đừng dùng khóa CDSE thật.",
        "Chú ý: hãy gõ `chmod 600 .env`.",
    ]
    assert "không mã hóa" not in str(Service("x", LIVE, HELD)) + str(Service("x", OFFLINE.addresses, HELD))


def test_status_shows_no_key_and_no_port(monkeypatch):
    assert repr(service.Status()) == "Chưa kết nối: hãy gọi connect()."
    now = [1000.0]
    monkeypatch.setattr(service.time, "monotonic", lambda: now[0])
    chosen = Service("CDSE thật", LIVE, HELD)
    monkeypatch.setattr(service, "_current", service.Connection(chosen, None, "s3://x", 1000.0))
    table = repr(service.Status()).splitlines()
    assert table == [
        "dịch vụ   CDSE thật",
        "máy chủ   stac.dataspace.copernicus.eu, eodata.dataspace.copernicus.eu",
        "khóa      biến CDSE_S3_ACCESS_KEY",
        "thử khóa  vừa xong, được nhận",
    ]
    for seconds, ago in ((59, "vừa xong"), (61, "1 phút trước"), (3599, "59 phút trước"), (7300, "2 giờ trước")):
        now[0] = 1000.0 + seconds
        assert repr(service.Status()).endswith(f"  {ago}, được nhận")
    monkeypatch.setattr(service, "_current", service.Connection(OFFLINE, None, None, 1000.0))
    assert "máy này" in repr(service.Status()) and "catalog trống" in repr(service.Status())
    assert not re.search(r":\d|A1|B2", repr(service.Status()))


# -- attaching ---------------------------------------------------------------


@pytest.fixture
def tried(monkeypatch):
    """Files that keys were tried on; `problem`, if set, is what comes of it."""
    log = SimpleNamespace(hrefs=[], problem=None, opened=[], forgotten=0)

    def probe(href: str) -> None:
        log.hrefs.append(href)
        if log.problem:
            raise log.problem

    def forget_answers() -> None:
        log.forgotten += 1

    monkeypatch.setattr(service.probe, "probe", probe)
    monkeypatch.setattr(service.probe, "sample", lambda catalog: "s3://eodata/x.jp2" if catalog else None)
    monkeypatch.setattr(service.probe, "forget_answers", forget_answers)
    return log


def test_a_second_time_only_the_keys_are_tried_again(tried):
    def opened(url: str) -> str:
        tried.opened.append(url)
        return url

    assert service.attach(OFFLINE, opened) == service.attach(OFFLINE, opened) == "http://127.0.0.1:5/"
    assert len(tried.opened) == 1 and len(tried.hrefs) == 2 and tried.forgotten == 2
    service.attach(Service("CDSE thật", LIVE, HELD), opened)
    assert tried.opened[1:] == [LIVE.stac]


def test_an_empty_catalog_has_nothing_to_try(tried):
    service.attach(OFFLINE, lambda url: "")
    assert tried.hrefs == [] and "catalog trống" in repr(service.Status())


@pytest.mark.parametrize("reason", [Reason.MISSING, Reason.BROKEN])
def test_a_bad_file_says_nothing_of_the_keys(tried, reason):
    tried.problem = BadData("?", reason)
    service.attach(OFFLINE, str)
    assert service.Status().connected


@pytest.mark.parametrize(
    "problem", [Rejected("?", Reason.CLOCK), Unavailable("?", Reason.BUSY), BadData("?", Reason.NOT_SERVICE)]
)
def test_a_refusal_ends_it_and_the_connection_before_stays(tried, problem):
    tried.problem = problem
    with pytest.raises(type(problem)):
        service.attach(OFFLINE, str)
    assert not service.Status().connected


# -- the offline service as a child process ------------------------------------


def test_a_service_that_cannot_start_says_so(monkeypatch):
    monkeypatch.setattr(service, "_child", None)
    monkeypatch.setattr(service.sys, "executable", shutil.which("false"))
    with pytest.raises(Unavailable, match=r"không khởi động được \(mã 1\)"):
        service.choose("offline")


def test_it_starts_once_without_the_users_keys_and_ends_when_detached(monkeypatch, with_keys):
    monkeypatch.setattr(service, "_child", None)
    chosen = service.choose("offline")
    child = service._child[0]
    if (seen := Path(f"/proc/{child.pid}/environ")).exists():
        assert b"SECRET_KEY" not in seen.read_bytes()
    assert service.choose("offline") is chosen and service.is_loopback(chosen.addresses.s3)
    assert os.getpgid(child.pid) != os.getpgrp()  # an interrupted cell or Ctrl+C goes to the whole group
    assert len(chosen.found.keys[1]) >= 40 and chosen.found.keys[1] not in repr(service._child)
    service.detach()
    assert child.poll() == 0 and service._child is None and "AWS_ACCESS_KEY_ID" not in os.environ


def test_a_child_that_does_not_end_is_ended(monkeypatch):
    class Stubborn:
        stdin = stdout = SimpleNamespace(close=lambda: None)
        calls: list[str] = []  # noqa: RUF012

        def wait(self, seconds: float | None = None) -> None:
            self.calls.append("wait")
            if seconds:
                raise subprocess.TimeoutExpired("x", seconds)

        def kill(self) -> None:
            self.calls.append("kill")

    monkeypatch.setattr(service, "_child", (Stubborn(), OFFLINE))
    service.detach()
    assert Stubborn.calls == ["wait", "kill", "wait"]
