"""The practice: counters, CDSE's limits, and the address at which faults are switched on.

`/practice` is open to this machine only, and only where the service was started for it. It speaks JSON: GET tells
what is on, PUT replaces the rules or the limits (or both), DELETE takes all away; DELETE of `/practice/usage` returns
the counts and starts them anew.
"""

import asyncio
import json
import re
from collections import defaultdict
from dataclasses import asdict, dataclass
from email.utils import formatdate
from functools import partial
from typing import Annotated, Any

from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cdse_access.hosts import is_loopback
from cdse_offline.messages import say
from cdse_offline.practice.faults import build_refusal
from cdse_offline.practice.parameters import BadRule, Parameters, read_parameters
from cdse_offline.practice.rules import Rule, read_rule
from cdse_offline.practice.sending import is_start, pace
from cdse_offline.s3_answers import is_s3_path

CONTROL_PATH = "/practice"
MAX_RULES, MAX_BODY = 100, 65536


class Limits(Parameters):
    """CDSE gives each user 4 connections, 20 MB/s on each, and 2000 requests a minute; None is no limit."""

    latency: Annotated[float, Field(ge=0, le=600)] | None = None  # seconds
    bandwidth: Annotated[float, Field(ge=1, le=1e12)] | None = None  # bytes a second on one connection
    connections: Annotated[int, Field(ge=1, le=10**6)] | None = None
    per_minute: Annotated[int, Field(ge=1, le=10**9)] | None = None
    retry_after: Annotated[int, Field(ge=0, le=10**6)] | None = None  # seconds, told by refusals


@dataclass
class Usage:
    """What was asked of the service, the control path aside."""

    requests: int = 0
    stac: int = 0
    s3: int = 0
    bytes: int = 0  # of bodies sent
    peak: int = 0  # requests under way at once
    refused: int = 0  # by limits
    faulted: int = 0  # hit by a rule, or several


class Allowance:
    """What one client may still ask of S3: connections at once, and requests a minute."""

    def __init__(self, per_minute: int | None) -> None:
        self.busy = 0
        self._per_minute = per_minute
        self._left = float(per_minute or 0)
        self._counted = asyncio.get_running_loop().time()

    def refuse(self, connections: int | None) -> int:
        """The status to refuse one more request with, or 0; then the request is taken off this minute's."""
        if connections is not None and self.busy >= connections:
            return 503
        return 0 if self._take_one() else 429

    def _take_one(self) -> bool:
        if self._per_minute is None:
            return True
        now = asyncio.get_running_loop().time()
        come_back = (now - self._counted) * self._per_minute / 60
        self._left = min(self._left + come_back, self._per_minute)
        self._counted = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class Practice:
    """Stands before the service, counts, and lets happen what was asked for."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []
        self.usage = Usage()
        self.busy = 0  # requests under way
        self._set_limits(Limits())

    def _set_limits(self, limits: Limits) -> None:
        self.limits = limits
        self._allowances: dict[str, Allowance] = defaultdict(lambda: Allowance(limits.per_minute))

    def wrap(self, app: ASGIApp) -> ASGIApp:
        """The application's answer, or what becomes of it here."""
        return partial(self._serve, app)

    async def _serve(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        self.usage.requests += 1
        self.usage.s3 += is_s3_path(path)
        self.usage.stac += path.startswith("/stac/")
        self.busy += 1
        self.usage.peak = max(self.usage.peak, self.busy)
        counted = _CountedAnswer(self, send)
        serve = self._serve_limited if is_s3_path(path) else self._serve_faulty
        try:
            await serve(app, scope, receive, counted)
        finally:
            counted.end()

    async def _serve_faulty(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        hitting = [rule for rule in self.rules if rule.hits(scope["path"])]
        self.usage.faulted += bool(hitting)
        for rule in reversed(hitting):  # the first rule is the outermost
            app = rule.wrap(app)
        await app(scope, receive, send)

    async def _serve_limited(self, app: ASGIApp, scope: Scope, receive: Receive, send: "_CountedAnswer") -> None:
        limits = self.limits
        allowance = self._allowances[scope["client"][0]]
        status = allowance.refuse(limits.connections)
        if status:
            self.usage.refused += 1
            answer: ASGIApp = build_refusal(scope["path"], status, retry_after=limits.retry_after)
        else:
            send.hold(allowance)
            answer = partial(self._serve_faulty, app)
        if limits.latency:
            await asyncio.sleep(limits.latency)
        await answer(scope, receive, pace(send, limits.bandwidth) if limits.bandwidth else send)

    # --- Control ---

    async def control(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            response = await self._obey(request)
        except BadRule as error:
            response = JSONResponse({"detail": str(error)}, 400)
        await response(scope, receive, send)

    async def _obey(self, request: Request) -> Response:
        if not _is_from_here(request):
            return JSONResponse({"detail": say("practice-elsewhere")}, 403)
        command = request.method, request.scope["path"].rstrip("/")
        if command == ("DELETE", f"{CONTROL_PATH}/usage"):
            usage, self.usage = self.usage, Usage(peak=self.busy)
            return JSONResponse(asdict(usage))
        if command == ("DELETE", CONTROL_PATH):
            self.rules = []
            self._set_limits(Limits())
        elif command == ("PUT", CONTROL_PATH):
            self.configure(await request.body())
        elif command != ("GET", CONTROL_PATH):
            return JSONResponse({"detail": say("practice-method", path=CONTROL_PATH)}, 405)
        return JSONResponse(self._describe())

    def configure(self, body: bytes) -> None:
        """Replace the rules or the limits, or both, by those of this JSON. BadRule, and no change, if one cannot be."""
        given = _parse_settings(body)
        rules = [read_rule(rule) for rule in given.get("rules", [])]
        limits = read_parameters(Limits, given.get("limits", {}), "limit()", Parameters)
        if "rules" in given:
            self.rules = rules
        if "limits" in given:
            self._set_limits(limits)

    def _describe(self) -> dict[str, Any]:
        rules = [rule.describe() for rule in self.rules]
        return {"rules": rules, "limits": self.limits.model_dump(), "usage": asdict(self.usage)}


def _parse_settings(body: bytes) -> dict[str, Any]:
    if len(body) > MAX_BODY:
        raise BadRule(say("settings-too-long", length=len(body), most=MAX_BODY))
    try:
        given = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadRule(say("settings-not-json", why=error)) from error
    if not isinstance(given, dict) or given.keys() - {"rules", "limits"}:
        raise BadRule(say("settings-form"))
    rules, limits = given.get("rules", []), given.get("limits", {})
    if not isinstance(rules, list) or len(rules) > MAX_RULES or not isinstance(limits, dict):
        raise BadRule(say("settings-types", most=MAX_RULES))
    return given


class _CountedAnswer:
    """Sends an answer, counts it, and tells when its last byte goes: from then on the client may ask again."""

    def __init__(self, practice: Practice, send: Send) -> None:
        self._practice = practice
        self._send = send
        self._ended = False
        self._allowance: Allowance | None = None

    def hold(self, allowance: Allowance) -> None:
        self._allowance = allowance
        allowance.busy += 1

    async def __call__(self, message: Message) -> None:
        if is_start(message):
            message = _add_date(message)
        else:
            self._practice.usage.bytes += len(message.get("body", b""))
            if not message.get("more_body", False):
                self.end()
        await self._send(message)

    def end(self) -> None:
        if self._ended:
            return
        self._ended = True
        self._practice.busy -= 1
        if self._allowance is not None:
            self._allowance.busy -= 1


def _add_date(start: Message) -> Message:
    """With the date that the server leaves out here, unless a fault has set another."""
    headers = list(start["headers"])
    if not any(name == b"date" for name, _ in headers):
        headers.append((b"date", formatdate(usegmt=True).encode()))
    return {**start, "headers": headers}


def _is_from_here(request: Request) -> bool:
    """Is the one who asks on this machine, and not behind a proxy that is?"""
    peer = request.scope["state"]["connection"].client
    return all(client is not None and _is_number_of_here(client[0]) for client in (peer, request.client))


def _is_number_of_here(host: str) -> bool:
    """A proxy may write anything, `localhost` as well."""
    return re.fullmatch(r"[\da-f.:]+", host) is not None and is_loopback(host)
