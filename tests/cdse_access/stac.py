"""A STAC catalogue on loopback whose answers a test writes down."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import SimpleNamespace

CLASSES = [
    "https://api.stacspec.org/v1.0.0/core",
    "https://api.stacspec.org/v1.0.0/collections",
    "https://api.stacspec.org/v1.0.0/item-search",
    "https://api.stacspec.org/v1.0.0/item-search#query",
    "https://api.stacspec.org/v1.0.0/item-search#filter",
]
Answer = Callable[[BaseHTTPRequestHandler], None]


def send(status: int = 200, body: bytes | dict | list = b"", **headers: str) -> Answer:
    """An answer, whole and well framed."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in ({"Content-Length": str(len(data))} | headers).items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(data)

    return answer


def drop(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True


def hang(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(1)


def trickle(handler: BaseHTTPRequestHandler) -> None:
    """A byte now and then, each within the time that a single read may take."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    for _ in range(30):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.1)


def feature(name: str) -> dict:
    """An item without images."""
    document = {"type": "Feature", "stac_version": "1.1.0", "id": name, "collection": "images", "geometry": None}
    return document | {"properties": {"datetime": "2023-09-28T10:17:19Z"}, "links": [], "assets": {}}


def features(*names: str, **more) -> dict:
    listed = [feature(name) for name in names]
    return {"type": "FeatureCollection", "features": listed, "links": []} | more


@contextmanager
def serve() -> Iterator[SimpleNamespace]:
    """A catalogue on loopback. `script` answers searches, one after the other; `asked` is what was asked."""
    state = SimpleNamespace(asked=[], script=iter([]))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            path = self.path.split("?")[0]
            state.asked.append((self.command, path, json.loads(body) if body else None))
            fixed = {"/": send(body=state.landing), "/collections": send(body=state.collections)}
            answer = fixed[path] if path in fixed and not state.all else next(state.script)
            try:
                answer(self)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        http.daemon_threads = True
        state.url = f"http://127.0.0.1:{http.server_port}/"
        links = [
            {"rel": "root", "href": state.url, "type": "application/json"},
            {"rel": "data", "href": f"{state.url}collections", "type": "application/json"},
            *(
                {"rel": "search", "href": f"{state.url}search", "type": "application/geo+json", "method": method}
                for method in ("GET", "POST")
            ),
        ]
        state.landing = {"type": "Catalog", "id": "x", "stac_version": "1.0.0", "description": "x", "links": links}
        state.landing["conformsTo"] = CLASSES
        names = ("sentinel-2-l1c", "sentinel-2-l2a", "sentinel-1-grd", "images")
        state.collections = {"collections": [{"id": name, "type": "Collection"} for name in names], "links": []}
        state.all = False
        Thread(target=http.serve_forever, args=(0.01,), daemon=True).start()
        yield state
        http.shutdown()
