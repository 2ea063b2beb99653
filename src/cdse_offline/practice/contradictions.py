"""Faults of servers that contradict themselves: headers and bodies that do not belong together, or never end."""

import asyncio
import gzip
from functools import partial
from typing import Annotated

from pydantic import Field
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cdse_offline.practice.faults import S3_PATHS, Fault, Path, change_etag
from cdse_offline.practice.parameters import Seconds
from cdse_offline.practice.sending import (
    change_headers,
    collect_answer,
    end_body,
    interrupt,
    is_start,
    read_span,
    send_whole,
)

Shift = Annotated[int, Field(ge=-(10**9), le=10**9)]  # bytes, forwards or back


class Mismatch(Fault):
    """A part of an object that does not fill its Content-Range: its first bytes come twice, or its last ones lack.

    Content-Length tells how many bytes come; `chunked` leaves it out.
    """

    path: Path = S3_PATHS
    surplus: Shift = 4096  # below 0: so many lack
    chunked: bool = False

    async def answer(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        sender = send

        async def send_misfit(message: Message) -> None:
            nonlocal sender
            span = read_span(message) if is_start(message) else None
            if span is not None:
                sender = self._build_sender(send, span.end - span.first)
            await sender(message)

        await app(scope, receive, send_misfit)

    def _build_sender(self, send: Send, length: int) -> Send:
        """For a body of this length."""
        sent = max(length + min(self.surplus, length), 0)

        def change(headers: MutableHeaders) -> None:
            headers["content-length"] = str(sent)
            if self.chunked:
                del headers["content-length"]

        framed = change_headers(send, change)
        if sent < length:
            return interrupt(framed, sent, partial(end_body, send))
        return _send_beginning_twice(framed, sent - length)


def _send_beginning_twice(send: Send, count: int) -> Send:
    """Send this many bytes once more."""
    held, is_sent = b"", False

    async def send_more(message: Message) -> None:
        nonlocal held, is_sent
        if is_start(message) or is_sent:
            await send(message)
            return
        held += message.get("body", b"")
        is_sent = len(held) >= count
        if is_sent:
            await send({**message, "body": held[:count] + held})

    return send_more


class WrongRange(Fault):
    """Content-Range names other bytes than those that come, or an object of another size."""

    path: Path = S3_PATHS
    shift: Shift = 0
    growth: Shift = 0

    async def answer(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_misnamed(message: Message) -> None:
            span = read_span(message) if is_start(message) else None
            if span is None or message["status"] != 206:
                await send(message)
                return
            first, last, total = span.first + self.shift, span.end - 1 + self.shift, span.total + self.growth
            await _set_header(send, "content-range", f"bytes {first}-{last}/{total}")(message)

        await app(scope, receive, send_misnamed)


class Header(Fault):
    """A header of the answer says something else, or is there twice."""

    name: Annotated[str, Field(pattern="^[A-Za-z-]{1,60}$")] = "Content-Encoding"
    value: Annotated[str, Field(pattern=r"^[^\x00-\x1f]*$", max_length=20_000)] = "gzip"
    twice: bool = False

    async def answer(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        await app(scope, receive, _set_header(send, self.name, self.value, twice=self.twice))


def _set_header(send: Send, name: str, value: str, *, twice: bool = False) -> Send:
    def change(headers: MutableHeaders) -> None:
        if not twice:
            del headers[name]
        headers.raw.append((name.lower().encode(), value.encode()))

    return change_headers(send, change)


class Packed(Fault):
    """The body is compressed, though nobody asked for that."""

    async def answer(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        start, body = await collect_answer(app, scope, receive)
        await send_whole(_set_header(send, "content-encoding", "gzip"), start, gzip.compress(body))


class NewEtag(Fault):
    """The same bytes, and another ETag."""

    path: Path = S3_PATHS

    async def answer(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        await app(scope, receive, change_etag(send))


class Drip(Fault):
    """Header lines that come one by one and never end."""

    seconds: Seconds = 1.0  # between two lines

    async def answer(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        connection = scope["state"]["connection"]
        connection.stuck = True
        connection.transport.write(b"HTTP/1.1 200 OK\r\n")
        while not connection.transport.is_closing():
            connection.transport.write(b"X-Patience: a little more\r\n")
            await asyncio.sleep(self.seconds)
