"""Pieces of a file in an S3 store, asked for with a signature, again where an answer fails for the moment.

Sources: AWS Signature V4 (botocore); RFC 9110 (Range, Content-Range, ETag).
"""

import re
import time
from collections.abc import Mapping
from threading import Event
from typing import Any

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSPreparedRequest, AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import BotoCoreError
from botocore.httpsession import URLLib3Session
from botocore.utils import get_environ_proxies
from urllib3 import HTTPResponse
from urllib3.exceptions import HTTPError

from cdse_access.hosts import is_loopback
from cdse_access.jp2.answers import file_name, lost_problem, refusal
from cdse_access.messages import say
from cdse_access.problems import BadData, Problem, Unavailable
from cdse_access.store import Store
from cdse_access.variables import read_variable

CONNECT, SILENT = 10, 15  # seconds: for a connection, for the next byte
SLOWEST = 30  # seconds for one answer; if enough came by then it is kept, and the rest is asked for
ENOUGH = 1 << 17  # bytes
BUDGET = 25  # seconds: no new try after that, so that every error comes within a minute
FIRST_WAIT, LONGEST_WAIT = 0.5, 8.0
ERROR_BODY = 4096  # bytes of an error's text that are read


class Pool(URLLib3Session):  # type: ignore[misc]
    """Connections that several files share. Once `stop` is set, nobody waits and tries again."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.stop = Event()


def open_pool(store: Store, connections: int) -> Pool:
    """At most this many connections to the store, certificates checked, through a proxy where this machine has one."""
    is_hidden = store.https and not is_loopback(store.endpoint)  # without TLS a proxy would read the signature
    proxies = get_environ_proxies(store.url("")) if is_hidden else {}
    verify = read_variable("GDAL_CURL_CA_BUNDLE") or True
    return Pool(verify, proxies, timeout=(CONNECT, SILENT), max_pool_connections=connections)


class Remote:
    """A file in a store, read in pieces which it remembers; `size` and `etag` are known after the first."""

    def __init__(self, href: str, store: Store, pool: Pool) -> None:
        self.href, self.name = href, file_name(href)
        self.store, self.pool = store, pool
        self.size: int | None = None
        self.etag = ""
        self.chunks: list[tuple[int, bytes]] = []

    def read(self, start: int, end: int, ahead: int = 0) -> bytes:
        """The bytes [start, end), cut at the end of the file; only what is missing is asked for.

        ahead: at least this many bytes a request.
        """
        found = b""
        while not self._is_past(at := start + len(found), end):
            piece = self._kept_piece(at)
            if piece:
                found += piece[: end - at]
            else:
                self._fetch_piece(at, max(end, at + ahead))
        return found

    def forget(self) -> None:
        """Free the bytes that are remembered."""
        self.chunks.clear()

    def _is_past(self, at: int, end: int) -> bool:
        return at >= end or (self.size is not None and at >= self.size)

    def _kept_piece(self, at: int) -> bytes:
        """What is remembered from byte `at` on, of one answer."""
        for first, data in self.chunks:
            if first <= at < first + len(data):
                return data[at - first :]
        return b""

    def _fetch_piece(self, start: int, stop: int) -> None:
        """Ask for [start, stop), or up to what is remembered already."""
        later = [first for first, _ in self.chunks if first > start]
        try:
            data = self._get(start, min([stop, *later]))
        except Problem as problem:
            raise problem.with_traceback(None) from None  # the frames below hold a signed request
        self.chunks.append((start, data))

    def _get(self, start: int, stop: int) -> bytes:
        """[start, stop) or its beginning; what fails for the moment is tried again within `BUDGET` seconds."""
        began, wait = time.monotonic(), FIRST_WAIT
        while True:
            headers: Mapping[str, str] = {}
            try:
                status, headers, body = self.ask(start, stop)
                return self._checked_body(start, stop, status, headers, body)
            except Unavailable:
                pause = max(wait, _retry_after(headers))
                spent = time.monotonic() - began
                if spent + pause > BUDGET or self.pool.stop.wait(pause):
                    raise
            wait = min(2 * wait, LONGEST_WAIT)

    def _checked_body(self, start: int, stop: int, status: int, headers: Mapping[str, str], body: bytes) -> bytes:
        """The body, if it is the range that was asked for, of the same version of the file as before."""
        place = re.fullmatch(rf"bytes {start}-\d+/(\d+)", headers.get("Content-Range", ""))
        size = int(place[1]) if place else 0
        expected = min(stop, size) - start
        complete = min(expected, ENOUGH) <= len(body) <= expected
        if status != 206 or not body or not complete:
            raise refusal(status, headers, body, self.href)
        etag = headers.get("ETag", "")
        if self.size not in (None, size) or self.etag not in ("", etag):
            raise BadData(say("file-changed", name=self.name))
        self.size, self.etag = size, etag
        return body

    def ask(self, start: int, stop: int) -> tuple[int, Mapping[str, str], bytes]:
        """One request, tried once: HTTP status, headers, body (no longer than the range, or than an error's text)."""
        try:
            answer = self.pool.send(self._signed_request(start, stop))
        except (BotoCoreError, HTTPError) as error:
            raise lost_problem(error, self.href) from error
        most = max(stop - start, ERROR_BODY)
        return answer.status_code, answer.headers, _read_body(answer.raw, most)

    def _signed_request(self, start: int, stop: int) -> AWSPreparedRequest:
        headers = {"Range": f"bytes={start}-{stop - 1}"}
        request = AWSRequest("GET", self.store.url(self.href), headers, stream_output=True)
        keys = self.store.keys
        credentials = Credentials(keys.access.reveal(), keys.secret.reveal())
        S3SigV4Auth(credentials, "s3", "default").add_auth(request)
        return request.prepare()


def _retry_after(headers: Mapping[str, str]) -> int:
    seconds = headers.get("Retry-After", "")
    return int(seconds) if seconds.isdecimal() and len(seconds) < 7 else 0


def _read_body(raw: HTTPResponse, most: int) -> bytes:
    """At most this many bytes: a server that ignores Range would send a file of 100 MB. What came before a break."""
    found, until = b"", time.monotonic() + SLOWEST
    try:
        while len(found) < most and time.monotonic() < until:
            more = raw.read1(min(most - len(found), 1 << 16))
            if not more:
                break
            found += more
    except HTTPError:
        pass  # whoever asked sees that some is missing, and asks again
    finally:
        raw.close()  # does nothing to a connection that was read to its end and given back
    return found
