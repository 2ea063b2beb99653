"""cdse_access.service: which service is chosen, at which addresses, and what is told of it."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from cdse_access import keys, service
from cdse_access.addresses import LIVE, Addresses, is_of_cdse
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
    for name in (*PAIR, *AWS_PAIR, *CLASS, "AWS_S3_ENDPOINT", "CDSE_ENV_FILE"):
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
    assert choose_service("offline") is None
    with pytest.raises(BadInput, match=r"CDSE_S3_ACCESS_KEY nằm cạnh địa chỉ của lop\.local:8123, nên không được gửi"):
        choose_service("live")  # the class's keys are not for CDSE


def test_addresses_of_the_file_go_with_its_keys_only(monkeypatch, with_keys):
    stored = Found(HELD.keys, "tệp .env", CLASS)
    monkeypatch.setitem(keys.STRATEGIES, "environment", lambda search: None)
    monkeypatch.setitem(keys.STRATEGIES, ".env", lambda search: stored)
    assert choose_service().addresses.s3 == "lop.local:8123" and choose_service("live").addresses == LIVE
    monkeypatch.setitem(keys.STRATEGIES, "environment", lambda search: HELD)
    assert choose_service().addresses == LIVE


@pytest.mark.parametrize("empty", ["", " ", '""', b"lop.local", 5])
def test_an_address_that_says_nothing_sends_no_key_to_cdse(empty):
    """`connect(stac=os.getenv("LOP_STAC", ""), ...)` sent the class's pair to CDSE."""
    with pytest.raises(BadInput, match=r"stac là .*\ns3 là .*chưa có gì được gửi"):
        choose_service(keys=seal_keys(("lop-01", "mat-khau")), stac=empty, s3=empty)


@pytest.mark.parametrize("given", [{"a": "x", "b": "y"}, {"a1", "b2"}, 5, b"ab", iter(["A1", "B2"])])
def test_keys_are_a_pair_in_its_order(given):
    """Of a dictionary the names were sent; a set has no order."""
    with pytest.raises(BadInput, match="cần một cặp chuỗi"):
        seal_keys(given)


@pytest.mark.parametrize("odd", [5, ["live"], np.array(["environment", "prompt"])])
def test_names_that_are_no_text_are_unknown(odd):
    with pytest.raises(BadInput, match="Không có dịch vụ"):
        choose_service(odd)
    with pytest.raises(BadInput, match="Không có cách tìm khóa"):
        choose_service(None, odd)


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
        "Chú ý: hãy gõ `chmod 600 .env`.",
    ]
    warning = "Chú ý: đường tới lop.local không mã hóa, chỉ dùng khóa của lớp, đừng dùng khóa CDSE thật."
    assert Service("given", addresses, found).warning == warning
    assert Service("live", LIVE, HELD).warning + Service("live", OFFLINE.addresses, HELD).warning == ""


# -- a key goes only to whom it is meant for (R9) ----------------------------------

CDSE_KEY, CLASS_KEY = ("CDSE", "cdse"), ("LOP", "lop")


def hold(pair: tuple[str, str], names: tuple[str, str] = PAIR) -> dict[str, str]:
    return dict(zip(names, pair, strict=True))


def play(monkeypatch, tmp_path, environment, env_file, keyring) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    (tmp_path / ".env").write_text("".join(f"{name}={value}\n" for name, value in env_file.items()))
    monkeypatch.setenv("CDSE_ENV_FILE", str(tmp_path / ".env"))
    stored = lambda search: Found(Keys.from_texts(*keyring), "keyring") if keyring else None  # noqa: E731
    monkeypatch.setitem(keys.STRATEGIES, "keyring", stored)


LIVE_ADDRESSES = {"CDSE_STAC_URL": "http://stac.dataspace.copernicus.eu/v1/", "CDSE_S3_ENDPOINT": f"{LIVE.s3}.:443"}
EVIL = {
    "CDSE_STAC_URL": "http://dataspace.copernicus.eu.evil.org/",
    "CDSE_S3_ENDPOINT": "eodata.copernicus.eu.evil.org",
}
AMAZON = hold(("AKIA", "aws"), AWS_PAIR)
CASES = [  # environment, .env, keyring; whose keys go where: a pair of access key and store, or what is refused
    (CLASS, hold(CDSE_KEY), None, "Thiếu khóa S3 cho lop.local:8123"),
    (CLASS, {}, CDSE_KEY, "Thiếu khóa S3 cho lop.local:8123"),
    (CLASS | AMAZON, {}, None, "AWS_ACCESS_KEY_ID chỉ được dùng khi AWS_S3_ENDPOINT ghi lop.local:8123"),
    (CLASS | AMAZON | {"AWS_S3_ENDPOINT": "s3.amazonaws.com"}, hold(CDSE_KEY), CDSE_KEY, "Thiếu khóa S3 cho lop.local"),
    (CLASS | AMAZON | {"AWS_S3_ENDPOINT": "http://LOP.local:8123/"}, {}, None, ("AKIA", "lop.local:8123")),
    (CLASS | hold(CLASS_KEY), hold(CDSE_KEY), CDSE_KEY, ("LOP", "lop.local:8123")),
    (CLASS, CLASS | hold(CLASS_KEY), CDSE_KEY, ("LOP", "lop.local:8123")),  # beside the same address
    (CLASS, EVIL | hold(CLASS_KEY), None, "Thiếu khóa S3 cho lop.local"),
    (EVIL, hold(CDSE_KEY), CDSE_KEY, "Thiếu khóa S3 cho eodata.copernicus.eu.evil.org"),
    ({}, CLASS | hold(CLASS_KEY), CDSE_KEY, ("LOP", "lop.local:8123")),
    ({}, CLASS, CDSE_KEY, "Tệp .env có CDSE_S3_ENDPOINT mà thiếu"),
    (hold(CDSE_KEY), CLASS | hold(CLASS_KEY), None, ("CDSE", LIVE.s3)),
    (LIVE_ADDRESSES, hold(CDSE_KEY), None, ("CDSE", f"{LIVE.s3}.:443")),
    (LIVE_ADDRESSES, CLASS | hold(CLASS_KEY), CDSE_KEY, ("CDSE", f"{LIVE.s3}.:443")),
    (AMAZON, {}, None, None),
    (AMAZON, {}, CDSE_KEY, ("CDSE", LIVE.s3)),
    (AMAZON | {"AWS_S3_ENDPOINT": LIVE.s3}, {}, None, ("AKIA", LIVE.s3)),
    ({"CDSE_STAC_URL": "  ", "CDSE_S3_ENDPOINT": '""'}, hold(CDSE_KEY), None, ("CDSE", LIVE.s3)),  # K1
]


@pytest.mark.parametrize(("environment", "env_file", "keyring", "expected"), CASES)
def test_a_key_goes_only_to_whom_it_is_meant_for(monkeypatch, tmp_path, environment, env_file, keyring, expected):
    play(monkeypatch, tmp_path, environment, env_file, keyring)
    if isinstance(expected, str):
        with pytest.raises(BadInput, match=re.escape(expected)) as caught:
            choose_service()
        assert caught.value.reason is Reason.KEYS
        return
    chosen = choose_service()
    assert (chosen and (chosen.found.keys.access.reveal(), chosen.addresses.s3)) == expected
    assert chosen is None or chosen.addresses.https is is_of_cdse(chosen.addresses.s3)


@pytest.mark.parametrize(
    ("environment", "env_file", "keyring", "expected"),
    [
        (CLASS | hold(CLASS_KEY), {}, None, None),
        (CLASS | hold(CLASS_KEY), hold(CDSE_KEY), None, "CDSE"),
        (hold(CDSE_KEY), {}, None, "CDSE"),
        ({}, CLASS | hold(CLASS_KEY), None, None),
        ({}, {"CDSE_STAC_URL": "http://lop.local/"} | hold(CLASS_KEY), None, None),  # half an address
        ({}, CLASS | hold(CLASS_KEY), CDSE_KEY, "CDSE"),
        (AMAZON, {}, None, None),
    ],
)
def test_cdse_gets_no_key_of_another_service(monkeypatch, tmp_path, environment, env_file, keyring, expected):
    play(monkeypatch, tmp_path, environment, env_file, keyring)
    if expected is None:
        with pytest.raises(BadInput, match="Thiếu khóa S3"):
            choose_service("live")
    else:
        assert choose_service("live").found.keys.access.reveal() == expected


REAL = "ABCDE12345" * 2, "abcde12345" * 4


def test_keys_like_an_archives_never_leave_in_the_open(monkeypatch):
    for name, value in (CLASS | hold(REAL)).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(BadInput, match=r"đường tới lop\.local:8123 không mã hóa: chưa có gì được gửi") as caught:
        choose_service()
    assert REAL[0] not in str(caught.value) and REAL[1] not in str(caught.value)
    monkeypatch.setenv("CDSE_S3_ENDPOINT", "https://lop.local:8123")
    assert choose_service().addresses.https
    monkeypatch.setenv("CDSE_S3_ENDPOINT", "[::1]:8123")
    assert not choose_service().addresses.https


@pytest.mark.parametrize("way", ["http://2130706433:9/", "http://127.1:9/", "http://localhost.evil.org:9/"])
def test_not_to_what_only_looks_like_this_machine_either(way):
    with pytest.raises(BadInput, match="không mã hóa: chưa có gì được gửi"):
        choose_service(stac=way, s3=way, keys=Keys.from_texts(*REAL))


def test_wrong_addresses_and_wrong_keys_are_told_at_once(monkeypatch):
    for name, value in {"CDSE_STAC_URL": "lop.local", "CDSE_S3_ENDPOINT": "me:pass@lop", PAIR[0]: "xxx"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(BadInput) as caught:
        choose_service()
    told = str(caught.value).splitlines()
    assert [line.split(" ")[0] for line in told] == [
        "CDSE_STAC_URL", "CDSE_S3_ENDPOINT", "CDSE_S3_ACCESS_KEY", "Thiếu"
    ]  # fmt: skip
    assert "pass" not in str(caught.value) and "Thiếu CDSE_S3_SECRET_KEY" in told[3]


# -- keys and addresses as arguments ----------------------------------------------


def test_given_keys_and_addresses_come_before_the_environment(with_keys, monkeypatch):
    for name, value in CLASS.items():
        monkeypatch.setenv(name, value)
    chosen = choose_service(keys=Keys.from_texts("A3", "B4"), stac="http://other.local/stac/", s3="other.local:9")
    assert chosen.addresses == Addresses("http://other.local/stac/", "other.local:9", https=False)
    assert chosen.found == Found(Keys.from_texts("A3", "B4"), "tham số keys")
    with pytest.raises(BadInput, match=r'của CDSE, hay của lop.local:8123 .* connect\("live", keys=\.\.\.\), hoặc'):
        choose_service(keys=Keys.from_texts("A3", "B4"))
    with pytest.raises(BadInput, match=r"Thiếu khóa S3 cho other.local: .* cùng với stac và s3"):
        choose_service(stac="http://other.local/", s3="other.local")
    assert choose_service("live", keys=Keys.from_texts("A3", "B4")).addresses == LIVE


@pytest.mark.parametrize(
    ("service", "arguments", "message"),
    [
        (None, {"stac": "http://a/"}, "cả stac và s3"),
        (None, {"s3": "a"}, "cả stac và s3"),
        (None, {"stac": "a", "s3": "a"}, "stac là 'a': cần địa chỉ đầy đủ"),
        (None, {"stac": "http://a/", "s3": "máy của cô"}, "s3 là 'máy của cô'"),
        (None, {"stac": "http://a/", "s3": "a"}, "Thiếu khóa S3 cho a: "),
        ("live", {"stac": "http://a/", "keys": ("A1", "B2"), "strategy": "keyring"}, r"CDSE thật.*\n.*bỏ strategy"),
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


# -- what hinders it -----------------------------------------------------------


def start(**environment: str) -> None:
    with running(environment=environment):
        pass


@pytest.mark.parametrize(
    ("variable", "value", "reason", "message"),
    [
        ("CDSE_OFFLINE_CACHE", "/dev/null", Reason.DISK, "CDSE_OFFLINE_CACHE là /dev/null"),
        ("CDSE_OFFLINE_PRACTICE", "{", Reason.OFFLINE, "CDSE_OFFLINE_PRACTICE"),
        ("CDSE_OFFLINE_ACCESS_KEY", "half", Reason.OFFLINE, "CDSE_OFFLINE_SECRET_KEY"),
        ("PYTHONHOME", "/no/such", Reason.OFFLINE, r"\(mã 1\): \w.*encodings.*make setup"),
        ("PYTHONPATH", "{broken}", Reason.OFFLINE, r"\(mã 1\): ZeroDivisionError"),
    ],
)
def test_why_it_does_not_start_is_told_at_once(tmp_path, variable, value, reason, message):
    """Also where it is Python that fails: the last line that it wrote."""
    (tmp_path / "argparse.py").write_text("1 / 0")
    more = {"CDSE_OFFLINE_SECRET_KEY": ""} if "ACCESS" in variable else {}
    with pytest.raises(Unavailable, match=message) as caught:
        start(**{variable: value.replace("{broken}", str(tmp_path))}, **more)
    assert caught.value.reason is reason and "Traceback" not in str(caught.value)


@pytest.mark.parametrize("coding", ["utf-16", "ascii:strict", "cp1258"])
def test_it_is_understood_whatever_the_learners_programs_write(monkeypatch, coding):
    monkeypatch.setenv("PYTHONIOENCODING", coding)
    start()


def test_a_file_of_the_learner_is_no_module_of_the_service(tmp_path, monkeypatch):
    for name in ("random", "queue", "starlette", "numpy"):
        (tmp_path / f"{name}.py").write_text("1 / 0")
    monkeypatch.chdir(tmp_path)
    start()


def test_what_others_print_is_passed_over(tmp_path, capfd):
    """A sitecustomize that greets, a library that warns: neither is taken for the service's line, or shown."""
    (tmp_path / "sitecustomize.py").write_text(
        "import sys; print('hello'); print('{}'); print('x' * 9, file=sys.stderr)"
    )
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    start(PYTHONPATH=path)
    assert capfd.readouterr() == ("", "")


def test_one_that_never_announces_itself_is_ended(tmp_path, monkeypatch):
    (tmp_path / "sitecustomize.py").write_text("import time; time.sleep(60)")
    monkeypatch.setattr(service, "START_SECONDS", 1)
    with pytest.raises(Unavailable, match=r"sau 1 giây vẫn chưa trả lời\): nó không nói vì sao") as caught:
        start(PYTHONPATH=str(tmp_path))
    assert caught.value.reason is Reason.OFFLINE


@pytest.mark.parametrize("program", ["", "/no/such/python", "/dev/null"])
def test_a_python_that_cannot_be_run_is_told(monkeypatch, program):
    monkeypatch.setattr(service.sys, "executable", program)
    with pytest.raises(Unavailable, match=r"không khởi động được[.] Không chạy được") as caught:
        start()
    assert caught.value.reason is Reason.OFFLINE


def test_where_it_keeps_its_images_is_told_where_it_is_not_usual(tmp_path):
    (tmp_path / "file").write_text("")
    variables = {"CDSE_OFFLINE_CACHE": "", "XDG_CACHE_HOME": str(tmp_path / "file"), "HOME": str(tmp_path / "file")}
    with running(environment=variables) as cdse:
        told = str(cdse.service)
    assert "Chú ý: không cất ảnh được trong" in told and "đặt CDSE_OFFLINE_CACHE là" in told
    assert not Path(told.partition("cất tạm trong ")[2].split(". ")[0]).exists()  # it ended with the service
