"""Faults on request: what a plain client gets of each kind, byte for byte."""

import http.client
import socket
import time
import tracemalloc
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest

from cdse_offline import practice
from cdse_offline.practice import fault
from cdse_offline.practice.middleware import Practice
from tests.service import CONTENT, LARGE, OTHER, Answer, Service, running

SEARCH, IMAGE = "/stac/v1/search", "/eodata/a.jp2"


def on(service: Service, *args: Any, **parameters: Any) -> None:
    practice.switch_on(fault(*args, **parameters), service=service.address)


def code(answer: Answer) -> str:
    assert answer.headers["Content-Type"] == "application/xml"
    return answer.body.decode().partition("<Code>")[2].partition("</Code>")[0]


def test_several_faults_may_befall_one_request(service: Service):
    practice.switch_on(
        fault("delay", seconds=0.2), fault("status", which="2", status=500), fault("html", path="/eodata/*"),
        service=service.address,
    )  # fmt: skip
    start = time.monotonic()
    answers = [service.read() for _ in range(2)]
    assert time.monotonic() - start >= 0.4
    # the first rule is the outermost: an error hides what lies within
    assert [a.status for a in answers] == [200, 500] and answers[0].body.startswith(b"<!doctype html>")


# --- Answers instead of the real one ---


def test_status_in_the_words_of_each_service(service: Service):
    on(service, "status", status=503, retry_after=7)
    answer = service.read()
    assert (answer.status, code(answer), answer.headers["Retry-After"]) == (503, "SlowDown", "7")
    assert b"<Message>Please reduce your request rate.</Message>" in answer.body
    answer = service.search()
    assert answer.status == 503 and answer.headers["Content-Type"] == "application/json"
    assert answer.json() == {"code": "ServiceUnavailable", "description": "Service Unavailable"}
    assert service.read(method="HEAD").body == b""


def test_status_with_its_own_words(service: Service):
    on(service, "status", path=IMAGE, status=509, code="Enough", message="too <much>")
    answer = service.read()
    assert (answer.status, code(answer)) == (509, "Enough") and b"too &lt;much&gt;" in answer.body
    assert "Retry-After" not in answer.headers and service.read("/eodata/b.jp2").body == OTHER


def test_html(service: Service):
    on(service, "html")
    answer = service.read(Range="bytes=0-11")
    assert answer.status == 200 and answer.headers["Content-Type"].startswith("text/html")
    assert b'type="password"' in answer.body and service.search().body == answer.body


def test_empty(service: Service):
    on(service, "empty")
    answer = service.search()
    assert (answer.status, answer.body, answer.headers["Content-Length"]) == (200, b"", "0")


# --- Time and the connection ---


def test_delay(service: Service):
    on(service, "delay", which="first", seconds=0.5)
    start = time.monotonic()
    assert service.read().body == CONTENT
    middle = time.monotonic()
    assert service.read().body == CONTENT
    assert middle - start >= 0.5 > time.monotonic() - middle


def test_hang(service: Service):
    on(service, "hang", which="first")
    with pytest.raises(TimeoutError):
        service.open(IMAGE, timeout=0.2)
    assert service.read().body == CONTENT


def test_stall(service: Service):
    on(service, "stall", after=1000)
    response = service.open(IMAGE, timeout=0.3, **service.signed(IMAGE))
    assert response.headers["Content-Length"] == "5000" and response.read(1000) == CONTENT[:1000]
    with pytest.raises(TimeoutError):
        response.read(1)


@pytest.mark.parametrize("kind", ["hang", "stall"])
def test_who_waits_does_not_hold_up_the_end_of_the_service(kind: str, tmp_path: Path, caplog: pytest.LogCaptureFixture):
    with (
        running(tmp_path, practice=Practice()) as service,
        socket.create_connection(("127.0.0.1", int(service.address.partition(":")[2]))) as client,
    ):
        on(service, kind)
        client.sendall(b"GET /stac/v1/conformance HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert service.practice
        while not service.practice.rules[0].met:
            time.sleep(0.01)
        if kind == "stall":
            client.recv(1)
        start = time.monotonic()
        service.stop()
        assert time.monotonic() - start < 1  # for others, the service waits a second
    assert caplog.text == ""


def test_slow(service: Service):
    on(service, "slow", rate=5000)
    start = time.monotonic()
    assert service.read().body == CONTENT
    assert 0.99 < time.monotonic() - start < 5  # 5000 bytes


def test_reset(service: Service):
    on(service, "reset", which="first")
    with pytest.raises(ConnectionResetError):
        service.open(IMAGE)
    assert service.read().body == CONTENT


@pytest.mark.parametrize(("after", "kept"), [(1000, 1000), (None, 2500), (0, 0), (4999, 4999)])
def test_cut(service: Service, after: int | None, kept: int):
    on(service, "cut", after=after)
    response = service.open(IMAGE, **service.signed(IMAGE))
    assert response.headers["Content-Length"] == "5000" and response.read(kept) == CONTENT[:kept]
    with pytest.raises(ConnectionResetError):
        response.read(1)


def test_a_cut_past_the_end_is_none(service: Service):
    on(service, "cut", after=5001)
    assert service.read().body == CONTENT


def test_cut_as_a_proxy_does(service: Service):
    on(service, "cut", fin=True)
    with pytest.raises(http.client.IncompleteRead) as cut:
        service.read()
    assert cut.value.partial == CONTENT[:2500]


# --- Frames ---


def test_no_length(service: Service):
    on(service, "no-length", after=4000)
    answer = service.read()
    assert {"Content-Length", "Transfer-Encoding"} & set(answer.headers) == set()
    assert (answer.status, answer.headers["Connection"], answer.body) == (200, "close", CONTENT[:4000])


def test_short(service: Service):
    on(service, "short", which="first")
    answer = service.read(Range="bytes=100-1099")
    assert (answer.status, answer.headers["Content-Range"]) == (206, "bytes 100-1099/5000")
    assert (answer.headers["Content-Length"], answer.body) == ("500", CONTENT[100:600])


def test_short_leaves_the_connection_in_order(service: Service):
    on(service, "short", which="first", after=10)
    connection = http.client.HTTPConnection(service.address)
    for expected in (CONTENT[:10], CONTENT):
        connection.request("GET", IMAGE, headers=service.signed(IMAGE))
        assert connection.getresponse().read() == expected


def test_ignore_range(service: Service):
    on(service, "ignore-range")
    answer = service.read(Range="bytes=100-199")
    assert (answer.status, answer.body, "Content-Range" in answer.headers) == (200, CONTENT, False)
    # the signature is looked at all the same
    assert service.ask(IMAGE, **(service.signed(IMAGE) | {"Range": "bytes=0-1"})).status == 200
    assert service.ask(IMAGE, **(service.signed(IMAGE, Range="bytes=0-1") | {"Range": "bytes=0-2"})).status == 403


# --- Stored objects ---


@pytest.mark.parametrize(
    ("asked", "status", "content_range", "body"),
    [
        ("bytes=0-99", 206, "bytes 0-99/3000", CONTENT[:100]),
        ("bytes=2990-3009", 206, "bytes 2990-2999/3000", CONTENT[2990:3000]),
        ("bytes=0-", 206, "bytes 0-2999/3000", CONTENT[:3000]),
        ("", 200, None, CONTENT[:3000]),
    ],
)
def test_truncate(service: Service, asked: str, status: int, content_range: str | None, body: bytes):
    on(service, "truncate", size=3000)
    answer = service.read(**({"Range": asked} if asked else {}))
    assert (answer.status, answer.headers["Content-Range"], answer.body) == (status, content_range, body)
    assert answer.headers["Content-Length"] == str(len(body))


def test_nothing_lies_behind_the_end_of_a_truncated_object(service: Service):
    on(service, "truncate")
    answer = service.read(Range="bytes=2500-2600")  # half of it is left
    assert (answer.status, code(answer)) == (416, "InvalidRange")
    assert service.read(Range="bytes=2499-2600").body == CONTENT[2499:2500]
    on(service, "truncate", size=0)
    assert (service.read().status, service.read().body) == (200, b"")


@pytest.mark.parametrize(
    ("where", "asked", "spoilt"),
    [
        ({}, "bytes=0-4999", 3524),  # the middle of what follows the first 2048
        ({}, "bytes=100-199", 50),
        ({"position": 7}, "bytes=100-199", 7),
        ({"at": 107, "bit": 5}, "bytes=100-199", 7),
        ({"at": 300}, "bytes=100-199", None),
        ({"at": 99}, "bytes=100-199", None),
    ],
)
def test_corrupt(service: Service, where: dict[str, int], asked: str, spoilt: int | None):
    on(service, "corrupt", **where)
    answer = service.read(Range=asked)
    first, last = (int(edge) for edge in asked[6:].split("-"))
    expected = bytearray(CONTENT[first : last + 1])
    if spoilt is not None:
        expected[spoilt] ^= 1 << where.get("bit", 0)
    assert answer.body == expected and answer.headers["Content-Length"] == str(len(expected))


@pytest.mark.parametrize(
    ("where", "start", "stop"), [({"at": 4000}, 4000, 5000), ({"length": 10}, 3524, 3534), ({"position": 0}, 0, 4096)]
)
def test_zeroed(service: Service, where: dict[str, int], start: int, stop: int):
    on(service, "zeroed", **where)
    assert service.read().body == CONTENT[:start] + bytes(stop - start) + CONTENT[stop:]


def test_a_large_object_is_spoilt_as_it_passes(service: Service):
    path = "/eodata/large.jp2"
    on(service, "corrupt", at=LARGE - 5)
    assert service.read(path, Range=f"bytes={LARGE - 10}-").body == bytes(5) + b"\1" + bytes(4)
    practice.switch_on(fault("ignore-range"), fault("corrupt"), service=service.address)
    tracemalloc.start()
    with service.open(path, **service.signed(path, Range="bytes=0-9")) as response:
        size = sum(len(response.read(1_000_000)) for _ in range(LARGE // 1_000_000))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size == LARGE and peak < LARGE / 5


def test_errors_are_not_spoilt(service: Service):
    truth = service.ask(IMAGE).body  # not signed
    on(service, "corrupt")
    assert service.ask(IMAGE).body == truth


def test_replace(service: Service):
    before = service.read()
    on(service, "replace", which="after 1")
    answers = [service.read(Range="bytes=10-19") for _ in range(2)]
    assert [a.headers["ETag"] == before.headers["ETag"] for a in answers] == [True, False]
    assert answers[0].body == CONTENT[10:20] and len(answers[1].body) == 10
    assert not set(zip(CONTENT[10:20], answers[1].body, strict=True)) & {(b, b) for b in range(256)}


@pytest.mark.parametrize("by", ["s3://eodata/b.jp2", "/eodata/b.jp2", "b.jp2"])
def test_replace_by_another_object(service: Service, by: str):
    on(service, "replace", path=IMAGE, by=by)
    assert service.read(Range="bytes=10-19").body == OTHER[10:20]
    assert service.read().headers["ETag"] == service.read("/eodata/b.jp2").headers["ETag"]


# --- Keys and the clock ---


def test_key_unknown(service: Service):
    on(service, "key-unknown")
    answer = service.read()
    assert (answer.status, code(answer)) == (403, "InvalidAccessKeyId")
    assert code(service.ask(IMAGE)) == "AccessDenied"  # who does not sign hears nothing else than before


def test_secret_wrong(service: Service):
    on(service, "secret-wrong")
    answer = service.read()
    assert (answer.status, code(answer)) == (403, "SignatureDoesNotMatch")


def test_key_expires(service: Service):
    on(service, "key-expires")
    answers = [service.read() for _ in range(8)]
    assert [a.status for a in answers] == [200] * 6 + [403] * 2 and code(answers[7]) == "InvalidAccessKeyId"
    assert service.search().status == 200


def test_clock(service: Service):
    on(service, "clock", minutes=60)
    answer = service.read()
    assert (answer.status, code(answer)) == (403, "RequestTimeTooSkewed")
    ahead = parsedate_to_datetime(answer.headers["Date"]) - datetime.now(UTC)
    assert abs(ahead - timedelta(hours=1)) < timedelta(seconds=5) and len(answer.headers.get_all("Date", [])) == 1
    on(service, "clock", minutes=-60)
    assert code(service.read()) == "RequestTimeTooSkewed"
    on(service, "clock", minutes=5)  # S3 allows a quarter of an hour
    assert service.read().body == CONTENT
