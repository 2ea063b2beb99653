"""An offline CDSE in a thread of the test, with objects of known bytes, behind real connections."""

import http.client
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from email.message import Message
from pathlib import Path
from random import Random
from typing import Any

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from cdse_offline.practice.middleware import Practice
from cdse_offline.product import archive
from cdse_offline.server.application import Server
from cdse_offline.server.cache import Cache
from cdse_offline.server.protocol import build_http_server, listen
from cdse_offline.server.s3 import KeyPair
from cdse_offline.server.store import FileStore

KEYS = KeyPair("ACCESS", "secret")
CONTENT, OTHER = Random(1).randbytes(5000), Random(2).randbytes(5000)
LARGE = 100_000_000  # bytes of an object that is a hole


@dataclass
class Answer:
    status: int
    headers: Message
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Service:
    address: str
    practice: Practice | None
    stop: Callable[[], None] = lambda: None

    def open(
        self, path: str, method: str = "GET", body: Any = None, timeout: float = 10, **headers: Any
    ) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection(self.address, timeout=timeout)
        data = None if body is None else json.dumps(body)
        connection.request(method, path, data, headers | ({"Content-Type": "application/json"} if data else {}))
        return connection.getresponse()

    def ask(self, path: str, method: str = "GET", body: Any = None, **more: Any) -> Answer:
        with self.open(path, method, body, **more) as response:
            return Answer(response.status, response.headers, response.read())

    def signed(self, path: str, method: str = "GET", **headers: str) -> dict[str, Any]:
        request = AWSRequest(method, f"http://{self.address}{path}", headers)
        S3SigV4Auth(Credentials(KEYS.access, KEYS.secret), "s3", "default").add_auth(request)
        return dict(request.headers)

    def read(self, path: str = "/eodata/a.jp2", method: str = "GET", **headers: str) -> Answer:
        return self.ask(path, method, **self.signed(path, method, **headers))

    def search(self, **body: Any) -> Answer:
        return self.ask("/stac/v1/search", "POST", {"collections": ["sentinel-2-l2a"], "limit": 2} | body)


@contextmanager
def running(folder: Path, *, practice: Practice | None) -> Iterator[Service]:
    (folder / "a.jp2").write_bytes(CONTENT)
    (folder / "b.jp2").write_bytes(OTHER)
    with (folder / "large.jp2").open("wb") as file:
        file.truncate(LARGE)
    objects = {name: folder / name for name in ("a.jp2", "b.jp2", "large.jp2")}
    catalog = replace(archive.simulate_holdings(), objects=objects)
    listener = listen("127.0.0.1", 0)
    server = build_http_server(Server(catalog, FileStore(objects, Cache(folder / "cache")), KEYS, practice=practice))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()

    def stop() -> None:
        server.should_exit = True
        thread.join(10)
        assert not thread.is_alive()

    try:
        yield Service(f"127.0.0.1:{listener.getsockname()[1]}", practice, stop)
    finally:
        stop()
