"""The S3 store: signed reads of the bucket `eodata`, path style, with S3's own answers.

Signatures are checked by signing each request again with botocore. Keys are looked up in a dictionary, never joined to
a path, so that no request can name a file that is not an object.
"""

import asyncio
import hmac
import logging
import re
from bisect import bisect_left
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.types import Receive, Scope, Send

from cdse_offline.server.store import NotMadeError, Store

BUCKET = "eodata"
MAX_SKEW = timedelta(minutes=15)
# Seconds to wait for an object that is being made. The lessons' GDAL gives up after 15 silent ones for good, but it
# comes back after a 503.
PATIENCE = 10
# In a request's scope, what a practised fault wants of the store: another object, the whole of it, another clock.
EXTENSION = "cdse_offline.fault"
# A listing names sizes, so that it makes the objects it lists: few at a time, as S3 may.
MAX_KEYS = 20
_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/\d{8}/(?P<region>[^/]*)/s3/aws4_request, ?"
    r"SignedHeaders=(?P<headers>[^,]+), ?Signature=(?P<signature>[0-9a-f]{64})"
)


class S3Error(Exception):
    """An answer of S3 that is an error."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code

    def response(self, path: str) -> Response:
        body = (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{self.code}</Code>'
            f"<Message>{escape(str(self))}</Message><Resource>{escape(path)}</Resource></Error>"
        )
        return Response(body, self.status, media_type="application/xml")


@dataclass(frozen=True)
class Keys:
    access: str
    secret: str


class S3:
    """The ASGI application for everything under `/eodata`."""

    def __init__(self, store: Store, keys: Keys) -> None:
        self.store, self.keys = store, keys
        self._sorted = sorted(store.objects)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        try:
            response = await self._answer(request)
        except S3Error as error:
            response = error.response(request.scope["raw_path"].decode("latin-1"))
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if request.method not in ("GET", "HEAD"):
            raise S3Error(405, "MethodNotAllowed", "The specified method is not allowed against this resource.")
        verify(request, self.keys)
        bucket, _, key = request.scope["path"].removeprefix("/").partition("/")
        if bucket != BUCKET:
            raise S3Error(404, "NoSuchBucket", "The specified bucket does not exist")
        return await (self._object(key, request) if key else self._list(request))

    async def _object(self, key: str, request: Request) -> Response:
        wish = _wish(request)
        path = await self._file(wish.get("key", key))
        if "whole" in wish:  # the signature, which covers the range, has been checked
            request.scope["headers"] = [pair for pair in request.scope["headers"] if pair[0] != b"range"]
            request = Request(request.scope)
        size = path.stat().st_size
        wanted = re.fullmatch(r"bytes=(\d{1,18})-\d*", request.headers.get("range", ""))
        if wanted and int(wanted[1]) >= size:
            raise S3Error(416, "InvalidRange", "The requested range is not satisfiable")
        types = {".jp2": "image/jp2", ".xml": "application/xml", ".jpg": "image/jpeg"}
        return FileResponse(path, media_type=types.get(key[-4:], "application/octet-stream"))

    async def _file(self, key: str) -> Path:
        try:
            async with asyncio.timeout(PATIENCE):
                return await self.store.file(key)
        except KeyError as error:
            raise S3Error(404, "NoSuchKey", "The specified key does not exist.") from error
        except TimeoutError as error:  # it goes on being made
            raise S3Error(503, "SlowDown", "Please reduce your request rate.") from error
        except NotMadeError as error:
            logging.getLogger(__name__).error("không tạo được tệp: %s", error)
            raise S3Error(
                500, "InternalError", f"We encountered an internal error. Please try again. ({error})"
            ) from error

    async def _list(self, request: Request) -> Response:
        query = {name: values[-1] for name, values in parse_qs(request.url.query, keep_blank_values=True).items()}
        prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
        after = query.get("continuation-token") or query.get("start-after") or query.get("marker", "")
        if not (prefix + delimiter).isprintable():
            raise S3Error(400, "InvalidArgument", "prefix and delimiter must be printable")
        if not re.fullmatch(r"\d{1,9}", wanted := query.get("max-keys", "1000"), re.ASCII):
            raise S3Error(400, "InvalidArgument", "max-keys must be a number")
        names = self._entries(prefix, delimiter, after)
        page = names[: min(int(wanted), MAX_KEYS)]
        following = ""
        if len(page) < len(names) and page:
            last = escape(page[-1][0])
            following = f"<NextContinuationToken>{last}</NextContinuationToken><NextMarker>{last}</NextMarker>"
        entries = [_folder(name) if is_folder else _file(name, await self._file(name)) for name, is_folder in page]
        body = (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            f"<Name>{BUCKET}</Name><Prefix>{escape(prefix)}</Prefix><Delimiter>{escape(delimiter)}</Delimiter>"
            f"<MaxKeys>{int(wanted)}</MaxKeys><KeyCount>{len(page)}</KeyCount>"
            f"<IsTruncated>{'true' if following else 'false'}</IsTruncated>{following}{''.join(entries)}"
            "</ListBucketResult>"
        )
        return Response(body, media_type="application/xml")

    def _entries(self, prefix: str, delimiter: str, after: str) -> list[tuple[str, bool]]:
        """Keys below the prefix in order, and folders once each where a delimiter is given: (name, is a folder?)."""
        entries: dict[str, bool] = {}
        for key in self._sorted[bisect_left(self._sorted, prefix) :]:
            if not key.startswith(prefix):
                break
            folder, found, _ = key[len(prefix) :].partition(delimiter) if delimiter else (key, "", "")
            name = prefix + folder + delimiter if found else key
            if name > after:
                entries[name] = bool(found)
        return list(entries.items())


def _wish(request: Request) -> dict[str, Any]:
    return request.scope.get("extensions", {}).get(EXTENSION, {})


def _folder(name: str) -> str:
    return f"<CommonPrefixes><Prefix>{escape(name)}</Prefix></CommonPrefixes>"


def _file(name: str, path: Path) -> str:
    status = path.stat()
    stamp = datetime.fromtimestamp(status.st_mtime, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return (
        f"<Contents><Key>{escape(name)}</Key><LastModified>{stamp}</LastModified><Size>{status.st_size}</Size>"
        "<StorageClass>STANDARD</StorageClass></Contents>"
    )


def verify(request: Request, keys: Keys) -> None:
    """Raise what S3 answers unless the request carries a fresh signature made with these keys."""
    match = _AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
    if match is None:
        raise S3Error(403, "AccessDenied", "Access Denied.")
    if not hmac.compare_digest(match["key"].encode(), keys.access.encode()):
        raise S3Error(403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.")
    stamp = request.headers.get("x-amz-date", "")
    _check_clock(stamp, datetime.now(UTC) + _wish(request).get("ahead", timedelta()))
    if not hmac.compare_digest(_signature(request, match, stamp, keys), match["signature"]):
        raise S3Error(
            403,
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. "
            "Check your key and signing method.",
        )


def _check_clock(stamp: str, now: datetime) -> None:
    try:
        sent = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise S3Error(403, "AccessDenied", "AWS authentication requires a valid Date or x-amz-date header") from error
    if abs(now - sent) > MAX_SKEW:
        raise S3Error(
            403, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large."
        )


def _signature(request: Request, match: re.Match[str], stamp: str, keys: Keys) -> str:
    query = request.scope["query_string"].decode("latin-1")
    path = request.scope["raw_path"].decode("latin-1")
    url = f"http://{request.headers['host']}{path}" + (f"?{query}" if query else "")
    names = match["headers"].split(";")
    signed = AWSRequest(request.method, url, {name: request.headers.get(name, "") for name in names})
    signed.context["timestamp"] = stamp
    auth = S3SigV4Auth(Credentials(keys.access, keys.secret), "s3", match["region"])
    return auth.signature(auth.string_to_sign(signed, auth.canonical_request(signed)), signed)
