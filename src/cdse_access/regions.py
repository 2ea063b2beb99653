"""What an offline CDSE has: its collections list the regions with pixels, those of the real one do not.

A question that can hold nothing there is told at once: an empty list would look as if the real CDSE had nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from shapely import box
from shapely.geometry.base import BaseGeometry

from cdse_access.messages import say

VERSION = "cdse_offline:version"  # on the landing page of an offline CDSE
FIELD = "cdse_offline:regions"  # of its collections
LONGEST = 100  # letters of a name
MOST_NAMED = 20  # regions in a line; a service may have thousands
DAY = timedelta(days=1)
MARGIN = 0.01  # degrees; a region's box lies somewhat within all that has pixels
Box = tuple[float, float, float, float]  # west, south, east, north, degrees
Span = tuple[datetime | None, datetime | None]  # from, to; None is an open end


class Region(NamedTuple):
    """Một vùng mà CDSE ngoại tuyến có ảnh.

    bbox: (tây, nam, đông, bắc), độ; chỗ nào trong đó cũng có pixel. interval: ngày đầu và ngày cuối có ảnh. Cả hai
    đưa thẳng được cho `catalog.search(bbox=..., datetime=...)`.
    """

    id: str
    title: str
    bbox: Box
    interval: tuple[str, str]  # days, as 2023-01-03
    reach: Box | None = None  # of the items that have its pixels: their tiles are much larger

    def __str__(self) -> str:
        first, last = self.interval
        return say("region", bbox=self.bbox, first=first, id=self.id, last=last, title=self.title)

    def __repr__(self) -> str:
        return str(self)

    def touches(self, area: BaseGeometry) -> bool:
        """May a shape in degrees hold some of its pixels?"""
        west, south, east, north = self.bbox
        return bool(area.intersects(box(west - MARGIN, south - MARGIN, east + MARGIN, north + MARGIN)))

    def has_items_at(self, area: BaseGeometry | None) -> bool:
        """May a search of a shape in degrees find its items, though none of them has pixels there?"""
        if area is None or self.reach is None:
            return False
        reach = box(*self.reach)
        return bool(area.intersects(reach))

    def has_days_in(self, span: Span) -> bool:
        """May one of its images be of this time?"""
        first, last = self.interval
        begin, end = _read_time(first), _read_time(last) + DAY
        return (span[0] is None or span[0] < end) and (span[1] is None or span[1] >= begin)


def read_regions(collection: Mapping[str, Any]) -> tuple[Region, ...]:
    """The regions that a collection's document lists; none where one of them cannot be read."""
    listed = collection.get(FIELD)
    try:
        return tuple(map(_read_region, listed or ()))
    except (TypeError, ValueError, KeyError, AttributeError, OverflowError):
        return ()


def take_once(regions: Iterable[Region]) -> list[Region]:
    """Each region once, as the first collection has it: others may have less of it, or other days."""
    found: dict[str, Region] = {}
    for region in regions:
        found.setdefault(region.id, region)
    return list(found.values())


def _read_region(document: Mapping[str, Any]) -> Region:
    place, reach = _read_box(document["bbox"]), document.get("items_bbox")
    first, last = (_read_time(text).date().isoformat() for text in document["interval"])
    name, title = document["id"], document["title"]
    is_in_time = first <= last < date.max.isoformat()  # there is a day after it
    if not (is_in_time and _is_name(name) and _is_name(title)):
        raise ValueError(document)
    return Region(name, title, place, (first, last), _read_box(reach) if reach else None)


def _read_box(numbers: Iterable[Any]) -> Box:
    west, south, east, north = map(float, numbers)
    has_width = -180 <= west < east <= 180
    has_height = -90 <= south < north <= 90
    if not (has_width and has_height):
        raise ValueError(numbers)
    return west, south, east, north


def _is_name(text: str) -> bool:
    return bool(text.strip()) and text.isprintable() and len(text) <= LONGEST


def _read_time(text: str) -> datetime:
    when = datetime.fromisoformat(text.upper())
    return when if when.tzinfo else when.replace(tzinfo=UTC)


# -- a question that can hold nothing ------------------------------------------


def explain_absence(regions: Sequence[Region], area: BaseGeometry | None, span: Span) -> str:
    """What to tell whoever asks for a place or a time that none of the regions has; "" where one may have some.

    area: a shape in degrees; None is everywhere.
    """
    near = [region for region in regions if area is None or region.touches(area)]
    if not near:
        around = [region for region in regions if region.has_items_at(area)]
        beside = [region for region in around if region.has_days_in(span)]
        if beside:
            boxes = _list_boxes(take_once(beside))
            return say("regions-beside", regions=boxes)
        return say("regions-elsewhere", regions=_list_months(take_once(regions)))
    if any(region.has_days_in(span) for region in near):
        return ""
    told = take_once(near)
    return say("regions-other-days", regions=_list_days(told) if len(told) == 1 else _list_months(told))


def _list_days(regions: Iterable[Region]) -> str:
    return "; ".join(
        say("region-days", title=one.title, first=one.interval[0], last=one.interval[1]) for one in regions
    )


def _list_boxes(regions: Sequence[Region]) -> str:
    told: list[str] = [say("region-box", bbox=one.bbox, title=one.title) for one in regions[:MOST_NAMED]]
    if len(regions) > MOST_NAMED:
        told.append("…")
    return "; ".join(told)


def _list_months(regions: Iterable[Region]) -> str:
    """Names, joined where the months are the same: there may be many."""
    names: dict[str, list[str]] = {}
    listed = list(regions)
    for region in listed[:MOST_NAMED]:
        names.setdefault(_format_months(*region.interval), []).append(region.title)
    told = [f"{', '.join(titles)} ({months})" for months, titles in names.items()]
    if len(listed) > MOST_NAMED:
        told.append("…")
    return "; ".join(told)


def _format_months(first: str, last: str) -> str:
    """As 5–9/2023, or 11/2022–3/2023."""
    begin, end = date.fromisoformat(first), date.fromisoformat(last)
    if begin.year == end.year:
        return f"{begin.month}–{end.month}/{end.year}" if begin.month < end.month else f"{end.month}/{end.year}"
    return f"{begin.month}/{begin.year}–{end.month}/{end.year}"
