"""Which items a search finds, in which order, and what of them it shows."""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import cql2
from stac_fastapi.types.errors import InvalidQueryParameter
from stac_fastapi.types.rfc3339 import str_to_interval

from cdse_offline.holdings import Record
from cdse_offline.server.budget import check_filter, watch

# cql2 tries each opened parenthesis in two ways, and crashes where there are thousands: length times 2 to their depth.
MAX_PARSING = 250_000

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


def match_records(
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
    """The records that fulfil every condition. InvalidQueryParameter says which one cannot be understood."""
    found = list(records)
    if collections:
        wanted = frozenset(collections)
        found = [record for record in found if record.collection in wanted]
    if ids:
        wanted = frozenset(ids)
        found = [record for record in found if record.id in wanted]
    if datetime is not None:
        start, end = _parse_interval(datetime)
        found = [record for record in found if _overlaps(record.searched["properties"], start, end)]
    if query:
        _check_query(query)
        found = [record for record in watch(found) if _matches_query(record.searched, query)]
    if filter_expr is not None:
        found = _filter(found, filter_expr)
    area = _build_area(bbox) if bbox else intersects
    return found if area is None else _find_in_area(found, area)


def _parse_interval(text: str) -> tuple[datetime | None, datetime | None]:
    interval = str_to_interval(text)
    if interval is None:
        return None, None
    return interval if isinstance(interval, tuple) else (interval, interval)


def _overlaps(properties: dict[str, Any], start: datetime | None, end: datetime | None) -> bool:
    first = datetime.fromisoformat(properties.get("start_datetime") or properties["datetime"])
    last = datetime.fromisoformat(properties.get("end_datetime") or properties["datetime"])
    begins_in_time = end is None or first <= end
    ends_in_time = start is None or last >= start
    return begins_in_time and ends_in_time


def _find_value(searched: dict[str, Any], name: str) -> Any:
    """A field of the item, a property with or without `properties.` before it, or None."""
    if name in searched:
        return searched[name]
    return searched["properties"].get(name.removeprefix("properties."))


def _check_query(query: Any) -> None:
    if not isinstance(query, dict) or not all(isinstance(entry, dict) for entry in query.values()):
        raise InvalidQueryParameter('query is not of the form {"property": {"operator": value}}')


def _matches_query(searched: dict[str, Any], query: dict[str, dict[str, Any]]) -> bool:
    for name, comparisons in query.items():
        value = _find_value(searched, name)
        for operator, wanted in comparisons.items():
            if not _compare(name, value, operator, wanted):
                return False
    return True


def _compare(name: str, value: Any, operator: str, wanted: Any) -> bool:
    if operator not in _COMPARE:
        raise InvalidQueryParameter(f"Unknown operator {operator!r} in query, known: {', '.join(_COMPARE)}")
    if value is None:
        return False
    try:
        return bool(_COMPARE[operator](value, wanted))
    except (TypeError, AttributeError) as error:
        raise InvalidQueryParameter(f"{name} {operator} {wanted!r} cannot be compared: {error}") from error


def _build_area(bbox: list[float]) -> dict[str, Any]:
    """The area of a bounding box; one whose west lies east of its east crosses the 180th meridian."""
    half = len(bbox) // 2  # with heights, the east stands after three numbers
    west, south = bbox[:2]
    east, north = bbox[half : half + 2]
    if south > north:
        raise InvalidQueryParameter(f"bbox {bbox}: south lies north of north")
    spans = [(west, east)] if west <= east else [(west, 180), (-180, east)]
    rings = [[[w, south], [e, south], [e, north], [w, north], [w, south]] for w, e in spans]
    return {"type": "MultiPolygon", "coordinates": [[ring] for ring in rings]}


def _find_in_area(records: list[Record], area: dict[str, Any]) -> list[Record]:
    """The records that touch the area. Many have the same geometry, which is looked at once."""
    matches = _parse_filter({"op": "s_intersects", "args": [{"property": "geometry"}, area]})
    known: dict[str, bool] = {}
    found = []
    for record in watch(records):
        geometry = record.searched["geometry"]
        name = json.dumps(geometry)
        if name not in known:
            known[name] = matches({"geometry": geometry})
        if known[name]:
            found.append(record)
    return found


def _filter(records: list[Record], expression: Any) -> list[Record]:
    if isinstance(expression, str) and len(expression) << _measure_depth(expression) > MAX_PARSING:
        raise InvalidQueryParameter("filter is too long, or has too many parentheses within each other.")
    matches = _parse_filter(expression)
    return [record for record in watch(records) if matches(record.searched)]


def _parse_filter(expression: Any) -> Callable[[dict[str, Any]], bool]:
    """Does an item match this CQL2? Where it lacks a property the expression stays an expression: no match."""
    with _cql2_errors(expression):
        parsed = cql2.Expr(expression)
        document = parsed.to_json()
    check_filter(document)
    _check_operators(document)

    def match(searched: dict[str, Any]) -> bool:
        with _cql2_errors(expression):
            return parsed.reduce(searched).to_json() is True

    return match


@contextmanager
def _cql2_errors(expression: Any) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # cql2 raises plain Exceptions for whatever it cannot read
        raise InvalidQueryParameter(f"filter is not CQL2: {str(expression)[:1000]} ({error})") from error


def _measure_depth(text: str) -> int:
    """How deep the parentheses of CQL2 text lie within each other; those in strings and names do not count."""
    bare = re.sub(r"'[^']*'|\"[^\"]*\"", "", text)
    depth = deepest = 0
    for sign in re.findall(r"[()]", bare):
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


def sort_records(records: list[Record], order: list[tuple[str, bool]]) -> list[Record]:
    """Newest first, or by the fields given, the most important one first; items without a field come last."""
    for name, falling in [("id", True), ("datetime", True), *reversed(order)]:
        records = _sort_by(records, name, falling)
    return records


def _sort_by(records: list[Record], name: str, falling: bool) -> list[Record]:
    values = [_find_value(record.searched, name) for record in records]
    having = [number for number, value in enumerate(values) if value is not None]
    lacking = [number for number, value in enumerate(values) if value is None]
    try:
        having.sort(key=values.__getitem__, reverse=falling)
    except TypeError as error:
        raise InvalidQueryParameter(f"Items cannot be sorted by {name}: {error}") from error
    return [records[number] for number in having + lacking]


def find_next(records: list[Record], token: str) -> int:
    """Where the page after that of the token begins, among all that the search has found."""
    kind, _, last = token.partition(":")
    names = [f"{record.collection}:{record.id}" for record in records]
    if kind != "next" or last not in names:
        raise InvalidQueryParameter(f"Token {token} is not one of this search.")
    return names.index(last) + 1


def select_fields(item: dict[str, Any], include: set[str], exclude: set[str]) -> dict[str, Any]:
    """The item with these fields only, or without those; id, collection and links stay, as at CDSE."""
    if include:
        item = _keep_fields(item, include | {"id", "collection", "links"})
    for name in exclude:
        item = _drop_field(item, name)
    return item


def _keep_fields(item: dict[str, Any], names: set[str]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for name in names:
        parent, _, child = name.partition(".")
        if not child:
            if parent in item:
                kept[parent] = item[parent]
        elif parent not in names and child in (item.get(parent) or {}):
            kept.setdefault(parent, {})[child] = item[parent][child]
    return kept


def _drop_field(item: dict[str, Any], name: str) -> dict[str, Any]:
    parent, _, child = name.partition(".")
    if not child:
        return {key: value for key, value in item.items() if key != parent}
    if not isinstance(item.get(parent), dict):
        return item
    rest = {key: value for key, value in item[parent].items() if key != child}
    return item | {parent: rest}
