"""cdse_access.service: which service is chosen, at which addresses, and what is told of it."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from cdse_access import keys, service
from cdse_access.addresses import LIVE, Addresses
from cdse_access.env_file import PAIR
from cdse_access.hosts import is_loopback
from cdse_access.keys import AWS_PAIR, Found
from cdse_access.problems import BadInput, Reason, Unavailable
from cdse_access.secrets import Keys, Secret
from cdse_access.service import OfflineCdse, Service, choose_service, running, seal_keys

HELD = Found(Keys.from_texts("A1", "B2"), "biến CDSE_S3_ACCESS_KEY")
CLASS = {"CDSE_STAC_URL": "http://lop.local:8123/stac/v1/", "CDSE_S3_ENDPOINT": "lop.local:8123"}
OFFLINE = Service("offline", Addresses("http://127.0.0.1:5/", "127.0.0.1:5", https=False), HELD)


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch):
    for name in (*PAIR, *AWS_PAIR, *CLASS, "AWS_S3_ENDPOINT"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)


@pytest.fixture
def with_keys(monkeypatch):
    monkeypatch.setenv(PAIR[0], "A1")
    monkeypatch.setenv(PAIR[1], "B2")


# -- which -------------------------------------------------------------------


def test_without_keys_the_offline_service_and_no_question(monkeypatch):
    monkeypatch.setattr(keys, "_someone_answers", lambda: pytest.fail("asked"))
    assert choose_service() is None


def test_keys_lead_to_the_live_service(with_keys):
    assert choose_service() == choose_service("live") == Service("live", LIVE, HELD)
    assert LIVE.https and LIVE.stac.startswith("https://") and choose_service("offline") is None


def test_given_addresses_come_first(with_keys, monkeypatch):
    for name, value in CLASS.items():
        monkeypatch.setenv(name, value)
    chosen = choose_service()
    assert (chosen.kind, chosen.name) == ("given", "dịch vụ được chỉ định") and chosen.found == HELD
    assert chosen.addresses == Addresses("http://lop.local:8123/stac/v1/", "lop.local:8123", https=False)
    assert choose_service("live").addresses == LIVE and choose_service("offline") is None


def test_addresses_of_the_file_go_with_its_keys_only(monkeypatch, with_keys):
    stored = Found(HELD.keys, "tệp .env", CLASS)
    monkeypatch.setitem(keys.STRATEGIES, "environment", lambda search: None)
    monkeypatch.setitem(keys.STRATEGIES, ".env", lambda search: stored)
    assert choose_service().addresses.s3 == "lop.local:8123" and choose_service("live").addresses == LIVE
    monkeypatch.setitem(keys.STRATEGIES, "environment", lambda search: HELD)
    assert choose_service().addresses == LIVE


@pytest.mark.parametrize("arguments", [("live",), (None, "environment"), ("live", ".env")])
def test_missing_keys_are_told_where_they_were_wanted(arguments):
    with pytest.raises(BadInput, match=r"Thiếu khóa S3: hãy tạo tại https://.*connect\(\"offline\"\)") as caught:
        choose_service(*arguments)
    assert caught.value.reason is Reason.KEYS


def test_given_addresses_want_keys(monkeypatch):
    for name, value in CLASS.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(BadInput, match="Thiếu khóa S3"):
        choose_service()


def test_keys_are_asked_for_only_when_the_live_service_was_named(monkeypatch):
    monkeypatch.setattr(keys, "_someone_answers", lambda: True)
    typed = ["A1", "B2"]
    monkeypatch.setattr(keys, "getpass", lambda question: typed.pop(0))
    assert choose_service() is None and typed == ["A1", "B2"]
    assert choose_service("live").found.source == "chuỗi bạn vừa gõ"


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
        choose_service(*arguments)


# -- what is told ------------------------------------------------------------


def test_the_offline_service_is_announced():
    assert str(OFFLINE) == "CDSE ngoại tuyến: ảnh mô phỏng, không cần tài khoản hay mạng."


def test_mended_things_open_lines_and_notes_are_told():
    found = Found(HELD.keys, "tệp .env", mended=("bỏ dấu nháy quanh X",), notes=("hãy gõ `chmod 600 .env`.",))
    addresses = Addresses(
        "http://lop.local/", "lop.local:8123", https=False, mended=("CDSE_S3_ENDPOINT=lop.local:8123",)
    )
    assert str(Service("given", addresses, found)).splitlines() == [
        "dịch vụ được chỉ định, khóa lấy từ tệp .env.",
        "Đã sửa giúp: CDSE_S3_ENDPOINT=lop.local:8123; bỏ dấu nháy quanh X.",
        "Chú ý: đường tới lop.local không mã hóa, chỉ dùng khóa của lớp, đừng dùng khóa CDSE thật.",
        "Chú ý: hãy gõ `chmod 600 .env`.",
    ]
    assert "không mã hóa" not in str(Service("live", LIVE, HELD)) + str(Service("live", OFFLINE.addresses, HELD))


# -- keys and addresses as arguments ----------------------------------------------


def test_given_keys_and_addresses_come_before_the_environment(with_keys, monkeypatch):
    for name, value in CLASS.items():
        monkeypatch.setenv(name, value)
    chosen = choose_service(keys=Keys.from_texts("A3", "B4"), stac="http://other.local/stac/", s3="other.local:9")
    assert chosen.addresses == Addresses("http://other.local/stac/", "other.local:9", https=False)
    assert chosen.found == Found(Keys.from_texts("A3", "B4"), "tham số keys")
    assert choose_service(keys=Keys.from_texts("A3", "B4")).addresses.s3 == "lop.local:8123"
    assert choose_service(stac="http://other.local/", s3="other.local").found == HELD
    assert choose_service("live", keys=Keys.from_texts("A3", "B4")).addresses == LIVE


@pytest.mark.parametrize(
    ("service", "arguments", "message"),
    [
        (None, {"stac": "http://a/"}, "cả stac và s3"),
        (None, {"s3": "a"}, "cả stac và s3"),
        (None, {"stac": "a", "s3": "a"}, "stac là 'a': cần địa chỉ đầy đủ"),
        (None, {"stac": "http://a/", "s3": "máy của cô"}, "s3 là 'máy của cô'"),
        (None, {"stac": "http://a/", "s3": "a"}, "Thiếu khóa S3"),
        (None, {"keys": ("A1",)}, "một cặp chuỗi"),
        (None, {"keys": "A1"}, "một cặp chuỗi"),
        (None, {"keys": ("", "")}, "một cặp chuỗi"),
        (None, {"keys": ("A1", "")}, "Thiếu secret key"),
        (None, {"keys": ("a b", "B2")}, "access key có khoảng trắng"),
        (None, {"keys": ("<access-key>", "B2")}, "access key còn là chữ mẫu"),
        (None, {"keys": ("A1", "B2"), "strategy": "keyring"}, "bỏ strategy='keyring'"),
        ("offline", {"keys": ("A1", "B2")}, "hãy bỏ keys"),
        ("offline", {"stac": "http://a/", "s3": "a"}, "hãy bỏ stac, s3"),
        ("live", {"stac": "http://a/", "s3": "a"}, "là CDSE thật"),
    ],
)
def test_arguments_that_cannot_be_are_refused(service, arguments, message):
    with pytest.raises(BadInput, match=message) as caught:
        choose_service(service, **arguments | {"keys": seal_keys(arguments.get("keys"))})
    assert "B2" not in str(caught.value)


# -- the offline service as a child process ------------------------------------


def test_a_service_that_cannot_start_says_so(monkeypatch):
    monkeypatch.setattr(service.sys, "executable", shutil.which("false"))
    with pytest.raises(Unavailable, match=r"không khởi động được \(mã 1\)"), running():
        pass


def test_it_runs_for_a_block_without_the_users_keys(with_keys, monkeypatch):
    with running(environment={"CDSE_OFFLINE_PRACTICE": ""}) as cdse:
        process = cdse.process
        if (seen := Path(f"/proc/{process.pid}/environ")).exists():
            assert b"SECRET_KEY" not in seen.read_bytes()
            assert b"CDSE_OFFLINE_PRACTICE=" in seen.read_bytes()
        assert cdse.is_alive() and is_loopback(cdse.s3) and cdse.stac.startswith(f"http://{cdse.s3}/")
        assert os.getpgid(process.pid) != os.getpgrp()  # an interrupted cell or Ctrl+C goes to the whole group
        secret = cdse.keys.secret.reveal()
        assert len(secret) >= 40 and secret not in repr(cdse) + repr(cdse.service)
        assert cdse.service.found.source == "tự cấp"
    assert process.returncode == 0 and not cdse.is_alive()


def test_a_block_that_fails_ends_it_too():
    with pytest.raises(ZeroDivisionError), running() as cdse:
        1 / 0  # noqa: B018
    assert not cdse.is_alive()


def test_a_child_that_does_not_end_is_ended():
    class Stubborn:
        stdin = stdout = SimpleNamespace(close=lambda: None)
        calls: list[str] = []  # noqa: RUF012

        def wait(self, seconds: float | None = None) -> int:
            self.calls.append("wait")
            if seconds:
                raise subprocess.TimeoutExpired("x", seconds)
            return -9

        def kill(self) -> None:
            self.calls.append("kill")

    line = json.dumps({"stac": "http://127.0.0.1:5/", "s3": "127.0.0.1:5", "access_key": "A1", "secret_key": "B2"})
    assert OfflineCdse(Stubborn(), Secret(line)).stop() == -9
    assert Stubborn.calls == ["wait", "kill", "wait"]
