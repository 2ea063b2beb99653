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
from pathlib import Path, PurePosixPath
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.types import Receive, Scope, Send

from cdse_offline.messages import say
from cdse_offline.s3_answers import BUCKET, S3Error, read_order
from cdse_offline.server.failures import NotMadeError
from cdse_offline.server.line import FullError
from cdse_offline.server.store import FileStore

MAX_SKEW = timedelta(minutes=15)
# Seconds to wait for an object that is being made. The lessons' GDAL gives up after 15 silent ones for good, but it
# comes back after a 503.
PATIENCE = 10
SOON = 1  # seconds after which to ask again for what is being made
# A listing names sizes, so that it makes the objects it lists: few at a time, as S3 may.
MAX_KEYS = 20
_TYPES = {
    ".jp2": "image/jp2",
    ".xml": "application/xml",
    ".jpg": "image/jpeg",
    ".tif": "image/tiff",
    ".geojson": "application/geo+json",
}
_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/\d{8}/(?P<region>[^/]*)/s3/aws4_request, ?"
    r"SignedHeaders=(?P<headers>[^,]+), ?Signature=(?P<signature>[0-9a-f]{64})"
)


@dataclass(frozen=True)
class KeyPair:
    access: str
    secret: str


class S3:
    """The ASGI application for everything under `/eodata`."""

    def __init__(self, store: FileStore, keys: KeyPair) -> None:
        self.store = store
        self.keys = keys
        self._sorted = sorted(store.objects)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        try:
            response = await self._answer(request)
        except S3Error as error:
            response = error.build_response(request.scope["raw_path"].decode("latin-1"))
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if request.method not in ("GET", "HEAD"):
            raise S3Error(405, "MethodNotAllowed", "The specified method is not allowed against this resource.")
        verify(request, self.keys)
        bucket, _, key = request.scope["path"].removeprefix("/").partition("/")
        if bucket != BUCKET:
            raise S3Error(404, "NoSuchBucket", "The specified bucket does not exist")
        return await (self._send_object(key, request) if key else self._list_objects(request))

    async def _send_object(self, key: str, request: Request) -> Response:
        order = read_order(request.scope)
        path = await self._find_file(order.get("key", key))
        if "whole" in order:  # the signature, which covers the range, has been checked
            request.scope["headers"] = [pair for pair in request.scope["headers"] if pair[0] != b"range"]
            request = Request(request.scope)
        ranges = request.headers.get("range", "")
        wanted = re.fullmatch(r"bytes=(\d{1,18})-\d*", ranges)
        if "," in ranges or (wanted and int(wanted[1]) >= path.stat().st_size):  # S3 knows one range only
            raise S3Error(416, "InvalidRange", "The requested range is not satisfiable")
        return FileResponse(path, media_type=_TYPES.get(PurePosixPath(key).suffix, "application/octet-stream"))

    async def _find_file(self, key: str) -> Path:
        try:
            async with asyncio.timeout(PATIENCE):
                return await self.store.find_file(key)
        except KeyError as error:
            raise S3Error(404, "NoSuchKey", "The specified key does not exist.") from error
        except (TimeoutError, FullError) as error:  # in the one case it goes on being made
            raise S3Error(503, "OfflineBusy", "The offline CDSE is making this file.", wait=SOON) from error
        except NotMadeError as error:
            logging.getLogger(__name__).error(say("not-made", why=error))
            code, detail = error.failure
            raise S3Error(500, code, "The offline CDSE could not make this file.", detail) from error

    async def _list_objects(self, request: Request) -> Response:
        question = _read_listing(request)
        entries = self._find_entries(question)
        page = entries[: min(question.most, MAX_KEYS)]
        last = page[-1].name if page and len(page) < len(entries) else ""
        described = [await self._describe(entry) for entry in page]
        return Response(_build_listing(question, described, last), media_type="application/xml")

    def _find_entries(self, question: "Listing") -> list["Entry"]:
        """Keys below the prefix in order, and folders once each where a delimiter is given."""
        prefix, delimiter = question.prefix, question.delimiter
        entries: dict[str, Entry] = {}
        for key in self._sorted[bisect_left(self._sorted, prefix) :]:
            if not key.startswith(prefix):
                break
            entry = Entry(key)
            if delimiter:
                folder, found, _ = key.removeprefix(prefix).partition(delimiter)
                entry = Entry(prefix + folder + delimiter, is_folder=True) if found else entry
            if entry.name > question.after:
                entries[entry.name] = entry
        return list(entries.values())

    async def _describe(self, entry: "Entry") -> str:
        name = escape(entry.name)
        if entry.is_folder:
            return f"<CommonPrefixes><Prefix>{name}</Prefix></CommonPrefixes>"
        path = await self._find_file(entry.name)
        status = path.stat()
        changed = datetime.fromtimestamp(status.st_mtime, UTC)
        return (
            f"<Contents><Key>{name}</Key><LastModified>{changed:%Y-%m-%dT%H:%M:%S.000Z}</LastModified>"
            f"<Size>{status.st_size}</Size><StorageClass>STANDARD</StorageClass></Contents>"
        )


@dataclass(frozen=True)
class Listing:
    """What a listing asks for."""

    prefix: str
    delimiter: str
    after: str
    most: int


@dataclass(frozen=True)
class Entry:
    name: str
    is_folder: bool = False


def _read_listing(request: Request) -> Listing:
    given = parse_qs(request.url.query, keep_blank_values=True)
    query = {name: values[-1] for name, values in given.items()}
    prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
    if not (prefix + delimiter).isprintable():
        raise S3Error(400, "InvalidArgument", "prefix and delimiter must be printable")
    most = query.get("max-keys", "1000")
    if not re.fullmatch(r"\d{1,9}", most, re.ASCII):
        raise S3Error(400, "InvalidArgument", "max-keys must be a number")
    after = query.get("continuation-token") or query.get("start-after") or query.get("marker", "")
    return Listing(prefix, delimiter, after, int(most))


def _build_listing(question: Listing, entries: list[str], last: str) -> str:
    following = ""
    if last:
        token = escape(last)
        following = f"<NextContinuationToken>{token}</NextContinuationToken><NextMarker>{token}</NextMarker>"
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        f"<Name>{BUCKET}</Name><Prefix>{escape(question.prefix)}</Prefix>"
        f"<Delimiter>{escape(question.delimiter)}</Delimiter>"
        f"<MaxKeys>{question.most}</MaxKeys><KeyCount>{len(entries)}</KeyCount>"
        f"<IsTruncated>{'true' if following else 'false'}</IsTruncated>{following}{''.join(entries)}"
        "</ListBucketResult>"
    )


def verify(request: Request, keys: KeyPair) -> None:
    """Raise what S3 answers unless the request carries a fresh signature made with these keys."""
    match = _AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
    if match is None:
        raise S3Error(403, "AccessDenied", "Access Denied.")
    if not hmac.compare_digest(match["key"].encode(), keys.access.encode()):
        raise S3Error(403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.")
    stamp = request.headers.get("x-amz-date", "")
    ahead = read_order(request.scope).get("ahead", timedelta())
    _check_clock(stamp, datetime.now(UTC) + ahead)
    if not hmac.compare_digest(_sign(request, match, stamp, keys), match["signature"]):
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


def _sign(request: Request, match: re.Match[str], stamp: str, keys: KeyPair) -> str:
    """The signature that this request would carry, had it been signed with these keys."""
    query = request.scope["query_string"].decode("latin-1")
    path = request.scope["raw_path"].decode("latin-1")
    url = f"http://{request.headers['host']}{path}"
    if query:
        url += f"?{query}"
    headers = {name: request.headers.get(name, "") for name in match["headers"].split(";")}
    signed = AWSRequest(request.method, url, headers)
    signed.context["timestamp"] = stamp
    auth = S3SigV4Auth(Credentials(keys.access, keys.secret), "s3", match["region"])
    text = auth.string_to_sign(signed, auth.canonical_request(signed))
    signature: str = auth.signature(text, signed)
    return signature
