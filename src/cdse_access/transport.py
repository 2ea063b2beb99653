"""Patient HTTP with a STAC server: each question is answered in time or ends in an error that has a reason."""

import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from pystac.link import Link
from pystac_client.exceptions import APIError
from pystac_client.stac_api_io import StacApiIO

from cdse_access.children import suggest_offline
from cdse_access.deadline import Deadline, within
from cdse_access.documents import Document, OddError, Page, read_document, read_object
from cdse_access.exchange import Answer, LostError, Pool, Question, read_retry_after
from cdse_access.features import keep_readable
from cdse_access.messages import say
from cdse_access.problems import BadData, BadInput, Message, Problem, Reason, Rejected, Unavailable

Headers = dict[str, str] | None
Parameters = dict[str, Any] | None
Identity = tuple[str | None, str]  # of an item: its collection and its id
TEMPORARY = (408, 429, 500, 502, 503, 504)
REDIRECTS = (301, 302, 303, 307, 308)
WAITS = (0.5, 1, 2, 4)  # seconds between attempts
FEW = 2  # attempts more where nobody is reached: asking often does not help
UNREACHED = ("why-proxy", "why-unknown-host", "why-unreachable")
PATIENCE = 55.0  # seconds for one question, with its retries
HOPS = 5  # redirects that are followed
MAX_ITEMS = 20_000  # of one search
LARGEST = 100_000_000  # bytes, unpacked; a page of 200 items has about 15 MB
NEXT = {"href": str, "method": str, "body": dict, "headers": dict, "merge": bool}  # of a link to a page
PAGE = 100  # items that are asked for at once where nobody says how many: CDSE gives 10, and refuses more than 200


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
    asked, also where it sends elsewhere. Pages that repeat end the list, and each item comes once.
    """

    def __init__(self) -> None:
        super().__init__(max_retries=None)
        self.session.headers["Accept-Encoding"] = "gzip, deflate"
        self.origin: tuple[str, str] | None = None
        self._pools: dict[str, Pool] = {}

    def __getstate__(self) -> dict[str, Any]:
        """Without connections: items, which know their catalogue, can be sent to other processes."""
        return self.__dict__ | {"_pools": {}}

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
        """The JSON text of the answer. Errors: Unavailable, Rejected, RefusedError, BadData."""
        question = _make_question(href, method or "GET", headers, parameters)
        with within(PATIENCE) as deadline:
            failures = 0
            while True:
                try:
                    return self._ask_once(question, deadline)
                except _TemporaryError as error:
                    failure = error
                failures += 1
                wait = failure.choose_wait(failures)
                if failures > failure.retries or wait > deadline.left:
                    raise failure.problem from failure.__cause__
                time.sleep(wait)

    def json_loads(self, txt: str, *_: Any, **__: Any) -> Page:
        """The object that an answer describes; JSON in which a thing could be read in two ways is refused."""
        page = txt.value if isinstance(txt, Document) else read_object(txt)
        if not isinstance(page.get("context", {}), dict):  # `ItemSearch.matched` looks into it
            raise _broken(self._name_origin(), "context")
        return page

    def _name_origin(self) -> str:
        return "://".join(self.origin or ())

    def _check_origin(self, href: str) -> None:
        try:
            address = urlsplit(href)
            scheme, host, _ = address.scheme, address.hostname, address.port
        except ValueError:
            raise BadInput(say("catalog-address", href=href)) from None
        if scheme not in ("http", "https") or not host:
            raise BadInput(say("catalog-address", href=href))
        self.origin = self.origin or (scheme, host)
        first_scheme, first_host = self.origin
        is_weaker = scheme == "http" and first_scheme == "https"
        if host != first_host or is_weaker:
            raise Unavailable(_explain("catalog-leads-away", href, host=first_host))

    def _ask_once(self, question: requests.Request, deadline: Deadline) -> Document:
        href = question.url
        for _ in range(HOPS):
            self._check_origin(href)
            answer = self._exchange(question, href, deadline)
            there = answer.headers.get("Location")
            if answer.status not in REDIRECTS or there is None:
                _check_status(answer, href)
                return _decode_json(answer.body, href)
            href = _follow(href, there)
            if answer.status == 303:
                question = requests.Request("GET", href, question.headers)
        raise _not_catalog(question.url, say("why-redirected-often", hops=HOPS))

    def _exchange(self, question: requests.Request, href: str, deadline: Deadline) -> Answer:
        """The answer, whole. Errors: _TemporaryError, Unavailable, BadData."""
        prepared = self._prepare(question)
        url = prepared.url if href == question.url else href
        body = prepared.body.encode() if isinstance(prepared.body, str) else prepared.body
        sent = Question(prepared.method or "GET", url or href, dict(prepared.headers), body)
        silent = self.timeout if isinstance(self.timeout, int | float) else PATIENCE
        try:
            answer = self._open_pool(href).ask(lambda: sent, deadline, most=LARGEST, silent=silent, decode=True)
        except LostError as error:
            raise _explain_loss(error, href) from error
        if len(answer.body) > LARGEST:
            raise BadData(say("catalog-large", href=href, megabytes=LARGEST // 1_000_000))
        if answer.loss and answer.status not in TEMPORARY:
            raise _explain_loss(answer.loss, href) from answer.loss
        return answer

    def _prepare(self, question: requests.Request) -> requests.PreparedRequest:
        modified = self._req_modifier(question) if self._req_modifier else None
        try:
            return self.session.prepare_request(modified or question)
        except (requests.RequestException, ValueError, TypeError) as error:  # a link may ask for senseless headers
            raise _broken(question.url, _name(error)) from error

    def _open_pool(self, href: str) -> Pool:
        address = urlsplit(href)
        service = f"{address.scheme}://{address.netloc}"
        if service not in self._pools:
            self._pools[service] = Pool(service)
        return self._pools[service]

    def get_pages(self, url: str, method: str | None = None, parameters: Parameters = None) -> Iterator[Page]:
        """The pages of a list, with each item or collection once; what cannot be read is named and left out.

        Errors: BadData where pages repeat or cannot be read, BadInput where there are more than MAX_ITEMS.
        """
        seen: set[Identity] = set()
        whole = not (parameters or {}).get("fields")
        page, parameters = self._read_first_page(url, method, parameters)
        empty = 0
        while True:
            kind, entries = _find_entries(page, url, whole=whole, is_first=not seen)
            fresh = _drop_seen(entries, seen)
            empty += not entries
            if (entries and not fresh) or empty > HOPS:
                raise BadData(say("catalog-repeats", href=url))
            if fresh:
                yield page | {kind: fresh}
            following = _find_next(page, url)
            if following is None:
                return
            if len(seen) >= MAX_ITEMS:
                raise BadInput(say("catalog-many-items", items=MAX_ITEMS))
            page = self.read_json(following, parameters=parameters)

    def _read_first_page(self, url: str, method: str | None, parameters: Parameters) -> tuple[Page, Parameters]:
        """The page, and what to ask the following ones with: without our limit, where the server has a smaller one."""
        try:
            return self.read_json(url, method=method, parameters=parameters), parameters
        except RefusedError as error:
            if error.status_code != 400 or not parameters or parameters.get("limit") != PAGE:
                raise
            smaller = {name: value for name, value in parameters.items() if name != "limit"}
        return self.read_json(url, method=method, parameters=smaller), smaller


def _make_question(href: str, method: str, headers: Headers, parameters: Parameters) -> requests.Request:
    method = method.upper()
    if method == "GET":
        return requests.Request(method, href, headers, params=parameters or {})
    return requests.Request(method, href, headers, json=parameters or {})


def _follow(href: str, there: str) -> str:
    try:
        return urljoin(href, there)
    except ValueError:
        raise _not_catalog(href, say("why-redirected", href=there)) from None


# -- one answer --------------------------------------------------------------


def _check_status(answer: Answer, href: str) -> None:
    status = answer.status
    if status in TEMPORARY:
        wait = read_retry_after(answer.headers)
        slot = "catalog-busy-wait" if wait else "catalog-busy"
        problem = Unavailable(_explain(slot, href, status=status, wait=wait))
        raise _TemporaryError(problem, wait=wait)
    if status in (401, 403, 407):
        raise Rejected(_explain("catalog-forbidden", href, status=status))
    if not 200 <= status < 300:
        reason = Reason.MISSING if status == 404 else Reason.INPUT
        message = say("catalog-refused", status=status, why=_find_description(answer.body))
        raise RefusedError(message, reason, status)


def _find_description(body: bytes) -> str:
    """What an error's body says: its `description` or `detail` in JSON, else how it begins."""
    try:
        answer = json.loads(body)
        found = answer.get("description") or answer.get("detail")
    except (ValueError, AttributeError, RecursionError):
        return repr(body[:60])
    return ascii(found)[:300] if not isinstance(found, str) else _printable(found)[:300]


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _decode_json(body: bytes, href: str) -> Document:
    """A body that holds a JSON object. Errors: _TemporaryError, Unavailable, BadData."""
    try:
        return read_document(body)
    except TypeError as error:
        raise _not_catalog(href, say("why-no-object")) from error
    except OddError as error:
        raise _broken(href, error) from error
    except ValueError as error:  # UnicodeDecodeError is one, too
        raise _TemporaryError(_explain_no_json(body, error, href)) from error


def _explain_no_json(body: bytes, error: ValueError, href: str) -> Problem:
    text = body.strip()
    if text[:1] not in (b"{", b"["):
        return _not_catalog(href, say("why-begins", begin=body[:40]) if text else say("why-empty"))
    # The decoder counts letters, and a letter may be several bytes.
    at_the_end = isinstance(error, json.JSONDecodeError) and error.pos >= len(error.doc.rstrip())
    if at_the_end or text[-1:] not in (b"}", b"]"):
        return Unavailable(_explain("catalog-lost", href, why=say("why-cut-short")))
    return _broken(href, _name(error))


# -- failures ----------------------------------------------------------------


def _explain(slot: str, href: str, **values: object) -> Message:
    instead = suggest_offline(href)
    return say(slot, href=href, instead=instead, **values)


def _not_catalog(href: str, why: str) -> Unavailable:
    return Unavailable(_explain("catalog-not-stac", href, why=why))


def _broken(href: str, why: object) -> BadData:
    return BadData(_explain("catalog-broken", href, why=why))


def explain_no_catalog(href: str, error: Exception) -> Unavailable:
    """The error for JSON that describes no catalogue, with what was seen."""
    return _not_catalog(href, say("why-no-catalog", what=_name(error)))


def explain_unreadable(href: str, error: Exception) -> BadData:
    """The error for a document that is JSON, and that a library cannot read, with what was seen."""
    return _broken(href, _name(error))


def _name(error: Exception) -> str:
    """The kind of an error, and how its words begin."""
    return f"{type(error).__name__}: {_printable(str(error))[:80]}"


def _explain_loss(error: LostError, href: str) -> _TemporaryError | Unavailable:
    """What a question that got no answer becomes: worth another attempt, or the end."""
    if error.slot == "why-certificate":
        return Unavailable(_explain("catalog-certificate", href))
    if error.slot == "why-in-the-open":
        return Unavailable(_explain("catalog-not-encrypted", href))
    problem = Unavailable(_explain("catalog-lost", href, why=error.why))
    return _TemporaryError(problem, retries=FEW if error.slot in UNREACHED else len(WAITS))


# -- pages -------------------------------------------------------------------


def _find_entries(page: Page, url: str, *, whole: bool, is_first: bool) -> tuple[str, list[Page]]:
    """The name of a page's list, and what in it can be read; on a later page that may be nothing."""
    kind = "features" if "features" in page else "collections"
    entries = page.get(kind)
    if not isinstance(entries, list):
        raise _not_catalog(url, say("why-no-list"))
    if kind == "features":
        return kind, keep_readable(entries, url, whole=whole, need_some=is_first)
    if not all(map(_has_id, entries)):
        raise _not_catalog(url, say("why-no-list"))
    return kind, entries


def _has_id(entry: object) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("id"), str)


def _drop_seen(entries: list[Page], seen: set[Identity]) -> list[Page]:
    """The entries that were not met before; from now on they were."""
    fresh = []
    for entry in entries:
        identity = str(entry.get("collection")), entry["id"]
        if identity not in seen:
            seen.add(identity)
            fresh.append(entry)
    return fresh


def _find_next(page: Page, url: str) -> Link | None:
    """The link to the next page; its address may be relative to the first. BadData where it cannot be followed."""
    links = page.get("links", [])
    if not isinstance(links, list) or not all(isinstance(link, dict) for link in links):
        raise _broken(url, say("why-links"))
    for link in links:
        if link.get("rel") == "next":
            return _read_next(link, url)
    return None


def _read_next(link: Page, url: str) -> Link:
    given = {name: value for name, value in link.items() if value is not None}
    wrong = [name for name, form in NEXT.items() if not isinstance(given.get(name, form()), form)]
    method = str(given.get("method", "GET"))
    if wrong or not given.get("href") or method.upper() not in ("GET", "POST"):
        raise _broken(url, say("why-links"))
    given["href"] = _follow(url, given["href"])
    return Link.from_dict(given)
