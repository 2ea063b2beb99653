"""A hostile program, until it is killed: `python -m tests.cdse_offline.server.attacker ADDRESS ATTACK [ITEM ...]`.

Standard library only, and little of the processor: what is asked is written once, and asked again once it was answered.
"""

import json
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from math import cos, pi, sin
from typing import Any

CROWD = 40  # who ask at the same time


def post(body: Any, path: str = "/stac/v1/search") -> bytes:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(data)}\r\n"
    )
    return f"{head}\r\n".encode() + data


def get(path: str, method: str = "GET", headers: str = "") -> bytes:
    return f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}\r\n".encode()


def ring(vertices: int, x: float = 105.9, y: float = 20.8, radius: float = 1.0, digits: int = 3) -> dict[str, Any]:
    """A star with many corners, that crosses every other one."""
    corners = []
    for number in range(vertices):
        angle, away = 2 * pi * number / vertices, radius * (1 if number % 2 else 0.2)
        corners.append([round(x + away * cos(angle), digits), round(y + away * sin(angle), digits)])
    return {"type": "Polygon", "coordinates": [[*corners, corners[0]]]}


def nest(depth: int, operator: str = "and") -> Any:
    inner: Any = {"op": "=", "args": [{"property": "id"}, "x"]}
    for _ in range(depth):
        inner = {"op": "not", "args": [inner]} if operator == "not" else {"op": operator, "args": [inner, inner]}
    return inner


def collection(depth: int) -> dict[str, Any]:
    area: dict[str, Any] = {"type": "Point", "coordinates": [105.9, 20.8]}
    for _ in range(depth):
        area = {"type": "GeometryCollection", "geometries": [area, area]}
    return area


def filtered(expression: Any, **more: Any) -> bytes:
    return post({"filter": expression, "filter-lang": "cql2-json", "limit": 200} | more)


def spatial(operator: str, *areas: Any) -> dict[str, Any]:
    return {"op": operator, "args": list(areas)}


ID, PLACE = {"property": "id"}, {"property": "geometry"}
NAMES = [f"properties.name{number}" for number in range(50_000)]


def like(text: str, **more: Any) -> bytes:
    return filtered({"op": "like", "args": [ID, text]}, **more)


SEARCHES: dict[str, Callable[[], bytes]] = {
    "fields": lambda: post({"fields": {"exclude": NAMES}, "limit": 200}),
    "fields 60 kB": lambda: post({"fields": {"exclude": NAMES[:2600]}, "limit": 200}),
    "in": lambda: filtered({"op": "in", "args": [ID, [f"S2_{number}" for number in range(60_000)]]}),
    "in 60 kB": lambda: filtered({"op": "in", "args": [ID, [f"S2_{number}" for number in range(5_000)]]}),
    "wide or": lambda: filtered({"op": "or", "args": [{"op": "=", "args": [ID, str(n)]} for n in range(1300)]}),
    "deep and": lambda: filtered(nest(10)),
    "deep not": lambda: filtered(nest(300, "not")),
    "overlaps": lambda: filtered(spatial("s_overlaps", ring(9000), ring(9000, 105.95))),
    "overlaps 60 kB": lambda: filtered(spatial("s_overlaps", ring(1900), ring(1900, 105.95))),
    "overlaps place": lambda: filtered(
        {"op": "and", "args": [spatial("s_overlaps", PLACE, ring(3500)), {"op": "<>", "args": [ID, "x"]}]}
    ),
    "intersects": lambda: post({"intersects": ring(3500), "limit": 200}),
    "collections": lambda: post({"intersects": collection(9), "limit": 200}),
    "like": lambda: like("%a" * 200 + "b"),
    "like itself": lambda: filtered({"op": "like", "args": ["a" * 20_000, "%a" * 10_000 + "b"]}),
    "many like": lambda: filtered({"op": "or", "args": [{"op": "like", "args": [ID, "%a%b%c%d%e"]}] * 900}),
    "ids": lambda: post({"ids": [str(number) for number in range(100_000)]}),
    "ids 60 kB": lambda: post({"ids": [str(number) for number in range(7_000)]}),
    "query": lambda: post({"query": {f"p{n}": {"neq": n} for n in range(3500)}}),
    "sort": lambda: post({"sortby": [{"field": f"p{n}", "direction": "asc"} for n in range(1400)]}),
    "collections list": lambda: post({"collections": [str(n) for n in range(7_000)], "limit": 200}),
    "numbers": lambda: post(b'{"bbox": [' + b"9" * 60_000 + b",1,2,3]}"),
    "brackets": lambda: post(b"[" * 60_000),
    "escapes": lambda: filtered({"op": "=", "args": [ID, "\u20ac" * 10_000]}),
    "text filter": lambda: get("/stac/v1/search?filter-lang=cql2-text&filter=" + "id='x'%20or%20" * 1000 + "id='y'"),
    "arithmetic": lambda: filtered({"op": "=", "args": [{"op": "^", "args": [9e9, 9e9]}, 1]}),
    "large pages": lambda: post({"limit": 200}),
    "all": lambda: get("/stac/v1/collections/sentinel-2-l2a/items?limit=200"),
    "queryables": lambda: get("/stac/v1/queryables"),
    "head": lambda: get("/stac/v1/search?limit=200", "HEAD"),
    "long query": lambda: get("/stac/v1/search?ids=" + "a," * 30_000),
    "headers": lambda: get("/stac/v1/", headers="X: y\r\n" * 2_000),
    "cheap": lambda: get("/stac/v1/conformance"),
    "tls": lambda: bytes.fromhex("16030100f8010000f40303") + bytes(240),
    "upgrade": lambda: get("/stac/v1/", headers="Connection: Upgrade\r\nUpgrade: websocket\r\n"),
    "practice": lambda: get("/practice"),
}


def ask(address: tuple[str, int], request: bytes) -> None:
    """Ask, read what is answered, ask again; on a new connection where the last one ended."""
    while True:
        with suppress(OSError), socket.create_connection(address, timeout=60) as client:
            while True:
                client.sendall(request)
                if not _read_answer(client, has_body=not request.startswith(b"HEAD")):
                    break
        time.sleep(0.01)


def _read_answer(client: socket.socket, *, has_body: bool) -> bool:
    """Read one whole answer; False if the connection is over."""
    found = b""
    while b"\r\n\r\n" not in found:
        data = client.recv(1 << 16)
        if not data:
            return False
        found += data
    head, _, body = found.partition(b"\r\n\r\n")
    length = next(
        (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")), 0
    )
    left = length - len(body) if has_body else 0
    while left > 0:
        data = client.recv(1 << 16)
        if not data:
            return False
        left -= len(data)
    return True


def hold(address: tuple[str, int], beginning: bytes, number: int, receive: int = 0) -> None:
    """Hold connections on which something was begun, and make a new one for each that the service ends."""
    held: list[socket.socket | None] = [None] * number
    while True:
        for place, client in enumerate(held):
            if client is None or _is_over(client):
                held[place] = _begin(address, beginning, receive)
        time.sleep(0.2)


def _begin(address: tuple[str, int], beginning: bytes, receive: int) -> socket.socket | None:
    client = socket.socket()
    if receive:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
    try:
        client.settimeout(1)
        client.connect(address)
        client.sendall(beginning)
    except OSError:
        client.close()
        return None
    client.setblocking(False)
    return client


def _is_over(client: socket.socket) -> bool:
    try:
        over = client.recv(1, socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False
    except OSError:
        over = True
    if over:
        client.close()
    return over


def _body(length: int, sent: int) -> bytes:
    head = f"POST /stac/v1/search HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {length}\r\n\r\n"
    return head.encode() + b" " * sent


HELD: dict[str, tuple[bytes, int, int]] = {
    "idle": (b"", 1100, 0),
    "idle after an answer": (get("/stac/v1/conformance"), 1100, 0),
    "half a line": (b"GET /stac/v1/ HT", 1100, 0),
    "unfinished bodies": (_body(990_000, 989_000), 1000, 0),
    "unfinished small bodies": (_body(64_000, 63_000), 1000, 0),
    "chunks without end": (
        b"POST /stac/v1/search HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n"
        + b"400\r\n"
        + b" " * 1024
        + b"\r\n",
        1000,
        0,
    ),
    "unread pages": (post({"limit": 200}), 300, 4096),
    "pipelined": (get("/stac/v1/search?limit=200") * 200, 40, 0),
    "old protocol": (
        b"GET /stac/v1/search?limit=200 HTTP/1.0\r\nHost: 127.0.0.1\r\nConnection: keep-alive\r\n\r\n" * 50,
        40,
        0,
    ),
}


def main() -> None:
    host, _, port = sys.argv[1].rpartition(":")
    address, attack = (host, int(port)), sys.argv[2]
    if attack in SEARCHES:
        jobs = [partial(ask, address, SEARCHES[attack]())] * CROWD
    elif attack in HELD:
        beginning, number, receive = HELD[attack]
        jobs = [partial(hold, address, beginning, number, receive)]
    else:
        jobs = [partial(ask, address, get(f"/thumbnails/{name}.jpg")) for name in sys.argv[3:]]
    threads = [threading.Thread(target=job, daemon=True) for job in jobs]
    for thread in threads:
        thread.start()
    threads[0].join()


if __name__ == "__main__":
    main()
