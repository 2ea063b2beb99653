"""The grids that an item declares: shape, transform, box and name of a band must say one thing.

Items of CDSE of 2023 and 2024 give `B07_60m` the transform of 20 m pixels; their `proj:bbox` is right. Where
shape, box, corner and name agree, theirs is taken, and told; where they do not, nobody knows which is right.

Those of its GeoTIFFs differ more. Mosaics of Sentinel-1 and the elevation model write the transform as GDAL does, with
the corner first: where it fits like that, it is turned, and told. Mosaics of Sentinel-2 write none, and a box that is
the outline's in degrees, kilometres too wide: their grid is that of the outline. Whatever is taken is compared with
the file when it is read.
"""

import re
from collections.abc import Callable, Sequence
from copy import copy
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import shapely
from odc.geo import CRS
from pyproj import Transformer
from pystac import Asset, Item
from shapely.geometry import shape as read_shape

from cdse_access.assets import is_cog
from cdse_access.messages import say
from cdse_access.telling import tell

GRID = ("proj:code", "proj:shape", "proj:transform")
EXTENSIONS = "https://stac-extensions.github.io/projection/"
NEAR = 0.01  # of a pixel
ROUGHLY = 0.05  # of an image: outline and box of a GeoTIFF may be those of whole degrees, or of slanted sides
TILE = re.compile(r"MGRS-(\d\d?)([C-HJ-NP-X])[A-Z]{2}")  # UTM zone and band of latitude
Box = tuple[float, ...]
Corners = tuple[tuple[float, float], ...]  # in degrees


class Grid(NamedTuple):
    """What is declared of a band's grid.

    outline: the item's corners where its images fill it, as those of GeoTIFFs do.
    """

    code: str
    shape: tuple[int, int]  # rows, columns
    transform: tuple[float, ...]
    box: Box | None  # west, south, east, north
    size: float | None  # of a pixel, as the band's name or `gsd` tells it
    outline: Corners = ()

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
        is_upright = turn == other_turn == 0 and width > 0 > height
        if is_upright and _is_in_degrees(self.code):
            return True  # there pixels are told in metres, and wider towards the poles
        return is_upright and height == -width and self.size in (None, width)

    @property
    def agrees(self) -> bool:
        """Do all fields that are there say one thing?"""
        if not self.is_plain:
            return False
        told = [self.box] if self.box else []
        pixel = self.transform[0]
        far = NEAR * pixel
        if self.outline:
            bounds = _find_bounds(self.code, self.outline)
            told.append(bounds)
            far = ROUGHLY * pixel * self.shape[1]
        return all(_is_near(self.reach, box, far) for box in told)

    @property
    def turned(self) -> "Grid":
        """As if it were written in GDAL's order: corner, width and turn of the columns, then of the rows."""
        west, width, turn, north, other_turn, height = self.transform
        return self._replace(transform=(width, turn, west, other_turn, height, north))

    def mend(self) -> "Grid | None":
        """Turned; or with pixels as large as told, where they fill the box from the same corner; else None."""
        if self.turned.agrees:
            return self.turned
        if self.box is None or self.size is None:
            return None
        _, _, west, _, _, north = self.transform
        grid = self._replace(transform=(self.size, 0, west, 0, -self.size, north))
        return grid if grid.agrees else None


def _is_near(one: Box, other: Box, distance: float) -> bool:
    return all(abs(a - b) <= distance for a, b in zip(one, other, strict=True))


def _find_bounds(code: str, corners: Corners) -> Box:
    """The box of these corners in the grid's projection; where it cannot be told it is near none."""
    longitudes, latitudes = zip(*corners, strict=True)
    projection = _open_projection(code)
    columns, rows = projection.transform(longitudes, latitudes)
    return min(columns), min(rows), max(columns), max(rows)


@cache
def _open_projection(code: str) -> Transformer:
    return Transformer.from_crs("EPSG:4326", code, always_xy=True)


@cache
def _is_in_degrees(code: str) -> bool:
    return bool(CRS(code).geographic)


def read_grid(item: Item, band: str) -> Grid:
    """What the item and the asset say of a band's grid; the fields of GRID must be there, see `_find_fields`."""
    fields = _find_fields(item, band)
    asset = item.assets[band]
    rows, columns = fields["proj:shape"]
    return Grid(
        code=fields["proj:code"],
        shape=(int(rows), int(columns)),
        transform=tuple(fields["proj:transform"][:6]),
        box=_read_box(fields.get("proj:bbox")),
        size=_read_size(asset, band),
        outline=_read_corners(item) if is_cog(asset.href) else (),
    )


def _find_fields(item: Item, band: str) -> dict[str, Any]:
    """What item and asset say; of a GeoTIFF without a transform it is that which its outline gives, if one fits."""
    asset = item.assets[band]
    fields = item.properties | asset.extra_fields
    if fields.get("proj:transform") or not is_cog(asset.href):
        return fields
    size = _read_size(asset, band)
    shape = fields.get("proj:shape")
    code = fields.get("proj:code")
    if not size or not shape or not code or not _is_projection(code):
        return fields
    bounds = _find_bounds(code, _read_corners(item))
    if not np.isfinite(bounds).all():
        return fields
    west, _, _, north = map(round, bounds)
    transform = (size, 0, west, 0, -size, north)
    grid = Grid(code, tuple(shape), transform, None, size)
    fits = _is_near(grid.reach, bounds, size * NEAR)
    return fields | {"proj:transform": list(transform)} if fits else fields


def _read_corners(item: Item) -> Corners:
    places = shapely.get_coordinates(read_shape(item.geometry))
    return tuple((float(longitude), float(latitude)) for longitude, latitude in places)


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
    fields = _find_fields(item, band)
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
    """The items, with a copy in place of each that has a grid to be mended."""
    return [mend_grid(item, bands) for item in items]


def tell_mended(items: Sequence[Item], mended: Sequence[Item], bands: Sequence[str]) -> None:
    """Once nothing more is refused: a line about those that are read in another place than they say."""
    turned = [item.id for item in items if _has(item, bands, _is_turned)]
    if turned:
        tell(say("grid-turned", number=len(turned), item=turned[0]))
    for band in bands:
        changed: list[str] = []
        for old, new in zip(items, mended, strict=True):
            if old.assets.get(band) is not new.assets.get(band) and _is_told_wrongly(old, band):
                changed.append(old.id)
        if changed:
            tell(say("grid-mended", band=band, number=len(changed), item=changed[0]))


def find_unplaced(items: Sequence[Item], bands: Sequence[str]) -> list[str]:
    """The items that only `load` places rightly: odc-stac itself takes the grid as it is written, or finds none."""
    return [item.id for item in items if _has(item, bands, _is_turned) or _has(item, bands, _lacks_transform)]


def _has(item: Item, bands: Sequence[str], what: Callable[[Item, str], bool]) -> bool:
    return any(what(item, band) for band in bands)


def _is_turned(item: Item, band: str) -> bool:
    """Is its transform in GDAL's order?"""
    if _lacks_transform(item, band):
        return False
    grid = read_grid(item, band)
    return not grid.agrees and grid.turned.agrees


def _lacks_transform(item: Item, band: str) -> bool:
    fields = item.properties | item.assets[band].extra_fields
    return not fields.get("proj:transform")


def _is_told_wrongly(item: Item, band: str) -> bool:
    """Has it a transform, and one that is wrong in any order?"""
    return not (_lacks_transform(item, band) or _is_turned(item, band))


def mend_grid(item: Item, bands: Sequence[str]) -> Item:
    """The item itself, or a copy with the grids that shape, box and name agree on."""
    for band in bands:
        grid = _find_better(item, band)
        if grid is not None:
            item = _exchange_grid(item, band, grid)
    return item


def _find_better(item: Item, band: str) -> Grid | None:
    fields = _find_fields(item, band) if band in item.assets else {}
    if not all(fields.get(name) for name in GRID):
        return None
    grid = read_grid(item, band)
    if not grid.agrees:
        return grid.mend()
    return grid if _lacks_transform(item, band) else None


def _exchange_grid(item: Item, band: str, grid: Grid) -> Item:
    changed = copy(item)
    asset = copy(item.assets[band])
    asset.extra_fields = asset.extra_fields | {
        "proj:shape": list(grid.shape),
        "proj:transform": list(grid.transform),
    }
    asset.owner = changed
    changed.assets = item.assets | {band: asset}
    if not any(one.startswith(EXTENSIONS) for one in item.stac_extensions):  # else odc-stac looks for no grid
        changed.stac_extensions = [*item.stac_extensions, f"{EXTENSIONS}v2.0.0/schema.json"]
    return changed
