"""The STAC API: stac-fastapi's routes and request models over items in memory, good to about a thousand of them.

What it announces and how it answers follows https://stac.dataspace.copernicus.eu/v1/, but for transactions, free text
and searches of collections, which are not there.
"""

import json
from dataclasses import dataclass
from functools import partial
from typing import Any

import attr
from pydantic import BaseModel, create_model, model_validator
from stac_fastapi.api.app import StacApi
from stac_fastapi.api.models import (
    GeoJSONResponse,
    ItemCollectionUri,
    JSONResponse,
    create_get_request_model,
    create_post_request_model,
    create_request_model,
)
from stac_fastapi.extensions.fields import FieldsConformanceClasses, FieldsExtension
from stac_fastapi.extensions.filter import FilterExtension
from stac_fastapi.extensions.filter.client import AsyncBaseFiltersClient
from stac_fastapi.extensions.pagination import TokenPaginationExtension
from stac_fastapi.extensions.query import QueryConformanceClasses, QueryExtension
from stac_fastapi.extensions.sort import SortExtension
from stac_fastapi.types.config import ApiSettings
from stac_fastapi.types.core import BaseCoreClient
from stac_fastapi.types.errors import InvalidQueryParameter, NotFoundError
from stac_fastapi.types.requests import get_base_url
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from cdse_offline.holdings import Holdings, Record
from cdse_offline.server.budget import check_clauses, check_document, watch
from cdse_offline.server.gate import Gate
from cdse_offline.server.matching import find_next, match_records, select_fields, sort_records
from cdse_offline.server.pages import Encoded, Page, Unread, encode

ROOT = "/stac/v1"
MAX_LIMIT = 200
# pystac-client 0.9 knows sorting by this version of the class only, the one that CDSE announces.
_SORT_CLASSES = [
    "https://api.stacspec.org/v1.0.0/item-search#sort",
    "https://api.stacspec.org/v1.0.0/ogcapi-features#sort",
]
_QUERYABLES = "http://www.opengis.net/def/rel/ogc/1.0/queryables"
_LANDING_ID = "cdse-offline"
_JSON_TYPES = {bool: "boolean", str: "string", int: "number", float: "number", list: "array", dict: "object"}
_JSON, _GEOJSON, _SCHEMA = "application/json", "application/geo+json", "application/schema+json"


def build_application(holdings: Holdings) -> ASGIApp:
    """The STAC API; its paths and links stand below the `root_path` of the request's scope, `/stac/v1`."""
    settings = ApiSettings(
        stac_fastapi_title=holdings.title,
        stac_fastapi_description=holdings.description,
        stac_fastapi_landing_id=_LANDING_ID,
        stac_fastapi_version="1.0.0",
        _env_file=None,  # type: ignore[call-arg]
    )
    extensions = [
        QueryExtension(conformance_classes=[QueryConformanceClasses.SEARCH, QueryConformanceClasses.ITEMS]),
        SortExtension(conformance_classes=_SORT_CLASSES),
        FieldsExtension(conformance_classes=[FieldsConformanceClasses.SEARCH, FieldsConformanceClasses.ITEMS]),
        FilterExtension(client=Queryables(holdings)),
        TokenPaginationExtension(),
    ]
    items_model: Any = create_request_model("Items", ItemCollectionUri, extensions, request_type="GET")
    api = StacApi(
        settings=settings,
        client=StacClient(holdings=holdings, landing_page_id=_LANDING_ID, stac_version="1.0.0"),
        extensions=extensions,
        stac_version="1.0.0",
        search_get_request_model=create_get_request_model(extensions),
        search_post_request_model=_build_search_model(extensions),
        items_get_request_model=items_model,
        middlewares=[],  # no CORS: a web page has no business here
    )
    api.app.add_exception_handler(OverflowError, _refuse_number)
    return Gate(api.app)


async def _refuse_number(request: Request, error: Exception) -> Response:
    """A number or a time that Python has no room for is a fault of who asks."""
    text = f"The search has a number or a time that is too large: {error}"
    return JSONResponse({"code": "InvalidQueryParameter", "description": text}, 400)


def _build_search_model(extensions: list[Any]) -> type[BaseModel]:
    """The body of a POST search. What is no JSON object would be an error of the service, not of who asks."""

    def check_object(given: Any) -> Any:
        if not isinstance(given, dict):
            raise ValueError("a search is a JSON object, sent as application/json")
        return given

    checks: dict[str, Any] = {"check_object": model_validator(mode="before")(check_object)}
    return create_model("Search", __base__=create_post_request_model(extensions), __validators__=checks)


@attr.s
class Queryables(AsyncBaseFiltersClient):
    """The properties that items of a collection have, with the types that their values have."""

    holdings: Holdings = attr.ib()

    async def get_queryables(self, collection_id: str | None = None, **kwargs: Any) -> dict[str, Any]:
        if collection_id is not None:
            _find_collection(self.holdings, collection_id)
        properties: dict[str, Any] = {"id": {"type": "string"}, "geometry": {"type": "object"}}
        for record in self.holdings.records:
            if collection_id not in (None, record.collection):
                continue
            for name, value in record.searched["properties"].items():
                properties.setdefault(name, {"title": name, "type": _name_json_type(value)})
        return {
            "$schema": "https://json-schema.org/draft/2019-09/schema",
            "$id": str(kwargs["request"].url),
            "type": "object",
            "title": "STAC Queryables.",
            "properties": properties,
            "additionalProperties": True,
        }


def _name_json_type(value: Any) -> str:
    return _JSON_TYPES.get(type(value), "null")


def _find_collection(holdings: Holdings, name: str) -> dict[str, Any]:
    if name not in holdings.collections:
        raise NotFoundError(f"Collection {name} does not exist.")
    return holdings.collections[name]


@dataclass(frozen=True)
class Search:
    """What one page of a search shows, besides which items match."""

    order: list[tuple[str, bool]]  # fields, and whether they fall; the most important one first
    include: set[str]
    exclude: set[str]
    limit: int = 10
    token: str | None = None

    @property
    def chooses_fields(self) -> bool:
        return bool(self.include or self.exclude)


# The base class has an answer of each of these routes as pystac models; here they are JSON at once, which is faster.
@attr.s
class StacClient(BaseCoreClient):
    """Answers of the routes."""

    holdings: Holdings = attr.ib(kw_only=True)
    _encoded: Encoded = attr.ib(factory=Encoded, init=False)
    _unread: Unread = attr.ib(factory=Unread, init=False)

    def landing_page(self, **kwargs: Any) -> dict[str, Any]:  # type: ignore[override]
        page: dict[str, Any] = dict(super().landing_page(**kwargs))
        for link in page["links"]:
            if link["rel"].endswith("queryables"):
                link["method"] = "GET"  # as at CDSE
        return page | {"cdse_offline:version": self.holdings.version}

    def all_collections(self, **kwargs: Any) -> JSONResponse:  # type: ignore[override]
        base = get_base_url(kwargs["request"])
        links = [_build_link("root", _JSON, base), _build_link("self", _JSON, f"{base}collections")]
        collections = [_add_links(document, base) for document in self.holdings.collections.values()]
        return JSONResponse({"collections": collections, "links": links, "numberReturned": len(collections)})

    def get_collection(self, collection_id: str, **kwargs: Any) -> JSONResponse:  # type: ignore[override]
        document = _find_collection(self.holdings, collection_id)
        return JSONResponse(_add_links(document, get_base_url(kwargs["request"])))

    def get_item(self, item_id: str, collection_id: str, **kwargs: Any) -> GeoJSONResponse:  # type: ignore[override]
        for record in self.holdings.records:
            if record.collection == collection_id and record.id == item_id:
                return GeoJSONResponse(_build_item(record, kwargs["request"]))
        raise NotFoundError(f"Item {item_id} in Collection {collection_id} does not exist.")

    def item_collection(self, collection_id: str, **kwargs: Any) -> Page:  # type: ignore[override]
        _find_collection(self.holdings, collection_id)
        return self.get_search(collections=[collection_id], **kwargs)

    def post_search(self, search_request: BaseModel, **kwargs: Any) -> Page:  # type: ignore[override]
        try:
            wanted = search_request.model_dump(mode="json", exclude_none=True)
        except ValueError as error:
            raise InvalidQueryParameter(f"The search cannot be understood: {error}") from error
        check_clauses(wanted)
        fields = wanted.pop("fields", {})
        sortby = wanted.pop("sortby", [])
        search = Search(
            order=[(entry["field"], entry["direction"] == "desc") for entry in sortby],
            include=set(fields.get("include") or ()),
            exclude=set(fields.get("exclude") or ()),
            **_pop_paging(wanted),
        )
        return self._search(kwargs["request"], search, wanted)

    def get_search(self, **kwargs: Any) -> Page:  # type: ignore[override]
        wanted = {key: value for key, value in kwargs.items() if value is not None}
        request = wanted.pop("request")
        for name in ("query", "intersects"):
            if name in wanted:
                wanted[name] = _parse_json(name, wanted[name])
        check_clauses(wanted)
        fields = wanted.pop("fields", [])
        sortby = wanted.pop("sortby", [])
        search = Search(
            order=[(name.lstrip("+- "), name.startswith("-")) for name in sortby],
            include={name.lstrip("+ ") for name in fields if not name.startswith("-")},
            exclude={name[1:] for name in fields if name.startswith("-")},
            **_pop_paging(wanted),
        )
        return self._search(request, search, wanted)

    def _search(self, request: Request, search: Search, wanted: dict[str, Any]) -> Page:
        limit = search.limit
        if limit > MAX_LIMIT:
            raise InvalidQueryParameter(f"Limit {limit} is too large: at most {MAX_LIMIT} items a page.")
        found = sort_records(match_records(self.holdings.records, **wanted), search.order)
        start = find_next(found, search.token) if search.token else 0
        page = found[start : start + limit]
        links = [_build_link("root", _JSON, get_base_url(request)), _build_link("self", _GEOJSON, str(request.url))]
        if start + limit < len(found):
            last = page[-1]
            links.insert(0, _build_next(request, f"next:{last.collection}:{last.id}"))
        rest = {"type": "FeatureCollection", "links": links, "numberReturned": len(page)}
        features = self._encode_items(page, request, search)
        return Page(features, rest, unread=self._unread, shared=not search.chooses_fields)

    def _encode_items(self, records: list[Record], request: Request, search: Search) -> list[bytes]:
        if search.chooses_fields:
            return [
                encode(select_fields(_build_item(record, request), search.include, search.exclude))
                for record in watch(records)
            ]
        base = get_base_url(request)
        return [
            self._encoded.find((base, record.collection, record.id), partial(_build_item, record, request))
            for record in watch(records)
        ]


def _pop_paging(wanted: dict[str, Any]) -> dict[str, Any]:
    """Take limit and token, where they are given, out of what items must match."""
    return {name: wanted.pop(name) for name in ("limit", "token") if name in wanted}


def _parse_json(name: str, text: str) -> Any:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidQueryParameter(f"{name} is not JSON: {text}") from error
    check_document(document)
    return document


def _build_link(rel: str, media_type: str, href: str, **more: Any) -> dict[str, Any]:
    return {"rel": rel, "type": media_type, "href": href} | more


def _build_next(request: Request, token: str) -> dict[str, Any]:
    if request.method == "POST":
        href = str(request.url.replace(query=""))
        return _build_link("next", _GEOJSON, href, method="POST", merge=True, body={"token": token})
    href = str(request.url.include_query_params(token=token))
    return _build_link("next", _GEOJSON, href, method="GET")


def _add_links(collection: dict[str, Any], base: str) -> dict[str, Any]:
    here = f"{base}collections/{collection['id']}"
    queryables = _build_link(_QUERYABLES, _SCHEMA, f"{here}/queryables", title="Queryables")
    links = [
        _build_link("items", _GEOJSON, f"{here}/items"),
        _build_link("parent", _JSON, base),
        _build_link("root", _JSON, base),
        _build_link("self", _JSON, here),
        *collection["links"],
        queryables,
    ]
    return collection | {"links": links}


def _build_item(record: Record, request: Request) -> dict[str, Any]:
    base = get_base_url(request)
    item = record.build(base.removesuffix(f"{ROOT[1:]}/"))
    collection = f"{base}collections/{record.collection}"
    links = [
        _build_link("collection", _JSON, collection),
        _build_link("parent", _JSON, collection),
        _build_link("root", _JSON, base),
        _build_link("self", _GEOJSON, f"{collection}/items/{record.id}"),
        *item["links"],
    ]
    return item | {"links": links}
