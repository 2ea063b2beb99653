"""Phòng tập sự cố: bật, tắt sự cố và giới hạn của một CDSE ngoại tuyến đang chạy trên máy này, và xem số đếm.

Dịch vụ do connect() khởi động nhận lệnh ngay; dịch vụ của lớp học cần `python -m cdse_offline --practice`.
"""

import http.client
import json
import os
import re
from typing import Any

from cdse_access.current import find_current
from cdse_access.hosts import is_loopback, is_own_name
from cdse_access.problems import BadInput, Unavailable
from cdse_offline.messages import say

PORT = 8123
_SECONDS = 30  # for an answer


def fault(
    kind: str, path: str | None = None, which: str | None = None, seed: int = 0, **parameters: Any
) -> dict[str, Any]:
    """Một sự cố để đưa cho switch_on().

    kind: loại, ví dụ "status", "delay", "reset", "cut", "html", "corrupt" (sai tên thì lỗi liệt kê mọi loại).
    path: mẫu đường dẫn, ví dụ "*B04_10m.jp2", "/stac/v1/search"; mặc định tùy loại.
    which: những yêu cầu nào trong số khớp mẫu: "all", "first", "3" (thứ ba), "first 2", "after 6", "every 5",
    hoặc "2%" (ngẫu nhiên theo `seed`). Mỗi sự cố đếm riêng.
    parameters: tùy loại, ví dụ status=503, seconds=2, after=1000.
    """
    rule: dict[str, Any] = {"kind": kind, "seed": seed}
    if path is not None:
        rule["path"] = path
    if which is not None:
        rule["which"] = which
    return rule | parameters


def switch_on(*faults: dict[str, Any], service: str | None = None) -> None:
    """Bật các sự cố này thay cho những sự cố đang bật; giới hạn giữ nguyên.

    Từ đó đến switch_off(), ảnh đã cất không được dùng và ảnh vừa tải không được cất cho lần sau: có thể chúng sai.
    Lỗi: ValueError khi loại hay tham số không có, hoặc dịch vụ không phải phòng tập trên máy này.
    """
    _ask("PUT", "/practice", {"rules": list(faults)}, service)
    if session := _find_session(service):
        session.begin_trial()


def switch_off(service: str | None = None) -> None:
    """Tắt mọi sự cố và bỏ mọi giới hạn."""
    _ask("DELETE", "/practice", None, service)
    if session := _find_session(service):
        session.end_trial()


def limit(
    latency: float | None = None,
    bandwidth: float | None = None,
    connections: int | None = None,
    per_minute: int | None = None,
    *,
    retry_after: int | None = None,
    service: str | None = None,
) -> None:
    """Giới hạn như CDSE, chỉ cho kho ảnh (`/eodata`), tính riêng cho mỗi máy; `None` là không giới hạn.

    latency: giây chờ trước mỗi câu trả lời. bandwidth: byte mỗi giây trên mỗi kết nối.
    connections: số yêu cầu cùng lúc, quá thì 503 SlowDown. per_minute: số yêu cầu mỗi phút, quá thì 429.
    retry_after: số giây ghi trong Retry-After của hai lời từ chối ấy.
    """
    limits = {
        "latency": latency,
        "bandwidth": bandwidth,
        "connections": connections,
        "per_minute": per_minute,
        "retry_after": retry_after,
    }
    _ask("PUT", "/practice", {"limits": limits}, service)
    if session := _find_session(service):
        session.begin_trial()


def usage(*, reset: bool = False, service: str | None = None) -> dict[str, int]:
    """Số yêu cầu đã nhận (requests, trong đó stac và s3), byte đã gửi, số yêu cầu cùng lúc nhiều nhất (peak),
    số bị giới hạn từ chối (refused) và số gặp sự cố (faulted); `reset=True` để đếm lại từ đầu.
    """
    if reset:
        return _ask("DELETE", "/practice/usage", None, service)
    counts: dict[str, int] = _ask("GET", "/practice", None, service)["usage"]
    return counts


def _ask(method: str, path: str, document: Any, service: str | None) -> dict[str, Any]:
    host, port = _find_address(service)
    body = None if document is None else json.dumps(document)
    connection = http.client.HTTPConnection(host, port, timeout=_SECONDS)  # never through a proxy
    try:
        connection.request(method, path, body)
        answer = connection.getresponse()
        text = answer.read().decode("utf-8", "replace")
    except (OSError, http.client.HTTPException) as error:
        raise Unavailable(say("practice-silent", address=f"{host}:{port}", why=error)) from error
    finally:
        connection.close()
    return _read_answer(answer.status, text, f"{host}:{port}")


def _read_answer(status: int, text: str, address: str) -> dict[str, Any]:
    if status == 404:
        raise BadInput(say("practice-closed", address=address))
    try:
        document = json.loads(text)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        document = {}
    if status == 200 and document.keys() & {"usage", "requests"}:
        return document
    if "detail" in document:
        raise BadInput(document["detail"])
    raise BadInput(say("not-practice", address=address, status=status))


def _find_session(service: str | None) -> Any:
    """The session of this process, if it reads from the service that was practised with."""
    session = find_current()
    host, port = _find_address(service)
    return session if session and session.store.endpoint == f"{host}:{port}" else None


def _find_address(service: str | None) -> tuple[str, int]:
    """Host and port of the service; this machine's own name stands for 127.0.0.1."""
    session = find_current()
    connected = session.store.endpoint if session else None
    given = service or connected or os.environ.get("CDSE_S3_ENDPOINT") or f"127.0.0.1:{PORT}"
    host, _, port = given.rpartition(":")
    if is_own_name(host):
        host = "127.0.0.1"
    is_port = re.fullmatch(r"\d{1,5}", port) and int(port) <= 65535
    if "/" in host or not is_loopback(host) or not is_port:
        raise BadInput(say("practice-not-here", address=given))
    return host.strip("[]"), int(port)
