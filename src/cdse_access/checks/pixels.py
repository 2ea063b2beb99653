"""What was loaded: numbers that Sentinel-2 can write, bands that lack the same pixels, as many pixels as promised.

Everything is looked at date by date, so that the checks take the memory of one date and not of all. A date that shows
only a part of the area is no fault: at the edge of a swath bands end kilometres apart.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from odc.geo.geobox import GeoBox
from pyproj import Transformer
from pystac import Item
from scipy.ndimage import binary_dilation, binary_erosion
from shapely import union_all
from shapely.geometry.base import BaseGeometry

from cdse_access.assets import ZERO_IS_MEANT, is_cog
from cdse_access.checks.coverage import Coverage, holds_square
from cdse_access.checks.items import find_outline
from cdse_access.checks.season import Fault, make_fault
from cdse_access.classes import find_clear
from cdse_access.jp2.decoding import Image
from cdse_access.messages import say
from cdse_access.telling import tell

Layer = np.ndarray[Any, Any]  # of one band and date: (y, x)
Layers = dict[str, Layer]  # of one date, by band
Images = Mapping[str, Image]  # of the files that were read, by address

LARGEST_DN = 32767  # Sentinel-2 writes 15 bits
MARGIN = 0.01  # degrees; an item's outline is right to about 1 km
HALF = 0.5  # of the area; who promises so much must have some pixel of it
BLUR = 2  # pixels to each side that resampling may carry across the edge of a tile
NEARLY_ALL = 0.9  # of the pixels around a lost tile are there


def check_pixels(dn: xr.Dataset, items: Sequence[Item], images: Images | None = None) -> list[Fault]:
    """All that is wrong with a cube (time, y, x) of DN that was loaded from these items, by date.

    0, or the attribute `nodata`, is no data; bands in which 0 can be meant (ZERO_IS_MEANT) are not searched for gaps.
    images: where the tiles of the files lie, to tell one that was lost from a swath that ends. What share of the area
    has data is printed where that is not all of it; dates that have less than others, or no clear pixel, are, too.
    """
    faults: list[Fault] = []
    coverage = Coverage(dn.odc.geobox)
    promised = _find_promised_shares(dn, items)
    coded = [str(band) for band in dn.data_vars if not _is_of_cogs(items, str(band))]
    nodata = {str(band): array.attrs.get("nodata") for band, array in dn.data_vars.items()}
    for number, (date, layers) in enumerate(_split_dates(dn)):
        masks = _find_data(layers, nodata)
        files = _find_images(dn, items, number, images or {}, masks)
        expected = promised.get(number, 0.0)
        found = list(_check_range({band: layers[band] for band in coded}, date))
        found += _check_share(masks, date, expected)
        found = found or list(_check_tiles(masks, date, dn.odc.geobox, files))
        faults += [fault._replace(layer=number) for fault in found]
        if not found:
            coverage.add(date, masks)
    coverage.tell()
    _tell_overcast(dn)
    return faults


def _split_dates(dn: xr.Dataset) -> Iterator[tuple[str, Layers]]:
    """Each date, as 2023-09-28, with its layers: views of the arrays, on which checks are ten times faster."""
    cubes = {str(band): array.transpose("time", ...).values for band, array in dn.data_vars.items()}
    for number, time in enumerate(dn.time.values):
        layers = {band: cube[number] for band, cube in cubes.items()}
        yield str(np.datetime_as_string(time, "D")), layers


def _is_of_cogs(items: Iterable[Item], band: str) -> bool:
    """Is the band of files in which other numbers may stand than Sentinel-2 writes?"""
    return any(band in item.assets and is_cog(item.assets[band].href) for item in items)


def _check_range(layers: Layers, date: str) -> Iterator[Fault]:
    for band, layer in layers.items():
        worst = np.fmax.reduce(layer, axis=None)  # NaN is left out
        if worst > LARGEST_DN:
            yield make_fault(date, [band], say("dn-large", band=band, date=date, dn=worst, largest=LARGEST_DN))


def _find_data(layers: Layers, nodata: dict[str, float | None]) -> Layers:
    """Masks of one date, True where there are data, of the bands in which 0 means nothing."""
    masks = {}
    for band, layer in layers.items():
        missing = nodata[band]
        if missing is not None and not band.startswith(ZERO_IS_MEANT):
            masks[band] = (layer != missing) & ~np.isnan(layer)
    return masks


def _check_share(masks: Layers, date: str, promised: float) -> Iterator[Fault]:
    """Bands without a pixel: where others have some, or where the items promise half of the area."""
    shares = {band: mask.mean() for band, mask in masks.items()}
    empty = [band for band, share in shares.items() if not share]
    if empty and (promised >= HALF or len(empty) < len(shares)):
        told = say("pixels-none", band=", ".join(empty), date=date, promised=promised)
        yield make_fault(date, empty, told)


# -- tiles that went missing -------------------------------------------------


def _check_tiles(masks: Layers, date: str, geobox: GeoBox, files: Mapping[str, Sequence[Image]]) -> Iterator[Fault]:
    """A tile that went missing in one band is empty to its edges, while behind them all is there."""
    for band, mask in masks.items():
        others = np.any([other for name, other in masks.items() if name != band], axis=0) & ~mask
        if not holds_square(others):
            continue
        for image in files.get(band, ()):
            lost = _find_lost(mask, others, number_tiles(geobox, image))
            if lost.any():
                told = say("bands-differ", date=date, band=band, share=lost.mean())
                yield make_fault(date, [band], told)
                break


def _find_lost(mask: Layer, others: Layer, numbers: Layer) -> Layer:
    """Where tiles are of which this band has nothing and others have something, if all around them is whole."""
    lost = np.zeros_like(mask)
    for number in np.unique(numbers[others]):
        cell = numbers == number
        inner = binary_erosion(cell, iterations=BLUR, border_value=1)
        is_empty = number >= 0 and not mask[inner].any()
        if is_empty and holds_square(others & cell):
            lost |= cell
    near = binary_dilation(lost, iterations=BLUR)
    around = binary_dilation(near, iterations=BLUR) & ~near
    around &= mask | others
    is_whole = around.any() and mask[around].mean() >= NEARLY_ALL
    return lost if is_whole else np.zeros_like(mask)


def number_tiles(geobox: GeoBox, image: Image) -> Layer:
    """For each pixel the number of the image's tile under its centre; -1 beside the image."""
    rows, columns = np.indices(tuple(geobox.shape)) + 0.5
    x, y = geobox.affine * (columns, rows)
    if geobox.crs != image.geobox.crs:
        x, y = Transformer.from_crs(geobox.crs, image.crs, always_xy=True).transform(x, y)
    layout = image.layout
    column, row = ~image.transform * (x, y)
    in_columns = (column >= 0) & (column < layout.width)
    in_rows = (row >= 0) & (row < layout.height)
    inside = in_columns & in_rows  # NaN and infinity are neither
    tile_column = np.where(inside, column, 0) // layout.tile_width
    tile_row = np.where(inside, row, 0) // layout.tile_height
    numbers = tile_row * layout.columns + tile_column
    return np.where(inside, numbers, -1).astype(int)


def _find_images(
    dn: xr.Dataset, items: Iterable[Item], number: int, images: Images, bands: Iterable[str]
) -> dict[str, list[Image]]:
    """The images of a date, by band."""
    members = find_members(dn, items, number)
    found: dict[str, list[Image]] = {}
    for band in bands:
        hrefs = [item.assets[band].href for item in members if band in item.assets]
        found[band] = [images[href] for href in hrefs if href in images]
    return found


# -- what the items promise --------------------------------------------------


def _find_promised_shares(dn: xr.Dataset, items: Iterable[Item]) -> dict[int, float]:
    """For each date: the share of the area, 0 to 1, that its items cover, their rims left out.

    Empty where dates are not in order: with an unusual `groupby` nobody knows which item is in which layer.
    """
    times = dn.time.values
    if not _are_ordered(times):
        return {}
    geobox: GeoBox = dn.odc.geobox
    area = geobox.geographic_extent.geom
    parts: dict[int, list[BaseGeometry]] = {}
    for item in items:
        layer = _find_layer(item, times)
        outline = find_outline(item).buffer(-MARGIN)
        parts.setdefault(layer, []).append(outline.intersection(area))
    return {layer: union_all(found).area / area.area for layer, found in parts.items()}


def find_members(dn: xr.Dataset, items: Iterable[Item], number: int) -> list[Item]:
    """The items that a date was made of; all that may be where nobody knows, see `_find_promised_shares`."""
    times = dn.time.values
    if not _are_ordered(times):
        return list(items)
    return [item for item in items if _find_layer(item, times) == number]


def _are_ordered(times: np.ndarray) -> bool:
    return bool((times[:-1] < times[1:]).all())


def _find_layer(item: Item, times: np.ndarray) -> int:
    """The layer that an item is in: the last that does not begin after it."""
    assert item.datetime is not None
    instant = np.datetime64(item.datetime.replace(tzinfo=None))
    following = int(np.searchsorted(times, instant, "right"))
    return max(following - 1, 0)


def _tell_overcast(dn: xr.Dataset) -> None:
    for band in dn.data_vars:
        if str(band).startswith("SCL"):
            dates = [date for date, layers in _split_dates(dn[[band]]) if not _is_seen(layers[str(band)])]
            if dates:
                listed = ", ".join(dates)
                tell(say("dates-overcast", band=band, number=len(dates), dates=listed))


def _is_seen(scl: Layer) -> bool:
    """Does one pixel of this date show land or water?"""
    seen = find_clear(scl) & ~np.isnan(scl)
    return bool(seen.any())
