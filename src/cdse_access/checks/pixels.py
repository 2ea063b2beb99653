"""What was loaded: numbers that Sentinel-2 can write, bands that lack the same pixels, as many pixels as promised.

Everything is looked at date by date, so that the checks take the memory of one date and not of all.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from odc.geo.geobox import GeoBox
from pystac import Item
from rasterio.errors import RasterioError
from scipy.ndimage import binary_erosion
from shapely import union_all
from shapely.geometry.base import BaseGeometry

from cdse_access.assets import ZERO_IS_MEANT
from cdse_access.checks.items import Bands, find_outline
from cdse_access.classes import find_clear
from cdse_access.jp2.cache import discard_image
from cdse_access.messages import say
from cdse_access.problems import BadData
from cdse_access.telling import tell

PatchUrl = Callable[[str], str]
Layer = np.ndarray[Any, Any]  # of one band and date: (y, x)
Layers = dict[str, Layer]  # of one date, by band

LARGEST_DN = 32767  # Sentinel-2 writes 15 bits
SLIVER = 16  # pixels; at the edge of a swath bands differ by fewer
MARGIN = 0.01  # degrees; an item's outline is right to about 1 km


def check_pixels(dn: xr.Dataset, items: Iterable[Item]) -> None:
    """Look at a cube (time, y, x) of DN that was loaded from these items; 0, or the attribute `nodata`, is no data.

    Bands in which 0 can be meant (ZERO_IS_MEANT) are not searched for gaps. Days without a clear pixel are right but
    show nothing: their dates are printed where SCL was loaded.
    Errors: BadData that names date and band.
    """
    promised = _find_promised_shares(dn, items)
    nodata = {str(band): array.attrs.get("nodata") for band, array in dn.data_vars.items()}
    for number, (date, layers) in enumerate(_split_dates(dn)):
        _check_range(layers, date)
        masks = _find_data(layers, nodata)
        _check_alike(masks, date)
        _check_share(masks, date, promised.get(number, 0.0))
    _print_overcast(dn)


def _split_dates(dn: xr.Dataset) -> Iterator[tuple[str, Layers]]:
    """Each date, as 2023-09-28, with its layers: views of the arrays, on which checks are ten times faster."""
    cubes = {str(band): array.transpose("time", ...).values for band, array in dn.data_vars.items()}
    for number, time in enumerate(dn.time.values):
        layers = {band: cube[number] for band, cube in cubes.items()}
        yield str(np.datetime_as_string(time, "D")), layers


def _check_range(layers: Layers, date: str) -> None:
    for band, layer in layers.items():
        worst = np.fmax.reduce(layer, axis=None)  # NaN is left out
        if worst > LARGEST_DN:
            raise BadData(say("dn-large", band=band, date=date, dn=worst, largest=LARGEST_DN))


def _find_data(layers: Layers, nodata: dict[str, float | None]) -> Layers:
    """Masks of one date, True where there are data, of the bands in which 0 means nothing."""
    masks = {}
    for band, layer in layers.items():
        missing = nodata[band]
        if missing is not None and not band.startswith(ZERO_IS_MEANT):
            masks[band] = (layer != missing) & ~np.isnan(layer)
    return masks


def _check_alike(masks: Layers, date: str) -> None:
    """A tile that went missing in one band shows as a square; at a swath's edge bands differ by a few pixels."""
    for one, other in pairwise(masks):
        differing = masks[one] != masks[other]
        if _holds_square(differing):
            share = differing.mean()
            raise BadData(say("bands-differ", date=date, one=one, other=other, share=share))


def _holds_square(differing: Layer) -> bool:
    """Are there SLIVER × SLIVER pixels, or as many as the layer is wide and high, that are all True?"""
    if not differing.any():
        return False
    sides = [min(SLIVER, length) for length in differing.shape]
    square = np.ones(sides)
    return bool(binary_erosion(differing, square).any())


def _check_share(masks: Layers, date: str, promised: float) -> None:
    """At least half the pixels that the items promise must be there."""
    for band, mask in masks.items():
        found = mask.mean()
        if found < promised / 2:
            slot = "pixels-few" if found else "pixels-none"
            raise BadData(say(slot, band=band, date=date, found=found, promised=promised))


def _find_promised_shares(dn: xr.Dataset, items: Iterable[Item]) -> dict[int, float]:
    """For each date: the share of the area, 0 to 1, that its items cover, their rims left out.

    Empty where dates are not in order: with an unusual `groupby` nobody knows which item is in which layer.
    """
    times = dn.time.values
    if not (times[:-1] < times[1:]).all():
        return {}
    geobox: GeoBox = dn.odc.geobox
    area = geobox.geographic_extent.geom
    parts: dict[int, list[BaseGeometry]] = {}
    for item in items:
        layer = _find_layer(item, times)
        outline = find_outline(item).buffer(-MARGIN)
        parts.setdefault(layer, []).append(outline.intersection(area))
    return {layer: union_all(found).area / area.area for layer, found in parts.items()}


def _find_layer(item: Item, times: np.ndarray) -> int:
    """The layer that an item is in: the last that does not begin after it."""
    assert item.datetime is not None
    instant = np.datetime64(item.datetime.replace(tzinfo=None))
    following = int(np.searchsorted(times, instant, "right"))
    return max(following - 1, 0)


def _print_overcast(dn: xr.Dataset) -> None:
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


@contextmanager
def discard_broken_files(patch_url: PatchUrl, items: Sequence[Item], bands: Bands) -> Iterator[None]:
    """Where reading fails, remove the kept files, so that the next load fetches them again.

    Errors: BadData for those of GDAL.
    """
    try:
        yield
    except (RasterioError, BadData) as error:
        _remove_files(patch_url, items, bands)
        if isinstance(error, BadData):
            raise
        raise BadData(say("image-broken", error=error)) from error


def _remove_files(patch_url: PatchUrl, items: Sequence[Item], bands: Bands) -> None:
    hrefs = {item.assets[band].href for item in items for band in bands}
    kept = {patch_url(href) for href in hrefs} - hrefs
    for path in kept:
        discard_image(Path(path))
