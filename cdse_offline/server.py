"""One process, one port: the STAC API below `/stac/v1`, the S3 store below `/eodata`, and quicklooks."""

import ipaddress
import socket
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from cdse_offline import stac
from cdse_offline.catalog import Catalog
from cdse_offline.s3 import S3, Keys
from cdse_offline.store import NotMadeError, Store

MAX_BODY = 1_000_000


class Server:
    """The ASGI application. It dispatches by path itself: links of a mounted application would lack the mount."""

    def __init__(self, catalog: Catalog, store: Store, keys: Keys, *, public: bool = False) -> None:
        self.catalog, self.store, self.public = catalog, store, public
        self.stac = stac.application(catalog)
        self.s3 = S3(store, keys)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise RuntimeError(f"no answer to {scope['type']}")
        await self._route(Request(scope))(scope, receive, send)

    def _route(self, request: Request) -> ASGIApp:
        if not known_host(request.headers.get("host", ""), public=self.public):
            return PlainTextResponse("Host không hợp lệ: hãy dùng địa chỉ mà dịch vụ đã in ra.", 403)
        length = request.headers.get("content-length", "0")
        if "transfer-encoding" in request.headers or not length.isdecimal() or int(length) > MAX_BODY:
            return PlainTextResponse(f"Yêu cầu quá lớn: tối đa {MAX_BODY} byte, có ghi Content-Length.", 413)
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


def known_host(header: str, *, public: bool) -> bool:
    """Is this Host header one of ours? A page of a foreign name that resolves to this machine must get nothing."""
    name = header.rsplit(":", 1)[0] if not header.endswith("]") else header
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
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(128)
    return listener
