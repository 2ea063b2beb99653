"""Faults on request: what a bad network, a busy archive, a lapsed key or a damaged file look like to a client.

A `Rule` says on which requests a fault happens. Each kind of fault is an ASGI application around the real one, so that
several faults may befall one request: the first rule is the outermost. Bodies are changed as they pass; only answers
in JSON, which are short, are held in memory.
"""

import asyncio
import json
import os
import re
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from fnmatch import fnmatchcase
from functools import partial
from http import HTTPStatus
from random import Random
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from starlette.datastructures import MutableHeaders
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cdse_offline.server.s3 import EXTENSION, S3Error

PIECE = 65536  # bytes sent at once where a rate is kept
_TICKS = 20  # pieces a second, at least
_SEARCH = "/stac/v1/search"
_S3_CODES = {403: "AccessDenied", 404: "NoSuchKey", 500: "InternalError", 503: "SlowDown"}
_LOGIN_PAGE = (
    '<!doctype html><html><head><title>Wi-Fi login</title></head><body><form action="/login" method="post">'
    '<input name="user"><input name="password" type="password"><button>Log in</button></form></body></html>'
)
_WHICH = re.compile(
    r"all|first (?P<first>\d{1,9})|after (?P<after>\d{1,9})|every (?P<every>[1-9]\d{0,8})"
    r"|(?P<percent>\d{1,3}(\.\d{1,6})?)%|(?P<nth>[1-9]\d{0,8}|first)"
)


class BadRule(ValueError):  # noqa: N818 - what was asked for is bad; nothing failed
    """A rule or a limit that cannot be; the message is for the one who asked."""


# --- What may be asked for ---


@dataclass(frozen=True)
class Number:
    """A parameter that is a number from `low` to `high`; `None` only where that is the default."""

    default: float | None
    low: float
    high: float
    whole: bool = True

    def check(self, name: str, value: Any) -> float | None:
        if value is None and self.default is None:
            return None
        fits = isinstance(value, int) or (isinstance(value, float) and not self.whole)
        if not fits or isinstance(value, bool) or not self.low <= value <= self.high:
            kind = "số nguyên" if self.whole else "số"
            raise BadRule(f"{name} là {value!r}: cần {kind} từ {self.low:g} đến {self.high:g}.")
        return value


@dataclass(frozen=True)
class Text:
    """A parameter that is a text of this pattern."""

    default: str
    pattern: str

    def check(self, name: str, value: Any) -> str:
        if not isinstance(value, str) or not (value == self.default or re.fullmatch(self.pattern, value)):
            raise BadRule(f"{name} là {value!r}: cần một chuỗi hợp với mẫu {self.pattern}")
        return value


@dataclass(frozen=True)
class Flag:
    """A parameter that is true or false."""

    default: bool = False

    def check(self, name: str, value: Any) -> bool:
        if not isinstance(value, bool):
            raise BadRule(f"{name} là {value!r}: cần True hoặc False.")
        return value


Parameters = Mapping[str, Number | Text | Flag]


def checked(given: Mapping[str, Any], known: Parameters, owner: str) -> dict[str, Any]:
    """The value of every known parameter; BadRule names the one that is wrong."""
    if strange := given.keys() - known.keys():
        names = ", ".join(known) or "không có tham số nào"
        raise BadRule(f"{owner} không có tham số {', '.join(sorted(strange))}; tham số hợp lệ: {names}.")
    return {name: kind.check(name, given.get(name, kind.default)) for name, kind in known.items()}


@dataclass(frozen=True)
class Kind:
    """A kind of fault: what it does, its parameters, and where and when it happens unless a rule says otherwise."""

    effect: Callable[..., Awaitable[None]]
    path: str = "*"
    which: str = "all"
    parameters: Parameters = field(default_factory=dict)


class Rule:
    """One fault and the requests that meet it. Each rule counts the requests of its path by itself."""

    def __init__(self, given: Any) -> None:
        name = given.get("kind") if isinstance(given, dict) else given
        if not isinstance(name, str) or not isinstance(given, dict) or name not in KINDS:
            raise BadRule(f"Không có loại sự cố {name!r}; các loại: {', '.join(KINDS)}.")
        kind = KINDS[name]
        frame = {"kind": Text("", ".+"), "path": Text(kind.path, r"[^\x00-\x1f]{1,300}")}
        frame |= {"which": Text(kind.which, _WHICH.pattern), "seed": Number(0, 0, 2**63)}
        own = {name: value for name, value in given.items() if name not in frame}
        self.frame = checked({name: given[name] for name in given.keys() - own.keys()}, frame, "Quy tắc")
        self.parameters = checked(own, kind.parameters, f"Sự cố {name!r}")
        self.seen = self.met = 0
        self._happens = _counter(self.frame["which"], self.frame["seed"])
        self._effect = kind.effect

    def befalls(self, path: str) -> bool:
        """Does the fault happen to this request? It is counted."""
        if not fnmatchcase(path, self.frame["path"]):
            return False
        self.seen += 1
        happens = self._happens(self.seen)
        self.met += happens
        return happens

    def around(self, application: ASGIApp) -> ASGIApp:
        return partial(self._effect, application, **self.parameters)

    def state(self) -> dict[str, Any]:
        return self.frame | self.parameters | {"seen": self.seen, "met": self.met}


def _counter(which: str, seed: int) -> Callable[[int], bool]:
    """Of the n-th request, counted from 1: does the fault happen?"""
    asked = {name: text for name, text in _WHICH.fullmatch(which).groupdict().items() if text}
    if "first" in asked:
        return lambda n: n <= int(asked["first"])
    if "after" in asked:
        return lambda n: n > int(asked["after"])
    if "every" in asked:
        return lambda n: n % int(asked["every"]) == 0
    if "percent" in asked:
        dice = Random(seed)
        return lambda n: dice.random() * 100 < float(asked["percent"])
    if "nth" in asked:
        return lambda n: n == (1 if asked["nth"] == "first" else int(asked["nth"]))
    return lambda n: True


# --- Answers instead of the real one ---


def is_s3(path: str) -> bool:
    return path == "/eodata" or path.startswith("/eodata/")


def refusal(path: str, status: int, code: str = "", message: str = "", retry_after: int | None = None) -> Response:
    """An error as this path's service words it: in S3's XML, or in the JSON of the STAC API."""
    phrase = HTTPStatus(status).phrase if status in set(HTTPStatus) else f"Status {status}"
    code = code or (_S3_CODES.get(status) if is_s3(path) else None) or phrase.replace(" ", "")
    message = message or ("Please reduce your request rate." if code == "SlowDown" else phrase)
    if is_s3(path):
        response = S3Error(status, code, message).response(path)
    else:
        response = JSONResponse({"code": code, "description": message}, status)
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response


async def _status(_: ASGIApp, scope: Scope, receive: Receive, send: Send, **answer: Any) -> None:
    await refusal(scope["path"], **answer)(scope, receive, send)


async def _html(_: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    await HTMLResponse(_LOGIN_PAGE)(scope, receive, send)


async def _empty(_: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    await Response(b"")(scope, receive, send)


# --- Time and the connection ---


async def _delay(app: ASGIApp, scope: Scope, receive: Receive, send: Send, seconds: float) -> None:
    await asyncio.sleep(seconds)
    await app(scope, receive, send)


async def _gone(receive: Receive) -> None:
    """Wait until the client has hung up."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _stuck(scope: Scope, receive: Receive) -> None:
    scope["state"]["connection"].stuck = True
    await _gone(receive)


async def _hang(_: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    await _stuck(scope, receive)


def paced(send: Send, rate: float) -> Send:
    """Send bodies at this many bytes a second."""
    loop = asyncio.get_running_loop()
    piece = max(1, min(PIECE, int(rate / _TICKS)))
    start, sent = None, 0

    async def slowly(message: Message) -> None:
        nonlocal start, sent
        start = start or loop.time()
        body = message.get("body", b"")
        for first in range(0, len(body), piece):
            part = body[first : first + piece]
            last = first + piece >= len(body)
            sent += len(part)
            await asyncio.sleep(start + sent / rate - loop.time())
            await send(message | {"body": part, "more_body": message.get("more_body", False) or not last})
        if not body:
            await send(message)

    return slowly


async def _slow(app: ASGIApp, scope: Scope, receive: Receive, send: Send, rate: float) -> None:
    await app(scope, receive, paced(send, rate))


def _until(send: Send, after: int | None, then: Callable[[], Awaitable[None]]) -> Send:
    """Send the headers and `after` bytes of the body, by default half of it; then something else happens."""
    left, over = after, False

    async def limited(message: Message) -> None:
        nonlocal left, over
        if message["type"] == "http.response.start":
            left = _length(message) // 2 if left is None else left
            await send(message)
        elif not over:
            body = message.get("body", b"")
            part, left = body[:left], left - len(body)
            over = left < 0 or (left == 0 and (message.get("more_body", False) or not body))
            await send(message | {"body": part, "more_body": True} if over else message)
            if over:
                await then()

    return limited


def _length(start: Message) -> int:
    return int(MutableHeaders(raw=list(start["headers"])).get("content-length", 0))


async def _end(send: Send) -> None:
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _break(scope: Scope, receive: Receive, *, fin: bool = False) -> None:
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
    await _gone(receive)


async def _reset(_: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    await _break(scope, receive)


async def _cut(app: ASGIApp, scope: Scope, receive: Receive, send: Send, after: int | None, fin: bool) -> None:
    await app(scope, receive, _until(send, after, partial(_break, scope, receive, fin=fin)))


async def _stall(app: ASGIApp, scope: Scope, receive: Receive, send: Send, after: int | None) -> None:
    await app(scope, receive, _until(send, after, partial(_stuck, scope, receive)))


# --- Frames and bodies that are not what they say ---


def _headed(send: Send, change: Callable[[Message, MutableHeaders], None]) -> Send:
    async def changed(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=list(message["headers"]))
            change(message, headers)
            message = message | {"headers": headers.raw}
        await send(message)

    return changed


async def _no_length(app: ASGIApp, scope: Scope, receive: Receive, send: Send, after: int | None) -> None:
    # To a client of HTTP/1.0, h11 sends a body without a frame, which ends with the connection.
    scope["state"]["connection"].conn.their_http_version = b"1.0"

    def unframed(_: Message, headers: MutableHeaders) -> None:
        del headers["content-length"]

    await app(scope, receive, _until(_headed(send, unframed), after, partial(_end, send)))


async def _short(app: ASGIApp, scope: Scope, receive: Receive, send: Send, after: int | None) -> None:
    def shorter(message: Message, headers: MutableHeaders) -> None:
        length = _length(message)
        headers["content-length"] = str(length // 2 if after is None else min(after, length))

    await app(scope, receive, _until(_headed(send, shorter), after, partial(_end, send)))


async def _ignore_range(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    # Not by dropping the header here: clients sign it.
    await app(_told(scope, whole=True), receive, send)


def _told(scope: Scope, **wish: Any) -> Scope:
    """The scope with a wish for the store, which it looks at when the signature has been checked."""
    extensions = scope.get("extensions", {})
    return scope | {"extensions": extensions | {EXTENSION: extensions.get(EXTENSION, {}) | wish}}


# --- Stored objects ---


def _span(message: Message) -> tuple[int, int, int] | None:
    """The bytes [first, end) of an object of `total` bytes that an answer holds; None if it holds none."""
    if message["status"] == 200:
        return 0, _length(message), _length(message)
    given = MutableHeaders(raw=list(message["headers"])).get("content-range", "")
    match = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", given)
    return (int(match[1]), int(match[2]) + 1, int(match[3])) if match and message["status"] == 206 else None


async def _truncate(app: ASGIApp, scope: Scope, receive: Receive, send: Send, size: int | None) -> None:
    sender = send

    async def truncated(message: Message) -> None:
        nonlocal sender
        if message["type"] == "http.response.start" and (span := _span(message)):
            first, end, total = span
            total = total // 2 if size is None else min(size, total)
            if message["status"] == 206 and first >= total:
                error = S3Error(416, "InvalidRange", "The requested range is not satisfiable")
                await error.response(scope["path"])(scope, receive, send)
                sender = _nowhere
            else:
                sender = _shortened(send, first, min(end, total), total)
        await sender(message)

    await app(scope, receive, truncated)


async def _nowhere(_: Message) -> None:
    """Send nothing: the answer was given."""


def _shortened(send: Send, first: int, end: int, total: int) -> Send:
    def described(message: Message, headers: MutableHeaders) -> None:
        headers["content-length"] = str(end - first)
        if message["status"] == 206:
            headers["content-range"] = f"bytes {first}-{end - 1}/{total}"

    return _until(_headed(send, described), end - first, partial(_end, send))


def _patched(send: Send, place: Callable[[int, int], tuple[int, int]], change: Callable[[bytes], bytes]) -> Send:
    """Change the bytes of a body that `place(first byte of the object, length of the body)` names, as they pass."""
    start = stop = passed = 0

    async def patched(message: Message) -> None:
        nonlocal start, stop, passed
        if message["type"] == "http.response.start":
            if span := _span(message):
                start, stop = place(span[0], span[1] - span[0])
        else:
            body = message.get("body", b"")
            low, high = (min(max(edge - passed, 0), len(body)) for edge in (start, stop))
            passed += len(body)
            message = message | {"body": body[:low] + change(body[low:high]) + body[high:]}
        await send(message)

    return patched


def _placed(position: int | None, at: int | None, size: int) -> Callable[[int, int], tuple[int, int]]:
    """Where to spoil a body: `position` in it, `at` in the object, or in the middle of what follows the headers."""

    def place(first: int, length: int) -> tuple[int, int]:
        if position is not None or at is not None:
            start = position if position is not None else at - first
        else:
            start = (length + _HEADERS) // 2 if length > _HEADERS else length // 2
        return start, start + size

    return place


async def _corrupt(
    app: ASGIApp, scope: Scope, receive: Receive, send: Send, position: int | None, at: int | None, bit: int
) -> None:
    def flipped(part: bytes) -> bytes:
        return bytes(byte ^ 1 << bit for byte in part)

    await app(scope, receive, _patched(send, _placed(position, at, 1), flipped))


async def _zeroed(
    app: ASGIApp, scope: Scope, receive: Receive, send: Send, position: int | None, at: int | None, length: int
) -> None:
    await app(scope, receive, _patched(send, _placed(position, at, length), lambda part: bytes(len(part))))


async def _replace(app: ASGIApp, scope: Scope, receive: Receive, send: Send, by: str) -> None:
    if by:
        await app(_told(scope, key=re.sub(r"^(s3://|/)eodata/", "", by)), receive, send)
        return

    def renamed(message: Message, headers: MutableHeaders) -> None:
        if "etag" in headers and message["status"] in (200, 206):
            headers["etag"] = f'"{headers["etag"].strip(chr(34))[::-1]}"'

    other = bytes(value ^ 0x55 for value in range(256))
    send = _patched(send, lambda first, length: (0, length), lambda part: part.translate(other))
    await app(scope, receive, _headed(send, renamed))


# --- Keys and the clock: the store's own check refuses a changed request ---


def _with_header(scope: Scope, name: bytes, change: Callable[[str], str]) -> Scope:
    pairs = [(key, change(value.decode("latin-1")).encode("latin-1") if key == name else value)
             for key, value in scope["headers"]]  # fmt: skip
    return scope | {"headers": pairs}


async def _key_unknown(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    def unknown(authorization: str) -> str:
        return re.sub("Credential=[^/]*/", "Credential=UNKNOWN/", authorization)

    await app(_with_header(scope, b"authorization", unknown), receive, send)


async def _secret_wrong(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    def forged(authorization: str) -> str:
        return re.sub("(?<=Signature=)[0-9a-f]+", lambda match: match[0][::-1], authorization)

    await app(_with_header(scope, b"authorization", forged), receive, send)


async def _clock(app: ASGIApp, scope: Scope, receive: Receive, send: Send, minutes: float) -> None:
    """To a client whose clock is slow, the service's is fast."""
    ahead = timedelta(minutes=minutes)

    def dated(_: Message, headers: MutableHeaders) -> None:
        headers["date"] = format_datetime(datetime.now(UTC) + ahead, usegmt=True)

    await app(_told(scope, ahead=ahead), receive, _headed(send, dated))


# --- Pages of the catalogue ---


async def _held(app: ASGIApp, scope: Scope, receive: Receive) -> tuple[Message, bytes]:
    """The answer, not sent yet."""
    messages: list[Message] = []

    async def hold(message: Message) -> None:
        messages.append(message)

    await app(scope, receive, hold)
    return messages[0], b"".join(message.get("body", b"") for message in messages[1:])


async def _send_whole(send: Send, start: Message, body: bytes) -> None:
    def measured(_: Message, headers: MutableHeaders) -> None:
        headers["content-length"] = str(len(body))

    await _headed(send, measured)(start)
    await send({"type": "http.response.body", "body": body, "more_body": False})


def _page(start: Message, body: bytes) -> dict[str, Any] | None:
    """A page of items, or None: errors and other documents stay as they are."""
    kind = MutableHeaders(raw=list(start["headers"])).get("content-type", "")
    document = json.loads(body) if "json" in kind else None
    return document if isinstance(document, dict) and document.get("type") == "FeatureCollection" else None


def _paging(change: Callable[..., dict[str, Any]]) -> Callable[..., Awaitable[None]]:
    """An effect that changes pages: `change(page, url, body of the request, **parameters)`."""

    async def effect(app: ASGIApp, scope: Scope, receive: Receive, send: Send, **parameters: Any) -> None:
        asked, again = await _read(receive)
        start, body = await _held(app, scope, again)
        if (page := _page(start, body)) is not None:
            body = json.dumps(change(page, asked, **parameters)).encode()
        await _send_whole(send, start, body)

    return effect


async def _read(receive: Receive) -> tuple[bytes, Receive]:
    """The body of a request, and a way to receive it once more."""
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body, _giving(body, receive)


def _giving(body: bytes, receive: Receive) -> Receive:
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return messages.pop() if messages else await receive()

    return again


def _with_next(page: dict[str, Any], link: dict[str, Any]) -> dict[str, Any]:
    return page | {"links": [link] + [other for other in page["links"] if other["rel"] != "next"]}


def _own_link(page: dict[str, Any], asked: bytes) -> dict[str, Any]:
    """A link to the page itself."""
    href = next(link["href"] for link in page["links"] if link["rel"] == "self")
    link = {"rel": "next", "type": "application/geo+json", "href": href, "method": "GET"}
    return link | {"method": "POST", "body": json.loads(asked)} if asked else link


def _looping(page: dict[str, Any], asked: bytes) -> dict[str, Any]:
    return _with_next(page, _own_link(page, asked))


def _leaving(page: dict[str, Any], asked: bytes, host: str) -> dict[str, Any]:
    given = (link for link in page["links"] if link["rel"] == "next")
    link = next(given, None) or _own_link(page, asked)
    return _with_next(page, link | {"href": urlunsplit(urlsplit(link["href"])._replace(netloc=host))})


def _unplaced(page: dict[str, Any], _: bytes) -> dict[str, Any]:
    def without(fields: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in fields.items() if not name.startswith("proj:")}

    def bare(item: dict[str, Any]) -> dict[str, Any]:
        assets = {name: without(asset) for name, asset in item.get("assets", {}).items()}
        return item | {"properties": without(item["properties"]), "assets": assets}

    return page | {"features": [bare(item) for item in page["features"]]}


async def _repeat(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Each page has its own `next`, but the items of the first page."""
    asked, again = await _read(receive)
    start, body = await _held(app, scope, again)
    if (page := _page(start, body)) is not None:
        query = urlencode([pair for pair in parse_qsl(scope["query_string"].decode()) if pair[0] != "token"])
        first = json.dumps({name: value for name, value in json.loads(asked or b"{}").items() if name != "token"})
        unpaged = scope | {"query_string": query.encode()}
        if asked:
            unpaged = _with_header(unpaged, b"content-length", lambda _: str(len(first.encode())))
        found = _page(*await _held(app, unpaged, _giving(first.encode() if asked else b"", receive)))
        body = json.dumps(page | {"features": found["features"]}).encode()
    await _send_whole(send, start, body)


_HEADERS = 2048  # bytes at the start of an image in which its headers lie
_AFTER = {"after": Number(None, 0, 1e12)}
_PLACE = {"position": Number(None, 0, 1e12), "at": Number(None, 0, 1e12)}
_S3, _JP2 = "/eodata/*", "*.jp2"
_STATUS: Parameters = {
    "status": Number(503, 400, 599),
    "code": Text("", "[A-Za-z]{1,60}"),
    "message": Text("", r"[^\x00-\x1f]{1,300}"),
    "retry_after": Number(None, 0, 1e6),
}
KINDS: dict[str, Kind] = {
    "status": Kind(_status, parameters=_STATUS),
    "delay": Kind(_delay, parameters={"seconds": Number(1.0, 0, 3600, whole=False)}),
    "hang": Kind(_hang),
    "stall": Kind(_stall, parameters=_AFTER),
    "slow": Kind(_slow, parameters={"rate": Number(100_000, 1, 1e12, whole=False)}),
    "reset": Kind(_reset),
    "cut": Kind(_cut, parameters=_AFTER | {"fin": Flag()}),
    "no-length": Kind(_no_length, parameters=_AFTER),
    "short": Kind(_short, _S3, parameters=_AFTER),
    "ignore-range": Kind(_ignore_range, _S3),
    "html": Kind(_html),
    "empty": Kind(_empty),
    "truncated-json": Kind(_short, _SEARCH, parameters=_AFTER),
    "not-features": Kind(_paging(lambda page, asked: {"message": "Service is running."}), _SEARCH),
    "loop": Kind(_paging(_looping), _SEARCH),
    "repeat": Kind(_repeat, _SEARCH),
    "next-host": Kind(_paging(_leaving), _SEARCH, parameters={"host": Text("catalog.example", r"[\w.:\[\]-]{1,200}")}),
    "drop-proj": Kind(_paging(_unplaced), _SEARCH),
    "truncate": Kind(_truncate, _JP2, parameters={"size": Number(None, 0, 1e12)}),
    "corrupt": Kind(_corrupt, _JP2, parameters=_PLACE | {"bit": Number(0, 0, 7)}),
    "zeroed": Kind(_zeroed, _JP2, parameters=_PLACE | {"length": Number(4096, 1, 1e12)}),
    "replace": Kind(_replace, _JP2, parameters={"by": Text("", r"[^\x00-\x1f]{1,1000}")}),
    "key-unknown": Kind(_key_unknown, _S3),
    "secret-wrong": Kind(_secret_wrong, _S3),
    "key-expires": Kind(_key_unknown, _S3, "after 6"),
    "clock": Kind(_clock, _S3, parameters={"minutes": Number(20, -1e5, 1e5, whole=False)}),
}
