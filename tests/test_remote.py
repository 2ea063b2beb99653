"""lessons.remote: ranged reading of a store that has bad days, against a small server on this machine."""

import errno
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from jp2_parts import remote
from jp2_parts.remote import Remote

CONTENT = bytes(range(256)) * 40


class Store(ThreadingHTTPServer):
    """Serves `content`; `faults` are what the next answers do instead."""

    def __init__(self) -> None:
        self.content, self.etag, self.faults, self.requests, self.headers = CONTENT, '"a"', [], [], []
        super().__init__(("127.0.0.1", 0), Answer)

    def handle_error(self, *_: object) -> None:
        """A client that hangs up is no news."""


class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Store

    def do_GET(self) -> None:
        store = self.server
        store.requests.append(self.headers["Range"])
        store.headers.append(self.headers)
        start, stop = map(int, self.headers["Range"].removeprefix("bytes=").split("-"))
        fault = store.faults.pop(0) if store.faults else None
        if fault == "reset":
            self.close_connection = True
            return
        if isinstance(fault, int):
            body = b"<Error><Code>SomeCode</Code></Error>" if fault > 400 else store.content
            self.answer(fault, body, **({"Retry-After": "1"} if fault == 429 else {}))
            return
        body = store.content[start : stop + 1]
        place = f"bytes {start + (fault == 'shifted')}-{start + len(body) - 1}/{len(store.content)}"
        self.answer(206, body, cut=3 if fault == "cut" else 0, **{"Content-Range": place, "ETag": store.etag})

    def answer(self, status: int, body: bytes, cut: int = 0, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items() | {"Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[: len(body) - cut])
        self.close_connection = bool(cut)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def store(monkeypatch):
    waits = []
    monkeypatch.setattr(remote.time, "sleep", waits.append)
    with Store() as server:
        server.waits = waits
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        monkeypatch.setenv("AWS_S3_ENDPOINT", f"127.0.0.1:{server.server_port}")
        monkeypatch.setenv("AWS_HTTPS", "NO")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "A")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "B")
        yield server
        server.shutdown()


@pytest.fixture
def file(store) -> Remote:
    return Remote("s3://eodata/a b.jp2", session=remote.open_session(4))


def test_a_range_is_read_and_signed(store, file):
    assert file.read(10, 20) == CONTENT[10:20] and file.read(10230, 99999) == CONTENT[10230:]
    assert store.requests == ["bytes=10-19", "bytes=10230-99998"]
    assert store.headers[0]["Authorization"].startswith("AWS4-HMAC-SHA256 Credential=A/")
    assert (file.size, file.etag) == (10240, '"a"')


@pytest.mark.parametrize("fault", [429, 500, 503, "reset", "cut", "shifted"])
def test_a_fault_that_passes_is_healed(store, file, fault):
    store.faults = [fault, fault]
    assert file.read(10, 20) == CONTENT[10:20]
    assert len(store.requests) == 3 and store.waits == ([0, 1, 1] if fault == 429 else [0, 0.5, 1])


@pytest.mark.parametrize("fault", [503, "reset", "cut", "shifted"])
def test_a_fault_that_stays_is_told(store, file, fault):
    store.faults = [fault] * 9
    with pytest.raises(ConnectionError, match="sau 5 lần"):
        file.read(10, 20)
    assert len(store.requests) == 5 and file.chunks == []


@pytest.mark.parametrize(("status", "reason"), [(403, "SomeCode"), (404, "SomeCode"), (200, "bỏ qua Range")])
def test_a_refusal_is_told_at_once(store, file, status, reason):
    store.faults = [status] * 9
    with pytest.raises(OSError, match=f"HTTP {status}, .*{reason}"):
        file.read(10, 20)
    assert len(store.requests) == 1 and file.chunks == []


def test_a_file_that_changed_meanwhile_is_refused(store, file):
    file.read(10, 20)
    store.etag = '"b"'
    with pytest.raises(OSError, match="đã đổi trong lúc đang đọc"):
        file.read(30, 40)
    store.etag, store.content = '"a"', CONTENT[:-1]
    with pytest.raises(OSError, match="đã đổi trong lúc đang đọc"):
        file.read(30, 40)


def test_without_an_endpoint_connect_is_named(monkeypatch):
    monkeypatch.delenv("AWS_S3_ENDPOINT", raising=False)
    with pytest.raises(ValueError, match=r"connect\(\)"):
        remote.open_session(4)


def test_where_files_are_kept(monkeypatch, tmp_path: Path):
    monkeypatch.delenv("CDSE_CACHE", raising=False)
    monkeypatch.setenv("AWS_S3_ENDPOINT", "127.0.0.1:5")
    here = remote.cache_root()
    assert here.is_dir() and here == remote.cache_root()
    local = remote.folder(here, "s3://eodata/x.jp2")
    monkeypatch.setenv("AWS_S3_ENDPOINT", "eodata.dataspace.copernicus.eu")
    assert remote.folder(here, "s3://eodata/x.jp2") not in (local, remote.folder(here, "s3://eodata/y.jp2"))
    assert here != remote.cache_root() and remote.cache_root().name == "cdse-bai-hoc"
    monkeypatch.setenv("CDSE_CACHE", str(tmp_path))
    assert remote.cache_root() == tmp_path


def test_a_file_is_kept_whole_or_not_at_all(monkeypatch, tmp_path: Path):
    remote.keep(tmp_path / "a" / "b.jp2", b"xyz")
    assert (tmp_path / "a" / "b.jp2").read_bytes() == b"xyz"

    def full(path: Path, data: bytes) -> None:
        with path.open("wb") as file:
            file.write(data[:1])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match=r"No space left on device.*dọn đĩa"):
        remote.keep(tmp_path / "a" / "c.jp2", b"xyz")
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b.jp2"]
