"""Servers that contradict themselves: what a plain client gets, byte for byte."""

import gzip
import socket
import time
from typing import Any

import pytest

from cdse_offline import practice
from cdse_offline.practice import fault
from tests.service import CONTENT, Service

IMAGE = "/eodata/a.jp2"
SIZE = len(CONTENT)


def on(service: Service, *args: Any, **parameters: Any) -> None:
    practice.switch_on(fault(*args, **parameters), service=service.address)


@pytest.mark.parametrize(
    ("surplus", "body"),
    [
        (40, CONTENT[100:140] + CONTENT[100:200]),
        (4096, CONTENT[100:200] * 2),
        (-40, CONTENT[100:160]),
        (-4096, b""),
    ],
)
@pytest.mark.parametrize("chunked", [False, True])
def test_mismatch(service: Service, surplus: int, body: bytes, chunked: bool):
    on(service, "mismatch", surplus=surplus, chunked=chunked)
    answer = service.read(Range="bytes=100-199")
    assert answer.status == 206 and answer.headers["Content-Range"] == f"bytes 100-199/{SIZE}"
    assert answer.body == body
    assert answer.headers["Content-Length"] == (None if chunked else str(len(body)))


def test_a_mismatch_of_a_large_object_passes_in_pieces(service: Service):
    on(service, "mismatch", surplus=4096)
    answer = service.read("/eodata/large.jp2", Range="bytes=0-999999")
    assert len(answer.body) == 1_004_096


@pytest.mark.parametrize(
    ("changes", "told"),
    [({"shift": 1}, f"bytes 101-200/{SIZE}"), ({"growth": -10}, f"bytes 100-199/{SIZE - 10}")],
)
def test_wrong_range(service: Service, changes: dict[str, int], told: str):
    on(service, "wrong-range", **changes)
    answer = service.read(Range="bytes=100-199")
    assert (answer.headers["Content-Range"], answer.body) == (told, CONTENT[100:200])
    assert service.read().headers["Content-Range"] is None  # a whole object has none


def test_header(service: Service):
    on(service, "header", name="Retry-After", value="9" * 5000)
    assert service.read().headers["Retry-After"] == "9" * 5000
    on(service, "header", name="ETag", value='"other"', twice=True)
    etags = service.read().headers.get_all("ETag") or []
    assert len(etags) == 2 and etags[1] == '"other"' != etags[0]
    on(service, "header", name="ETag", value='"other"')
    assert service.read().headers.get_all("ETag") == ['"other"']


def test_packed(service: Service):
    on(service, "packed")
    answer = service.read()
    assert answer.headers["Content-Encoding"] == "gzip" and gzip.decompress(answer.body) == CONTENT


def test_new_etag(service: Service):
    truth = service.read()
    on(service, "new-etag", which="2")
    answers = [service.read() for _ in range(2)]
    assert [answer.body for answer in answers] == [CONTENT] * 2
    assert answers[0].headers["ETag"] == truth.headers["ETag"] != answers[1].headers["ETag"]


def test_drip(service: Service):
    on(service, "drip", seconds=0.02)
    host, port = service.address.split(":")
    with socket.create_connection((host, int(port)), 10) as client:
        client.sendall(f"GET {IMAGE} HTTP/1.1\r\nHost: {service.address}\r\n\r\n".encode())
        came, until = b"", time.monotonic() + 10
        while came.count(b"\r\n") < 5 and time.monotonic() < until:
            came += client.recv(1000)
    assert came.startswith(b"HTTP/1.1 200 OK\r\nX-Patience") and b"\r\n\r\n" not in came
    practice.switch_off(service=service.address)
    assert service.read().body == CONTENT
