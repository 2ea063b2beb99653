"""Faults of the catalogue: pages of items that are not what a client may expect."""

import json
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from pydantic import Field
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cdse_offline.practice.faults import Fault, Path, Short
from cdse_offline.practice.sending import (
    change_header,
    collect_answer,
    read_body,
    read_headers,
    replay_body,
    send_whole,
)

Page = dict[str, Any]
_SEARCH = "/stac/v1/search"


def _parse_page(start: Message, body: bytes) -> Page | None:
    """A page of items, or None: errors and other documents stay as they are."""
    document = _parse_json(start, body)
    is_page = isinstance(document, dict) and document.get("type") == "FeatureCollection"
    return document if is_page else None


def _parse_json(start: Message, body: bytes) -> Any:
    """What an answer says in JSON; None where it is none, or another fault has made it unreadable."""
    if "json" not in read_headers(start).get("content-type", ""):
        return None
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


class TruncatedJson(Short):
    path: Path = _SEARCH


class PageFault(Fault):
    """A fault that changes pages of items."""

    path: Path = _SEARCH

    def change_page(self, page: Page, asked: bytes) -> Page:
        """`asked`: the body of the request."""
        raise NotImplementedError

    async def answer(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        asked, again = await read_body(receive)
        start, body = await collect_answer(app, scope, again)
        page = _parse_page(start, body)
        if page is not None:
            body = json.dumps(self.change_page(page, asked)).encode()
        await send_whole(send, start, body)


class NotFeatures(PageFault):
    def change_page(self, page: Page, asked: bytes) -> Page:
        return {"message": "Service is running."}


class Loop(PageFault):
    """Each page is its own next one."""

    def change_page(self, page: Page, asked: bytes) -> Page:
        return _replace_next(page, _link_to_itself(page, asked))


class NextHost(PageFault):
    """The next page lies at another host."""

    host: Annotated[str, Field(pattern=r"^[\w.:\[\]-]{1,200}$")] = "catalog.example"

    def change_page(self, page: Page, asked: bytes) -> Page:
        given = [link for link in page["links"] if link["rel"] == "next"]
        link = given[0] if given else _link_to_itself(page, asked)
        url = urlsplit(link["href"])._replace(netloc=self.host)
        return _replace_next(page, link | {"href": urlunsplit(url)})


def _replace_next(page: Page, link: dict[str, Any]) -> Page:
    others = [other for other in page["links"] if other["rel"] != "next"]
    return page | {"links": [link, *others]}


def _link_to_itself(page: Page, asked: bytes) -> dict[str, Any]:
    href = next(link["href"] for link in page["links"] if link["rel"] == "self")
    link = {"rel": "next", "type": "application/geo+json", "href": href, "method": "GET"}
    return link | {"method": "POST", "body": json.loads(asked)} if asked else link


class Mutate(Fault):
    """Another value at one place of a JSON document: `features/*/properties/datetime`; `*` is every entry.

    text: what stands there then, as it is, also where that is no JSON; where it is empty, the entry is left out.
    """

    path: Path = _SEARCH
    place: Annotated[str, Field(pattern=r"^[^\x00-\x1f]{1,300}$")] = "features/*/properties"
    text: Annotated[str, Field(pattern=r"^[^\x00-\x1f]*$", max_length=20_000)] = "null"

    async def answer(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        start, body = await collect_answer(app, scope, receive)
        document = _parse_json(start, body)
        if document is not None:
            _put_mark(document, self.place.split("/"), leave_out=not self.text)
            body = json.dumps(document).replace(json.dumps(_MARK), self.text).encode()
        await send_whole(send, start, body)


_MARK = "\N{REPLACEMENT CHARACTER}mutated"


def _put_mark(value: Any, steps: list[str], *, leave_out: bool) -> None:
    """Put the mark at the end of these steps, where there is such a place."""
    step, *rest = steps
    for key in _find_keys(value, step):
        if rest:
            _put_mark(value[key], rest, leave_out=leave_out)
        elif leave_out:
            del value[key]
        else:
            value[key] = _MARK


def _find_keys(value: Any, step: str) -> list[Any]:
    if isinstance(value, dict):
        return [key for key in value if step in ("*", key)]
    if isinstance(value, list):
        return [number for number in reversed(range(len(value))) if step in ("*", str(number))]
    return []


class DropProj(PageFault):
    """Nothing says where the images lie."""

    def change_page(self, page: Page, asked: bytes) -> Page:
        return page | {"features": [_drop_projection(item) for item in page["features"]]}


def _drop_projection(item: dict[str, Any]) -> dict[str, Any]:
    assets = {name: _drop_fields(asset) for name, asset in item.get("assets", {}).items()}
    return item | {"properties": _drop_fields(item["properties"]), "assets": assets}


def _drop_fields(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if not name.startswith("proj:")}


class Repeat(Fault):
    """Each page has its own `next`, but the items of the first page."""

    path: Path = _SEARCH

    async def answer(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        asked, again = await read_body(receive)
        start, body = await collect_answer(app, scope, again)
        page = _parse_page(start, body)
        if page is not None:
            scope, asked = _ask_for_first_page(scope, asked)
            first = await collect_answer(app, scope, replay_body(asked, receive))
            first_page = _parse_page(*first) or {}
            body = json.dumps(page | {"features": first_page["features"]}).encode()
        await send_whole(send, start, body)


def _ask_for_first_page(scope: Scope, asked: bytes) -> tuple[Scope, bytes]:
    """The same request without a token."""
    pairs = parse_qsl(scope["query_string"].decode())
    query = urlencode([pair for pair in pairs if pair[0] != "token"])
    scope = {**scope, "query_string": query.encode()}
    if not asked:
        return scope, asked
    question = json.loads(asked)
    question.pop("token", None)
    asked = json.dumps(question).encode()
    return change_header(scope, b"content-length", lambda _: str(len(asked))), asked
