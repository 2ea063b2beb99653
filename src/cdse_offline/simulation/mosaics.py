"""Sentinel-2's quarterly mosaics, made of the simulated scenes by CDSE's rule.

Of each band by itself, the first quartile of all looks whose class is none of `INVALID` and which have data; times
10000, without the offset of the scenes. CDSE does not say how it goes between two looks; here, as in numpy and xarray
by default: straight (Hyndman and Fan's seventh definition). No scene is left out for its clouds.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from rasterio import Affine

from cdse_offline.simulation import cogs
from cdse_offline.simulation.derived import MOSAIC_SIDE, Quarter
from cdse_offline.simulation.places import Acquisition, Tile
from cdse_offline.simulation.scenes import Scene
from cdse_offline.simulation.sights import Sight

BANDS = ("B02", "B03", "B04", "B08")
INVALID = (1, 3, 7, 8, 9, 10)  # classes of SCL; 0, no data, has no look
NODATA = -32768
_OFFSET = 1000  # of the scenes
_NOTHING = np.iinfo(np.int16).max  # in place of a look that is not valid: higher than all of them


@dataclass(frozen=True)
class Mosaic:
    reflectance: np.ndarray  # times 10000, int16, (band, row, column)
    observations: np.ndarray  # how many valid looks, uint16


def write(path: Path, quarter: Quarter, asset: str) -> None:
    """Write one of the quarter's images."""
    mosaic = _compose(replace(quarter, tile=_choose_frame(quarter)))
    is_count = asset == "observations"
    drawn = mosaic.observations if is_count else mosaic.reflectance[BANDS.index(asset)]
    if quarter.tile.epsg == quarter.place.epsg:
        drawn = Sight(quarter.place, quarter.tile).cut(drawn, 1, is_class=True)
    window = quarter.window
    pixels = drawn[: window.height, : window.width]
    cogs.write(path, pixels, (window.row, window.column), build_grid(quarter.tile, 10, 0 if is_count else NODATA))


def build_grid(tile: Tile, resolution: int, nodata: float) -> cogs.Grid:
    """The grid of a mosaic's file."""
    transform = Affine(resolution, 0, tile.west, 0, -resolution, tile.north)
    return cogs.Grid(tile.epsg, MOSAIC_SIDE // resolution, transform, nodata)


def _choose_frame(quarter: Quarter) -> Tile:
    """What is drawn at once: the whole place for all tiles of its zone, else what the tile sees of it."""
    place = quarter.place
    is_own_zone = quarter.tile.epsg == place.epsg
    return Tile(place.name, place.epsg, place.west, place.north) if is_own_zone else quarter.tile


@lru_cache(maxsize=1)
def _compose(quarter: Quarter) -> Mosaic:
    scenes = Quarter(quarter.place, quarter.place.tiles[0], quarter.year, quarter.number).list_acquisitions()
    return compose([replace(scene, tile=quarter.tile) for scene in scenes])


def compose(scenes: list[Acquisition]) -> Mosaic:
    """The mosaic of these scenes over what their tile sees of their place."""
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        looks = [seen for seen in threads.map(_look, scenes) if seen is not None]
    if not looks:
        shape = Scene(scenes[0]).pixels("SCL_20m").repeat(2, 0).repeat(2, 1).shape
        nothing = np.full((len(BANDS), *shape), NODATA, np.int16)
        return Mosaic(nothing, np.zeros(shape, np.uint16))
    count = np.stack([seen[0] < _NOTHING for seen in looks]).sum(axis=0, dtype=np.uint16)
    bands = [_find_first_quartile(np.stack(band), count) for band in zip(*looks, strict=True)]
    return Mosaic(np.stack(bands), count)


def _look(acquisition: Acquisition) -> np.ndarray | None:
    """Reflectance times 10000 where it is valid, int16, (band, row, column); None where nothing is."""
    scene = Scene(acquisition)
    is_invalid = np.isin(scene.pixels("SCL_20m"), (0, *INVALID))
    if is_invalid.all():
        return None
    without = is_invalid.repeat(2, axis=0).repeat(2, axis=1)
    seen = np.stack([scene.pixels(f"{band}_10m").astype(np.int16) - _OFFSET for band in BANDS])
    return np.where(without, _NOTHING, seen)


def _find_first_quartile(looks: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Of the first `count` looks of each pixel in rising order, (look, row, column); NODATA where there is none."""
    looks.sort(axis=0)
    place = 0.25 * (np.maximum(count, 1) - 1.0)
    below = np.floor(place).astype(np.int64)
    last = np.maximum(count, 1) - 1
    low = _take(looks, np.minimum(below, last))
    high = _take(looks, np.minimum(below + 1, last))
    value = low + (place - below) * (high - low)
    return np.where(count > 0, np.rint(value), NODATA).astype(np.int16)


def _take(looks: np.ndarray, which: np.ndarray) -> np.ndarray:
    return np.take_along_axis(looks, which[np.newaxis], axis=0)[0].astype(float)
