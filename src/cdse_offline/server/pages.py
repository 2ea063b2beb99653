"""Answers that are pages of items: what many ask for is made once, and what nobody reads does not pile up."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

MAX_KEPT = 600  # items as they are sent, 60 kB each
MAX_UNREAD = 40_000_000  # bytes of pages that belong to one request only


def encode(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


class Encoded:
    """Documents as they are sent, by their names; all are forgotten when there are too many."""

    def __init__(self) -> None:
        self._kept: dict[Any, bytes] = {}

    def find(self, name: Any, build: Callable[[], Any]) -> bytes:
        found = self._kept.get(name)
        if found is None:
            found = encode(build())
            if len(self._kept) >= MAX_KEPT:
                self._kept.clear()
            self._kept[name] = found
        return found


class Unread:
    """Bytes that wait to be read. If they are too many, whoever has taken longest loses the connection."""

    def __init__(self) -> None:
        self._waiting: dict[Any, int] = {}

    @contextmanager
    def hold(self, connection: Any, number: int) -> Iterator[None]:
        if connection is None or not number:
            yield
            return
        while self._waiting and sum(self._waiting.values()) + number > MAX_UNREAD:
            slowest = next(iter(self._waiting))
            del self._waiting[slowest]
            slowest.transport.abort()
        self._waiting[connection] = number
        try:
            yield
        finally:
            self._waiting.pop(connection, None)


class Page(Response):
    """A list of items. Those that others are sent, too, take no memory of their own."""

    media_type = "application/geo+json"

    def __init__(self, items: list[bytes], rest: dict[str, Any], *, unread: Unread, shared: bool) -> None:
        super().__init__()
        self._parts = _join(items, rest)
        self._unread = unread
        length = sum(map(len, self._parts))
        self._own = 0 if shared else length
        self.headers["content-length"] = str(length)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        with self._unread.hold(scope.get("state", {}).get("connection"), self._own):
            for part in self._parts:
                await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


def _join(items: list[bytes], rest: dict[str, Any]) -> list[bytes]:
    parts = [encode(rest).removesuffix(b"}"), b',"features":[']
    for item in items:
        parts += [item, b","]
    if items:
        parts.pop()
    return [*parts, b"]}"]
