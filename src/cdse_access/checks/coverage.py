"""How much of an area has data: of the whole load in one line, and which dates have less than the others.

It is measured from the pixels, so that it holds at the edge of a swath, of a tile and of a simulated scene alike. Only
of an array that is not read yet it is what the items promise.
"""

import math
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
from odc.geo.geobox import GeoBox
from pyproj import Transformer
from pystac import Item
from scipy.ndimage import binary_erosion
from shapely import union_all
from shapely.geometry.base import BaseGeometry

from cdse_access.checks.items import find_outline
from cdse_access.messages import say
from cdse_access.telling import tell

Layer = np.ndarray[Any, Any]  # of one band and date: (y, x)
Box = tuple[float, ...]  # west, south, east, north, degrees

SLIVER = 16  # pixels; at the edge of a swath bands differ by fewer
MISSED = 0.01  # of the area; less is not worth a word
MOST = 0.95  # of the area; a box that large is no advice, nor are dates and promises exact to that
STEPS = 10_000  # a degree in boxes that are told: 11 m


class Part(NamedTuple):
    """What a date has of the area."""

    date: str
    band: str  # that has least
    share: float  # of that band
    seen: float  # share that some band has
    differs: bool  # lacks the band more than a sliver that others have?


class Coverage:
    """What is known of a load after so many of its dates."""

    def __init__(self, geobox: GeoBox) -> None:
        self._geobox = geobox
        self._seen: Layer | None = None  # pixels that some date has
        self._parts: list[Part] = []

    def add(self, date: str, masks: Mapping[str, Layer]) -> None:
        """Take a date that is right. masks: True where there are data, by band; of none nothing is known."""
        if not masks:
            return
        least = min(masks, key=lambda band: masks[band].sum())
        seen = np.any(list(masks.values()), axis=0)
        differs = holds_square(seen & ~masks[least])
        self._parts.append(Part(date, least, masks[least].mean(), seen.mean(), differs))
        self._seen = seen if self._seen is None else self._seen | seen

    def tell(self) -> None:
        """Say what the area lacks at all dates, and at some; nothing where all is there."""
        if self._seen is None:
            return
        share = self._seen.mean()
        if share < 1 - MISSED and holds_square(~self._seen):
            tell(say_share(share, _find_box(self._seen, self._geobox)))
        partial = [part for part in self._parts if part.differs or part.seen < MOST * share]
        if partial:
            dates = ", ".join(f"{part.date} ({part.band}: {part.share:.0%})" for part in partial)
            tell(say("dates-partial", number=len(partial), dates=dates))


def say_share(share: float, box: Box | None, slot: str = "area-part") -> str:
    """The line about an area of which so much has data; the box in which that lies, where it is much smaller."""
    if not share:
        return say("area-empty")
    where = say("area-part-box", bbox=box) if box else ""
    return say(slot, share=f"{share:.0%}" if share >= MISSED else f"{share:.1%}", where=where)


def holds_square(mask: Layer) -> bool:
    """Are there SLIVER × SLIVER pixels, or as many as the layer is wide and high, that are all True?"""
    if not mask.any():
        return False
    sides = [min(SLIVER, length) for length in mask.shape]
    square = np.ones(sides)
    return bool(binary_erosion(mask, square).any())


def _find_box(seen: Layer, geobox: GeoBox) -> Box | None:
    """A box in degrees within the rows and columns that have data; None where that is nearly everything."""
    if not seen.any():
        return None
    rows, columns = (np.flatnonzero(seen.any(axis=axis)) for axis in (1, 0))
    edges_y, edges_x = rows[[0, -1]] + (0, 1), columns[[0, -1]] + (0, 1)
    if np.ptp(edges_y) * np.ptp(edges_x) > MOST * seen.size:
        return None
    corners = np.array([(column, row) for column in edges_x for row in edges_y])
    x, y = geobox.affine * tuple(corners.T)
    places = Transformer.from_crs(geobox.crs, "EPSG:4326", always_xy=True).transform(x, y)
    # The grid is turned against the meridians: between the two middle ones of four corners all lies within.
    (west, east), (south, north) = (np.sort(ones)[1:3] for ones in places)
    return _round_inward(west, south, east, north)


def _round_inward(west: float, south: float, east: float, north: float) -> Box | None:
    steps = [round(edge * STEPS, 3) for edge in (west, south, east, north)]
    rounded = [*map(math.ceil, steps[:2]), *map(math.floor, steps[2:])]
    if rounded[0] >= rounded[2] or rounded[1] >= rounded[3]:
        return None  # a pixel or two
    return tuple(one / STEPS for one in rounded)


def tell_promised_share(items: Iterable[Item], area: BaseGeometry) -> None:
    """For an array that is not read yet: what share of its area the outlines of the items cover, if it is a part."""
    covered = union_all([find_outline(item) for item in items]).intersection(area)
    share = covered.area / area.area
    if share < MOST:
        tell(say_share(share, _round_inward(*covered.bounds) if share else None, "area-part-promised"))
