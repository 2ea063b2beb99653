"""One question over HTTP and its answer, tried once: in time, with certificates checked, never led elsewhere.

urllib3 speaks HTTP; here is what it does not do: the deadline, the bundle of certificates and the proxy as variables of
the environment name them, and a check that an answer is framed in one way only (RFC 9112, section 6).
"""

import http.client
import os
import re
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from threading import Event, Lock
from typing import Any
from urllib.parse import urlsplit

import urllib3
from requests.utils import DEFAULT_CA_BUNDLE_PATH, get_environ_proxies, select_proxy
from urllib3 import HTTPHeaderDict, HTTPResponse
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    LocationParseError,
    NameResolutionError,
    NewConnectionError,
    ProxyError,
    ProxySchemeUnknown,
    ReadTimeoutError,
    SSLError,
)
from urllib3.util.ssl_match_hostname import CertificateError

from cdse_access import children
from cdse_access.deadline import Deadline, LateError, Sockets, run, watch
from cdse_access.files import explain_refusal
from cdse_access.hosts import is_loopback
from cdse_access.messages import say
from cdse_access.problems import BadInput, Message
from cdse_access.variables import read_first

CONNECT, SILENT = 10, 15  # seconds: for a connection, for the next byte
BUNDLES = ("GDAL_CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")
SECRETS_FILE = "SSLKEYLOGFILE"
PIECE = 1 << 16  # bytes that are taken from a socket at once
LONGEST_WAIT = 10**6  # seconds: who is told to wait for longer may as well be told this


class LostError(Exception):
    """No answer came, or not all of it. `slot`: why, among the messages."""

    def __init__(self, slot: str, **values: object) -> None:
        super().__init__(slot)
        self.why: Message = say(slot, **values)
        self.slot = slot


@dataclass
class Answer:
    """What came; `body` is not longer than was allowed, and `loss` says why some of it may be missing."""

    status: int = 0
    headers: HTTPHeaderDict = field(default_factory=HTTPHeaderDict)
    body: bytes = b""
    loss: LostError | None = None

    @property
    def length(self) -> int | None:
        """The Content-Length; None where there is none. ValueError where it is no number."""
        text = self.headers.get("Content-Length")
        return None if text is None else read_number(text)


@dataclass(frozen=True)
class Question:
    """What is asked. It may hold a signature, so that it does not show itself."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)


# -- connections that a deadline can shut ----------------------------------------


class _Response(http.client.HTTPResponse):
    """One that does not overlook bytes behind the end that its length tells."""

    def read1(self, n: int = -1) -> bytes:
        if self.length == 1 and len(self.fp.peek(2)) > 1:
            raise http.client.HTTPException
        is_long = self.length is not None and self.length > 1
        return super().read1(min(n, self.length - 1) if is_long else n)  # type: ignore[operator]


class _WatchedMixin:
    """Tells the deadline of each connection: when it is made, and when it is used again."""

    response_class: Any = _Response

    def _new_conn(self) -> Any:
        made = super()._new_conn()  # type: ignore[misc]
        watch(made)
        return made

    def putrequest(self, *arguments: Any, **settings: Any) -> None:
        if self.sock is not None:  # type: ignore[attr-defined]
            watch(self.sock)  # type: ignore[attr-defined]
        super().putrequest(*arguments, **settings)  # type: ignore[misc]


class _Connection(_WatchedMixin, HTTPConnection):
    pass


class _SafeConnection(_WatchedMixin, HTTPSConnection):
    pass


class _Connections(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SafeConnections(HTTPSConnectionPool):
    ConnectionCls = _SafeConnection


_CLASSES = {"http": _Connections, "https": _SafeConnections}


class Pool:
    """Connections to one service that several threads share. Once `stop` is set, nobody waits and tries again."""

    def __init__(self, address: str, connections: int = 1, *, direct: bool = False) -> None:
        """direct: without a proxy, whatever the variables say.

        Errors: BadInput where a variable names certificates or a proxy that cannot be used.
        """
        self.stop = Event()
        self._host = urlsplit(address).netloc
        self._running: set[Sockets] = set()
        self._is_aborted = False
        self._lock = Lock()
        self._manager = _open_manager(address, connections, None if direct else find_proxy(address))

    def abort(self) -> None:
        """Shut all that runs, and what begins later; whoever waits for it is told at once."""
        self.stop.set()
        with self._lock:
            self._is_aborted = True
            running = list(self._running)
        for sockets in running:
            sockets.shut()

    @contextmanager
    def _begin(self) -> Iterator[Sockets]:
        """The connections of one exchange, known to `abort` while it runs."""
        sockets = Sockets()
        with self._lock:
            self._running.add(sockets)
            is_late = self._is_aborted
        if is_late:
            sockets.shut()
        try:
            yield sockets
        finally:
            with self._lock:
                self._running.remove(sockets)

    def close(self) -> None:
        """Close the connections that nobody uses."""
        self._manager.clear()

    def ask(
        self,
        make_question: Callable[[], Question],
        deadline: Deadline,
        *,
        most: int,
        silent: float | None = None,
        decode: bool = False,
    ) -> Answer:
        """The answer, with what came of its body, no longer than `most` and one byte. LostError without an answer.

        BadInput where the service was started by this process, and has ended.
        The question is made where nobody can look at it, in the thread that sends it.
        """
        answer, arrived = Answer(), bytearray()
        timeout = urllib3.Timeout(
            connect=min(CONNECT, deadline.left + 0.1), read=min(silent or SILENT, deadline.left + 0.1)
        )
        loss: LostError | None = None
        try:
            with self._begin() as sockets:
                run(
                    lambda: self._exchange(make_question(), answer, arrived, timeout, most, decode=decode),
                    deadline,
                    sockets,
                )
        except LateError:
            loss = LostError("why-slow")
        except (HTTPError, OSError, http.client.HTTPException, ValueError) as error:
            loss = explain_loss(error)
            loss.__cause__ = error
        if loss:
            children.refuse_ended(self._host)
        if loss and not answer.status:
            raise loss
        return Answer(answer.status, answer.headers, bytes(arrived), loss)

    def _exchange(
        self,
        question: Question,
        answer: Answer,
        arrived: bytearray,
        timeout: urllib3.Timeout,
        most: int,
        *,
        decode: bool,
    ) -> None:
        raw = self._manager.urlopen(
            question.method,
            question.url,
            headers=question.headers,
            body=question.body,
            timeout=timeout,
            retries=False,
            redirect=False,
            preload_content=False,
            decode_content=False,
        )
        assert isinstance(raw, HTTPResponse)
        answer.headers, answer.status = raw.headers, raw.status
        try:
            _read_body(raw, arrived, most + 1, decode=decode)
        finally:
            raw.close()  # does nothing to a connection that was read to its end and given back


def _read_body(raw: HTTPResponse, arrived: bytearray, most: int, *, decode: bool) -> None:
    """What comes has arrived at once, so that it is not lost where the time ends."""
    while len(arrived) < most:
        more = raw.read1(min(most - len(arrived), PIECE), decode_content=decode)
        if not more:
            return
        arrived += more


# -- certificates and proxies --------------------------------------------------


def _open_manager(address: str, connections: int, proxy: str | None) -> urllib3.PoolManager:
    settings: dict[str, Any] = {"maxsize": connections}
    if address.startswith("https:"):
        settings["ssl_context"] = open_certificates()
    manager = urllib3.PoolManager(**settings)
    if proxy:
        manager = _open_proxy(proxy, settings)
    manager.pool_classes_by_scheme = _CLASSES
    return manager


def _open_proxy(proxy: str, settings: dict[str, Any]) -> urllib3.PoolManager:
    """Through a proxy, whose password is no part of what a message shows."""
    shown = re.sub(r"^(\w+://)?.*@", r"\1", proxy)
    try:
        url = urllib3.util.parse_url(proxy if "://" in proxy else f"http://{proxy}")
        headers = urllib3.make_headers(proxy_basic_auth=url.auth) if url.auth else {}
        if not url.host:
            raise LocationParseError(proxy)
        return urllib3.ProxyManager(url._replace(auth=None).url, proxy_headers=headers, **settings)
    except (LocationParseError, ProxySchemeUnknown, UnicodeError) as error:
        raise BadInput(say("proxy-address", proxy=shown, why=type(error).__name__)) from None


def find_proxy(address: str) -> str | None:
    """The proxy for this address; None for this very machine, whatever the variables say."""
    if is_loopback(address):
        return None
    return (select_proxy(address, get_environ_proxies(address)) or "").strip() or None


def open_certificates() -> ssl.SSLContext:
    """Whom to trust: the bundle that a variable names, else that of certifi. BadInput where it cannot be used."""
    try:
        context = urllib3.util.ssl_.create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED)
    except OSError as error:  # where Python notes the keys of each connection, if that is asked for
        path = os.environ.get(SECRETS_FILE, "")
        raise BadInput(say("tls-secrets", name=SECRETS_FILE, path=path, why=explain_refusal(error).reason)) from error
    context.check_hostname = True
    name, path = read_first(BUNDLES)
    if not path:
        context.load_verify_locations(DEFAULT_CA_BUNDLE_PATH)
        return context
    try:
        for one in path.split(os.pathsep) if name == "SSL_CERT_DIR" else [path]:
            _load_bundle(context, Path(one))
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        raise BadInput(say("certificates", name=name, path=path, why=_explain_bundle(error))) from error
    return context


def _load_bundle(context: ssl.SSLContext, path: Path) -> None:
    if not path.is_dir():
        context.load_verify_locations(path)
    elif any(re.fullmatch(r"[\da-f]{8}\.\d+", entry.name) for entry in path.iterdir()):
        context.load_verify_locations(capath=path)
    else:
        raise IsADirectoryError(None, say("why-folder-of-no-certificates"))


def _explain_bundle(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return say("why-no-certificates")
    return getattr(error, "strerror", None) or str(error)


# -- failures --------------------------------------------------------------------


def explain_loss(error: Exception) -> LostError:
    """Why nothing came, as far as it was seen."""
    if isinstance(error, ProxyError):
        return LostError("why-proxy", what=type(error.original_error).__name__)
    if isinstance(error, SSLError):
        return _explain_encryption(error)
    if isinstance(error, NameResolutionError):
        return LostError("why-unknown-host")
    if isinstance(error, NewConnectionError):
        return LostError("why-unreachable")
    if isinstance(error, ConnectTimeoutError | ReadTimeoutError):
        return LostError("why-slow")
    if isinstance(error, urllib3.exceptions.DecodeError):
        return LostError("why-undecodable")
    return LostError("why-broken-off", what=_name_cause(error))


def _explain_encryption(error: SSLError) -> LostError:
    cause = error.args[0] if error.args else error
    if isinstance(cause, ssl.SSLCertVerificationError | CertificateError):
        return LostError("why-certificate")
    words = f"{getattr(cause, 'reason', '')} {cause}".upper()
    if re.search(r"EOF", words):
        return LostError("why-broken-off", what="TLS, EOF")
    if re.search(r"WRONG.VERSION.NUMBER|RECORD.LAYER.FAILURE|HTTP.REQUEST|PACKET.LENGTH", words):
        return LostError("why-in-the-open")
    return LostError("why-encryption", what=getattr(cause, "reason", None) or type(cause).__name__)


def _name_cause(error: BaseException) -> str:
    """The kind of the error that was there first; its words could quote what was sent."""
    inner = [one for one in getattr(error, "args", ()) if isinstance(one, BaseException)]
    while inner:
        error = inner[0]
        inner = [one for one in error.args if isinstance(one, BaseException)]
    return type(error).__name__


# -- headers ---------------------------------------------------------------------


def read_number(text: str) -> int:
    """A whole number as HTTP writes it. ValueError for all else, also for one longer than any file."""
    if not re.fullmatch(r"[0-9]{1,18}", text, re.ASCII):
        raise ValueError(text[:40])
    return int(text)


def read_retry_after(headers: Mapping[str, str]) -> float:
    """Seconds that the server asks to wait; 0 where it names none that can be meant."""
    text = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[0-9]+", text, re.ASCII):
        return min(int(text), LONGEST_WAIT) if len(text) < 10 else LONGEST_WAIT
    try:
        then = parsedate_to_datetime(text)
        seconds = (then - datetime.now(UTC)).total_seconds()
    except (TypeError, ValueError, OverflowError, IndexError):  # no date, or one without a zone
        return 0
    return min(max(seconds, 0), LONGEST_WAIT)


def find_contradiction(answer: Answer) -> str:
    """What in the headers leaves open where the body ends or what it is; "" where all is clear."""
    for name in ("Content-Length", "Content-Range", "Transfer-Encoding", "ETag"):
        if len(answer.headers.getlist(name)) > 1:
            return f"{name} × 2"
    coding = answer.headers.get("Transfer-Encoding")
    if coding is not None and (coding.lower() != "chunked" or "Content-Length" in answer.headers):
        return "Transfer-Encoding"
    try:
        length = answer.length
    except ValueError:
        return "Content-Length"
    return "Content-Length < body" if length is not None and length < len(answer.body) else ""
