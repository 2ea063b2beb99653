"""One process, one port: the STAC API below `/stac/v1`, the S3 store below `/eodata`, quicklooks and fields."""

import asyncio
import ipaddress
import re

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cdse_access.hosts import is_loopback, is_own_name
from cdse_offline.holdings import Holdings
from cdse_offline.messages import say
from cdse_offline.practice.middleware import CONTROL_PATH, Practice
from cdse_offline.s3_answers import is_s3_path
from cdse_offline.server import stac
from cdse_offline.server.failures import NotMadeError
from cdse_offline.server.line import FullError
from cdse_offline.server.s3 import S3, KeyPair
from cdse_offline.server.store import FileStore

PATIENCE = 60  # seconds for the fields of a place, which are read by who does not ask again

MAX_BODY = 65_536
MAX_DISCARDED = 262_144  # of what is refused: so much is read, so that the client reads why
PIECE = 1 << 16  # bytes that are sent at once
# The API's own page of documentation would run scripts of another host; nothing else here is a page.
SAFETY = {"Content-Security-Policy": "default-src 'none'", "X-Content-Type-Options": "nosniff"}


class Server:
    """The ASGI application. It dispatches by path itself: links of a mounted application would lack the mount.

    Where faults may be practised, requests go through the practice: it counts them and lets faults happen.
    """

    def __init__(
        self,
        holdings: Holdings,
        store: FileStore,
        keys: KeyPair,
        *,
        public: bool = False,
        practice: Practice | None = None,
    ) -> None:
        self.holdings = holdings
        self.store = store
        self.public = public
        self.practice = practice
        self.stac = stac.build_application(holdings)
        self.s3 = S3(store, keys)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise RuntimeError(f"no answer to {scope['type']}")
        application = self._choose_application(Request(scope))
        await application(scope, receive, _make_careful(send))

    def _choose_application(self, request: Request) -> ASGIApp:
        refusal = self._refuse(request)
        if refusal is not None:
            return refusal
        route = self._route(request)
        if self.practice is None:
            return route
        path = request.scope["path"]
        if path == CONTROL_PATH or path.startswith(f"{CONTROL_PATH}/"):
            return self.practice.control
        return self.practice.wrap(route)

    def _refuse(self, request: Request) -> Response | None:
        if not is_own_host(request.headers.get("host", ""), public=self.public):
            return PlainTextResponse(say("foreign-host"), 403)
        length = request.headers.get("content-length", "0")
        is_known = "transfer-encoding" not in request.headers and length.isdecimal()
        if is_known and int(length) <= MAX_BODY:
            return None
        headers = None if is_known and int(length) <= MAX_DISCARDED else {"Connection": "close"}
        text = say("body-too-large", most=MAX_BODY)
        return JSONResponse({"code": "ContentTooLarge", "description": text}, 413, headers)

    def _route(self, request: Request) -> ASGIApp:
        path = request.scope["path"]
        if path == stac.ROOT or path.startswith(f"{stac.ROOT}/"):
            request.scope["root_path"] = stac.ROOT
            return self.stac
        if is_s3_path(path):
            return self.s3
        if path.startswith("/thumbnails/"):
            return self._answer_thumbnail
        if path.startswith("/fields/"):
            return self._answer_fields
        if path.startswith("/odata/v1/"):
            return JSONResponse({"detail": "Unauthorized"}, 401)  # there is no login service to give tokens
        if path == "/":
            return RedirectResponse(f"{stac.ROOT}/")
        return PlainTextResponse(say("nothing-here"), 404)

    async def _answer_thumbnail(self, scope: Scope, receive: Receive, send: Send) -> None:
        name = scope["path"].removeprefix("/thumbnails/").removesuffix(".jpg")
        response = await self._find_thumbnail(name)
        await response(scope, receive, send)

    async def _find_thumbnail(self, name: str) -> Response:
        if name not in self.holdings.thumbnails:
            return PlainTextResponse(say("no-thumbnail"), 404)
        try:
            path = await self.store.find_file(self.holdings.thumbnails[name])
        except NotMadeError as error:
            return PlainTextResponse(say("thumbnail-not-made", why=error), 500)
        except FullError:
            return PlainTextResponse(say("thumbnails-wait"), 503, {"Retry-After": "5"})
        return FileResponse(path, media_type="image/jpeg")

    async def _answer_fields(self, scope: Scope, receive: Receive, send: Send) -> None:
        name = scope["path"].removeprefix("/fields/").removesuffix(".geojson")
        response = await self._find_fields(name)
        await response(scope, receive, send)

    async def _find_fields(self, name: str) -> Response:
        if name not in self.holdings.fields:
            return PlainTextResponse(say("no-fields"), 404)
        try:
            async with asyncio.timeout(PATIENCE):
                path = await self.store.find_file(self.holdings.fields[name])
        except NotMadeError as error:
            return PlainTextResponse(say("fields-not-made", why=error), 500)
        except (TimeoutError, FullError):
            return PlainTextResponse(say("fields-wait"), 503, {"Retry-After": "5"})
        return FileResponse(path, media_type="application/geo+json")


def _make_careful(send: Send) -> Send:
    """Send answers with headers that keep browsers from misuse, and large ones in pieces.

    Whoever reads slowly is sent the next piece when it has taken the last: less waits in memory.
    """

    async def send_carefully(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=list(message["headers"]))
            headers.update(SAFETY)
            await send({**message, "headers": headers.raw})
            return
        body = message.get("body", b"")
        last = max(0, len(body) - 1) // PIECE * PIECE
        for first in range(0, last, PIECE):
            await send({**message, "body": body[first : first + PIECE], "more_body": True})
        await send({**message, "body": body[last:]})

    return send_carefully


def is_own_host(header: str, *, public: bool) -> bool:
    """Is this Host header one of ours? A page of a foreign name that resolves to this machine must get nothing."""
    found = re.fullmatch(r"([\w.-]+|\[[\da-f:.]+\])(:\d{1,5})?", header, re.ASCII)
    if found is None:
        return False
    name = found[1]
    if is_loopback(name):
        return True
    if not public:
        return False
    return is_own_name(name) or _is_number(name)


def _is_number(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
