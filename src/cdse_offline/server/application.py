"""One process, one port: the STAC API below `/stac/v1`, the S3 store below `/eodata`, and quicklooks."""

import asyncio
import ipaddress
import re
import socket
from typing import Any

import h11
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from cdse_offline.holdings import Catalog
from cdse_offline.practice.room import DOOR, Room
from cdse_offline.server import stac
from cdse_offline.server.s3 import S3, Keys
from cdse_offline.server.store import NotMadeError, Store

MAX_BODY = 1_000_000
REQUEST_SECONDS = 20  # in which a request must have come in whole
READING_SECONDS = 30  # in which a client must have taken the better part of what waits for it
PIECE = 1 << 16  # bytes that are sent at once
# The API's own page of documentation would run scripts of another host; nothing else here is a page.
SAFETY = {"Content-Security-Policy": "default-src 'none'", "X-Content-Type-Options": "nosniff"}


class Server:
    """The ASGI application. It dispatches by path itself: links of a mounted application would lack the mount.

    With a practice room, requests go through it: it counts them and lets faults happen.
    """

    def __init__(
        self, catalog: Catalog, store: Store, keys: Keys, *, public: bool = False, room: Room | None = None
    ) -> None:
        self.catalog, self.store, self.public, self.room = catalog, store, public, room
        self.stac = stac.application(catalog)
        self.s3 = S3(store, keys)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise RuntimeError(f"no answer to {scope['type']}")
        request, send = Request(scope), _careful(send)
        if (refusal := self._refusal(request)) is not None:
            await refusal(scope, receive, send)
        elif self.room is None:
            await self._route(request)(scope, receive, send)
        elif scope["path"] == DOOR or scope["path"].startswith(f"{DOOR}/"):
            await self.room.door(scope, receive, send)
        else:
            await self.room.serve(self._route(request), scope, receive, send)

    def _refusal(self, request: Request) -> Response | None:
        if not known_host(request.headers.get("host", ""), public=self.public):
            return PlainTextResponse("Host không hợp lệ: hãy dùng địa chỉ mà dịch vụ đã in ra.", 403)
        length = request.headers.get("content-length", "0")
        if "transfer-encoding" in request.headers or not length.isdecimal() or int(length) > MAX_BODY:
            return PlainTextResponse(f"Yêu cầu quá lớn: tối đa {MAX_BODY} byte, có ghi Content-Length.", 413)
        return None

    def _route(self, request: Request) -> ASGIApp:
        path = request.scope["path"]
        if path == stac.ROOT or path.startswith(f"{stac.ROOT}/"):
            request.scope["root_path"] = stac.ROOT
            return self.stac
        if path == "/eodata" or path.startswith("/eodata/"):
            return self.s3
        if path.startswith("/thumbnails/"):
            return self._thumbnail
        if path.startswith("/odata/v1/"):
            return JSONResponse({"detail": "Unauthorized"}, 401)  # there is no login service to give tokens
        if path == "/":
            return RedirectResponse(f"{stac.ROOT}/")
        return PlainTextResponse("Không có gì ở địa chỉ này.", 404)

    async def _thumbnail(self, scope: Scope, receive: Receive, send: Send) -> None:
        name = scope["path"].removeprefix("/thumbnails/").removesuffix(".jpg")
        await (await self._picture(name))(scope, receive, send)

    async def _picture(self, name: str) -> Response:
        if name not in self.catalog.thumbnails:
            return PlainTextResponse("Không có ảnh xem nhanh này.", 404)
        try:
            path = await self.store.file(self.catalog.thumbnails[name])
        except NotMadeError as error:
            return PlainTextResponse(f"Không vẽ được ảnh xem nhanh: {error}", 500)
        return FileResponse(path, media_type="image/jpeg")


def _careful(send: Send) -> Send:
    """Send answers with headers that keep browsers from misuse, and large ones in pieces.

    Whoever reads slowly is sent the next piece when it has taken the last: less waits in memory.
    """

    async def carefully(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=list(message["headers"]))
            headers.update(SAFETY)
            await send(message | {"headers": headers.raw})
            return
        body = message.get("body", b"")
        last = max(0, len(body) - 1) // PIECE * PIECE
        for first in range(0, last, PIECE):
            await send(message | {"body": body[first : first + PIECE], "more_body": True})
        await send(message | {"body": body[last:]})

    return carefully


class Connection(H11Protocol):
    """A connection that ends when its client is too slow, which uvicorn has no limits for.

    Applications find it in their scope's state: a practised fault may break it.
    """

    stuck = False  # it waits for its client to give up
    _unfinished: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        self.app_state = self.app_state | {"connection": self}
        self._watch()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def _watch(self) -> None:
        """The time for a request runs from its first byte, for the first one from when the connection was made."""
        if self.conn.their_state not in (h11.IDLE, h11.SEND_BODY):
            self._unfinished = _cancelled(self._unfinished)
        elif self._unfinished is None:
            self._unfinished = self.loop.call_later(REQUEST_SECONDS, self.transport.abort)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._unread = self.loop.call_later(READING_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._unread = _cancelled(self._unread)

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        if self.transport.get_write_buffer_size():  # else it would wait for the last bytes to be read
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._unfinished, self._unread = _cancelled(self._unfinished), _cancelled(self._unread)

    def shutdown(self) -> None:
        super().shutdown()
        if self.stuck:
            self.transport.abort()


def _cancelled(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()


def known_host(header: str, *, public: bool) -> bool:
    """Is this Host header one of ours? A page of a foreign name that resolves to this machine must get nothing."""
    found = re.fullmatch(r"([\w.-]+|\[[\da-f:.]+\])(:\d{1,5})?", header, re.ASCII)
    if found is None:
        return False
    name = found[1]
    if name == "localhost" or (public and name.removesuffix(".local") == socket.gethostname()):
        return True
    try:
        address = ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return public or address.is_loopback


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. OSError says what hinders it."""
    family: Any = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP, it is what asyncio sends from at once; else each answer to a kept connection waits 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(128)
    return listener
