"""Pieces of a file in an S3 store, asked for with a signature, again where an answer fails for the moment.

Sources: AWS Signature V4 (botocore); RFC 9110 (Range, Content-Range, ETag).
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from cdse_access import exchange
from cdse_access.children import suggest_offline
from cdse_access.deadline import Deadline, within
from cdse_access.exchange import Answer, LostError, Pool, Question, find_contradiction, read_number, read_retry_after
from cdse_access.jp2.answers import file_name, lost_problem, refusal
from cdse_access.messages import say
from cdse_access.problems import BadData, Unavailable
from cdse_access.store import Store

PATIENCE = 55  # seconds for a piece, or for a megabyte of it: that long can nothing arrive before an error comes
FRUITLESS = 58  # seconds in which a file must give a tile, or a megabyte: many small answers may each be slow
SLOWEST = 30  # seconds for one answer; if enough came by then it is kept, and the rest is asked for
ENOUGH = 1 << 17  # bytes
MUCH = 1 << 20  # bytes: about a tile; a connection that brings so many is no drip
BUDGET = 25  # seconds: no new try after that, unless the store says when to come again
TOLD_BUDGET = PATIENCE - exchange.SILENT  # where it does: a last try that is cut off would hide what it said
FIRST_WAIT, LONGEST_WAIT = 0.5, 8.0
ERROR_BODY = 4096  # bytes of an error's text that are read


def open_pool(store: Store, connections: int) -> Pool:
    """At most this many connections to the store, certificates checked, through a proxy where this machine has one."""
    return Pool(store.url(""), connections, direct=not store.https)  # without TLS a proxy would read the signature


class Remote:
    """A file in a store, read in pieces which it remembers; `size` and `etag` are known after the first."""

    def __init__(self, href: str, store: Store, pool: Pool) -> None:
        self.href, self.name = href, file_name(href)
        self.store, self.pool = store, pool
        self.size: int | None = None
        self.etag = ""
        self._asked_to_wait = 0.0
        self._hope: Deadline | None = None  # until when something of use must have come
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
        """Free the bytes that are remembered: what they were wanted for has come."""
        self.chunks.clear()
        self._hope = None

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
        with self._connection():
            data = self._get(start, min([stop, *later]))
        self.chunks.append((start, data))

    @contextmanager
    def _connection(self) -> Iterator[None]:
        """One of the connections that are shared with other processes, where they are; afterwards it is closed."""
        slots = self.store.slots
        with slots.take(self.pool.stop) if slots else nullcontext():
            try:
                yield
            finally:
                if slots:
                    self.pool.close()

    def _get(self, start: int, stop: int) -> bytes:
        """[start, stop), or at least a megabyte of it, in time; what fails for the moment is tried again."""
        data, wait = b"", FIRST_WAIT
        self._hope = self._hope or Deadline(FRUITLESS)
        with within(min(PATIENCE, self._hope.left)) as deadline:
            while not self._is_past(start + len(data), stop) and len(data) < MUCH:
                self._asked_to_wait = 0.0
                try:
                    data += self._get_once(start + len(data), stop)
                    continue
                except Unavailable:
                    pause = max(wait, self._asked_to_wait)
                    budget = TOLD_BUDGET if self._asked_to_wait else BUDGET
                    is_over = deadline.spent + pause > budget or pause > deadline.left
                    if is_over or self.pool.stop.wait(pause):
                        raise
                wait = min(2 * wait, LONGEST_WAIT)
        if len(data) >= MUCH:
            self._hope = None
        return data

    def _get_once(self, start: int, stop: int) -> bytes:
        """[start, stop) or enough of its beginning, of the same version of the file as before."""
        status, headers, body = self.ask(start, stop)
        self._asked_to_wait = read_retry_after(headers)
        first, _, size = _read_place(headers)
        expected = min(stop, size) - start
        complete = min(expected, ENOUGH) <= len(body) <= expected
        if status != 206 or not body or not complete or first != start:
            raise refusal(status, headers, body, self.href, self.store.endpoint)
        etag = headers.get("ETag", "")
        if self.size is not None and (self.size, self.etag) != (size, etag):
            raise BadData(say("file-changed", name=self.name))
        self.size, self.etag = size, etag
        return body

    def ask(self, start: int, stop: int) -> tuple[int, Mapping[str, str], bytes]:
        """One request, tried once: HTTP status, headers, body (no longer than the range, or than an error's text).

        Errors: Unavailable also where the answer contradicts itself, since some bytes of it must be wrong.
        """
        with within(SLOWEST) as deadline:
            answer = self._exchange(stop - start, start, deadline)
        what = _find_contradiction(answer, stop - start)
        if what and answer.status in (200, 206):
            instead = suggest_offline(self.store.endpoint)
            raise Unavailable(say("s3-contradicts", file=self.name, instead=instead, what=what))
        return answer.status, answer.headers, answer.body[: max(stop - start, ERROR_BODY)]

    def _exchange(self, length: int, start: int, deadline: Deadline) -> Answer:
        try:
            answer = self.pool.ask(lambda: self._sign(start, start + length), deadline, most=max(length, ERROR_BODY))
        except LostError as error:
            raise lost_problem(error, self.href, self.store.endpoint) from error
        if answer.loss and not answer.body:
            raise lost_problem(answer.loss, self.href, self.store.endpoint) from answer.loss
        return answer

    def _sign(self, start: int, stop: int) -> Question:
        headers = {"Range": f"bytes={start}-{stop - 1}", "Accept-Encoding": "identity"}
        request = AWSRequest("GET", self.store.url(self.href), headers)
        keys = self.store.keys
        credentials = Credentials(keys.access.reveal(), keys.secret.reveal())
        S3SigV4Auth(credentials, "s3", "default").add_auth(request)
        prepared = request.prepare()
        return Question("GET", prepared.url, dict(prepared.headers.items()))


def _read_place(headers: Mapping[str, str]) -> tuple[int, int, int]:
    """First and last byte of a range, and the size of the file, as the answer tells them; zeros where it does not."""
    place = re.fullmatch(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18})", headers.get("Content-Range", ""))
    return (read_number(place[1]), read_number(place[2]), read_number(place[3])) if place else (0, 0, 0)


def _find_contradiction(answer: Answer, length: int) -> str:
    """Where the answer contradicts itself; "" where it does not. One that broke off may be short, but nothing else."""
    coding = answer.headers.get("Content-Encoding", "identity").strip().lower()
    if coding != "identity":
        return "Content-Encoding"
    if what := find_contradiction(answer):
        return what
    first, last, size = _read_place(answer.headers)
    if answer.status != 206 or not size:
        return ""
    told = last + 1 - first
    if last >= size or answer.length not in (None, told) or told > length:
        return "Content-Range"
    is_whole = len(answer.body) == told or (len(answer.body) < told and answer.loss is not None)
    return "" if is_whole else "Content-Range < body" if len(answer.body) > told else "Content-Range > body"
