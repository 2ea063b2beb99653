"""cdse_access.jp2.ranges: ranged reading of a store that has bad days, against a small server on this machine."""

import shutil
import ssl
import subprocess
import threading
import time
import traceback
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from cdse_access.jp2 import ranges as remote
from cdse_access.jp2.ranges import Remote, open_pool
from cdse_access.problems import BadData, Problem, Reason, Rejected, Unavailable
from cdse_access.secrets import Keys
from cdse_access.store import Store

CONTENT = bytes(range(256)) * 40


class Server(ThreadingHTTPServer):
    """Serves `content`; `faults` are what the next answers do instead."""

    def __init__(self) -> None:
        self.content, self.etag = CONTENT, '"a"'
        self.faults: list[str | int | None] = []
        self.requests: list[str] = []
        self.headers: list[Message] = []
        self.paths: list[str] = []
        self.retry_after, self.hung = "3", threading.Event()
        super().__init__(("127.0.0.1", 0), Answer)

    def handle_error(self, *_: object) -> None:
        """A client that hangs up is no news."""


class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        store = self.server
        store.requests.append(self.headers["Range"])
        store.headers.append(self.headers)
        store.paths.append(self.path)
        start, stop = map(int, self.headers["Range"].removeprefix("bytes=").split("-"))
        fault = store.faults.pop(0) if store.faults else None
        if fault == "hang":
            store.hung.wait(10)
        if fault in ("reset", "hang"):
            self.close_connection = True
        elif fault == "page":
            self.answer(200, b"<!DOCTYPE html><title>Dang nhap</title>")
        elif isinstance(fault, int):
            body = b"<Error><Code>SomeCode</Code></Error>" if fault > 400 else store.content
            headers = {"Retry-After": store.retry_after} if fault == 429 else {}
            self.answer(fault, body, headers)
        else:
            self.part(start, store.content[start : stop + 1], fault)

    def part(self, start: int, body: bytes, fault: str | None) -> None:
        place = f"bytes {start + (fault == 'shifted')}-{start + len(body) - 1}/{len(self.server.content)}"
        cut = {"cut": 3, "half": len(body) // 2}.get(fault or "", 0)
        sent = body[:-3] if fault == "short" else body
        self.answer(206, sent, {"Content-Range": place, "ETag": self.server.etag}, cut=cut)

    def answer(self, status: int, body: bytes, headers: dict[str, str] | None = None, *, cut: int = 0) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[: len(body) - cut])
        self.close_connection = bool(cut)

    def log_message(self, *_: object) -> None:
        pass


def certificate(folder: Path) -> tuple[Path, Path]:
    """A self-signed certificate for 127.0.0.1, and its key."""
    paths = folder / "certificate.pem", folder / "key.pem"
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject]
    subprocess.run([*command, "-out", paths[0], "-keyout", paths[1]], check=True, capture_output=True)
    return paths


@pytest.fixture
def server():
    with Server() as found:
        threading.Thread(target=found.serve_forever, args=(0.01,), daemon=True).start()
        yield found
        found.shutdown()


@pytest.fixture
def store(server) -> Store:
    return store_at(f"127.0.0.1:{server.server_port}")


def store_at(endpoint: str, *, https: bool = False) -> Store:
    return Store(endpoint, https, Keys.from_texts("THEKEY", "THESECRET"), "")


class Clock:
    """Stands in for the clock, and for the event that is waited for."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def wait(self, seconds: float) -> bool:
        self.waits.append(seconds)
        self.now += seconds
        return False


@pytest.fixture
def clock(monkeypatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(remote, "time", found)
    return found


@pytest.fixture
def file(store, clock) -> Remote:
    return remote_file(store, clock)


def remote_file(store: Store, clock: Clock) -> Remote:
    pool = open_pool(store, 4)
    stop: Any = clock
    pool.stop = stop
    return Remote("s3://eodata/a b?c.jp2", store, pool)


def test_a_range_is_read_and_signed(server, file):
    assert file.read(10, 20) == CONTENT[10:20] and file.read(10230, 99999) == CONTENT[10230:]
    assert server.requests == ["bytes=10-19", "bytes=10230-99998"]
    assert server.headers[0]["Authorization"].startswith("AWS4-HMAC-SHA256 Credential=THEKEY/")
    assert (file.size, file.etag) == (10240, '"a"') and set(server.paths) == {"/eodata/a%20b%3Fc.jp2"}


@pytest.mark.parametrize("fault", [429, 500, 503, 200, "reset", "cut", "short", "shifted"])
def test_a_fault_that_passes_is_healed(server, file, clock, fault):
    server.faults = [fault, fault]
    assert file.read(10, 20) == CONTENT[10:20]
    assert len(server.requests) == 3 and clock.waits == ([3, 3] if fault == 429 else [0.5, 1])


STAYS = {503: Reason.BUSY, 429: Reason.BUSY, 200: Reason.NOT_SERVICE, "reset": Reason.NETWORK, "cut": Reason.NETWORK}
STAYS |= {"short": Reason.NETWORK, "shifted": Reason.NETWORK}


@pytest.mark.parametrize("fault", STAYS)
def test_a_fault_that_stays_is_told_in_time(server, file, clock, fault):
    server.faults = [fault] * 99
    with pytest.raises(Unavailable) as caught:
        file.read(10, 20)
    assert caught.value.reason is STAYS[fault] and file.chunks == []
    assert clock.waits == ([3, 3, 3, 4, 8] if fault == 429 else [0.5, 1, 2, 4, 8, 8]) and sum(clock.waits) <= 25


def test_who_is_told_to_wait_for_long_does_not(server, file, clock):
    server.faults, server.retry_after = [429] * 9, "3600"
    with pytest.raises(Unavailable, match="hãy chờ 3600 giây"):
        file.read(10, 20)
    assert clock.waits == []


def test_when_one_has_failed_the_others_do_not_try_again(server, store):
    pool = open_pool(store, 4)
    server.faults = [503] * 9
    pool.stop.set()
    with pytest.raises(Unavailable, match="quá tải"):
        Remote("s3://eodata/x.jp2", store, pool).read(10, 20)
    assert len(server.requests) == 1


@pytest.mark.parametrize(("status", "reason"), [(403, Reason.FORBIDDEN), (404, Reason.MISSING)])
def test_a_refusal_is_told_at_once(server, file, status, reason):
    server.faults = [status] * 9
    with pytest.raises((Rejected, BadData), match=f"HTTP {status}") as caught:
        file.read(10, 20)
    assert caught.value.reason is reason and len(server.requests) == 1 and file.chunks == []


def test_a_page_is_told_at_once(server, file):
    server.faults = ["page"] * 9
    with pytest.raises(BadData, match="trang web") as caught:
        file.read(10, 20)
    assert caught.value.reason is Reason.NOT_SERVICE and len(server.requests) == 1


def test_what_arrived_before_a_break_is_kept_if_it_is_much(server, file, clock):
    server.content = CONTENT * 40
    server.faults = ["half", "half"]
    assert file.read(0, 400_000) == server.content[:400_000]
    rest = "bytes=200000-399999"  # half of that is too little to be kept
    assert server.requests == ["bytes=0-399999", rest, rest] and clock.waits == [0.5]


def test_an_answer_that_trickles_ends(server, file, clock, monkeypatch):
    monkeypatch.setattr(remote, "SLOWEST", 2)
    reads, read1 = [], remote.HTTPResponse.read1

    def trickling(self, amount):
        reads.append(amount)
        clock.now += 1
        return read1(self, 1)

    monkeypatch.setattr(remote.HTTPResponse, "read1", trickling)
    with pytest.raises(Unavailable, match="Mất kết nối"):
        file.read(10, 20)
    assert len(reads) == 2 * len(server.requests) and clock.now < 60


def test_a_silent_server_ends(server, store, clock, monkeypatch):
    monkeypatch.setattr(remote, "SILENT", 0.2)
    pool = open_pool(store, 1)
    stop: Any = clock
    pool.stop = stop
    server.faults, start = ["hang"] * 9, time.monotonic()
    with pytest.raises(Unavailable, match="Mất kết nối"):
        Remote("s3://eodata/x.jp2", store, pool).read(10, 20)
    assert len(server.requests) == 7 and time.monotonic() - start < 5
    server.hung.set()


def test_an_unknown_host_is_told(clock):
    with pytest.raises(Unavailable) as caught:
        remote_file(store_at("127.0.0.1:9"), clock).read(10, 20)
    assert caught.value.reason is Reason.NETWORK


def test_the_store_on_this_machine_is_asked_without_a_proxy(server, store, clock, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "example.org")
    assert remote_file(store, clock).read(10, 20) == CONTENT[10:20]


def test_another_store_is_asked_through_the_proxy(clock, monkeypatch):
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "")
    with pytest.raises(Unavailable, match="proxy"):
        remote_file(store_at("store.invalid", https=True), clock).read(10, 20)


def test_a_signature_in_the_open_goes_through_no_proxy(server, store, clock, monkeypatch):
    """R9: who stands between would read it."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://{store.endpoint}")
    with pytest.raises(Unavailable):
        remote_file(store_at("store.invalid"), clock).read(10, 20)
    assert server.requests == []


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate")
@pytest.mark.parametrize("bundle", [None, ""])  # set but empty is not set
def test_a_certificate_that_nobody_signed_is_refused(server, store, clock, monkeypatch, tmp_path, bundle):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate(tmp_path))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    monkeypatch.delenv("GDAL_CURL_CA_BUNDLE", raising=False)
    if bundle is not None:
        monkeypatch.setenv("GDAL_CURL_CA_BUNDLE", bundle)
    with pytest.raises(BadData, match="Chứng chỉ TLS") as caught:
        remote_file(store_at(store.endpoint, https=True), clock).read(10, 20)
    assert caught.value.reason is Reason.CERTIFICATE and server.requests == []


def test_a_file_that_changed_meanwhile_is_refused(server, file):
    file.read(10, 20)
    server.etag = '"b"'
    with pytest.raises(BadData, match="đã đổi trong lúc đang đọc"):
        file.read(30, 40)
    server.etag, server.content = '"a"', CONTENT[:-1]
    with pytest.raises(BadData, match="đã đổi trong lúc đang đọc") as caught:
        file.read(30, 40)
    assert caught.value.reason is Reason.CHANGED


@pytest.mark.parametrize("fault", [403, 503, "page", "reset", "cut"])
def test_no_error_names_the_keys(server, file, fault):
    server.faults = [fault] * 99
    with pytest.raises(Problem) as caught:
        file.read(10, 20)
    told = "".join(traceback.format_exception(caught.value))
    assert "THEKEY" not in told and "THESECRET" not in told
