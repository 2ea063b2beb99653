"""Patient HTTP with a STAC server: each question is answered in time or ends in an error that has a reason."""

import json
import time
from collections.abc import Iterator
from threading import Timer
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
import urllib3
from pystac.link import Link
from pystac_client.exceptions import APIError
from pystac_client.stac_api_io import StacApiIO
from urllib3.exceptions import NameResolutionError, NewConnectionError

from cdse_access.jp2.answers import tls_reason
from cdse_access.messages import say
from cdse_access.problems import BadData, BadInput, Problem, Reason, Rejected, Unavailable

Page = dict[str, Any]  # of a STAC server's list, or one entry of it, as it came
Headers = dict[str, str] | None
Parameters = dict[str, Any] | None
Identity = tuple[str | None, str]  # of an item: its collection and its id
TEMPORARY = (408, 429, 500, 502, 503, 504)
WAITS = (0.5, 1, 2, 4)  # seconds between attempts
FEW = 2  # attempts more where nobody is reached: asking often does not help
PATIENCE = 55.0  # seconds for one question, with its retries
MAX_PAGES = 200
LARGEST = 100_000_000  # bytes; a page of 200 items has about 15 MB


class RefusedError(BadInput, APIError):
    """The catalogue understands the question and will not answer it (4xx).

    An APIError too, because pystac-client reads its `status_code`.
    """

    def __init__(self, message: str, reason: Reason | None = None, status_code: int | None = None) -> None:
        super().__init__(message, reason)
        self.status_code = status_code

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (str(self), self.reason, self.status_code)


class _TemporaryError(Exception):
    """This attempt failed, another may not; `problem` is what is told when none succeeds."""

    def __init__(self, problem: Problem, *, wait: float = 0, retries: int = len(WAITS)) -> None:
        super().__init__(problem)
        self.problem = problem
        self.wait = wait  # seconds that the server asks for
        self.retries = retries

    def choose_wait(self, failures: int) -> float:
        """Seconds until the next attempt, after so many that failed."""
        usual = WAITS[min(failures, len(WAITS)) - 1]
        return max(self.wait, usual)


class Transport(StacApiIO):
    """Asks one STAC server: a question is answered within a minute, or ends in an error that has a reason.

    Asks again, POST too, when the server is overloaded (408, 429, 5xx), the connection is lost or the answer is cut
    short; a Retry-After beyond the time that is left ends the question at once. Only the host that was opened first is
    asked. Pages that repeat end the list, and each item comes once.
    """

    def __init__(self) -> None:
        super().__init__(max_retries=None)
        self.origin: tuple[str, str] | None = None

    def read_text(self, source: str | Link, *arguments: Any, **settings: Any) -> str:  # type: ignore[override]
        """As `StacApiIO.read_text`, but never a file of this machine."""
        if isinstance(source, Link):
            return super().read_text(source, *arguments, **settings)
        return self.request(source, *arguments, **settings)

    def request(
        self,
        href: str,
        method: str | None = None,
        headers: Headers = None,
        parameters: Parameters = None,
    ) -> str:
        """The JSON text of the answer. Errors: Unavailable, Rejected, RefusedError."""
        self._check_origin(href)
        question = _make_question(href, method or "GET", headers, parameters)
        end = time.monotonic() + PATIENCE
        failures = 0
        while True:
            try:
                return self._ask_once(question, end)
            except _TemporaryError as error:
                failure = error
            failures += 1
            wait = failure.choose_wait(failures)
            if failures > failure.retries or time.monotonic() + wait > end:
                raise failure.problem from failure.__cause__
            time.sleep(wait)

    def _check_origin(self, href: str) -> None:
        address = urlsplit(href)
        scheme, host = address.scheme, address.hostname
        if scheme not in ("http", "https") or not host:
            raise BadInput(say("catalog-address", href=href))
        self.origin = self.origin or (scheme, host)
        first_scheme, first_host = self.origin
        is_weaker = scheme == "http" and first_scheme == "https"
        if host != first_host or is_weaker:
            raise Unavailable(say("catalog-leads-away", host=first_host, href=href))

    def _ask_once(self, question: requests.Request, end: float) -> str:
        href = question.url
        prepared = self._prepare(question)
        settings = self.session.merge_environment_settings(prepared.url, {}, True, None, None)
        try:
            with self.session.send(prepared, timeout=self._choose_timeout(end), **settings) as answer:
                body = _read_body(answer, end)
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            raise _explain_failure(error, href, late=time.monotonic() >= end) from error
        if urlsplit(answer.url).hostname != urlsplit(href).hostname:
            raise _not_catalog(href, say("why-redirected", href=answer.url))
        _check_status(answer, body, href)
        return _decode_json(body, href)

    def _prepare(self, question: requests.Request) -> requests.PreparedRequest:
        modified = self._req_modifier(question) if self._req_modifier else None
        return self.session.prepare_request(modified or question)

    def _choose_timeout(self, end: float) -> float:
        """Seconds for this attempt: what the caller allows, and never beyond the end."""
        left = max(end - time.monotonic(), 0.1)
        allowed = self.timeout if isinstance(self.timeout, int | float) else PATIENCE
        return min(allowed, left)

    def get_pages(self, url: str, method: str | None = None, parameters: Parameters = None) -> Iterator[Page]:
        """The pages of a list, with each item or collection once.

        Errors: BadData where pages repeat, BadInput where there are more than MAX_PAGES.
        """
        seen: set[Identity] = set()
        source: str | Link = url
        for _ in range(MAX_PAGES):
            page = self.read_json(source, method=method, parameters=parameters)
            kind, entries = _find_entries(page, url)
            fresh = _drop_seen(entries, seen)
            if entries and not fresh:
                raise BadData(say("catalog-repeats", href=url))
            if not fresh:
                return
            yield page | {kind: fresh}
            following = _find_next(page, url)
            if following is None:
                return
            source = following
        raise BadInput(say("catalog-many-pages", pages=MAX_PAGES))


def _make_question(href: str, method: str, headers: Headers, parameters: Parameters) -> requests.Request:
    method = method.upper()
    if method == "GET":
        return requests.Request(method, href, headers, params=parameters or {})
    return requests.Request(method, href, headers, json=parameters or {})


# -- one answer --------------------------------------------------------------


def _read_body(answer: requests.Response, end: float) -> bytes:
    """The whole body; cut off at the end, also where the server still sends a byte now and then."""
    left = max(end - time.monotonic(), 0)
    stop = Timer(left, answer.raw.shutdown)
    stop.daemon = True
    stop.start()
    try:
        body: bytes = answer.raw.read(LARGEST, decode_content=True)
    finally:
        stop.cancel()
    return body


def _check_status(answer: requests.Response, body: bytes, href: str) -> None:
    status = answer.status_code
    if status in TEMPORARY:
        wait = _read_retry_after(answer)
        slot = "catalog-busy-wait" if wait else "catalog-busy"
        problem = Unavailable(say(slot, href=href, status=status, wait=wait))
        raise _TemporaryError(problem, wait=wait)
    if status in (401, 403, 407):
        raise Rejected(say("catalog-forbidden", href=href, status=status))
    if not 200 <= status < 300:
        reason = Reason.MISSING if status == 404 else Reason.INPUT
        message = say("catalog-refused", status=status, why=_find_description(body))
        raise RefusedError(message, reason, status)


def _read_retry_after(answer: requests.Response) -> float:
    """Seconds that the server asks to wait; 0 where it names none."""
    try:
        return urllib3.Retry().get_retry_after(answer.raw) or 0
    except urllib3.exceptions.InvalidHeader:
        return 0


def _find_description(body: bytes) -> str:
    """What an error's body says: its `description` or `detail` in JSON, else how it begins."""
    try:
        answer = json.loads(body)
        found = answer.get("description") or answer.get("detail")
    except (ValueError, AttributeError):
        return repr(body[:60])
    return str(found)[:300]


def _decode_json(body: bytes, href: str) -> str:
    """The text of a body that holds a JSON object."""
    try:
        value = json.loads(body)
    except ValueError as error:  # UnicodeDecodeError is one too
        raise _TemporaryError(_explain_no_json(body, href)) from error
    if not isinstance(value, dict):
        raise _not_catalog(href, say("why-no-object"))
    return body.decode()


def _explain_no_json(body: bytes, href: str) -> Unavailable:
    if body.lstrip()[:1] in (b"{", b"["):
        return Unavailable(say("catalog-lost", href=href, why=say("why-cut-short")))
    if body.strip():
        return _not_catalog(href, say("why-begins", begin=body[:40]))
    return _not_catalog(href, say("why-empty"))


# -- failures ----------------------------------------------------------------


def _not_catalog(href: str, why: str) -> Unavailable:
    return Unavailable(say("catalog-not-stac", href=href, why=why))


def explain_no_catalog(href: str) -> Unavailable:
    """The error for JSON that describes no catalogue."""
    return _not_catalog(href, say("why-no-catalog"))


def _explain_failure(error: Exception, href: str, *, late: bool) -> _TemporaryError | Unavailable:
    """What a question that got no answer becomes: worth another attempt, or the end."""
    if isinstance(error, requests.exceptions.SSLError):
        reason = tls_reason(error)
        if reason is Reason.CERTIFICATE:
            return Unavailable(say("catalog-certificate", href=href))
        if reason is Reason.NOT_SERVICE:
            return Unavailable(say("catalog-not-encrypted", href=href))
    why, retries = _explain_loss(error, late=late)
    problem = Unavailable(say("catalog-lost", href=href, why=why))
    return _TemporaryError(problem, retries=retries)


def _explain_loss(error: Exception, *, late: bool) -> tuple[str, int]:
    """Why nothing came, in words, and how many more attempts are worth it."""
    if isinstance(error, requests.exceptions.ProxyError):
        return say("why-proxy"), FEW
    cause = error.args[0] if error.args else None
    reason = getattr(cause, "reason", None)
    if isinstance(reason, NameResolutionError):
        return say("why-unknown-host"), FEW
    if isinstance(reason, NewConnectionError):
        return say("why-unreachable"), FEW
    if late or isinstance(error, requests.Timeout | urllib3.exceptions.TimeoutError):
        return say("why-slow"), len(WAITS)
    return say("why-broken-off"), len(WAITS)


# -- pages -------------------------------------------------------------------


def _find_entries(page: Page, url: str) -> tuple[str, list[Page]]:
    """The name of a page's list, and what is in it."""
    kind = "features" if "features" in page else "collections"
    entries = page.get(kind)
    if not isinstance(entries, list) or not all(map(_has_id, entries)):
        raise _not_catalog(url, say("why-no-list"))
    return kind, entries


def _has_id(entry: object) -> bool:
    return isinstance(entry, dict) and "id" in entry


def _drop_seen(entries: list[Page], seen: set[Identity]) -> list[Page]:
    """The entries that were not met before; from now on they were."""
    fresh = []
    for entry in entries:
        identity = entry.get("collection"), entry["id"]
        if identity not in seen:
            seen.add(identity)
            fresh.append(entry)
    return fresh


def _find_next(page: Page, url: str) -> Link | None:
    """The link to the next page; its address may be relative to the first."""
    for link in page.get("links", []):
        if link["rel"] == "next":
            href = urljoin(url, link["href"])
            return Link.from_dict(link | {"href": href})
    return None
