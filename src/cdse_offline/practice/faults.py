"""Faults on request: what a bad network, a busy archive, a lapsed key or a damaged file look like to a client.

Each kind of fault is a model of its parameters and an ASGI middleware: its `answer` stands around the real application,
so that several faults may hit one request. A `Rule` (in `rules`) says on which requests a fault happens.
"""

import asyncio
import os
import re
import socket
import struct
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from http import HTTPStatus
from typing import Annotated

from pydantic import Field
from starlette.datastructures import MutableHeaders
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cdse_offline.practice.parameters import Parameters, Seconds, Size
from cdse_offline.practice.sending import (
    Span,
    change_bytes,
    change_header,
    change_headers,
    end_body,
    interrupt,
    is_start,
    pace,
    read_span,
    set_length,
    wait_for_disconnect,
)
from cdse_offline.s3_answers import S3Error, add_order, is_s3_path

_S3_CODES = {403: "AccessDenied", 404: "NoSuchKey", 500: "InternalError", 503: "SlowDown"}
_LOGIN_PAGE = (
    '<!doctype html><html><head><title>Wi-Fi login</title></head><body><form action="/login" method="post">'
    '<input name="user"><input name="password" type="password"><button>Log in</button></form></body></html>'
)
_HEADERS = 2048  # bytes at the start of an image in which its headers lie
_OTHER_BYTES = bytes(value ^ 0x55 for value in range(256))
WHICH = (
    r"^(all|first (?P<first>[0-9]{1,9})|after (?P<after>[0-9]{1,9})|every (?P<every>[1-9][0-9]{0,8})"
    r"|(?P<percent>[0-9]{1,3}([.][0-9]{1,6})?)%|(?P<nth>[1-9][0-9]{0,8}|first))$"
)
S3_PATHS, _JP2 = "/eodata/*", "*.jp2"

Path = Annotated[str, Field(pattern=r"^[^\x00-\x1f]{1,300}$")]
Which = Annotated[str, Field(pattern=WHICH)]


class Fault(Parameters):
    """Where and when a fault happens, unless a rule says otherwise; kinds add their own parameters."""

    path: Path = "*"
    which: Which = "all"
    seed: Annotated[int, Field(ge=0, le=2**63)] = 0

    async def answer(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        raise NotImplementedError


# --- Answers instead of the real one ---


def build_refusal(
    path: str, status: int, code: str = "", message: str = "", retry_after: int | None = None
) -> Response:
    """An error as this path's service words it: in S3's XML, or in the JSON of the STAC API."""
    phrase = HTTPStatus(status).phrase if status in set(HTTPStatus) else f"Status {status}"
    if not code and is_s3_path(path):
        code = _S3_CODES.get(status, "")
    code = code or phrase.replace(" ", "")
    if not message:
        message = "Please reduce your request rate." if code == "SlowDown" else phrase
    if is_s3_path(path):
        response = S3Error(status, code, message).build_response(path)
    else:
        response = JSONResponse({"code": code, "description": message}, status)
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response


class Status(Fault):
    status: Annotated[int, Field(ge=400, le=599)] = 503
    code: Annotated[str, Field(pattern="^[A-Za-z]{0,60}$")] = ""
    message: Annotated[str, Field(pattern=r"^[^\x00-\x1f]{0,300}$")] = ""
    retry_after: Annotated[int, Field(ge=0, le=10**6)] | None = None

    async def answer(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = build_refusal(scope["path"], self.status, self.code, self.message, self.retry_after)
        await refusal(scope, receive, send)


class Html(Fault):
    async def answer(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        await HTMLResponse(_LOGIN_PAGE)(scope, receive, send)


class Empty(Fault):
    async def answer(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        await Response(b"")(scope, receive, send)


# --- Time and the connection ---


class Delay(Fault):
    seconds: Seconds = 1.0

    async def answer(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(self.seconds)
        await app(scope, receive, send)


class Slow(Fault):
    rate: Annotated[float, Field(ge=1, le=1e12)] = 100_000  # bytes a second

    async def answer(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        await app(scope, receive, pace(send, self.rate))


async def _hold_connection(scope: Scope, receive: Receive) -> None:
    scope["state"]["connection"].stuck = True
    await wait_for_disconnect(receive)


class Hang(Fault):
    async def answer(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        await _hold_connection(scope, receive)


class Stall(Fault):
    after: Size | None = None

    async def answer(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        await app(scope, receive, interrupt(send, self.after, partial(_hold_connection, scope, receive)))


async def _break_connection(scope: Scope, receive: Receive, *, fin: bool = False) -> None:
    """Break the connection: with RST, or with FIN as a proxy that gives up."""
    transport = scope["state"]["connection"].transport
    while transport.get_write_buffer_size() and not transport.is_closing():
        await asyncio.sleep(0.005)
    if fin:
        transport.close()
    else:
        await asyncio.sleep(0.02)  # where RST empties the client's buffer, let it read what has come
        # A socket that does not linger says RST when it is closed.
        never = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, never)
        transport.abort()
    await wait_for_disconnect(receive)


class Reset(Fault):
    async def answer(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        await _break_connection(scope, receive)


class Cut(Fault):
    after: Size | None = None
    fin: bool = False

    async def answer(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        break_connection = partial(_break_connection, scope, receive, fin=self.fin)
        await app(scope, receive, interrupt(send, self.after, break_connection))


# --- Frames and bodies that are not what they say ---


class NoLength(Fault):
    after: Size | None = None

    async def answer(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        # To a client of HTTP/1.0, h11 sends a body without a frame, which ends with the connection.
        scope["state"]["connection"].conn.their_http_version = b"1.0"

        def drop_length(headers: MutableHeaders) -> None:
            del headers["content-length"]

        unframed = change_headers(send, drop_length)
        await app(scope, receive, interrupt(unframed, self.after, partial(end_body, send)))


class Short(Fault):
    path: Path = S3_PATHS
    after: Size | None = None

    async def answer(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        def shorten(length: int) -> int:
            return length // 2 if self.after is None else min(self.after, length)

        shortened = set_length(send, shorten)
        await app(scope, receive, interrupt(shortened, self.after, partial(end_body, send)))


class IgnoreRange(Fault):
    path: Path = S3_PATHS

    async def answer(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        # Not by dropping the header here: clients sign it.
        await app(add_order(scope, {"whole": True}), receive, send)


# --- Stored objects ---


class Truncate(Fault):
    path: Path = _JP2
    size: Size | None = None

    async def answer(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        sender = send

        async def send_truncated(message: Message) -> None:
            nonlocal sender
            span = read_span(message) if is_start(message) else None
            if span is not None:
                kept = span.total // 2 if self.size is None else min(self.size, span.total)
                if message["status"] == 206 and span.first >= kept:
                    error = S3Error(416, "InvalidRange", "The requested range is not satisfiable")
                    await error.build_response(scope["path"])(scope, receive, send)
                    sender = _send_nowhere
                else:
                    sender = _shorten_body(send, Span(span.first, min(span.end, kept), kept))
            await sender(message)

        await app(scope, receive, send_truncated)


async def _send_nowhere(_: Message) -> None:
    """Send nothing: the answer was given."""


def _shorten_body(send: Send, span: Span) -> Send:
    """Send only these bytes of the object, and say so."""
    length = span.end - span.first

    def change(headers: MutableHeaders) -> None:
        headers["content-length"] = str(length)
        if "content-range" in headers:
            headers["content-range"] = f"bytes {span.first}-{span.end - 1}/{span.total}"

    return interrupt(change_headers(send, change), length, partial(end_body, send))


class Spoiling(Fault):
    """Bytes are spoilt: at `position` in the body, `at` in the object, or in the middle of what follows the headers."""

    path: Path = _JP2
    position: Size | None = None
    at: Size | None = None

    def choose_bytes(self, span: Span, size: int) -> tuple[int, int]:
        """Of a body that holds these bytes of the object: where the spoilt ones begin and end."""
        length = span.end - span.first
        if self.position is not None:
            start = self.position
        elif self.at is not None:
            start = self.at - span.first
        else:
            start = (length + _HEADERS) // 2 if length > _HEADERS else length // 2
        return start, start + size


class Corrupt(Spoiling):
    bit: Annotated[int, Field(ge=0, le=7)] = 0

    async def answer(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        def flip_bit(part: bytes) -> bytes:
            return bytes(byte ^ 1 << self.bit for byte in part)

        await app(scope, receive, change_bytes(send, partial(self.choose_bytes, size=1), flip_bit))


class Zeroed(Spoiling):
    length: Annotated[int, Field(ge=1, le=10**12)] = 4096

    async def answer(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        def clear(part: bytes) -> bytes:
            return bytes(len(part))

        await app(scope, receive, change_bytes(send, partial(self.choose_bytes, size=self.length), clear))


class Replace(Fault):
    """Another object, by its key; without one, other bytes and another ETag."""

    path: Path = _JP2
    by: Annotated[str, Field(pattern=r"^[^\x00-\x1f]{0,1000}$")] = ""

    async def answer(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        if self.by:
            key = re.sub(r"^(s3://|/)eodata/", "", self.by)
            await app(add_order(scope, {"key": key}), receive, send)
            return
        changed = change_bytes(send, _choose_all, lambda part: part.translate(_OTHER_BYTES))
        await app(scope, receive, change_etag(changed))


def _choose_all(span: Span) -> tuple[int, int]:
    return 0, span.end - span.first


def change_etag(send: Send) -> Send:
    async def send_changed(message: Message) -> None:
        is_object = is_start(message) and message["status"] in (200, 206)
        await (change_headers(send, _reverse_etag) if is_object else send)(message)

    return send_changed


def _reverse_etag(headers: MutableHeaders) -> None:
    if "etag" in headers:
        etag = headers["etag"].strip('"')
        headers["etag"] = f'"{etag[::-1]}"'


# --- Keys and the clock: the store's own check refuses a changed request ---


class KeyUnknown(Fault):
    path: Path = S3_PATHS

    async def answer(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        def change_key(authorization: str) -> str:
            return re.sub("Credential=[^/]*/", "Credential=UNKNOWN/", authorization)

        await app(change_header(scope, b"authorization", change_key), receive, send)


class KeyExpires(KeyUnknown):
    which: Which = "after 6"


class SecretWrong(Fault):
    path: Path = S3_PATHS

    async def answer(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        def forge(authorization: str) -> str:
            return re.sub("(?<=Signature=)[0-9a-f]+", lambda match: match[0][::-1], authorization)

        await app(change_header(scope, b"authorization", forge), receive, send)


class Clock(Fault):
    """To a client whose clock is slow, the service's is fast."""

    path: Path = S3_PATHS
    minutes: Annotated[float, Field(ge=-1e5, le=1e5)] = 20

    async def answer(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        ahead = timedelta(minutes=self.minutes)

        def set_date(headers: MutableHeaders) -> None:
            headers["date"] = format_datetime(datetime.now(UTC) + ahead, usegmt=True)

        await app(add_order(scope, {"ahead": ahead}), receive, change_headers(send, set_date))
