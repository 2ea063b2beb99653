"""cdse_access.jp2.answers: a reason and a cure for every answer that is not the wanted bytes."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from cdse_access.exchange import LostError
from cdse_access.jp2.answers import lost_problem, refusal
from cdse_access.messages import VIETNAMESE, say
from cdse_access.problems import BadData, Reason, Rejected, Unavailable

HREF = "s3://eodata/a/B04_10m.jp2"


def xml(code: str) -> bytes:
    return f'<?xml version="1.0"?>\n<Error><Code>{code}</Code><Message>Secret: abc</Message></Error>'.encode()


CODES = [
    (403, "InvalidAccessKeyId", Rejected, Reason.KEY_UNKNOWN, "hết hạn"),
    (403, "SignatureDoesNotMatch", Rejected, Reason.SECRET_WRONG, "Secret không thuộc"),
    (403, "RequestTimeTooSkewed", Rejected, Reason.CLOCK, "Đồng hồ"),
    (403, "AccessDenied", Rejected, Reason.FORBIDDEN, "không cho đọc B04_10m.jp2"),
    (400, "AuthorizationHeaderMalformed", Rejected, Reason.KEY_UNKNOWN, "HTTP 400"),
    (404, "NoSuchKey", BadData, Reason.MISSING, "Kho ảnh không có B04_10m.jp2"),
    (404, "NoSuchBucket", BadData, Reason.MISSING, "tìm lại item"),
    (416, "InvalidRange", BadData, Reason.BROKEN, "bị cắt cụt"),
    (503, "SlowDown", Unavailable, Reason.BUSY, "HTTP 503, SlowDown"),
    (500, "InternalError", Unavailable, Reason.BUSY, "vài phút"),
    (503, "OfflineBusy", Unavailable, Reason.BUSY, "còn đang vẽ B04_10m.jp2"),
    (400, "RequestTimeout", Unavailable, Reason.BUSY, "quá tải"),
    (403, "SlowDown", Unavailable, Reason.BUSY, "quá tải"),  # the code decides before the status
]


@pytest.mark.parametrize(("status", "code", "kind", "reason", "text"), CODES)
def test_the_code_of_s3_decides(status, code, kind, reason, text):
    found = refusal(status, {"Content-Type": "application/xml"}, xml(code), HREF)
    assert (type(found), found.reason) == (kind, reason) and text in str(found)
    assert "abc" not in str(found)  # nothing that the server says is repeated


STATUSES = [
    (400, Rejected, Reason.FORBIDDEN),
    (401, Rejected, Reason.FORBIDDEN),
    (403, Rejected, Reason.FORBIDDEN),
    (404, BadData, Reason.MISSING),
    (410, BadData, Reason.MISSING),
    (416, BadData, Reason.BROKEN),
    (302, BadData, Reason.NOT_SERVICE),
    (407, BadData, Reason.NOT_SERVICE),
    (408, Unavailable, Reason.BUSY),
    (429, Unavailable, Reason.BUSY),
    (500, Unavailable, Reason.BUSY),
    (599, Unavailable, Reason.BUSY),
    (200, Unavailable, Reason.NOT_SERVICE),
    (206, Unavailable, Reason.NETWORK),
]


@pytest.mark.parametrize("body", [b"", xml("Whatever"), b"\0\0\0\x0cjP  "])
@pytest.mark.parametrize(("status", "kind", "reason"), STATUSES)
def test_without_a_code_the_status_decides(status, kind, reason, body):
    found = refusal(status, {}, body, HREF)
    assert (type(found), found.reason) == (kind, reason)
    assert f"(HTTP {status})" in str(found) and "Whatever" not in str(found)


PAGES = [b"<!DOCTYPE html><title>Log in</title>", b"\n <HTML>", b'{"detail": "Unauthorized"}']


@pytest.mark.parametrize("status", [200, 302, 401, 403, 404])
@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_not_the_store(status, page):
    found = refusal(status, {}, page, HREF)
    assert type(found) is BadData and found.reason is Reason.NOT_SERVICE and "đăng nhập" in str(found)
    assert refusal(status, {"Content-Type": "text/html; charset=utf-8"}, b"?", HREF).reason is Reason.NOT_SERVICE


@pytest.mark.parametrize("status", [429, 502, 503])
def test_a_page_of_a_busy_gateway_is_a_busy_service(status):
    assert refusal(status, {"Content-Type": "text/html"}, PAGES[0], HREF).reason is Reason.BUSY


def test_a_code_far_behind_is_not_looked_for():
    assert refusal(403, {}, b"x" * 4096 + xml("SlowDown"), HREF).reason is Reason.FORBIDDEN


@pytest.mark.parametrize(("date", "text"), [(None, "lệch so với"), ("?", "lệch so với"), (20, "lệch 20 phút so với")])
def test_a_clock_is_compared_with_that_of_the_service(date, text):
    told = format_datetime(datetime.now(UTC) + timedelta(minutes=date)) if isinstance(date, int) else date
    headers = {"Date": told} if told else {}
    assert text in str(refusal(403, headers, xml("RequestTimeTooSkewed"), HREF))


@pytest.mark.parametrize(("told", "text"), [("60", "chờ 60 giây"), ("soon", "chờ vài phút"), ("9" * 30, "vài phút")])
def test_how_long_to_wait_is_told(told, text):
    assert text in str(refusal(429, {"Retry-After": told}, b"", HREF))


@pytest.mark.parametrize(
    ("slot", "kind", "reason"),
    [
        ("why-certificate", BadData, Reason.CERTIFICATE),
        ("why-in-the-open", BadData, Reason.NOT_SERVICE),
        ("why-encryption", Unavailable, Reason.NETWORK),
        ("why-proxy", Unavailable, Reason.NETWORK),
        ("why-broken-off", Unavailable, Reason.NETWORK),
    ],
)
def test_a_request_that_was_lost(slot, kind, reason):
    found = lost_problem(LostError(slot, what="SomeError"), HREF)
    assert (type(found), found.reason) == (kind, reason)
    assert kind is BadData or "SomeError" in str(found)


SLOTS = [slot for texts in VIETNAMESE.values() for slot in texts if slot.startswith("s3-")]


@pytest.mark.parametrize("slot", SLOTS)
def test_every_text_says_what_to_do(slot: str):
    text = say(slot, file="B04_10m.jp2", instead="", skew="", wait=" vài phút", what="?", why="?")
    assert "hãy " in text and text.endswith(".") and text.reason is not None
