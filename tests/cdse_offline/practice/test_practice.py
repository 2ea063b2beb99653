"""The client of the practice, against a service as learners start it."""

import http.server
import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from cdse_access.current import find_current, replace_current
from cdse_access.problems import BadInput, Reason, Unavailable
from cdse_access.session import Session, connect
from cdse_offline import practice
from cdse_offline.practice import _find_address, fault, limit, switch_off, switch_on, usage
from cdse_offline.practice.rules import KINDS
from tests.service import Service


@pytest.fixture
def service(offline_service: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    monkeypatch.setenv("CDSE_S3_ENDPOINT", offline_service["s3"])
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")  # never asked
    switch_off()
    yield Service(offline_service["s3"], None)
    switch_off()


def test_a_fault_is_on_until_it_is_switched_off(service: Service):
    switch_on(fault("status", path="/stac/*", status=500))
    assert [service.ask("/stac/v1/").status for _ in range(2)] == [500, 500]
    switch_on(fault("html", path="/eodata/*"))  # instead of the one before
    assert (service.ask("/stac/v1/").status, service.ask("/eodata/x").status) == (200, 200)
    switch_off()
    assert service.ask("/eodata/x").status == 403


def test_the_most_used_arguments_are_written_as_they_are_thought():
    assert fault("status", path="*.jp2", which="first", status=503) == {
        "kind": "status", "path": "*.jp2", "which": "first", "seed": 0, "status": 503,
    }  # fmt: skip
    assert fault("hang") == {"kind": "hang", "seed": 0}  # path and which are the kind's


def test_counts(service: Service):
    usage(reset=True)
    service.ask("/stac/v1/conformance")
    assert {name: number for name, number in usage().items() if name != "bytes"} == {
        "requests": 1, "stac": 1, "s3": 0, "peak": 1, "refused": 0, "faulted": 0,
    }  # fmt: skip
    assert usage(reset=True)["requests"] == 1 and usage()["requests"] == 0


def test_limits(service: Service):
    limit(per_minute=1)
    assert [service.ask("/eodata/x").status for _ in range(2)] == [403, 429]
    limit()
    assert service.ask("/eodata/x").status == 403


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: switch_on(fault("hangs")), "các loại: status, delay, hang"),
        (lambda: switch_on(fault("delay", after=3)), "hợp lệ: seconds"),
        (lambda: limit(connections=0), "connections là 0"),
    ],
)
def test_what_the_service_refuses_is_an_error_here(service: Service, wrong, message: str):
    with pytest.raises(BadInput, match=message) as refused:
        wrong()
    assert isinstance(refused.value, ValueError) and refused.value.reason is Reason.INPUT


@pytest.mark.parametrize(
    ("service", "where"),
    [
        ("127.0.0.1:80", ("127.0.0.1", 80)),
        ("localhost:8123", ("localhost", 8123)),
        ("[::1]:8123", ("::1", 8123)),
        (f"{socket.gethostname()}:8123", ("127.0.0.1", 8123)),  # as a class's service names itself
    ],
)
def test_addresses_of_this_machine(service: str, where: tuple[str, int]):
    assert _find_address(service) == where


@pytest.mark.parametrize(
    "service",
    [
        "eodata.dataspace.copernicus.eu", "192.168.1.7:8123", "x:8123", "http://127.0.0.1:8123",
        "127.0.0.1", "localhost:", "localhost:port", "localhost:65536",
    ],
)  # fmt: skip
def test_other_services_are_never_asked(service: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CDSE_S3_ENDPOINT", service)
    with pytest.raises(BadInput, match="trên máy này") as refused:
        switch_on(fault("hang"))
    assert service in str(refused.value) and 'connect("offline")' in str(refused.value)


@pytest.mark.parametrize(
    ("given", "connected", "port"),
    [(None, None, 8123), ("127.0.0.1:1", None, 1), ("127.0.0.1:1", "127.0.0.1:2", 2), (None, "127.0.0.1:2", 2)],
)
def test_which_service_is_meant(given: str | None, connected: str | None, port: int, monkeypatch: pytest.MonkeyPatch):
    """That of the last `connect()`, else that of the environment, else the one with the usual port."""
    monkeypatch.delenv("CDSE_S3_ENDPOINT", raising=False)
    if given:
        monkeypatch.setenv("CDSE_S3_ENDPOINT", given)
    session = SimpleNamespace(store=SimpleNamespace(endpoint=connected)) if connected else None
    monkeypatch.setattr(practice, "find_current", lambda: session)
    assert _find_address(None) == ("127.0.0.1", port)


@contextmanager
def answering(status: int, body: bytes) -> Iterator[str]:
    """Some other service on this machine."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        (404, "Không có gì ở địa chỉ này.".encode(), "chạy lại nó với --practice"),
        (200, b"<html>", "không phải CDSE ngoại tuyến"),
        (200, b"[1]", "không phải CDSE ngoại tuyến"),
        (403, json.dumps({"detail": "của máy khác"}).encode(), "của máy khác"),
        (500, b"{}", "trả lời 500"),
    ],
)
def test_a_service_without_a_practice_room(status: int, body: bytes, message: str):
    with answering(status, body) as address, pytest.raises(BadInput, match=message):
        usage(service=address)


def test_what_the_teachers_page_shows_works(service: Service):
    page = (Path(__file__).parents[3] / "book" / "giang-day.md").read_text(encoding="utf-8")
    section = page.partition("## Phòng tập sự cố")[2].partition("\n## ")[0]
    (code,) = re.findall("```python\n(.*?)```", section, flags=re.DOTALL)
    exec(code)
    for call in re.findall(r"`(practice\..*?)`", section):
        eval(call, {"practice": practice})
    table = "\n".join(line for line in section.splitlines() if line.startswith("| `"))
    kinds = re.findall('`"(.*?)"`', table)
    assert len(kinds) > 10 and set(kinds) <= KINDS.keys()


def test_no_service_at_all():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(Unavailable, match=r"connect\(\)") as failed:
        practice.switch_off(f"127.0.0.1:{port}")
    assert f"127.0.0.1:{port}" in str(failed.value) and failed.value.reason is Reason.NETWORK


def test_the_service_of_connect_is_meant_before_that_of_the_environment(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CDSE_S3_ENDPOINT", "127.0.0.1:1")
    replace_current(SimpleNamespace(store=SimpleNamespace(endpoint="127.0.0.1:2")))
    assert _find_address(None) == ("127.0.0.1", 2) and _find_address("127.0.0.1:3") == ("127.0.0.1", 3)
    replace_current(None)


def test_the_session_that_reads_here_is_on_trial_while_something_is_on(connected: Session):
    other = connected.store
    switch_on(fault("corrupt"), service=other.endpoint)
    first = find_current().store.trial
    limit(connections=1)
    second = find_current().store.trial
    assert first and second and first != second
    keys = (other.keys.access.reveal(), other.keys.secret.reveal())
    connect(stac=connected.service.addresses.stac, s3=other.endpoint, keys=keys)
    assert find_current().store.trial == second  # connecting anew does not end it
    switch_off()
    assert find_current().store.trial == ""
