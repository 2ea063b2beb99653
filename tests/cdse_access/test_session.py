"""cdse_access.session: connecting through each state that keys and settings are found in, and what bad input gets.

Numbers in names of tests are those of the catalogue of faults: 1 to 29 are about keys and settings.
"""

import logging
import os
import pickle
import re
import subprocess
import sys
import time
from concurrent.futures import CancelledError, ThreadPoolExecutor
from types import SimpleNamespace

import cloudpickle
import dask
import nbformat
import odc.stac
import pytest
import rasterio
from IPython.core.ultratb import VerboseTB
from nbclient import NotebookClient
from pystac import Item

from cdse_access import gdal, keys, probe, service
from cdse_access import session as cdse
from cdse_access.addresses import LIVE, LIVE_S3, Addresses
from cdse_access.current import replace_current
from cdse_access.env_file import PAIR
from cdse_access.keys import AWS_PAIR, Found
from cdse_access.problems import BadData, BadInput, Reason, Rejected, Unavailable
from cdse_access.secrets import Keys
from cdse_access.service import Service
from cdse_access.settings import PREFIX
from cdse_access.store import Store
from cdse_offline.practice import fault, switch_off, switch_on, usage

BBOX = (11.44, 47.81, 11.48, 47.83)
IMAGE_ID = "S2B_MSIL2A_20230928T101719_N0510_R065_T32UPU_20241026T142623"
OWN = ("CDSE_", "AWS_", "GDAL_", "CPL_")


@pytest.fixture(autouse=True)
def own_environment(monkeypatch):
    """Each test starts without keys, addresses and memory of an earlier one, and leaves os.environ as it was."""
    before = dict(os.environ)
    for name in [*os.environ]:
        if name.startswith(OWN) and name not in ("CDSE_OFFLINE_CACHE", "CDSE_ENV_FILE"):
            del os.environ[name]
    monkeypatch.setattr(probe, "WAITS", (0, 0.01))
    yield
    cdse.logout()
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def archive(offline_service):
    """The address and keys of a service; its faults are off afterwards."""
    yield SimpleNamespace(**offline_service)
    switch_off(offline_service["s3"])


@pytest.fixture
def live(archive, monkeypatch):
    """The service in the place of the real CDSE; keys are the tests' business."""
    monkeypatch.setattr(service, "LIVE", Addresses(archive.stac, archive.s3, https=False))
    return archive


@pytest.fixture
def classroom(archive):
    """The service as that of a class: its addresses are given, keys are the tests' business."""
    os.environ |= {"CDSE_STAC_URL": archive.stac, "CDSE_S3_ENDPOINT": archive.s3}
    return archive


def give(access: str, secret: str, names: tuple[str, str] = PAIR) -> None:
    """Keys for CDSE, or for the class whose addresses stand beside them."""
    if names == AWS_PAIR:
        os.environ["AWS_S3_ENDPOINT"] = LIVE_S3
    os.environ |= dict(zip(names, (access, secret), strict=True))


def an_item(catalog) -> Item:
    return next(catalog.search(collections=["sentinel-2-l2a"], ids=[IMAGE_ID]).items())


def first_pixel(item: Item, band: str = "B04_60m") -> int:
    with rasterio.open(item.assets[band].href) as image:
        return int(image.read(1, window=((900, 901), (900, 901)))[0, 0])


def one_load(item: Item, chunks: dict | None = None) -> int:
    area = {"bbox": item.properties["cdse_offline:window"], "resolution": 600, "chunks": chunks}
    return int(odc.stac.load([item], ["B04_60m"], **area).compute()["B04_60m"].sum())


# -- which service, told in one line -------------------------------------------


@pytest.mark.parametrize("names", [PAIR, AWS_PAIR])
def test_keys_lead_to_the_live_service(live, capsys, names):
    give(live.access_key, live.secret_key, names)
    catalog = cdse.connect()
    assert catalog.self_href == live.stac and catalog._stac_io.timeout == 30
    assert capsys.readouterr().out == f"Đang dùng CDSE thật, khóa lấy từ biến {names[0]}.\n"
    assert catalog.session is cdse.current()
    store = cdse.current().store
    assert store == Store(live.s3, False, Keys.from_texts(live.access_key, live.secret_key), store.identity)
    assert store.identity.startswith("cdse_offline-")
    assert probe.read_beginning(cdse.current().store, an_item(catalog).assets["product_metadata"].href) is None


def test_keys_of_a_file_lead_to_the_live_service(live, capsys, tmp_path):
    (tmp_path / ".env").write_text(f"CDSE_S3_ACCESS_KEY={live.access_key}\nCDSE_S3_SECRET_KEY={live.secret_key}\n")
    os.environ["CDSE_ENV_FILE"] = str(tmp_path / ".env")
    for _ in range(2):
        cdse.connect()
        assert capsys.readouterr().out.startswith("Đang dùng CDSE thật, khóa lấy từ tệp .env.\n")
    assert "`chmod 600 .env`" in str(cdse.current().service)
    assert cdse.status().strategy == "tệp .env"


def test_typed_keys_are_kept_once_they_were_accepted(live, capsys, tmp_path, monkeypatch):
    answers = [live.access_key, "WRONG", live.access_key, live.secret_key]
    monkeypatch.setattr(keys, "_someone_answers", lambda: True)
    monkeypatch.setattr(keys, "getpass", lambda question: answers.pop(0))
    monkeypatch.chdir(tmp_path)
    os.environ.pop("CDSE_ENV_FILE", None)
    with pytest.raises(Rejected):
        cdse.connect("live", persist=True)
    assert not (tmp_path / ".env").exists()
    cdse.connect("live", persist=True)
    told = "Đã cất khóa vào .env, chỉ mình bạn đọc được: các bài sau tự thấy.\n"
    assert capsys.readouterr().out == f"Đang dùng CDSE thật, khóa lấy từ chuỗi bạn vừa gõ.\n{told}"
    cdse.logout()
    assert cdse.connect().self_href == live.stac and cdse.status().strategy == "tệp .env"


@pytest.mark.parametrize("named", [None, "offline"])
def test_only_keys_of_the_real_cdse_are_kept(classroom, named):
    with pytest.raises(BadInput, match="chỉ dùng cùng"):
        cdse.connect(named, persist=True)


def test_the_class_is_told(classroom, capsys):
    give(classroom.access_key, classroom.secret_key)
    assert cdse.connect().self_href == classroom.stac
    assert capsys.readouterr().out == "Đang dùng dịch vụ được chỉ định, khóa lấy từ biến CDSE_S3_ACCESS_KEY.\n"


def test_1_4_without_keys_the_offline_service_at_once(capsys, monkeypatch):
    monkeypatch.setattr(keys, "getpass", lambda question: pytest.fail("asked"))
    give("", "")
    catalog = cdse.connect()
    assert catalog.title.startswith("CDSE ngoại tuyến")
    assert cdse.connect() is catalog  # the service that runs already
    assert capsys.readouterr().out == "Đang dùng CDSE ngoại tuyến: ảnh mô phỏng, không cần tài khoản hay mạng.\n" * 2


def test_offline_can_be_forced_past_keys_which_stay_the_users(live):
    give(live.access_key, live.secret_key, AWS_PAIR)
    assert cdse.connect("offline").self_href != live.stac
    assert cdse.current().store.endpoint != live.s3 and os.environ["AWS_ACCESS_KEY_ID"] == live.access_key
    assert cdse.connect().self_href == live.stac and cdse.current().store.endpoint == live.s3


# -- keys that cannot be right: refused before anything is sent -----------------


LONG, SHORT = "a1b2c3d4" * 5, "A1B2C3D4E5"
BAD_KEYS = [
    ("1 none", {}, "Thiếu khóa S3"),
    ("2 access key alone", {PAIR[0]: SHORT}, "Thiếu CDSE_S3_SECRET_KEY: hãy đặt cả"),
    ("3 secret alone", {PAIR[1]: LONG}, "Thiếu CDSE_S3_ACCESS_KEY: hãy đặt cả"),
    ("4 empty", {PAIR[0]: "", PAIR[1]: ""}, "Thiếu khóa S3"),
    ("7 swapped", {PAIR[0]: LONG, PAIR[1]: SHORT}, "đảo chỗ"),
    ("8 blank within", {PAIR[0]: "A1B2 C3D4E5", PAIR[1]: LONG}, "CDSE_S3_ACCESS_KEY có khoảng trắng"),
    ("9 newline within", {PAIR[0]: SHORT, PAIR[1]: f"{LONG[:9]}\n{LONG[9:]}"}, "CDSE_S3_SECRET_KEY có khoảng trắng"),
    ("10 placeholder", {PAIR[0]: "<access-key>", PAIR[1]: "xxx"}, "CDSE_S3_ACCESS_KEY còn là chữ mẫu"),
    ("10 placeholder", {PAIR[0]: "khóa-của-bạn", PAIR[1]: "bí-mật-của-bạn"}, "còn là chữ mẫu"),
]


@pytest.mark.parametrize("of_class", [False, True], ids=["live", "class"])
@pytest.mark.parametrize(("given", "message"), [case[1:] for case in BAD_KEYS], ids=[case[0] for case in BAD_KEYS])
def test_bad_keys_are_named_and_nothing_is_sent(live, request, given, message, of_class):
    if of_class:
        request.getfixturevalue("classroom")
    os.environ |= given
    before = dict(os.environ)
    usage(reset=True, service=live.s3)
    with pytest.raises(BadInput, match=message) as caught:
        cdse.connect(None if of_class else "live")
    assert caught.value.reason is Reason.KEYS and usage(service=live.s3)["requests"] == 0
    assert dict(os.environ) == before and not cdse.status().connected
    assert [value for value in given.values() if len(value) > 9 and value in str(caught.value)] == []


def test_15_an_aws_profile_is_never_sent(live, tmp_path):
    (tmp_path / "credentials").write_text(
        f"[default]\naws_access_key_id = {live.access_key}\naws_secret_access_key = {live.secret_key}\n"
    )
    os.environ |= {"AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"), "AWS_PROFILE": "default"}
    with pytest.raises(BadInput, match="Thiếu khóa S3"):
        cdse.connect("live")


@pytest.mark.parametrize(
    ("arguments", "message"), [(("ngoai-tuyen",), "'ngoai-tuyen'"), (("live", "netrc"), "'netrc'")]
)
def test_an_unknown_name_is_refused(arguments, message):
    with pytest.raises(BadInput, match=message):
        cdse.connect(arguments[0], strategy=(*arguments, None)[1])


# -- keys that the service rejects ---------------------------------------------


REJECTED = [
    ("5 unknown key", lambda k: (SHORT, k.secret_key), [], Reason.KEY_UNKNOWN, "tạo cặp khóa mới"),
    ("6 wrong secret", lambda k: (k.access_key, LONG), [], Reason.SECRET_WRONG, "dán lại cả cặp khóa"),
    ("23 clock", lambda k: (k.access_key, k.secret_key), [fault("clock", minutes=42)], Reason.CLOCK, "lệch 42 phút"),
    ("forbidden", lambda k: (k.access_key, k.secret_key), [fault("status", path="/eodata/*", status=403)],
     Reason.FORBIDDEN, "quyền"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "faults", "reason", "cure"), [r[1:] for r in REJECTED], ids=[r[0] for r in REJECTED])
def test_a_rejected_pair_stops_and_leaves_no_trace(live, given, faults, reason, cure, tmp_path):
    """The good pair of the file is not tried instead, and GDAL never sees the bad one."""
    (tmp_path / ".env").write_text(f"CDSE_S3_ACCESS_KEY={live.access_key}\nCDSE_S3_SECRET_KEY={live.secret_key}\n")
    os.environ["CDSE_ENV_FILE"] = str(tmp_path / ".env")
    give(*given(live))
    before = dict(os.environ)
    switch_on(*faults, service=live.s3)
    with pytest.raises(Rejected, match=cure) as caught:
        cdse.connect()
    assert caught.value.reason is reason and dict(os.environ) == before and not cdse.status().connected
    assert not [value for value in given(live) if value in str(caught.value)]
    of_keys = reason in (Reason.KEY_UNKNOWN, Reason.SECRET_WRONG)
    assert str(caught.value).endswith(" Khóa ấy lấy từ biến CDSE_S3_ACCESS_KEY.") is of_keys


def test_the_connection_before_stays_when_another_fails(live):
    give(live.access_key, LONG)
    offline = cdse.connect("offline")
    with pytest.raises(Rejected):
        cdse.connect("live")
    assert cdse.status().service == "CDSE ngoại tuyến" and an_item(offline).id == IMAGE_ID
    assert cdse.current().store.endpoint != live.s3 and first_pixel(an_item(offline)) >= 0


UNREADY = [
    (fault("status", path="/eodata/*", status=503), Unavailable, Reason.BUSY),
    (fault("reset", path="/eodata/*"), Unavailable, Reason.NETWORK),
    (fault("html", path="/eodata/*"), BadData, Reason.NOT_SERVICE),
    (fault("html", path="/stac/*"), Unavailable, Reason.NOT_SERVICE),
]


@pytest.mark.parametrize(("rule", "kind", "reason"), UNREADY, ids=[str(rule) for rule, *_ in UNREADY])
def test_a_service_that_is_not_ready_is_told(live, rule, kind, reason, monkeypatch):
    monkeypatch.setattr("cdse_access.transport.WAITS", (0.01,))
    give(live.access_key, live.secret_key)
    switch_on(rule, service=live.s3)
    with pytest.raises(kind) as caught:
        cdse.connect()
    assert caught.value.reason is reason and not cdse.status().connected


def test_a_dead_address_says_what_to_do():
    with pytest.raises(Unavailable, match=r'127\.0\.0\.1:9/.*connect\("offline"\)'):
        cdse.open_catalog("http://127.0.0.1:9/stac/v1/")


# -- what is mended, and said --------------------------------------------------


MENDED = [
    ("8 blanks around the key", {PAIR[0]: " {access_key}\n"}, "bỏ khoảng trắng quanh CDSE_S3_ACCESS_KEY"),
    ("9 newline after the secret", {PAIR[1]: "{secret_key}\r\n"}, "bỏ khoảng trắng quanh CDSE_S3_SECRET_KEY"),
    ("10 quotes", {PAIR[0]: '"{access_key}"'}, "bỏ dấu nháy quanh CDSE_S3_ACCESS_KEY"),
    ("17 scheme", {"CDSE_S3_ENDPOINT": "http://{s3}"}, "CDSE_S3_ENDPOINT={s3}"),
    ("18 slash", {"CDSE_S3_ENDPOINT": "{s3}/"}, "CDSE_S3_ENDPOINT={s3}"),
    ("19 quotes and blanks", {"CDSE_S3_ENDPOINT": " '{s3}' "}, "CDSE_S3_ENDPOINT={s3}"),
]


@pytest.mark.parametrize(("given", "said"), [case[1:] for case in MENDED], ids=[case[0] for case in MENDED])
def test_small_slips_are_mended_and_said(classroom, capsys, given, said):
    give(classroom.access_key, classroom.secret_key)
    os.environ |= {name: value.format(**vars(classroom)) for name, value in given.items()}
    catalog = cdse.connect()
    told = capsys.readouterr().out
    assert f"\nĐã sửa giúp: {said.format(s3=classroom.s3)}.\n" in told
    assert classroom.access_key not in told and classroom.secret_key not in told
    assert cdse.current().store.endpoint == classroom.s3 and first_pixel(an_item(catalog)) >= 0


LEFT = [
    ("11", {"AWS_SESSION_TOKEN": "stale"}),
    ("12", {"AWS_NO_SIGN_REQUEST": "YES"}),
    ("13", {"AWS_PROFILE": "khong-co", "AWS_DEFAULT_PROFILE": "khong-co"}),
    ("20", {"AWS_ENDPOINT_URL": "https://s3.amazonaws.com", "AWS_ENDPOINT_URL_S3": "https://s3.amazonaws.com"}),
    ("54", {"GDAL_HTTP_UNSAFESSL": "YES", "AWS_REQUEST_PAYER": "requester"}),
]


@pytest.mark.parametrize("left", [case[1] for case in LEFT], ids=[case[0] for case in LEFT])
def test_leftovers_are_of_no_effect_and_stay(classroom, left):
    give(classroom.access_key, classroom.secret_key)
    os.environ |= left
    catalog = cdse.connect()
    assert first_pixel(an_item(catalog)) >= 0 and one_load(an_item(catalog), {}) > 0
    assert os.environ.items() >= left.items()
    assert not left.keys() & catalog.session.environment().keys()  # a child process has only the environment


@pytest.mark.parametrize(
    "wrong",
    [
        {"AWS_REGION": "us-west-2"},  # 16
        {"AWS_S3_ENDPOINT": ""},  # 20
        {"AWS_VIRTUAL_HOSTING": "TRUE"},  # 21
        {"AWS_HTTPS": "YES"},  # 22
        {"GDAL_NUM_THREADS": "ALL_CPUS", "GDAL_HTTP_MAX_RETRY": "0"},
    ],
)
def test_settings_of_gdal_are_set_right(classroom, capsys, wrong):
    give(classroom.access_key, classroom.secret_key)
    os.environ |= wrong
    assert first_pixel(an_item(cdse.connect())) >= 0
    assert capsys.readouterr().out.count("\n") == 1


def test_14_a_profile_beside_keys_of_the_environment_changes_nothing(classroom, tmp_path):
    (tmp_path / "credentials").write_text("[default]\naws_access_key_id = A5\naws_secret_access_key = B6\n")
    os.environ["AWS_SHARED_CREDENTIALS_FILE"] = str(tmp_path / "credentials")
    give(classroom.access_key, classroom.secret_key)
    assert first_pixel(an_item(cdse.connect())) >= 0


def test_22_https_to_a_service_without_is_explained(classroom):
    give(classroom.access_key, classroom.secret_key)
    os.environ["CDSE_S3_ENDPOINT"] = f"https://{classroom.s3}"
    with pytest.raises(BadData, match="không mã hóa") as caught:
        cdse.connect()
    assert caught.value.reason is Reason.NOT_SERVICE


def test_keys_never_go_to_cdse_in_the_open(monkeypatch):
    """A catalogue at http:// is no reason to read the real archive without encryption."""
    os.environ |= {"CDSE_STAC_URL": "http://lop.local/stac/", "CDSE_S3_ENDPOINT": LIVE_S3}
    give(SHORT, LONG)
    monkeypatch.setattr(cdse, "open_catalog", lambda url: SimpleNamespace(extra_fields={}))
    monkeypatch.setattr(probe, "find_sample", lambda catalog: None)
    assert cdse.connect().session.store.https is True


# -- the same kernel, later ----------------------------------------------------


def test_a_second_time_is_one_small_request(live):
    give(live.access_key, live.secret_key)
    catalog = cdse.connect()
    usage(reset=True, service=live.s3)
    assert cdse.connect() is catalog
    used = usage(service=live.s3)
    assert (used["requests"], used["s3"]) == (1, 1) and used["bytes"] < 1000


@pytest.mark.parametrize("chunks", [None, {}])
def test_24_keys_that_were_mended_work_at_once(live, chunks):
    """GDAL remembers the refusal, and odc-stac the keys: connect() makes both forget."""
    give(live.access_key, live.secret_key)
    item = an_item(cdse.connect())
    cdse.use_store(Store(live.s3, False, Keys.from_texts(live.access_key, LONG), ""))
    for _ in range(2):
        with pytest.raises((OSError, rasterio.errors.RasterioError)):
            one_load(item, chunks)
    cdse.connect()
    assert one_load(item, chunks) > 0


def test_24_rejected_then_right(live):
    give(live.access_key, LONG)
    with pytest.raises(Rejected):
        cdse.connect()
    os.environ[PAIR[1]] = live.secret_key
    assert one_load(an_item(cdse.connect())) > 0


def test_from_one_service_to_another_in_one_kernel(live):
    """27: odc-stac may keep keys for each thread; those of the service before must not be used."""
    here = one_load(an_item(cdse.connect("offline")), {})
    give(live.access_key, live.secret_key)
    assert one_load(an_item(cdse.connect("live")), {}) == here


def test_status_and_logout(live, capsys):
    give(live.access_key, live.secret_key)
    assert repr(cdse.status()) == "Chưa kết nối: hãy gọi connect()."
    item = an_item(cdse.connect())
    assert first_pixel(item) >= 0
    assert repr(cdse.status()).splitlines() == [
        "dịch vụ   CDSE thật",
        "máy chủ   máy này",
        "khóa      biến CDSE_S3_ACCESS_KEY",
        "thử khóa  vừa xong, được nhận",
    ]
    capsys.readouterr()
    cdse.logout()
    assert capsys.readouterr().out == "Đã đăng xuất: kernel này không còn giữ khóa nào.\n"
    assert not {*PAIR, *AWS_PAIR} & os.environ.keys() and not cdse.status().connected
    assert live.secret_key not in "".join(os.environ.values())
    os.environ |= {"CPL_AWS_EC2_API_ROOT_URL": "disabled", "AWS_CONFIG_FILE": os.devnull}
    with pytest.raises(rasterio.errors.RasterioIOError):
        first_pixel(item)


def test_logging_out_ends_the_offline_service():
    cdse.connect("offline")
    child = cdse.current().offline
    cdse.logout()
    assert child.process.returncode == 0
    assert cdse.connect().title.startswith("CDSE ngoại tuyến")


def test_status_shows_no_key_and_no_port(monkeypatch):
    assert repr(cdse.status()) == "Chưa kết nối: hãy gọi connect()."
    now = [1000.0]
    monkeypatch.setattr(cdse.time, "monotonic", lambda: now[0])
    held = Found(Keys.from_texts("A1", "B2"), "biến CDSE_S3_ACCESS_KEY")
    store = Store(LIVE.s3, True, held.keys, LIVE.s3)
    replace_current(cdse.Session(Service("live", LIVE, held), store, None, "s3://x", 1000.0))
    table = repr(cdse.status()).splitlines()
    assert table == [
        "dịch vụ   CDSE thật",
        "máy chủ   stac.dataspace.copernicus.eu, eodata.dataspace.copernicus.eu",
        "khóa      biến CDSE_S3_ACCESS_KEY",
        "thử khóa  vừa xong, được nhận",
    ]
    for seconds, ago in ((59, "vừa xong"), (61, "1 phút trước"), (3599, "59 phút trước"), (7300, "2 giờ trước")):
        now[0] = 1000.0 + seconds
        assert repr(cdse.status()).endswith(f"  {ago}, được nhận")
    here = Addresses("http://127.0.0.1:5/", "127.0.0.1:5", https=False)
    replace_current(cdse.Session(Service("offline", here, held), store, None, None, 1000.0))
    assert "máy này" in repr(cdse.status()) and "catalog trống" in repr(cdse.status())
    assert not re.search(r":\d|A1|B2", repr(cdse.status()))


# -- secrets do not get out ----------------------------------------------------


def verbose(error: BaseException) -> str:
    """What `%xmode Verbose` shows of connect() and below; the frame above it is the test's, which holds the keys."""
    assert error.__traceback__
    lines = VerboseTB().structured_traceback(type(error), error, error.__traceback__.tb_next)
    return re.sub(r"\x1b\[[\d;]*m", "", "\n".join(lines))


INTERRUPTED = ["gdal.set_path_option", "settings.forget_answers", "probe.find_sample", "deadline.wait"]
INTERRUPTED += ["exchange.Pool.ask", "jp2.ranges.S3SigV4Auth.add_auth", "jp2.ranges.Remote.ask"]


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, CancelledError, TypeError])
@pytest.mark.parametrize("place", INTERRUPTED)
def test_no_key_is_shown_where_connecting_is_interrupted(classroom, monkeypatch, place, kind):
    """Of every BaseException, wherever it comes: also where GDAL is told the keys, or a request is signed."""

    def interrupt(*arguments: object, **_: object) -> None:
        if not place.endswith("path_option") or classroom.secret_key in arguments:
            raise kind

    give(classroom.access_key, classroom.secret_key)
    before = dict(os.environ)
    monkeypatch.setattr(f"cdse_access.{place}", interrupt)
    with pytest.raises((kind, Unavailable)) as caught:
        cdse.connect(keys=(classroom.access_key, classroom.secret_key), stac=classroom.stac, s3=classroom.s3)
    told = verbose(caught.value)
    assert "session.py" in told
    assert not any(text in told for text in (classroom.access_key, classroom.secret_key, "Signature=", "AWS4-HMAC"))
    monkeypatch.undo()  # and nothing of it stays
    assert gdal.get_path_option(PREFIX, "AWS_SECRET_ACCESS_KEY") is None and dict(os.environ) == before
    assert gdal.get_process_option("GDAL_NUM_THREADS") is None and dask.config.get("num_workers", None) is None


SLIPS = [
    ("wrong secret", lambda k: {PAIR[1]: LONG}, None),
    ("unknown key", lambda k: {PAIR[0]: SHORT}, None),
    ("blank within", lambda k: {PAIR[1]: f"{LONG} {LONG}"}, None),
    ("half", lambda k: {PAIR[0]: ""}, None),
    ("no connection", lambda k: {"CDSE_S3_ENDPOINT": "127.0.0.1:9"}, None),
    ("no name", lambda k: {"CDSE_S3_ENDPOINT": "khong-co-may-nay.invalid"}, None),
    ("busy", lambda k: {}, fault("status", path="/eodata/*", status=503)),
    ("page", lambda k: {}, fault("html", path="/eodata/*")),
    ("catalogue", lambda k: {"CDSE_STAC_URL": "http://127.0.0.1:9/stac/"}, None),
]


@pytest.mark.parametrize(("slip", "rule"), [case[1:] for case in SLIPS], ids=[case[0] for case in SLIPS])
def test_28_no_key_in_errors_tracebacks_output_and_logs(classroom, caplog, capfd, monkeypatch, slip, rule):
    monkeypatch.setattr("cdse_access.transport.WAITS", (0.01,))
    caplog.set_level(logging.DEBUG)
    give(classroom.access_key, classroom.secret_key)
    os.environ |= slip(classroom)
    if rule:
        switch_on(rule, service=classroom.s3)
    with pytest.raises((BadInput, Rejected, Unavailable, BadData)) as caught:
        cdse.connect()
    secrets = {classroom.access_key, classroom.secret_key, SHORT, LONG}
    told = verbose(caught.value)
    assert "connect(" in told
    for text in (told, str(caught.value), repr(caught.value), caplog.text, *capfd.readouterr()):
        assert [secret for secret in secrets if secret in text] == []
    assert pickle.loads(pickle.dumps(caught.value)).reason is caught.value.reason


def test_28_no_key_in_what_a_cell_shows(classroom, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    give(classroom.access_key, classroom.secret_key)
    catalog = cdse.connect()
    plan = odc.stac.load([an_item(catalog)], ["B04_60m"], bbox=BBOX, resolution=600, chunks={})
    shown = [repr(cdse.current()), repr(cdse.status()), repr(catalog), catalog._repr_html_(), repr(plan), caplog.text]
    shown += [repr(dict(plan.__dask_graph__())), *capfd.readouterr()]
    secrets = (classroom.access_key, classroom.secret_key)
    assert [secret for secret in secrets for text in shown if secret in text] == []
    pickled = cloudpickle.dumps(plan)
    assert [secret for secret in secrets if secret.encode() in pickled] == [] and len(pickled) > 1000


@pytest.mark.parametrize("write", [pickle.dumps, cloudpickle.dumps])
def test_28_the_connection_itself_cannot_be_sent_away(classroom, write):
    give(classroom.access_key, classroom.secret_key)
    cdse.connect()
    with pytest.raises(TypeError, match="Khóa không được ghi"):
        write(cdse.current().service)
    with pytest.raises(TypeError, match="Khóa không được ghi"):
        write(cdse.current())


def test_29_a_run_without_a_person_is_not_asked():
    """nbclient's kernel has no screen: its getpass ends in StdinNotImplementedError."""
    source = """
import os
from cdse_access import keys
del os.environ["PYTEST_CURRENT_TEST"]
print(keys._someone_answers(), keys.find_keys({}, ask=True))
"""
    cell = nbformat.v4.new_code_cell(source)
    NotebookClient(nbformat.v4.new_notebook(cells=[cell]), kernel_name="python3", timeout=60).execute()
    assert [output.text for output in cell.outputs] == ["True None\n"]


# -- the environment and the child process --------------------------------------


def test_the_offline_service_ends_with_its_kernel():
    code = "from cdse_access import connect; print(connect('offline').session.offline.process.pid)"
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


# -- which images are the same ---------------------------------------------------


@pytest.mark.parametrize(
    ("version", "told", "s3", "identity"),
    [
        ("", {}, LIVE_S3, LIVE_S3),
        ("", {}, "lop.local:8123", "lop.local:8123"),
        ("", {}, "127.0.0.1:5", ""),
        ("", {}, "[::1]:5", ""),
        ("", {"cdse_offline:version": "abc"}, "lop.local:8123", "cdse_offline-abc"),
        ("", {"cdse_offline:version": "abc"}, "127.0.0.1:5", "cdse_offline-abc"),
        ("def", {}, "127.0.0.1:6", "cdse_offline-def"),
    ],
)
def test_images_are_named_by_what_makes_them(version, told, s3, identity):
    held = Found(Keys.from_texts("A1", "B2"), "?")
    chosen = Service("given", Addresses("http://a/", s3, https=False), held, version)
    assert cdse.name_images(chosen, SimpleNamespace(extra_fields=told)) == identity


# -- a GDAL without JPEG 2000 ----------------------------------------------------


LOAD_WITHOUT = """
import sys
from cdse_access import connect, load
[item] = connect().search(collections=["sentinel-2-l2a"], ids=[sys.argv[1]]).items()
try:
    load([item], ["B04_60m"], bbox=item.properties["cdse_offline:window"], resolution=60)
except ValueError as error:
    print(error)
"""


@pytest.mark.parametrize(("name", "value"), [("PROJ_LIB", "/khong-co"), ("PROJ_DATA", ""), ("PROJ_LIB", " ")])
def test_a_gdal_without_its_table_of_projections_is_told_with_the_variable(classroom, tmp_path, name, value):
    """QGIS, PostGIS and conda leave such variables behind."""
    keys = {PAIR[0]: classroom.access_key, PAIR[1]: classroom.secret_key}
    command = [sys.executable, "-c", LOAD_WITHOUT, IMAGE_ID]
    environment = os.environ | keys | {name: value, "CDSE_CACHE": str(tmp_path)}
    told = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.splitlines()
    assert f"proj.db), vì biến trỏ tới nơi khác: {name}={value!r}" in told[-1]


def test_a_gdal_that_cannot_read_jpeg_2000_is_told_with_the_package_that_lacks(classroom, tmp_path):
    """conda-forge's GDAL has the driver in a package of its own."""
    keys = {PAIR[0]: classroom.access_key, PAIR[1]: classroom.secret_key}
    usage(reset=True, service=classroom.s3)
    command = [sys.executable, "-c", LOAD_WITHOUT, IMAGE_ID]
    environment = os.environ | keys | {"GDAL_SKIP": "JP2OpenJPEG", "CDSE_CACHE": str(tmp_path)}
    told = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.splitlines()
    assert len(told) == 3 and all("libgdal-jp2openjpeg" in line for line in told[1:]) and told[1].startswith("Chú ý: ")
    assert "JP2OpenJPEG" in told[2] and "GDAL_SKIP" in told[2]
    assert usage(service=classroom.s3)["s3"] == 1  # the keys were tried, and no image was asked for in vain


def test_threads_that_connect_at_one_time_leave_nothing_behind(archive, monkeypatch):
    """Two at a time took each other's settings for the learner's: a key stayed in GDAL, dask with four workers."""
    slow = cdse._try_service

    def meet(*arguments: object) -> object:
        time.sleep(0.2)
        return slow(*arguments)

    monkeypatch.setattr(cdse, "_try_service", meet)
    given = {"keys": (archive.access_key, archive.secret_key), "stac": archive.stac, "s3": archive.s3}
    names = ("AWS_SECRET_ACCESS_KEY", "GDAL_DISABLE_READDIR_ON_OPEN")
    before = dict(os.environ), gdal.get_process_option("GDAL_NUM_THREADS"), dask.config.get("num_workers", None)
    with ThreadPoolExecutor(4) as threads:
        catalogs = [threads.submit(cdse.connect, **given) for _ in range(4)]
        assert {one.result().id for one in catalogs} == {"cdse-offline"}
    cdse.logout()
    assert [gdal.get_path_option(PREFIX, name) for name in names] == [None, None]
    after = dict(os.environ), gdal.get_process_option("GDAL_NUM_THREADS"), dask.config.get("num_workers", None)
    assert after == before


def test_a_connect_that_waits_for_another_is_told_in_time(archive, monkeypatch):
    monkeypatch.setattr(cdse, "PATIENCE", 0.1)
    with ThreadPoolExecutor(1) as threads, cdse._take_turn():
        waiting = threads.submit(cdse.logout)
        with pytest.raises(Unavailable, match="chưa xong") as caught:
            waiting.result()
    assert caught.value.reason is Reason.BUSY
