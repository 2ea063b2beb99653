"""What CDSE makes of many scenes, or has besides them: quarterly and monthly mosaics, and the terrain by degrees.

Standard library only, as `places.py`: the service names these products, its workers make their files.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar

from cdse_offline.simulation.places import PLACES, Acquisition, Place, Tile, Window, acquisitions, find_box

MOSAIC_SIDE = 100_080  # metres: the mosaics' tiles begin where those of the scenes do, but are less wide
ARC_SECONDS = 3600  # pixels of a degree of the terrain


@dataclass(frozen=True)
class Quarter:
    """A tile of Sentinel-2's mosaic of three months. What lies beyond its 100.08 km is the neighbouring tile's."""

    place: Place
    tile: Tile
    year: int
    number: int  # 1 to 4
    images: ClassVar = ("B02", "B03", "B04", "B08", "observations")
    resolution: ClassVar = 10

    @property
    def id(self) -> str:
        return f"Sentinel-2_mosaic_{self.year}_Q{self.number}_{self.tile.name}_0_0"

    @property
    def batch(self) -> str:
        return f"{self.place.name} {self.tile.epsg} {self.year} Q{self.number}"

    @property
    def days(self) -> tuple[date, date]:
        """The first and the last one."""
        return date(self.year, 3 * self.number - 2, 1), _end_month(self.year, 3 * self.number)

    @property
    def window(self) -> Window:
        return _find_window(self.place, self.tile, self.resolution)

    def list_acquisitions(self) -> list[Acquisition]:
        """The scenes that it is made of."""
        first, last = self.days
        return [a for a in acquisitions(self.place) if a.tile == self.tile and first <= a.start.date() <= last]


@dataclass(frozen=True)
class Month:
    """A tile of Sentinel-1's mosaic of a month."""

    place: Place
    tile: Tile
    year: int
    month: int
    images: ClassVar = ("VV", "VH")
    resolution: ClassVar = 20

    @property
    def id(self) -> str:
        return f"Sentinel-1_IW_mosaic_{self.year}_M{self.month:02}_{self.tile.name}_0_0"

    @property
    def batch(self) -> str:
        return f"{self.place.name} {self.year} M{self.month}"

    @property
    def days(self) -> tuple[date, date]:
        """The first and the last one."""
        return date(self.year, self.month, 1), _end_month(self.year, self.month)

    @property
    def window(self) -> Window:
        return _find_window(self.place, self.tile, self.resolution)


@dataclass(frozen=True)
class Degree:
    """A tile of the terrain: one degree by one, named by its south-western corner."""

    latitude: int
    longitude: int
    images: ClassVar = ("data",)

    @property
    def id(self) -> str:
        return f"Copernicus_DSM_COG_10_N{self.latitude:02}_00_E{self.longitude:03}_00_DEM"

    @property
    def batch(self) -> str:
        return self.id

    def list_places(self) -> list[Place]:
        """The places that lie in it, or a part of them."""
        return [place for place in PLACES if (self.latitude, self.longitude) in _list_corners(place)]


Derived = Quarter | Month | Degree


def list_quarters(place: Place) -> list[Quarter]:
    """The quarters that lie wholly within the days of the place, the first one first."""
    year = place.first_day.year
    quarters = [Quarter(place, tile, year, number) for number in range(1, 5) for tile in place.tiles]
    return [quarter for quarter in quarters if _lies_within(quarter.days, place)]


def list_months(place: Place) -> list[Month]:
    """The months that lie wholly within the days of the place, the first one first."""
    year = place.first_day.year
    months = [Month(place, tile, year, number) for number in range(1, 13) for tile in place.tiles]
    return [month for month in months if _lies_within(month.days, place)]


def list_degrees() -> list[Degree]:
    """Those that any place lies in."""
    corners = {corner for place in PLACES for corner in _list_corners(place)}
    return [Degree(latitude, longitude) for latitude, longitude in sorted(corners)]


def _end_month(year: int, month: int) -> date:
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)


def _lies_within(days: tuple[date, date], place: Place) -> bool:
    return place.first_day <= days[0] and days[1] <= place.last_day


def _find_window(place: Place, tile: Tile, resolution: int) -> Window:
    """The part of the mosaic's tile that shows the place."""
    west, south, east, north = find_box(place, tile)
    east, south = min(east, tile.west + MOSAIC_SIDE), max(south, tile.north - MOSAIC_SIDE)
    row, column = (tile.north - north) // resolution, (west - tile.west) // resolution
    return Window(row, column, (north - south) // resolution, (east - west) // resolution)


def _list_corners(place: Place) -> Iterator[tuple[int, int]]:
    """South-western corners of the degrees that the place lies in; the Earth is round enough for that."""
    rows, columns = place.shape
    high, wide = 10 * rows / 111_000, 10 * columns / 111_000 / math.cos(math.radians(place.latitude))
    south, north = (math.floor(place.latitude + side * high / 2) for side in (-1, 1))
    west, east = (math.floor(place.longitude + side * wide / 2) for side in (-1, 1))
    for latitude in range(south, north + 1):
        for longitude in range(west, east + 1):
            yield latitude, longitude
