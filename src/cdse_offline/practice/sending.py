"""ASGI messages on their way: what a fault does to the answer of the application while it passes.

Bodies are changed as they pass; only answers in JSON, which are short, are held in memory.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PIECE = 65536  # bytes sent at once where a rate is kept
_TICKS = 20  # pieces a second, at least


def is_start(message: Message) -> bool:
    is_it: bool = message["type"] == "http.response.start"
    return is_it


def read_headers(start: Message) -> MutableHeaders:
    return MutableHeaders(raw=list(start["headers"]))


def read_length(start: Message) -> int:
    return int(read_headers(start).get("content-length", 0))


@dataclass(frozen=True)
class Span:
    """The bytes [first, end) of an object of `total` bytes."""

    first: int
    end: int
    total: int


def read_span(start: Message) -> Span | None:
    """The bytes that an answer holds; None if it holds none of an object."""
    if start["status"] == 200:
        length = read_length(start)
        return Span(0, length, length)
    if start["status"] != 206:
        return None
    match = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", read_headers(start).get("content-range", ""))
    return Span(int(match[1]), int(match[2]) + 1, int(match[3])) if match else None


def change_headers(send: Send, change: Callable[[MutableHeaders], None]) -> Send:
    async def send_changed(message: Message) -> None:
        if is_start(message):
            headers = read_headers(message)
            change(headers)
            message = {**message, "headers": headers.raw}
        await send(message)

    return send_changed


def set_length(send: Send, choose: Callable[[int], int]) -> Send:
    """Announce another length, chosen by the true one; the body is not touched."""

    def change(headers: MutableHeaders) -> None:
        true_length = int(headers.get("content-length", 0))
        headers["content-length"] = str(choose(true_length))

    return change_headers(send, change)


def pace(send: Send, rate: float) -> Send:
    """Send bodies at this many bytes a second."""
    loop = asyncio.get_running_loop()
    piece = max(1, min(PIECE, int(rate / _TICKS)))
    start: float | None = None
    sent = 0

    async def send_slowly(message: Message) -> None:
        nonlocal start, sent
        if start is None:
            start = loop.time()
        body = message.get("body", b"")
        more = message.get("more_body", False)
        for first in range(0, len(body), piece):
            part = body[first : first + piece]
            sent += len(part)
            await asyncio.sleep(start + sent / rate - loop.time())
            is_last = first + piece >= len(body)
            await send({**message, "body": part, "more_body": more or not is_last})
        if not body:
            await send(message)

    return send_slowly


def interrupt(send: Send, after: int | None, then: Callable[[], Awaitable[None]]) -> Send:
    """Send the headers and `after` bytes of the body, by default half of it; then something else happens."""
    left = 0
    over = False

    async def send_until(message: Message) -> None:
        nonlocal left, over
        if is_start(message):
            left = read_length(message) // 2 if after is None else after
            await send(message)
            return
        if over:
            return
        body = message.get("body", b"")
        goes_on = message.get("more_body", False) or not body
        part = body[:left]
        left -= len(body)
        over = left < 0 or (left == 0 and goes_on)
        if not over:
            await send(message)
            return
        await send({**message, "body": part, "more_body": True})
        await then()

    return send_until


async def end_body(send: Send) -> None:
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def change_bytes(send: Send, choose: Callable[[Span], tuple[int, int]], change: Callable[[bytes], bytes]) -> Send:
    """Change the bytes [start, stop) of a body, chosen by which bytes of the object it holds, as they pass."""
    start = stop = passed = 0

    async def send_changed(message: Message) -> None:
        nonlocal start, stop, passed
        if is_start(message):
            span = read_span(message)
            if span is not None:
                start, stop = choose(span)
            await send(message)
            return
        body = message.get("body", b"")
        low = min(max(start - passed, 0), len(body))
        high = min(max(stop - passed, 0), len(body))
        passed += len(body)
        changed = body[:low] + change(body[low:high]) + body[high:]
        await send({**message, "body": changed})

    return send_changed


async def wait_for_disconnect(receive: Receive) -> None:
    """Wait until the client has hung up."""
    message = await receive()
    while message["type"] != "http.disconnect":
        message = await receive()


# --- Whole answers and requests ---


async def collect_answer(app: ASGIApp, scope: Scope, receive: Receive) -> tuple[Message, bytes]:
    """The answer, not sent yet."""
    messages: list[Message] = []

    async def keep(message: Message) -> None:
        messages.append(message)

    await app(scope, receive, keep)
    start, *bodies = messages
    return start, b"".join(message.get("body", b"") for message in bodies)


async def send_whole(send: Send, start: Message, body: bytes) -> None:
    await set_length(send, lambda _: len(body))(start)
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def read_body(receive: Receive) -> tuple[bytes, Receive]:
    """The body of a request, and a way to receive it once more."""
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body, replay_body(body, receive)


def replay_body(body: bytes, receive: Receive) -> Receive:
    """Receive this body, and then what else comes."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return messages.pop() if messages else await receive()

    return receive_again


def change_header(scope: Scope, name: bytes, change: Callable[[str], str]) -> Scope:
    """The request's scope with another value in one header."""
    headers = []
    for key, value in scope["headers"]:
        if key == name:
            value = change(value.decode("latin-1")).encode("latin-1")
        headers.append((key, value))
    return {**scope, "headers": headers}
