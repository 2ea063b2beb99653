"""The regions of a pack, from its items: learners of a class hear what there is, as with the simulated scenes."""

from collections.abc import Iterable, Sequence
from typing import Any

from cdse_offline.messages import say

WINDOW = "cdse_offline:window"
Document = dict[str, Any]
Box = tuple[float, ...]  # west, south, east, north, degrees


def list_regions(items: Sequence[Document]) -> list[Document]:
    """Where and when the items are, as collections list their regions; none where one does not say where it lies."""
    boxes = [_find_box(item) for item in items]
    if not all(boxes):
        return []
    found = []
    for number, area in enumerate(_join_boxes(boxes), 1):
        inside = [item for item, box in zip(items, boxes, strict=True) if _meet(area, box)]
        found.append(_describe(number, area, inside))
    return found


def _describe(number: int, area: Box, items: Sequence[Document]) -> Document:
    properties = [item["properties"] for item in items]
    begins = [one.get("start_datetime") or one["datetime"] for one in properties]
    ends = [one.get("end_datetime") or one.get("datetime") or one["start_datetime"] for one in properties]
    tiles = sorted({str(one["grid:code"]).removeprefix("MGRS-") for one in properties if one.get("grid:code")})
    title = say("pack-region-tiles", tiles=", ".join(tiles)) if tiles else say("pack-region", number=number)
    interval = [min(begins), max(ends)]
    name = f"goi-{area[0]:.2f}-{area[1]:.2f}"  # the same in all collections of the pack
    described = {"id": name, "title": title, "bbox": list(area), "interval": interval, "tiles": tiles}
    wholes = [_read_box(item.get("bbox")) for item in items]
    return described | ({"items_bbox": list(_enclose(wholes))} if all(wholes) else {})


def _find_box(item: Document) -> Box:
    """The window that was recorded of an item, else all of it; empty where it says neither, or crosses 180°."""
    return _read_box(item["properties"].get(WINDOW) or item.get("bbox"))


def _read_box(bbox: Sequence[float] | None) -> Box:
    bbox = bbox or ()
    half = len(bbox) // 2  # with heights there are six
    box = (*bbox[:2], *bbox[half : half + 2])
    return box if box and box[0] < box[2] else ()


def _join_boxes(boxes: Iterable[Box]) -> list[Box]:
    """Boxes that hold all of these and do not meet each other."""
    joined: list[Box] = []
    for box in sorted(set(boxes)):
        while near := [other for other in joined if _meet(box, other)]:
            joined = [other for other in joined if other not in near]
            box = _enclose([box, *near])
        joined.append(box)
    return joined


def _meet(one: Box, other: Box) -> bool:
    apart = one[2] < other[0] or other[2] < one[0] or one[3] < other[1] or other[3] < one[1]
    return not apart


def _enclose(boxes: Sequence[Box]) -> Box:
    wests, souths, easts, norths = zip(*boxes, strict=True)
    return min(wests), min(souths), max(easts), max(norths)
