"""The regions that have pixels, as each collection of the service lists them: names, boxes, days, tiles.

A client reads there what to answer to whoever asks for another place or year; a learner reads where to look.
"""

import math
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from cdse_offline.product.items import compute_bbox, find_window_box, format_time
from cdse_offline.simulation.places import PLACES, Place, Tile, acquisitions

REGIONS = "cdse_offline:regions"
_DIGITS = 4  # of a degree: 11 m
# Metres at the edge of a window that a reader leaves blank at 60 m, and fewer at 20 m: reduced twice, a pixel of 10 m
# is a mixture of six pixels to each side, with what is not there, too.
RIM = 60
_DEGREE = 110_500  # metres of a degree of latitude, at least


class Coverage(NamedTuple):
    """When and where a collection has pixels of a place."""

    find_interval: Callable[[Place], list[str]]
    find_window: Callable[[Tile], list[float]]  # a box in degrees around all that a tile sees of its place
    find_reach: Callable[[Place], list[float]]  # a box around all items that have pixels of it


def _find_interval(place: Place) -> list[str]:
    """The first and the last overpass."""
    newest, *_, oldest = acquisitions(place)
    return [format_time(oldest.start, "seconds"), format_time(newest.start, "seconds")]


def _find_reach(place: Place) -> list[float]:
    return join_boxes(compute_bbox(tile) for tile in place.tiles)


def join_boxes(boxes: Iterable[list[float]]) -> list[float]:
    """West, south, east, north of all these."""
    wests, souths, easts, norths = zip(*boxes, strict=True)
    return [min(wests), min(souths), max(easts), max(norths)]


SCENES = Coverage(_find_interval, find_window_box, _find_reach)


def list_regions(coverage: Coverage = SCENES) -> list[dict[str, Any]]:
    """Every place, as the field `cdse_offline:regions` has it."""
    return [_describe(place, coverage) for place in PLACES]


def build_extent(coverage: Coverage = SCENES) -> dict[str, Any]:
    """STAC's extent: of all of it, then of each region. A box is around all pixels, one in `REGIONS` within them."""
    boxes = [enclose(place, coverage) for place in PLACES]
    intervals = [coverage.find_interval(place) for place in PLACES]
    wests, souths, easts, norths = zip(*boxes, strict=True)
    starts, ends = zip(*intervals, strict=True)
    whole = [min(wests), min(souths), max(easts), max(norths)]
    return {
        "spatial": {"bbox": [whole, *boxes]},
        "temporal": {"interval": [[min(starts), max(ends)], *intervals]},
    }


def _describe(place: Place, coverage: Coverage) -> dict[str, Any]:
    return {
        "id": place.name,
        "title": place.title,
        "bbox": compute_inner_box(place, coverage),
        "interval": coverage.find_interval(place),
        "tiles": [tile.name for tile in place.tiles],
        "items_bbox": coverage.find_reach(place),
    }


def enclose(place: Place, coverage: Coverage) -> list[float]:
    """West, south, east, north of all that tiles of the place's own zone see of it, degrees."""
    return join_boxes(coverage.find_window(tile) for tile in place.tiles if tile.epsg == place.epsg)


def compute_inner_box(place: Place, coverage: Coverage = SCENES) -> list[float]:
    """A box in degrees that lies within the place, which is turned against the meridians; nearly the largest one.

    Whoever loads it at 10 to 60 m, in any zone of the place's tiles, gets pixels everywhere.
    """
    west, south, east, north = box = enclose(place, coverage)
    width, height = east - west, north - south
    turn = sum(_compute_turn(box, epsg) for epsg in {tile.epsg for tile in place.tiles})
    squeeze = math.cos(math.radians(north))  # of a degree of longitude against one of latitude
    rim = RIM / _DEGREE
    aside = (height * turn + rim) / squeeze
    up = width * turn * squeeze + rim
    step = 10**_DIGITS
    return [
        math.ceil((west + aside) * step) / step,
        math.ceil((south + up) * step) / step,
        math.floor((east - aside) * step) / step,
        math.floor((north - up) * step) / step,
    ]


def _compute_turn(box: list[float], epsg: int) -> float:
    """By how much the grid of a zone is turned against the meridians of a box in degrees, at most; radians."""
    west, _, east, north = box
    middle = math.radians(6 * (epsg % 100) - 183)
    farthest = max(abs(math.radians(longitude) - middle) for longitude in (west, east))
    return math.tan(farthest) * math.sin(math.radians(north))
