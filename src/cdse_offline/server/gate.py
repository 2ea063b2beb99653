"""What stands before the STAC API: one answer is worked at after the other, and fairly.

Whoever has had least of the service's time comes next, by address and then by connection; what is short comes before
what is long. Work stops when whoever asked has gone.
"""

import asyncio
import json
import re
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from typing import Any

from stac_fastapi.types.errors import InvalidQueryParameter
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cdse_offline.practice.sending import is_start, wait_for_disconnect
from cdse_offline.server.budget import begin_work, check_document
from cdse_offline.server.line import FullError, Line

MAX_WAITING = 128
RETRY_AFTER = 1  # seconds
HALF_LIFE = 10.0  # seconds in which half of what was spent is forgotten
MAX_REMEMBERED = 2000
SECONDS_PER_BYTE = 1e-5  # how long a search is guessed to take, by its length
SECONDS_PER_ITEM = 0.0005  # by how many it wants on a page
SECONDS_OF_FIELDS = 0.2  # a page whose fields are chosen is made anew
_LIMIT = re.compile(rb'limit["\s:=]{1,9}(\d{1,3})')


class Spent:
    """Seconds of work, which are forgotten in time."""

    def __init__(self) -> None:
        self._seconds = 0.0
        self._when = time.monotonic()

    def read(self, now: float) -> float:
        return self._seconds * 0.5 ** ((now - self._when) / HALF_LIFE)

    def add(self, seconds: float) -> None:
        now = time.monotonic()
        self._seconds, self._when = self.read(now) + seconds, now


class Gate:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._line = Line(MAX_WAITING)
        self._spent: dict[Any, Spent] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await _read_body(receive)
        if body is None:
            return
        work = begin_work()
        leaving = asyncio.create_task(wait_for_disconnect(receive))
        serving = asyncio.create_task(self._serve(scope, body, leaving, send))
        await asyncio.wait({leaving, serving}, return_when=asyncio.FIRST_COMPLETED)
        if not serving.done():
            work.stopped = True
            serving.cancel()
        leaving.cancel()
        with suppress(asyncio.CancelledError):
            await serving

    async def _serve(self, scope: Scope, body: bytes, leaving: "asyncio.Task[None]", send: Send) -> None:
        try:
            await self._serve_in_turn(scope, body, leaving, send)
        except InvalidQueryParameter as error:
            await _build_refusal(400, "InvalidQueryParameter", str(error))(scope, _hang_up, send)
        except FullError:
            text = f"Too many searches wait to be answered. Try again in {RETRY_AFTER} s."
            await _build_refusal(503, "ServiceUnavailable", text)(scope, _hang_up, send)

    async def _serve_in_turn(self, scope: Scope, body: bytes, leaving: "asyncio.Task[None]", send: Send) -> None:
        host, connection = _identify(scope)
        of_host, of_connection = self._remember(host), self._remember(connection)
        guess = _guess_seconds(scope, body)

        def rank(now: float) -> tuple[float, float]:
            return of_host.read(now), of_connection.read(now) + guess

        async with AsyncExitStack() as turn:

            async def send_after_turn(message: Message) -> None:
                if is_start(message):  # all work is done
                    await turn.aclose()
                await send(message)

            await turn.enter_async_context(self._line.turn(rank))
            turn.enter_context(_measure(of_host, of_connection))
            _check_body(scope, body)
            await self._app(scope, _replay(body, leaving), send_after_turn)

    def _remember(self, who: Any) -> Spent:
        spent = self._spent.pop(who, None) or Spent()
        self._spent[who] = spent  # the last one now
        if len(self._spent) > MAX_REMEMBERED:
            del self._spent[next(iter(self._spent))]
        return spent


@contextmanager
def _measure(*spent: Spent) -> Iterator[None]:
    begin = time.monotonic()
    try:
        yield
    finally:
        seconds = time.monotonic() - begin
        for one in spent:
            one.add(seconds)


def _identify(scope: Scope) -> tuple[str, Any]:
    """The address that asks, and its connection; what a proxy tells of others counts nothing."""
    connection = scope.get("state", {}).get("connection")
    host, port = (connection.client if connection else scope["client"]) or ("", 0)
    return host, (host, port)


def _guess_seconds(scope: Scope, body: bytes) -> float:
    question: bytes = scope["query_string"] + body
    chosen = SECONDS_OF_FIELDS if b"fields" in question else 0
    limit = _LIMIT.search(question)
    items = int(limit[1]) if limit else 10
    return len(question) * SECONDS_PER_BYTE + items * SECONDS_PER_ITEM + chosen


async def _read_body(receive: Receive) -> bytes | None:
    """The body, whose length is bounded by its header; None if the client has gone."""
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


def _check_body(scope: Scope, body: bytes) -> None:
    """InvalidQueryParameter unless it is JSON that can be worked at, and be told in an answer."""
    if scope["method"] != "POST":
        return
    try:
        document = json.loads(body)
        json.dumps(document, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError) as error:
        raise InvalidQueryParameter(f"The search is not JSON: {ascii(str(error))[:200]}") from error
    check_document(document)


def _replay(body: bytes, leaving: "asyncio.Task[None]") -> Receive:
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        if messages:
            return messages.pop()
        await asyncio.wait({leaving})
        return {"type": "http.disconnect"}

    return receive


async def _hang_up() -> Message:
    return {"type": "http.disconnect"}


def _build_refusal(status: int, code: str, text: str) -> Response:
    """In the API's form."""
    headers = {"Retry-After": str(RETRY_AFTER)} if status == 503 else None
    return JSONResponse({"code": code, "description": text}, status, headers)
