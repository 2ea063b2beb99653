"""The practice room: counters, CDSE's limits, and the door through which faults are switched on.

`/practice` is open to this machine only, and only where the service was started for it. It speaks JSON: GET tells
what is on, PUT replaces the rules or the limits (or both), DELETE takes all away; DELETE of `/practice/usage` returns
the counts and starts them anew.
"""

import asyncio
import ipaddress
import json
from collections import defaultdict
from dataclasses import asdict, dataclass
from email.utils import formatdate
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cdse_offline.practice.faults import BadRule, Number, Rule, checked, is_s3, paced, refusal

DOOR = "/practice"
MAX_RULES, MAX_BODY = 100, 65536
# CDSE gives each user 4 connections, 20 MB/s on each, and 2000 requests a minute.
LIMITS = {
    "latency": Number(None, 0, 600, whole=False),
    "bandwidth": Number(None, 1, 1e12, whole=False),
    "connections": Number(None, 1, 1e6),
    "per_minute": Number(None, 1, 1e9),
    "retry_after": Number(None, 0, 1e6),
}


@dataclass
class Usage:
    """What was asked of the service, the practice door aside."""

    requests: int = 0
    stac: int = 0
    s3: int = 0
    bytes: int = 0  # of bodies sent
    peak: int = 0  # requests under way at once
    refused: int = 0  # by limits
    faulted: int = 0  # met by a rule, or several


class Allowance:
    """What one client may still ask of S3: connections at once, and requests a minute."""

    def __init__(self, per_minute: float | None) -> None:
        self.busy = 0
        self._rate, self._tokens = (per_minute or 0) / 60, per_minute
        self._at = asyncio.get_running_loop().time()

    def refuses(self, connections: float | None) -> int:
        """The status to refuse one more request with, or 0; then the request is taken off this minute's."""
        if connections is not None and self.busy >= connections:
            return 503
        return 0 if self._take() else 429

    def _take(self) -> bool:
        if self._tokens is None:
            return True
        now = asyncio.get_running_loop().time()
        self._tokens = min(self._tokens + (now - self._at) * self._rate, self._rate * 60)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class Room:
    """Stands before the service, counts, and lets happen what was asked for."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []
        self.usage = Usage()
        self._busy = 0
        self._limit(checked({}, LIMITS, "limit()"))

    def _limit(self, limits: dict[str, Any]) -> None:
        self.limits = limits
        self._limited = any(value is not None for value in limits.values())
        self._allowances: dict[str, Allowance] = defaultdict(lambda: Allowance(limits["per_minute"]))

    async def serve(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """The application's answer, or what becomes of it here."""
        path = scope["path"]
        self.usage.requests += 1
        self.usage.s3 += is_s3(path)
        self.usage.stac += path.startswith("/stac/")
        self._busy += 1
        self.usage.peak = max(self.usage.peak, self._busy)
        counted = _Counted(self, send)
        try:
            if self._limited and is_s3(path):
                await self._within_limits(app, scope, receive, counted)
            else:
                await self._faulty(app, path)(scope, receive, counted)
        finally:
            counted.end()

    def _faulty(self, app: ASGIApp, path: str) -> ASGIApp:
        met = [rule for rule in self.rules if rule.befalls(path)]
        self.usage.faulted += bool(met)
        for rule in reversed(met):
            app = rule.around(app)
        return app

    async def _within_limits(self, app: ASGIApp, scope: Scope, receive: Receive, send: "_Counted") -> None:
        allowance, limits = self._allowances[scope["client"][0]], self.limits
        if status := allowance.refuses(limits["connections"]):
            self.usage.refused += 1
            answer: ASGIApp = refusal(scope["path"], status, retry_after=limits["retry_after"])
        else:
            send.hold(allowance)
            answer = self._faulty(app, scope["path"])
        await asyncio.sleep(limits["latency"] or 0)
        await answer(scope, receive, paced(send, limits["bandwidth"]) if limits["bandwidth"] else send)

    # --- The door ---

    async def door(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            response = await self._command(request)
        except BadRule as error:
            response = JSONResponse({"detail": str(error)}, 400)
        await response(scope, receive, send)

    async def _command(self, request: Request) -> Response:
        if not _is_here(request):
            return JSONResponse({"detail": "Chỉ máy đang chạy dịch vụ mới bật được sự cố."}, 403)
        command = request.method, request.scope["path"].rstrip("/")
        if command == ("DELETE", f"{DOOR}/usage"):
            usage, self.usage = self.usage, Usage(peak=self._busy)
            return JSONResponse(asdict(usage))
        if command == ("DELETE", DOOR):
            self.rules = []
            self._limit(checked({}, LIMITS, "limit()"))
        elif command == ("PUT", DOOR):
            self.put(await request.body())
        elif command != ("GET", DOOR):
            return JSONResponse({"detail": f"Phòng tập chỉ nhận GET, PUT, DELETE ở {DOOR}."}, 405)
        return JSONResponse(self._state())

    def put(self, body: bytes) -> None:
        """Replace the rules or the limits, or both, by those of this JSON. BadRule, and no change, if one cannot be."""
        if len(body) > MAX_BODY:
            raise BadRule(f"Danh sách sự cố dài {len(body)} byte: tối đa {MAX_BODY}.")
        try:
            given = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise BadRule(f"Không đọc được JSON ({error}).") from error
        if not isinstance(given, dict) or given.keys() - {"rules", "limits"}:
            raise BadRule('Cần JSON dạng {"rules": [...], "limits": {...}}.')
        rules, limits = given.get("rules", []), given.get("limits", {})
        if not isinstance(rules, list) or len(rules) > MAX_RULES or not isinstance(limits, dict):
            raise BadRule(f"rules cần là danh sách (tối đa {MAX_RULES} sự cố), limits cần là từ điển.")
        made, values = [Rule(rule) for rule in rules], checked(limits, LIMITS, "limit()")
        if "rules" in given:
            self.rules = made
        if "limits" in given:
            self._limit(values)

    def _state(self) -> dict[str, Any]:
        return {"rules": [r.state() for r in self.rules], "limits": self.limits, "usage": asdict(self.usage)}


class _Counted:
    """Sends an answer, counts it, and tells when its last byte goes: from then on the client may ask again."""

    def __init__(self, room: Room, send: Send) -> None:
        self._room, self._send = room, send
        self._ended = False
        self._allowance: Allowance | None = None

    def hold(self, allowance: Allowance) -> None:
        self._allowance = allowance
        allowance.busy += 1

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            if not any(name == b"date" for name, _ in message["headers"]):
                now = formatdate(usegmt=True).encode()
                message = message | {"headers": [*message["headers"], (b"date", now)]}
        else:
            self._room.usage.bytes += len(message.get("body", b""))
            if not message.get("more_body", False):
                self.end()
        await self._send(message)

    def end(self) -> None:
        if self._ended:
            return
        self._ended = True
        self._room._busy -= 1
        if self._allowance is not None:
            self._allowance.busy -= 1


def _is_here(request: Request) -> bool:
    """Is the one who asks on this machine, and not behind a proxy that is?"""
    peer = request.scope["state"]["connection"].client
    return all(client is not None and _is_loopback(client[0]) for client in (peer, request.client))


def _is_loopback(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:  # a proxy may write anything
        return False
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback
