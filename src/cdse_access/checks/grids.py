"""The grids that an item declares: shape, transform, box and name of a band must say one thing.

Items of CDSE of 2023 and 2024 give `B07_60m` the transform of 20 m pixels; their `proj:bbox` is right. Where
shape, box, corner and name agree, theirs is taken, and told; where they do not, nobody knows which is right.
"""

import re
from collections.abc import Sequence
from copy import copy
from functools import cache
from typing import Any, NamedTuple

from odc.geo import CRS
from pystac import Asset, Item

from cdse_access.messages import say
from cdse_access.telling import tell

GRID = ("proj:code", "proj:shape", "proj:transform")
NEAR = 0.01  # of a pixel
TILE = re.compile(r"MGRS-(\d\d?)([C-HJ-NP-X])[A-Z]{2}")  # UTM zone and band of latitude
Box = tuple[float, ...]


class Grid(NamedTuple):
    """What is declared of a band's grid."""

    code: str
    shape: tuple[int, int]  # rows, columns
    transform: tuple[float, ...]
    box: Box | None  # west, south, east, north
    size: float | None  # of a pixel, as the band's name or `gsd` tells it

    @property
    def reach(self) -> Box:
        """West, south, east and north of shape and transform."""
        width, _, west, _, height, north = self.transform
        rows, columns = self.shape
        return west, north + rows * height, west + columns * width, north

    @property
    def is_plain(self) -> bool:
        """Is north up, and are pixels as wide as high, and as large as told?"""
        width, turn, _, other_turn, height, _ = self.transform
        is_upright = turn == other_turn == 0 and width > 0 and height == -width
        return is_upright and self.size in (None, width)

    @property
    def agrees(self) -> bool:
        """Do all fields that are there say one thing?"""
        return self.is_plain and (self.box is None or _is_near(self.reach, self.box, self.transform[0]))

    def mend(self) -> "Grid | None":
        """With pixels as large as told, where they fill the box from the same corner; None where they do not."""
        if self.box is None or self.size is None:
            return None
        _, _, west, _, _, north = self.transform
        grid = self._replace(transform=(self.size, 0, west, 0, -self.size, north))
        return grid if grid.agrees else None


def _is_near(one: Box, other: Box, pixel: float) -> bool:
    return all(abs(a - b) <= NEAR * pixel for a, b in zip(one, other, strict=True))


def read_grid(item: Item, band: str) -> Grid:
    """What the item and the asset say of a band's grid; the fields of GRID must be there."""
    fields = item.properties | item.assets[band].extra_fields
    rows, columns = fields["proj:shape"]
    return Grid(
        code=fields["proj:code"],
        shape=(int(rows), int(columns)),
        transform=tuple(fields["proj:transform"][:6]),
        box=_read_box(fields.get("proj:bbox")),
        size=_read_size(item.assets[band], band),
    )


def _read_box(box: Sequence[float] | None) -> Box | None:
    """Without heights."""
    if not box:
        return None
    half = len(box) // 2
    return *box[:2], *box[half : half + 2]


def _read_size(asset: Asset, band: str) -> float | None:
    """The size of a pixel in metres, as the name of the band says it, else its `gsd`."""
    named = re.search(r"_(\d+)m$", band)
    gsd: Any = asset.extra_fields.get("gsd")
    return float(named[1]) if named else gsd


def find_wrong_grid(item: Item, band: str) -> list[str]:
    """What lacks of a band's grid, or contradicts itself and cannot be mended."""
    fields = item.properties | item.assets[band].extra_fields
    lacking = [name for name in GRID if not fields.get(name)]
    if lacking:
        return [say("band-grid", item=item.id, band=band, lacking=", ".join(lacking))]
    grid = read_grid(item, band)
    tile = str(item.properties.get("grid:code"))
    if not _is_projection(grid.code):
        return [say("band-code", item=item.id, band=band, code=grid.code)]
    if not _fits_tile(grid.code, tile):
        return [say("band-zone", item=item.id, band=band, code=grid.code, tile=tile)]
    if not grid.agrees and not grid.mend():
        return [say("band-contradicts", item=item.id, band=band, grid=_describe(grid))]
    return []


@cache
def _is_projection(code: str) -> bool:
    try:
        crs = CRS(code)
    except Exception:  # noqa: BLE001 - of pyproj, and of odc-geo for what only looks like a number
        return False
    return bool(crs.projected or crs.geographic)


def _fits_tile(code: str, tile: str) -> bool:
    """Is this the UTM zone of the tile, where both are known?"""
    known = TILE.fullmatch(tile)
    if not known or not re.fullmatch(r"EPSG:32[67]\d\d", code):
        return True
    half = "326" if known[2] >= "N" else "327"
    return code == f"EPSG:{half}{int(known[1]):02}"


def _describe(grid: Grid) -> str:
    box = say("grid-box", box=list(grid.box)) if grid.box else ""
    return say("grid-fields", shape=list(grid.shape), transform=list(grid.transform), box=box)


def mend_grids(items: Sequence[Item], bands: Sequence[str]) -> list[Item]:
    """The items, with a copy in place of each that has a grid to be mended; a line is printed about them."""
    mended = [mend_grid(item, bands) for item in items]
    for band in bands:
        changed: list[str] = []
        for old, new in zip(items, mended, strict=True):
            if old.assets.get(band) is not new.assets.get(band):
                changed.append(old.id)
        if changed:
            tell(say("grid-mended", band=band, number=len(changed), item=changed[0]))
    return mended


def mend_grid(item: Item, bands: Sequence[str]) -> Item:
    """The item itself, or a copy with the grids that shape, box and name agree on."""
    for band in bands:
        grid = _find_better(item, band)
        if grid is not None:
            item = _exchange_grid(item, band, grid)
    return item


def _find_better(item: Item, band: str) -> Grid | None:
    fields = item.properties | (item.assets[band].extra_fields if band in item.assets else {})
    if not all(fields.get(name) for name in GRID):
        return None
    grid = read_grid(item, band)
    return None if grid.agrees else grid.mend()


def _exchange_grid(item: Item, band: str, grid: Grid) -> Item:
    changed = copy(item)
    asset = copy(item.assets[band])
    asset.extra_fields = asset.extra_fields | {
        "proj:shape": list(grid.shape),
        "proj:transform": list(grid.transform),
    }
    changed.assets = item.assets | {band: asset}
    return changed
