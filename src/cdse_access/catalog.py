"""A STAC catalogue that says when a question cannot be meant, before it is sent."""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from difflib import get_close_matches
from functools import cached_property, update_wrapper
from itertools import chain
from numbers import Integral
from pathlib import Path
from typing import Any, Self

from pystac_client import Client, ItemSearch
from pystac_client.stac_api_io import StacApiIO
from shapely import box
from shapely.errors import ShapelyError
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from cdse_access.checks.bbox import check_bbox
from cdse_access.deadline import within
from cdse_access.messages import say
from cdse_access.problems import BadInput, Problem
from cdse_access.regions import VERSION, Region, Span, explain_absence, read_regions, take_once
from cdse_access.telling import tell
from cdse_access.transport import PAGE, PATIENCE, Transport, explain_no_catalog, explain_unreadable

TIMEOUT = 30  # seconds that a silent server is waited for, in one attempt
LISTED = 10  # collections that a message names


class Catalog(Client):
    """`pystac_client.Client`, whose `search` refuses what would silently find nothing."""

    session: Any = None  # connect() puts its Session here

    def __getstate__(self) -> dict[str, Any]:
        """Without the session, whose keys stay in this process: items, which know their catalogue, can be sent."""
        return {name: value for name, value in self.__dict__.items() if name != "session"}

    @classmethod
    def open(cls, url: str, *arguments: Any, **settings: Any) -> Self:
        """As `Client.open`. Errors: Unavailable where nobody answers, or what answers is no STAC catalogue."""
        try:
            catalog = super().open(url, *arguments, **settings)
            _check_conformance(catalog.extra_fields.get("conformsTo", []))
        except Problem:
            raise
        except Exception as error:  # pystac has many for JSON that it does not expect
            raise explain_no_catalog(url, error) from error
        assert isinstance(catalog, cls)
        return catalog

    def get_collection(self, collection_id: str) -> Any:  # type: ignore[override]
        """As `Client.get_collection`. Errors: BadData where pystac cannot read it."""
        with _explain_unreadable(collection_id):
            return super().get_collection(collection_id)

    def get_collections(self) -> Iterator[Any]:
        """As `Client.get_collections`. Errors: BadData where pystac cannot read one of them."""
        with _explain_unreadable("collections"):
            yield from super().get_collections()

    def get_merged_queryables(self, collections: list[str]) -> dict[str, Any]:
        """As `Client.get_merged_queryables`. Errors: BadData where the catalogue describes them wrongly."""
        with _explain_unreadable("queryables"):
            return super().get_merged_queryables(collections)

    @cached_property
    def collection_ids(self) -> list[str]:
        """All collections of the catalogue, asked for once."""
        return list(self._collections)

    @property
    def regions(self) -> tuple[Region, ...]:
        """Các vùng mà CDSE ngoại tuyến có ảnh: mỗi vùng có id, title, bbox và interval (ngày đầu, ngày cuối).

        Danh mục đọc từ chính các collection của dịch vụ. CDSE thật có ảnh khắp nơi: ở đó nó trống.
        """
        if VERSION not in self.extra_fields:
            return ()
        return tuple(take_once(chain(*self._collections.values())))

    @cached_property
    def _collections(self) -> dict[str, tuple[Region, ...]]:
        """What is remembered of each collection: its id, and the regions that it lists."""
        found: dict[str, tuple[Region, ...]] = {}
        assert self._stac_io is not None
        href = self._collections_href()
        with within(PATIENCE):
            for page in self._stac_io.get_pages(href):
                found |= {document["id"]: read_regions(document) for document in page.get("collections", [])}
        return found

    def search(self, **question: Any) -> ItemSearch:
        """As `Client.search`. Errors: BadInput where the question cannot be meant.

        Where an offline CDSE has nothing at that place or time, a line says what it has.
        """
        question = _list_iterators(question)
        written: dict[str, Any] = {}
        for name in ("max_items", "limit"):
            if name in question:
                question[name] = _read_count(name, question[name])
        for name, check in CHECKS.items():
            value = question.get(name)
            if value is not None:
                written[name] = _format_value(name, value)
                check(value, written[name])
        if question.get("collections") is not None:
            written["collections"] = _format_value("collections", question["collections"])
            self._check_collections(written["collections"])
        if question.get("limit") is None:
            question["limit"] = min(PAGE, question.get("max_items") or PAGE)
        try:
            search = super().search(**question)
            json.dumps(search.get_parameters(), allow_nan=False).encode()  # as it will be sent, later
        except Exception as error:  # pystac-client raises bare Exceptions for arguments
            raise BadInput(say("question-refused", error=error)) from error
        self._tell_absence(written)
        return search

    def _tell_absence(self, question: dict[str, Any]) -> None:
        """Only where each collection says which regions it has; on the real CDSE nothing is asked or told."""
        if VERSION not in self.extra_fields or not question.keys() & CHECKS:
            return
        with suppress(Problem, ShapelyError):  # whoever reads the answer is told
            listed = [self._collections[name] for name in question.get("collections", self.collection_ids)]
            regions = list(dict.fromkeys(chain(*listed)))
            if not regions or not all(listed):
                return
            line = explain_absence(regions, _find_area(question), _find_span(question))
            if line:
                tell(line)

    def _check_collections(self, names: Iterable[str]) -> None:
        for name in names:
            if name not in self.collection_ids:
                alike = get_close_matches(str(name).lower(), self.collection_ids, 3, 0.5)
                offered = " hay ".join(alike or self.collection_ids[:LISTED])
                raise BadInput(say("collection-unknown", name=name, offered=offered))


update_wrapper(Catalog.search, Client.search)  # help shows the arguments of Client's


@contextmanager
def _explain_unreadable(what: str) -> Iterator[None]:
    """BadData for whatever a document of the catalogue does to a library."""
    try:
        yield
    except Problem:
        raise
    except Exception as error:
        raise explain_unreadable(what, error) from error


def open_catalog(url: str) -> Catalog:
    """The STAC catalogue at this address, asked with bounded waits and retries.

    Errors: Unavailable (a ConnectionError) where nobody answers, or what answers is no STAC catalogue; BadInput where
    the working directory was removed, which pystac could not work in.
    """
    _check_working_folder()
    return Catalog.open(url, stac_io=Transport(), timeout=TIMEOUT)


def _check_working_folder() -> None:
    try:
        Path.cwd()
    except OSError as error:
        raise BadInput(say("working-folder-gone")) from error


def _list_iterators(question: dict[str, Any]) -> dict[str, Any]:
    """The question with lists for iterators, which could be read only once."""
    listed = {}
    for name, value in question.items():
        listed[name] = list(value) if isinstance(value, Iterator) else value
    return listed


def _format_value(name: str, value: Any) -> Any:
    """An argument as it will be sent. Errors: BadInput where pystac-client does not understand it."""
    try:
        search = ItemSearch("", stac_io=StacApiIO(), **{name: value})
        written = search.get_parameters().get(name)
    except Exception as error:  # a ValueError for a day that does not exist, else bare Exceptions
        is_no_day = name == "datetime" and isinstance(error, ValueError)
        why = say("why-no-day") if is_no_day else say("why-unclear")
        raise _explain_value(name, value, why) from error
    if written is None:  # an empty one is left out without a word
        raise _explain_value(name, value, say("why-unclear"))
    return written


def _explain_value(name: str, value: Any, why: str) -> BadInput:
    form = say(f"form-{name}")
    return BadInput(say("question-value", name=name, value=value, why=why, form=form))


# -- one argument ------------------------------------------------------------


def _check_conformance(classes: Any) -> None:
    if not isinstance(classes, list) or not all(isinstance(one, str) for one in classes):
        raise TypeError(f"conformsTo: {classes!r:.60}")


def _read_count(name: str, value: Any) -> int | None:
    """Also one of numpy's, which JSON does not know."""
    if value is None:
        return None
    is_number = isinstance(value, Integral) and not isinstance(value, bool)
    if not is_number or value < 1:
        raise BadInput(say("count-small", name=name, value=value))
    return int(value)


def _check_bbox(_: Any, bbox: tuple[float, ...]) -> None:
    check_bbox(_drop_heights(bbox))


def _drop_heights(bbox: tuple[float, ...]) -> tuple[float, ...]:
    return bbox[:2] + bbox[3:5] if len(bbox) == 6 else bbox


def _check_time(value: Any, written: str) -> None:
    """Days that exist, an end after the begin, a single instant with its time zone."""
    begin, _, end = written.partition("/")
    try:
        first, last = _read_instant(begin), _read_instant(end)
    except ValueError as error:
        raise _explain_value("datetime", value, say("why-no-day")) from error
    if not end and not _has_zone(value):
        raise BadInput(say("datetime-instant", value=value, form=say("form-datetime")))
    if first and last and first > last:
        raise BadInput(say("datetime-order", value=value))


def _read_instant(text: str) -> datetime | None:
    """None for an open end, as STAC writes it: empty or '..'."""
    return datetime.fromisoformat(text.upper()) if text[:1].isdecimal() else None


def _has_zone(value: Any) -> bool:
    instant = value if isinstance(value, str | datetime) else value[0]
    if isinstance(instant, datetime):
        return instant.tzinfo is not None
    return bool(re.search(r"([Zz]|[+-]\d\d:\d\d)$", instant))


def _check_shape(_: Any, area: dict[str, Any]) -> None:
    try:
        west, south, east, north = shape(area).bounds
    except (ShapelyError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise _explain_value("intersects", area, say("why-unclear")) from error
    longitudes_fit = -180 <= west <= east <= 180
    latitudes_fit = -90 <= south <= north <= 90
    if not (longitudes_fit and latitudes_fit):
        raise BadInput(say("intersects-range", bounds=(west, south, east, north)))


# -- where and when, as it will be sent ----------------------------------------


def _find_area(question: dict[str, Any]) -> BaseGeometry | None:
    if "intersects" in question:
        return shape(question["intersects"])
    if "bbox" not in question:
        return None
    return box(*_drop_heights(question["bbox"]))


def _find_span(question: dict[str, Any]) -> Span:
    begin, has_end, end = question.get("datetime", "/").partition("/")
    first, last = _read_instant(begin), _read_instant(end)
    return first, last if has_end else first


# Each takes the value as it was given, and as it will be sent.
CHECKS: dict[str, Callable[[Any, Any], None]] = {
    "bbox": _check_bbox,
    "datetime": _check_time,
    "intersects": _check_shape,
}
