"""The practice: exact counts, CDSE's limits, and a control path for this machine only."""

import asyncio
import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from starlette.types import Message

from cdse_offline import practice
from cdse_offline.practice import fault
from cdse_offline.practice.middleware import CONTROL_PATH, MAX_BODY, MAX_RULES, Allowance, Practice
from tests.service import CONTENT, Service, running

OPEN_LIMITS = dict.fromkeys(("latency", "bandwidth", "connections", "per_minute", "retry_after"))


def usage(service: Service) -> dict[str, int]:
    return practice.usage(service=service.address)


def read_at_once(service: Service, number: int) -> list[int]:
    with ThreadPoolExecutor(number) as pool:
        return sorted(answer.status for answer in pool.map(lambda _: service.read(), range(number)))


# --- Counters ---


def test_counts_are_exact(service: Service):
    landing = service.ask("/stac/v1/")
    missing = service.ask("/nothing")
    refused = service.ask("/eodata/a.jp2")
    for method in ("GET", "HEAD"):
        service.read(method=method)
    service.read(Range="bytes=0-99")
    sent = len(landing.body) + len(missing.body) + len(refused.body) + 5000 + 100
    expected = {"requests": 6, "stac": 1, "s3": 4, "bytes": sent, "peak": 1, "refused": 0, "faulted": 0}
    assert usage(service) == expected
    assert practice.usage(reset=True, service=service.address) == expected
    assert usage(service) == dict.fromkeys(expected, 0)


def test_what_a_fault_kept_back_is_not_counted_as_sent(service: Service):
    practice.switch_on(fault("short", after=10), fault("delay", seconds=0), service=service.address)
    service.read()
    assert usage(service) | {"bytes": 10, "faulted": 1} == usage(service)


def test_foreign_hosts_are_neither_served_nor_counted(service: Service):
    assert service.ask("/stac/v1/", Host="evil.example").status == 403
    assert usage(service)["requests"] == 0


def test_peak_is_the_most_at_once(service: Service):
    practice.limit(latency=0.5, service=service.address)
    assert read_at_once(service, 3) == [200] * 3
    assert read_at_once(service, 2) == [200] * 2
    assert (usage(service)["peak"], usage(service)["requests"]) == (3, 5)


# --- Limits ---


def test_no_more_connections_at_once_than_allowed(service: Service):
    practice.limit(latency=0.5, connections=2, retry_after=1, service=service.address)
    assert read_at_once(service, 5) == [200, 200, 503, 503, 503]
    assert (usage(service)["refused"], usage(service)["peak"]) == (3, 5)


def test_who_has_an_answer_may_ask_again_at_once(service: Service):
    practice.limit(connections=1, service=service.address)
    assert [service.read().status for _ in range(50)] == [200] * 50


def test_a_broken_connection_is_over(service: Service):
    practice.limit(connections=1, service=service.address)
    practice.switch_on(fault("reset", which="first"), service=service.address)
    with pytest.raises(ConnectionResetError):
        service.read()
    assert service.read().status == 200 and usage(service)["peak"] == 1


def test_no_more_requests_a_minute_than_allowed(service: Service):
    practice.limit(per_minute=3, retry_after=20, service=service.address)
    answers = [service.read() for _ in range(5)]
    assert [answer.status for answer in answers] == [200, 200, 200, 429, 429]
    assert answers[4].headers["Retry-After"] == "20" and answers[4].headers["Content-Type"] == "application/xml"
    assert b"<Code>TooManyRequests</Code>" in answers[4].body
    assert service.ask("/stac/v1/").status == 200  # limits are those of the store
    assert usage(service)["refused"] == 2


def test_a_refused_request_meets_no_fault(service: Service):
    practice.limit(per_minute=1, service=service.address)
    practice.switch_on(fault("empty", path="/eodata/*"), service=service.address)
    assert [service.read().status for _ in range(3)] == [200, 429, 429]
    assert usage(service)["faulted"] == 1


def test_requests_come_back_with_time(monkeypatch: pytest.MonkeyPatch):
    async def taken(pauses: list[float]) -> list[int]:
        now, loop = 0.0, asyncio.get_running_loop()
        monkeypatch.setattr(loop, "time", lambda: now)
        allowance, found = Allowance(2), []
        for pause in pauses:
            now += pause
            found.append(allowance.refuse(None))
        return found

    # two at once, then one each half a minute; never more than two in store
    assert asyncio.run(taken([0, 0, 0, 29, 1, 1, 600, 0, 0])) == [0, 0, 429, 429, 0, 429, 0, 0, 429]


def test_latency_and_bandwidth(service: Service):
    practice.limit(latency=0.2, bandwidth=25_000, service=service.address)
    start = time.monotonic()
    assert service.read().body == CONTENT
    assert 0.39 < time.monotonic() - start < 5  # 0.2 s, and 5000 bytes


def test_faults_and_limits_are_apart(service: Service):
    practice.switch_on(fault("hang", path="/nowhere"), service=service.address)
    practice.limit(connections=4, service=service.address)
    state = service.ask(CONTROL_PATH).json()
    assert state["limits"] == OPEN_LIMITS | {"connections": 4}
    assert state["rules"] == [
        {"kind": "hang", "path": "/nowhere", "which": "all", "seed": 0, "seen": 0, "met": 0},
    ]
    practice.switch_on(service=service.address)
    assert (
        service.ask(CONTROL_PATH).json()["rules"] == []
        and service.ask(CONTROL_PATH).json()["limits"]["connections"] == 4
    )
    practice.switch_off(service=service.address)
    assert service.ask(CONTROL_PATH).json()["limits"] == OPEN_LIMITS


# --- Control ---


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ([], '{"rules": [...], "limits": {...}}'),
        ({"rule": []}, '{"rules": [...], "limits": {...}}'),
        ({"rules": {}}, "rules cần là danh sách"),
        ({"limits": []}, "limits cần là từ điển"),
        ({"rules": [{"kind": "hang"}] * (MAX_RULES + 1)}, f"tối đa {MAX_RULES}"),
        ({"rules": [{"kind": "no"}]}, "các loại: status"),
        ({"limits": {"connections": 0}}, "connections là 0"),
        ({"limits": {"speed": 1}}, "hợp lệ: latency, bandwidth, connections, per_minute, retry_after"),
        ({"rules": [], "limits": {"latency": -1}}, "latency là -1"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(service: Service, body: Any, message: str):
    practice.switch_on(fault("hang", path="/nowhere"), service=service.address)
    answer = service.ask(CONTROL_PATH, "PUT", body)
    assert answer.status == 400 and message in answer.json()["detail"]
    assert len(service.ask(CONTROL_PATH).json()["rules"]) == 1


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[" * 60_000, b"9" * 5000])
def test_what_is_not_json_is_refused(service: Service, body: bytes):
    assert service.practice
    answer = put(service.practice, body)
    assert answer["status"] == 400 and "JSON" in answer["detail"]


def test_a_large_body_is_refused(service: Service):
    assert service.practice
    body = json.dumps({"rules": [{"kind": "hang", "path": "x" * MAX_BODY}]}).encode()
    answer = put(service.practice, body)
    assert answer["status"] == 400 and str(MAX_BODY) in answer["detail"]
    assert service.ask(CONTROL_PATH, "PUT", {"path": "x" * MAX_BODY}).status == 413  # not even read


def put(practice: Practice, body: bytes, *, peer: str = "127.0.0.1", client: str = "127.0.0.1") -> dict[str, Any]:
    """What the control path answers to a connection from `peer`, which may be the proxy of a `client`."""
    connection = type("Connection", (), {"client": (peer, 1)})
    scope = {"type": "http", "method": "PUT", "path": CONTROL_PATH, "headers": [], "client": (client, 1)}
    messages: list[Message] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body}

    async def send(message: Message) -> None:
        messages.append(message)

    asyncio.run(practice.control(scope | {"state": {"connection": connection}}, receive, send))
    return {"status": messages[0]["status"]} | json.loads(messages[1]["body"])


@pytest.mark.parametrize(
    ("peer", "client", "status"),
    [
        ("127.0.0.1", "127.0.0.1", 200),
        ("::1", "::1", 200),
        ("::ffff:127.0.0.1", "::ffff:127.0.0.1", 200),
        ("192.168.1.9", "192.168.1.9", 403),
        ("192.168.1.9", "127.0.0.1", 403),  # it only says so
        ("127.0.0.1", "192.168.1.9", 403),  # a proxy on this machine
    ],
)
def test_control_is_for_this_machine(peer: str, client: str, status: int):
    assert put(Practice(), b"{}", peer=peer, client=client)["status"] == status


def test_control_is_not_for_pages_of_foreign_names(service: Service):
    assert service.ask(CONTROL_PATH, Host="evil.example").status == 403
    headers = service.ask(CONTROL_PATH, "OPTIONS", Origin="http://evil.example").headers
    assert not [name for name in headers if name.lower().startswith("access-control")]


@pytest.mark.parametrize(
    ("method", "path"), [("POST", CONTROL_PATH), ("GET", f"{CONTROL_PATH}/usage"), ("DELETE", f"{CONTROL_PATH}/x")]
)
def test_what_control_does_not_know(service: Service, method: str, path: str):
    assert service.ask(path, method).status == 405


def test_without_a_practice_there_is_no_control(tmp_path):
    with running(tmp_path, practice=None) as service:
        assert (service.ask(CONTROL_PATH).status, service.ask(CONTROL_PATH, "DELETE").status) == (404, 404)
        answer = service.read()
        assert answer.body == CONTENT and len(answer.headers.get_all("Date")) == 1
