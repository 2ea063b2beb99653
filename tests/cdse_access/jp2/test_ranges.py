"""cdse_access.jp2.ranges: ranged reading of a store that has bad days, against a small server on this machine."""

import gzip
import shutil
import socket
import ssl
import subprocess
import threading
import time
import traceback
from collections.abc import Callable
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import replace
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from cdse_access import deadline, exchange
from cdse_access.jp2 import ranges as remote
from cdse_access.jp2.ranges import Remote, open_pool
from cdse_access.problems import BadData, Problem, Reason, Rejected, Unavailable
from cdse_access.secrets import Keys
from cdse_access.slots import Slots
from cdse_access.store import Store

CONTENT = bytes(range(256)) * 40


class Server(ThreadingHTTPServer):
    """Serves `content`; `faults` are what the next answers do instead."""

    def __init__(self) -> None:
        self.content, self.etag = CONTENT, '"a"'
        self.faults: list[Any] = []
        self.requests: list[str] = []
        self.headers: list[Message] = []
        self.paths: list[str] = []
        self.retry_after, self.hung, self.left = "3", threading.Event(), threading.Event()
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
        if callable(fault):
            self.close_connection = True
            self.wfile.write(fault(start, store.content[start : stop + 1]))
            return
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
    monkeypatch.setattr(deadline, "time", found)
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
    told, untold = [3, 3, 3, 4, 8, 8, 8], [0.5, 1, 2, 4, 8, 8]  # who is told when to come again does so
    assert clock.waits == (told if fault == 429 else untold)
    assert sum(told) <= 40 and sum(untold) <= 25


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


def test_a_silent_server_ends(server, store, clock, monkeypatch):
    monkeypatch.setattr(exchange, "SILENT", 0.2)
    pool = open_pool(store, 1)
    stop: Any = clock
    pool.stop = stop
    server.faults, start = ["hang"] * 9, time.monotonic()
    with pytest.raises(Unavailable, match=r"Mất kết nối .* \(quá lâu không trả lời\)"):
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


# -- answers that contradict themselves ------------------------------------------


def raw(body: Callable[[bytes], bytes] = bytes, version: str = "1.1", **headers: Any) -> Callable[[int, bytes], bytes]:
    """The bytes of an answer, whose headers are right but for those that are given; None: left out."""

    def answer(start: int, right: bytes) -> bytes:
        sent = body(right)
        place = f"bytes {start}-{start + len(right) - 1}/{len(CONTENT)}"
        told = {"Content-Range": place, "Content-Length": str(len(sent)), "ETag": '"a"'}
        told |= {name.replace("_", "-"): value for name, value in headers.items()}
        lines = [f"{name}: {one}" for name, value in told.items() for one in _listed(value)]
        return "\r\n".join([f"HTTP/{version} 206 Partial Content", *lines, "", ""]).encode() + sent

    return answer


def _listed(value: Any) -> list[str]:
    return [] if value is None else value if isinstance(value, list) else [value]


def chunked(body: bytes) -> bytes:
    return b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)


def cut_chunks(body: bytes) -> bytes:
    return b"%x\r\n%s" % (len(body), body[:5])


N = 100  # bytes that are asked for, from byte 50 on
CONTRADICTIONS = {
    "repeats some": raw(lambda body: body[:40] + body[:40] + body[40:]),
    "repeats some, length of the range": raw(lambda body: body[:40] + body, Content_Length=str(N)),  # cut off by it
    "lacks some": raw(lambda body: body[:36]),
    "lacks some in the middle": raw(lambda body: body[:20] + body[84:]),
    "no length, too much": raw(lambda body: body + body[:1], Content_Length=None),
    "no length, too little": raw(lambda body: body[:-1], Content_Length=None),
    "old HTTP, too little": raw(lambda body: body[:-1], version="1.0", Content_Length=None),
    "in pieces, too much": raw(lambda body: chunked(body + b"x"), Content_Length=None, Transfer_Encoding="chunked"),
    "in pieces, too little": raw(lambda body: chunked(body[:-1]), Content_Length=None, Transfer_Encoding="chunked"),
    "in pieces, broken off": raw(cut_chunks, Content_Length=None, Transfer_Encoding="chunked"),
    "in pieces and with a length": raw(chunked, Transfer_Encoding="chunked"),
    "another coding": raw(gzip.compress, Transfer_Encoding="gzip", Content_Length=None),
    "packed": raw(gzip.compress, Content_Encoding="gzip"),
    "packed, it says": raw(Content_Encoding="br"),
    "two lengths": raw(Content_Length=[str(N), "5"]),
    "two ranges": raw(Content_Range=["bytes 50-149/10240", "bytes 0-99/10240"]),
    "two tags": raw(ETag=['"a"', '"b"']),
    "range beyond the end": raw(Content_Range="bytes 50-149/120"),
    "another begin": raw(Content_Range="bytes 51-150/10240"),
    "another end": raw(Content_Range="bytes 50-148/10240"),
    "no total": raw(Content_Range="bytes 50-149/*"),
    "a total of 5000 digits": raw(Content_Range="bytes 50-149/" + "9" * 5000),
    "a negative total": raw(Content_Range="bytes 50-149/-10240"),
    "other digits": raw(Content_Range="bytes 50-149/١٠٢٤٠"),
    "a fraction": raw(Content_Range="bytes 50-149/10240.0"),
    "another unit": raw(Content_Range="pixels 50-149/10240"),
    "several parts": raw(Content_Range=None, Content_Type="multipart/byteranges; boundary=x"),
    "a length that is none": raw(Content_Length="1_00"),
    "a negative length": raw(Content_Length="-1"),
    "a length of 5000 digits": raw(Content_Length="9" * 5000),
    "no HTTP": lambda start, body: b"\0\1\2" * 50,
    "a header without end": lambda start, body: b"HTTP/1.1 206 x\r\nA: " + b"x" * 100_000,
    "too many headers": lambda start, body: b"HTTP/1.1 206 x\r\n" + b"a: b\r\n" * 200 + b"\r\n",
    "a status of 5000 digits": lambda start, body: b"HTTP/1.1 " + b"2" * 5000 + b" x\r\n\r\n",
}


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_an_answer_that_contradicts_itself_gives_no_byte(server, file, name):
    """It is asked for again; where that helps, the bytes are right, else it is told, and nothing is kept."""
    server.faults = [CONTRADICTIONS[name]]
    assert file.read(50, 50 + N) == CONTENT[50 : 50 + N]
    assert len(server.requests) == 2
    server.faults = [CONTRADICTIONS[name]] * 99
    with pytest.raises(Problem) as caught:
        file.read(5050, 5050 + N)
    assert caught.value.reason in (Reason.NETWORK, Reason.NOT_SERVICE)


@pytest.mark.parametrize("answer", [raw(version="1.0"), raw(version="1.0", Content_Length=None), raw(ETag=None)])
def test_what_is_only_unusual_is_read(server, file, answer):
    server.faults = [answer]
    assert file.read(50, 50 + N) == CONTENT[50 : 50 + N] and len(server.requests) == 1


def test_an_answer_in_pieces_is_read(server, file):
    server.faults = [raw(chunked, Content_Length=None, Transfer_Encoding="chunked")]
    assert file.read(50, 50 + N) == CONTENT[50 : 50 + N] and len(server.requests) == 1


@pytest.mark.parametrize("tag", ['"b"', 'W/"a"', None, ""])
def test_a_tag_that_changes_or_goes_is_another_version(server, file, tag):
    file.read(10, 20)
    server.faults = [raw(ETag=tag)]
    with pytest.raises(BadData, match="đã đổi"):
        file.read(50, 50 + N)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_signed_question_is_never_led_elsewhere(server, file, status):
    there = f"HTTP/1.1 {status} x\r\nLocation: http://127.0.0.1:{server.server_port}/x\r\nContent-Length: 0\r\n\r\n"
    server.faults = [lambda start, body: there.encode()]
    with pytest.raises(BadData, match="sang chỗ khác") as caught:
        file.read(10, 20)
    assert caught.value.reason is Reason.NOT_SERVICE and len(server.requests) == 1


# -- time ------------------------------------------------------------------------


def dripping(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """All limits of a piece are this short; a socket's own would never end it."""
    for name in ("PATIENCE", "SLOWEST", "BUDGET"):
        monkeypatch.setattr(remote, name, seconds)


def drip(server: Server, first: bytes, again: bytes) -> None:
    """The server answers with these bytes, and then with some more, again and again."""

    def answer(self: Answer) -> None:
        self.server.requests.append(self.headers["Range"])
        self.close_connection = True
        self.wfile.write(first)
        try:
            while not self.server.hung.wait(0.1):
                self.wfile.write(again)
        except OSError:
            self.server.left.set()

    server.RequestHandlerClass = type("Dripping", (Answer,), {"do_GET": answer})


DRIPS = {
    "status": (b"H", b"T"),
    "headers": (b"HTTP/1.1 206 x\r\n", b"A: b\r\n"),
    "one header": (b"HTTP/1.1 206 x\r\nA: ", b"b"),
    "other answers first": (b"HTTP/1.1 100 x\r\n\r\n", b"HTTP/1.1 100 x\r\n\r\n"),
    "body": (b"HTTP/1.1 206 x\r\nContent-Range: bytes 10-9999/10240\r\nContent-Length: 9990\r\n\r\n", b"x"),
    "pieces": (b"HTTP/1.1 206 x\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    "a refusal": (b"HTTP/1.1 403 x\r\nContent-Length: 4000\r\n\r\n", b" "),
}


@pytest.mark.parametrize("what", DRIPS)
def test_whatever_drips_ends_in_time_and_its_connection_is_shut(server, store, monkeypatch, what):
    dripping(monkeypatch, 0.5)
    drip(server, *DRIPS[what])
    start = time.monotonic()
    with pytest.raises((Unavailable, Rejected)):
        Remote("s3://eodata/x.jp2", store, open_pool(store, 1)).read(10, 10_000)
    assert time.monotonic() - start < 5
    assert server.left.wait(5)
    server.hung.set()


def test_answers_that_are_right_but_slow_one_after_the_other_end_in_time(server, file, clock, monkeypatch):
    """Each in its own time: a file that gives no tile for a minute is given up."""
    plain = file._get_once

    def slow(start: int, stop: int) -> bytes:
        clock.now += 25
        return plain(start, stop)

    monkeypatch.setattr(file, "_get_once", slow)
    places = range(0, 60, 10)
    with pytest.raises(Unavailable) as caught:
        [file.read(start, start + 5) for start in places]
    assert caught.value.reason is Reason.NETWORK and clock.now < 120
    file.forget()  # a tile has come
    assert file.read(40, 45) == CONTENT[40:45]


def test_a_name_that_is_looked_up_for_ever_ends_in_time(clock, monkeypatch):
    monkeypatch.setattr(deadline, "time", time)
    dripping(monkeypatch, 0.3)
    monkeypatch.setattr("urllib3.util.connection.create_connection", lambda *_, **__: threading.Event().wait(20))
    start = time.monotonic()
    with pytest.raises(Unavailable, match="quá lâu"):
        remote_file(store_at("somewhere.example"), clock).read(10, 20)
    assert time.monotonic() - start < 5


@pytest.mark.parametrize("https", [False, True])
def test_who_accepts_and_says_nothing_ends_in_time(monkeypatch, clock, https):
    """Also in the middle of the greeting of TLS."""
    monkeypatch.setattr(deadline, "time", time)
    dripping(monkeypatch, 0.3)
    start = time.monotonic()
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(Unavailable, match="quá lâu"):
        remote_file(store_at(f"127.0.0.1:{silent.getsockname()[1]}", https=https), clock).read(10, 20)
    assert time.monotonic() - start < 5


def test_a_connection_in_use_can_be_shut_from_outside(server, store):
    """As at Ctrl+C: threads that wait for an answer end at once."""
    drip(server, *DRIPS["headers"])
    pool = open_pool(store, 1)
    failed = []

    def read() -> None:
        try:
            Remote("s3://eodata/x.jp2", store, pool).read(10, 20)
        except Problem as problem:
            failed.append(problem)

    thread = threading.Thread(target=read)
    thread.start()
    while not server.requests:
        time.sleep(0.01)
    pool.abort()
    thread.join(10)
    assert not thread.is_alive() and isinstance(failed[0], Unavailable)
    with pytest.raises(Unavailable):  # nor does anybody begin to wait
        Remote("s3://eodata/x.jp2", store, pool).read(10, 20)
    assert len(server.requests) == 1
    server.hung.set()


@pytest.mark.parametrize("fault", [None, 404])
def test_no_connection_outlives_its_slot(server, store, tmp_path, fault):
    """Another process has the place then; an answer that refuses leaves its connection open, too."""
    server.faults = [fault]
    shared = replace(store, slots=Slots(str(tmp_path), 4))
    pool = open_pool(shared, 4)
    with suppress(BadData):
        Remote("s3://eodata/x.jp2", shared, pool).read(10, 20)
    assert len(server.requests) == 1 and not len(pool._manager.pools)


# -- what an interrupt may show ----------------------------------------------------


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, GeneratorExit, CancelledError, MemoryError])
def test_an_interrupt_shows_no_key_and_no_signature(server, file, monkeypatch, kind):
    def interrupt(*_: object, **__: object) -> None:
        raise kind

    for owner, name in ((deadline, "wait"), (exchange.Pool, "_exchange"), (remote.S3SigV4Auth, "add_auth")):
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, interrupt)
            with pytest.raises(kind) as caught:
                file.read(10, 20)
        shown = []
        walk = caught.value.__traceback__.tb_next
        while walk is not None:
            shown.append(repr(walk.tb_frame.f_locals))
            walk = walk.tb_next
        assert not any(secret in "".join(shown) for secret in ("THEKEY", "THESECRET", "AWS4-HMAC", "Signature="))
