"""Phòng tập sự cố: bật, tắt sự cố và giới hạn của một CDSE ngoại tuyến đang chạy trên máy này, và xem số đếm.

Dịch vụ do connect() khởi động nhận lệnh ngay; dịch vụ của lớp học cần `python -m cdse_offline --practice`.
"""

import http.client
import ipaddress
import json
import os
import re
import socket
from typing import Any

from cdse_access.current import find_current
from cdse_access.problems import BadInput, Reason, Unavailable

PORT = 8123


def fault(kind: str, path: str | None = None, which: str | None = None, seed: int = 0, **parameters: Any) -> dict:
    """Một sự cố để đưa cho switch_on().

    kind: loại, ví dụ "status", "delay", "reset", "cut", "html", "corrupt" (sai tên thì lỗi liệt kê mọi loại).
    path: mẫu đường dẫn, ví dụ "*B04_10m.jp2", "/stac/v1/search"; mặc định tùy loại.
    which: những yêu cầu nào trong số khớp mẫu: "all", "first", "3" (thứ ba), "first 2", "after 6", "every 5",
    hoặc "2%" (ngẫu nhiên theo `seed`). Mỗi sự cố đếm riêng.
    parameters: tùy loại, ví dụ status=503, seconds=2, after=1000.
    """
    given = {"path": path, "which": which}
    return {"kind": kind, "seed": seed} | {k: v for k, v in given.items() if v is not None} | parameters


def switch_on(*faults: dict, service: str | None = None) -> None:
    """Bật các sự cố này thay cho những sự cố đang bật; giới hạn giữ nguyên.

    Lỗi: ValueError khi loại hay tham số không có, hoặc dịch vụ không phải phòng tập trên máy này.
    """
    _ask("PUT", "/practice", {"rules": list(faults)}, service)


def switch_off(service: str | None = None) -> None:
    """Tắt mọi sự cố và bỏ mọi giới hạn."""
    _ask("DELETE", "/practice", None, service)


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
    limits = {"latency": latency, "bandwidth": bandwidth, "connections": connections, "per_minute": per_minute}
    _ask("PUT", "/practice", {"limits": limits | {"retry_after": retry_after}}, service)


def usage(*, reset: bool = False, service: str | None = None) -> dict[str, int]:
    """Số yêu cầu đã nhận (requests, trong đó stac và s3), byte đã gửi, số yêu cầu cùng lúc nhiều nhất (peak),
    số bị giới hạn từ chối (refused) và số gặp sự cố (faulted); `reset=True` để đếm lại từ đầu.
    """
    if reset:
        return _ask("DELETE", "/practice/usage", None, service)
    return _ask("GET", "/practice", None, service)["usage"]


def _ask(method: str, path: str, document: Any, service: str | None) -> Any:
    host, port = _address(service)
    body = None if document is None else json.dumps(document)
    connection = http.client.HTTPConnection(host, port, timeout=30)  # never through a proxy
    try:
        connection.request(method, path, body)
        answer = connection.getresponse()
        text = answer.read().decode("utf-8", "replace")
    except (OSError, http.client.HTTPException) as error:
        raise Unavailable(
            f"Không có dịch vụ nào trả lời tại {host}:{port} ({error}): hãy gọi connect(), chạy "
            '`python -m cdse_offline --practice`, hoặc ghi địa chỉ của nó: service="127.0.0.1:CỔNG".',
            Reason.NETWORK,
        ) from error
    finally:
        connection.close()
    return _understood(answer.status, text, f"{host}:{port}")


def _understood(status: int, text: str, address: str) -> Any:
    if status == 404:
        raise BadInput(f"Dịch vụ tại {address} không mở phòng tập sự cố: hãy chạy lại nó với --practice.", Reason.INPUT)
    try:
        document = json.loads(text)
    except ValueError:
        document = None
    if isinstance(document, dict) and status == 200 and document.keys() & {"usage", "requests"}:
        return document
    if isinstance(document, dict) and "detail" in document:
        raise BadInput(document["detail"], Reason.INPUT)
    raise BadInput(f"{address} trả lời {status}, nhưng không phải CDSE ngoại tuyến: hãy xem lại cổng.", Reason.INPUT)


def _address(service: str | None) -> tuple[str, int]:
    """Máy và cổng của dịch vụ; tên của chính máy này được đổi thành 127.0.0.1."""
    session = find_current()
    connected = session.store.endpoint if session else ""
    given = service or connected or os.environ.get("CDSE_S3_ENDPOINT") or f"127.0.0.1:{PORT}"
    host, _, port = given.rpartition(":")
    if host.removesuffix(".local") == socket.gethostname():
        host = "127.0.0.1"
    if not _is_loopback(host) or not re.fullmatch(r"\d{1,5}", port) or int(port) > 65535:
        raise BadInput(
            f"Chỉ bật được sự cố cho CDSE ngoại tuyến trên máy này, còn {given!r} thì không: "
            'hãy gọi connect("offline"), hoặc ghi service="127.0.0.1:CỔNG".',
            Reason.INPUT,
        )
    return host.strip("[]"), int(port)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
