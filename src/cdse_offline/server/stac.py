"""The STAC API: stac-fastapi's routes and request models over items in memory, good to about a thousand of them.

What it announces and how it answers follows https://stac.dataspace.copernicus.eu/v1/, but for transactions, free text
and searches of collections, which are not there.
"""

import json
import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import attr
import cql2
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
from stac_fastapi.types.rfc3339 import str_to_interval
from starlette.requests import Request
from starlette.types import ASGIApp

from cdse_offline.holdings import Catalog, Record

ROOT = "/stac/v1"
MAX_LIMIT = 200
# cql2 tries each opened parenthesis in two ways, and crashes where there are thousands: length times 2 to their depth.
MAX_PARSING = 250_000
# pystac-client 0.9 knows sorting by this version of the class only, the one that CDSE announces.
_SORT_CLASSES = [
    "https://api.stacspec.org/v1.0.0/item-search#sort",
    "https://api.stacspec.org/v1.0.0/ogcapi-features#sort",
]
_JSON, _GEOJSON, _SCHEMA = "application/json", "application/geo+json", "application/schema+json"

_COMPARE = {
    "eq": lambda value, wanted: value == wanted,
    "neq": lambda value, wanted: value != wanted,
    "lt": lambda value, wanted: value < wanted,
    "lte": lambda value, wanted: value <= wanted,
    "gt": lambda value, wanted: value > wanted,
    "gte": lambda value, wanted: value >= wanted,
    "startsWith": lambda value, wanted: value.startswith(wanted),
    "endsWith": lambda value, wanted: value.endswith(wanted),
    "contains": lambda value, wanted: wanted in value,
    "in": lambda value, wanted: value in wanted,
}
# cql2 takes any name for an operator; one that it cannot work out would silently match nothing.
_CQL2_OPERATORS = {
    "and", "or", "not", "=", "<>", "<", "<=", ">", ">=", "like", "between", "in", "isNull", "casei", "accenti",
    "+", "-", "*", "/", "%", "div", "^",
    "s_intersects", "s_equals", "s_disjoint", "s_touches", "s_within", "s_overlaps", "s_crosses", "s_contains",
    "t_after", "t_before", "t_during", "t_equals", "t_intersects", "t_disjoint", "t_contains",
    "a_equals", "a_contains", "a_containedBy", "a_overlaps",
}  # fmt: skip


def application(catalog: Catalog) -> ASGIApp:
    """The STAC API; its paths and links stand below the `root_path` of the request's scope, `/stac/v1`."""
    settings = ApiSettings(
        stac_fastapi_title=catalog.title,
        stac_fastapi_description=catalog.description,
        stac_fastapi_landing_id="cdse-offline",
        stac_fastapi_version="1.0.0",
        _env_file=None,
    )
    extensions = [
        QueryExtension(conformance_classes=[QueryConformanceClasses.SEARCH, QueryConformanceClasses.ITEMS]),
        SortExtension(conformance_classes=_SORT_CLASSES),
        FieldsExtension(conformance_classes=[FieldsConformanceClasses.SEARCH, FieldsConformanceClasses.ITEMS]),
        FilterExtension(client=Queryables(catalog)),
        TokenPaginationExtension(),
    ]
    client = Client(catalog=catalog, landing_page_id="cdse-offline", stac_version="1.0.0")
    api = StacApi(
        settings=settings,
        client=client,
        extensions=extensions,
        stac_version="1.0.0",
        search_get_request_model=create_get_request_model(extensions),
        search_post_request_model=_question(extensions),
        items_get_request_model=create_request_model("Items", ItemCollectionUri, extensions, request_type="GET"),
        middlewares=[],  # no CORS: a web page has no business here
    )
    return api.app


def _question(extensions: list[Any]) -> type[BaseModel]:
    """The body of a POST search. What is no JSON object would be an error of the service, not of who asks."""

    def is_object(given: Any) -> Any:
        if not isinstance(given, dict):
            raise ValueError("a search is a JSON object, sent as application/json")
        return given

    checks = {"is_object": model_validator(mode="before")(is_object)}
    return create_model("Search", __base__=create_post_request_model(extensions), __validators__=checks)


@attr.s
class Queryables(AsyncBaseFiltersClient):
    """The properties that items of a collection have, with the types that their values have."""

    catalog: Catalog = attr.ib()

    async def get_queryables(self, collection_id: str | None = None, **kwargs: Any) -> dict[str, Any]:
        if collection_id is not None:
            _known_collection(self.catalog, collection_id)
        properties: dict[str, Any] = {"id": {"type": "string"}, "geometry": {"type": "object"}}
        for record in self.catalog.records:
            if collection_id in (None, record.collection):
                for name, value in record.searched["properties"].items():
                    properties.setdefault(name, {"title": name, "type": _json_type(value)})
        return {
            "$schema": "https://json-schema.org/draft/2019-09/schema",
            "$id": str(kwargs["request"].url),
            "type": "object",
            "title": "STAC Queryables.",
            "properties": properties,
            "additionalProperties": True,
        }


def _json_type(value: Any) -> str:
    names = {bool: "boolean", str: "string", int: "number", float: "number", list: "array", dict: "object"}
    return names.get(type(value), "null")


def _known_collection(catalog: Catalog, name: str) -> dict[str, Any]:
    if name not in catalog.collections:
        raise NotFoundError(f"Collection {name} does not exist.")
    return catalog.collections[name]


@attr.s
class Client(BaseCoreClient):
    """Answers of the routes."""

    catalog: Catalog = attr.ib(kw_only=True)

    def landing_page(self, **kwargs: Any) -> dict[str, Any]:
        page = super().landing_page(**kwargs)
        for link in page["links"]:
            if link["rel"].endswith("queryables"):
                link["method"] = "GET"  # as at CDSE
        return page

    def all_collections(self, **kwargs: Any) -> JSONResponse:
        base = get_base_url(kwargs["request"])
        links = [_link("root", _JSON, base), _link("self", _JSON, f"{base}collections")]
        collections = [_collection(document, base) for document in self.catalog.collections.values()]
        return JSONResponse({"collections": collections, "links": links, "numberReturned": len(collections)})

    def get_collection(self, collection_id: str, **kwargs: Any) -> JSONResponse:
        document = _known_collection(self.catalog, collection_id)
        return JSONResponse(_collection(document, get_base_url(kwargs["request"])))

    def get_item(self, item_id: str, collection_id: str, **kwargs: Any) -> GeoJSONResponse:
        for record in self.catalog.records:
            if (record.collection, record.id) == (collection_id, item_id):
                return GeoJSONResponse(_item(record, kwargs["request"]))
        raise NotFoundError(f"Item {item_id} in Collection {collection_id} does not exist.")

    def item_collection(self, collection_id: str, **kwargs: Any) -> GeoJSONResponse:
        _known_collection(self.catalog, collection_id)
        return self.get_search(collections=[collection_id], **kwargs)

    def post_search(self, search_request: BaseModel, **kwargs: Any) -> GeoJSONResponse:
        try:
            wanted = search_request.model_dump(mode="json", exclude_none=True)
        except ValueError as error:
            raise InvalidQueryParameter(f"The search cannot be understood: {error}") from error
        fields = wanted.pop("fields", {})
        order = [(entry["field"], entry["direction"] == "desc") for entry in wanted.pop("sortby", [])]
        return self._search(kwargs["request"], order, fields, **wanted)

    def get_search(self, **kwargs: Any) -> GeoJSONResponse:
        wanted = {key: value for key, value in kwargs.items() if value is not None}
        request, signs = wanted.pop("request"), wanted.pop("fields", [])
        for name in ("query", "intersects"):
            if name in wanted:
                wanted[name] = _parsed(name, wanted[name])
        fields = {
            "include": [name.lstrip("+ ") for name in signs if not name.startswith("-")],
            "exclude": [name[1:] for name in signs if name.startswith("-")],
        }
        order = [(name.lstrip("+- "), name.startswith("-")) for name in wanted.pop("sortby", [])]
        return self._search(request, order, fields, **wanted)

    def _search(
        self,
        request: Request,
        order: list[tuple[str, bool]],
        fields: dict[str, Iterable[str]],
        *,
        limit: int = 10,
        token: str | None = None,
        **wanted: Any,
    ) -> GeoJSONResponse:
        if limit > MAX_LIMIT:
            raise InvalidQueryParameter(f"Limit {limit} is too large: at most {MAX_LIMIT} items a page.")
        found = _sorted(_matching(self.catalog.records, **wanted), order)
        start = _after(found, token) if token else 0
        page = found[start : start + limit]
        base = get_base_url(request)
        links = [_link("root", _JSON, base), _link("self", _GEOJSON, str(request.url))]
        if start + limit < len(found):
            links.insert(0, _next(request, f"next:{page[-1].collection}:{page[-1].id}"))
        features = [_selected(_item(record, request), fields) for record in page]
        return GeoJSONResponse(
            {"type": "FeatureCollection", "links": links, "features": features, "numberReturned": len(features)}
        )


def _parsed(name: str, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise InvalidQueryParameter(f"{name} is not JSON: {text}") from error


def _link(rel: str, media_type: str, href: str, **more: Any) -> dict[str, Any]:
    return {"rel": rel, "type": media_type, "href": href} | more


def _next(request: Request, token: str) -> dict[str, Any]:
    if request.method == "POST":
        href = str(request.url.replace(query=""))
        return _link("next", _GEOJSON, href, method="POST", merge=True, body={"token": token})
    return _link("next", _GEOJSON, str(request.url.include_query_params(token=token)), method="GET")


def _collection(document: dict[str, Any], base: str) -> dict[str, Any]:
    here = f"{base}collections/{document['id']}"
    links = [
        _link("items", _GEOJSON, f"{here}/items"),
        _link("parent", _JSON, base),
        _link("root", _JSON, base),
        _link("self", _JSON, here),
        *document["links"],
        _link("http://www.opengis.net/def/rel/ogc/1.0/queryables", _SCHEMA, f"{here}/queryables", title="Queryables"),
    ]
    return document | {"links": links}


def _item(record: Record, request: Request) -> dict[str, Any]:
    base = get_base_url(request)
    item = record.build(base.removesuffix(f"{ROOT[1:]}/"))
    collection = f"{base}collections/{record.collection}"
    links = [
        _link("collection", _JSON, collection),
        _link("parent", _JSON, collection),
        _link("root", _JSON, base),
        _link("self", _GEOJSON, f"{collection}/items/{record.id}"),
        *item["links"],
    ]
    return item | {"links": links}


def _matching(
    records: Iterable[Record],
    *,
    collections: list[str] | None = None,
    ids: list[str] | None = None,
    bbox: list[float] | None = None,
    intersects: dict[str, Any] | None = None,
    datetime: str | None = None,
    query: dict[str, dict[str, Any]] | None = None,
    filter_expr: Any = None,
    **_: Any,
) -> list[Record]:
    found = [r for r in records if (not collections or r.collection in collections) and (not ids or r.id in ids)]
    if datetime is not None:
        interval = _interval(datetime)
        found = [r for r in found if _overlaps(r.searched["properties"], *interval)]
    if not isinstance(query or {}, dict) or not all(isinstance(entry, dict) for entry in (query or {}).values()):
        raise InvalidQueryParameter('query is not of the form {"property": {"operator": value}}')
    for name, comparisons in (query or {}).items():
        found = [r for r in found if _compares(r.searched, name, comparisons)]
    if filter_expr is not None:
        found = _filtered(found, filter_expr)
    if (area := _box(bbox) if bbox else intersects) is not None:
        found = _filtered(found, {"op": "s_intersects", "args": [{"property": "geometry"}, area]})
    return found


def _interval(text: str) -> tuple[datetime | None, datetime | None]:
    interval = str_to_interval(text)
    return interval if isinstance(interval, tuple) else (interval, interval)


def _overlaps(properties: dict[str, Any], start: datetime | None, end: datetime | None) -> bool:
    first = datetime.fromisoformat(properties.get("start_datetime") or properties["datetime"])
    last = datetime.fromisoformat(properties.get("end_datetime") or properties["datetime"])
    return (end is None or first <= end) and (start is None or last >= start)


def _value(searched: dict[str, Any], name: str) -> Any:
    """A field of the item, a property with or without `properties.` before it, or None."""
    if name in searched:
        return searched[name]
    return searched["properties"].get(name.removeprefix("properties."))


def _compares(searched: dict[str, Any], name: str, comparisons: dict[str, Any]) -> bool:
    value = _value(searched, name)
    for operator, wanted in comparisons.items():
        if operator not in _COMPARE:
            raise InvalidQueryParameter(f"Unknown operator {operator!r} in query, known: {', '.join(_COMPARE)}")
        try:
            if value is None or not _COMPARE[operator](value, wanted):
                return False
        except (TypeError, AttributeError) as error:
            raise InvalidQueryParameter(f"{name} {operator} {wanted!r} cannot be compared: {error}") from error
    return True


def _box(bbox: list[float]) -> dict[str, Any]:
    """The area of a bounding box; one whose west lies east of its east crosses the 180th meridian."""
    west, south, east, north = bbox if len(bbox) == 4 else (*bbox[:2], *bbox[3:5])
    if south > north:
        raise InvalidQueryParameter(f"bbox {bbox}: south lies north of north")
    spans = [(west, east)] if west <= east else [(west, 180), (-180, east)]
    rings = [[[w, south], [e, south], [e, north], [w, north], [w, south]] for w, e in spans]
    return {"type": "MultiPolygon", "coordinates": [[ring] for ring in rings]}


def _filtered(records: list[Record], expression: Any) -> list[Record]:
    if isinstance(expression, str) and len(expression) << _depth(expression) > MAX_PARSING:
        raise InvalidQueryParameter("filter is too long, or has too many parentheses within each other.")
    try:
        parsed = cql2.Expr(expression)
        _check_operators(parsed.to_json())
        # Where an item lacks a property its expression stays an expression: no match.
        return [record for record in records if parsed.reduce(record.searched).to_json() is True]
    except InvalidQueryParameter:
        raise
    except Exception as error:  # cql2 raises plain Exceptions for whatever it cannot read
        raise InvalidQueryParameter(f"filter is not CQL2: {expression} ({error})") from error


def _depth(text: str) -> int:
    """How deep the parentheses of CQL2 text lie within each other; those in strings and names do not count."""
    depth = deepest = 0
    for sign in re.findall(r"[()]", re.sub(r"'[^']*'|\"[^\"]*\"", "", text)):
        depth += 1 if sign == "(" else -1
        deepest = max(deepest, depth)
    return deepest


def _check_operators(node: Any) -> None:
    if isinstance(node, dict):
        operator = node.get("op")
        if operator is not None and operator not in _CQL2_OPERATORS:
            raise InvalidQueryParameter(f"Unknown operator {operator!r} in filter")
        node = list(node.values())
    if isinstance(node, list):
        for part in node:
            _check_operators(part)


def _sorted(records: list[Record], order: list[tuple[str, bool]]) -> list[Record]:
    """Newest first, or by the fields given, the most important one first; items without a field come last."""
    for name, falling in [("id", True), ("datetime", True), *reversed(order)]:
        have = [r for r in records if _value(r.searched, name) is not None]
        lack = [r for r in records if _value(r.searched, name) is None]
        try:
            records = sorted(have, key=lambda r: _value(r.searched, name), reverse=falling) + lack
        except TypeError as error:
            raise InvalidQueryParameter(f"Items cannot be sorted by {name}: {error}") from error
    return records


def _after(records: list[Record], token: str) -> int:
    kind, _, last = token.partition(":")
    places = {f"{r.collection}:{r.id}": place for place, r in enumerate(records)}
    if kind != "next" or last not in places:
        raise InvalidQueryParameter(f"Token {token} is not one of this search.")
    return places[last] + 1


def _selected(item: dict[str, Any], fields: dict[str, Iterable[str]]) -> dict[str, Any]:
    """The item with these fields only, or without those; id, collection and links stay, as at CDSE."""
    include, exclude = set(fields.get("include") or ()), set(fields.get("exclude") or ())
    if include:
        item = _picked(item, include | {"id", "collection", "links"})
    for name in exclude:
        parent, _, child = name.partition(".")
        if not child:
            item = {key: value for key, value in item.items() if key != parent}
        elif isinstance(item.get(parent), dict):
            item = item | {parent: {key: value for key, value in item[parent].items() if key != child}}
    return item


def _picked(item: dict[str, Any], include: set[str]) -> dict[str, Any]:
    picked: dict[str, Any] = {}
    for name in include:
        parent, _, child = name.partition(".")
        if not child and parent in item:
            picked[parent] = item[parent]
        elif child in (item.get(parent) or {}) and parent not in include:
            picked.setdefault(parent, {})[child] = item[parent][child]
    return picked
