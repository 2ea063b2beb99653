"""The terrain by degrees, as Copernicus DEM has it: the surface that the scenes were drawn on, trees and roofs with it.

A pixel is a point of the grid of seconds of arc, so that a tile begins half a pixel before its degree. Where no place
was drawn there is no number (NaN): the real tiles are full, and have no number for no data.
"""

import math
from pathlib import Path

import numpy as np
from rasterio import Affine
from rasterio.warp import transform, transform_bounds
from scipy import ndimage

from cdse_offline.simulation import cogs
from cdse_offline.simulation.derived import ARC_SECONDS, Degree
from cdse_offline.simulation.landscapes import open_land
from cdse_offline.simulation.places import Place

_GEOGRAPHIC = 4326


def write(path: Path, degree: Degree) -> None:
    grid = cogs.Grid(_GEOGRAPHIC, ARC_SECONDS, find_transform(degree), is_point=True)
    cogs.write(path, draw(degree), (0, 0), grid)


def find_transform(degree: Degree) -> Affine:
    step = 1 / ARC_SECONDS
    return Affine(step, 0, degree.longitude - step / 2, 0, -step, degree.latitude + 1 + step / 2)


def draw(degree: Degree) -> np.ndarray:
    """Heights above the sea in metres, float32, (row, column)."""
    heights = np.full((ARC_SECONDS, ARC_SECONDS), np.nan, np.float32)
    for place in degree.list_places():
        _draw_place(heights, degree, place)
    return heights


def _draw_place(heights: np.ndarray, degree: Degree, place: Place) -> None:
    west, south, east, north = transform_bounds(f"EPSG:{place.epsg}", f"EPSG:{_GEOGRAPHIC}", *place.box)
    rows = _list_pixels(degree.latitude + 1 - north, degree.latitude + 1 - south)
    columns = _list_pixels(west - degree.longitude, east - degree.longitude)
    longitude, latitude = np.meshgrid(
        degree.longitude + columns / ARC_SECONDS, degree.latitude + 1 - rows / ARC_SECONDS
    )
    crs = f"EPSG:{_GEOGRAPHIC}", f"EPSG:{place.epsg}"
    flat = transform(*crs, longitude.ravel(), latitude.ravel())
    x, y = (np.reshape(axis, longitude.shape) for axis in flat)
    at = (place.north - y) / 10 - 0.5, (x - place.west) / 10 - 0.5
    row, column = at
    height, width = place.shape
    inside = (row >= 0) & (row <= height - 1)
    inside &= (column >= 0) & (column <= width - 1)
    drawn = open_land(place)
    surface = ndimage.uniform_filter(drawn.relief + drawn.height, 3)
    seen = ndimage.map_coordinates(surface, at, order=1, mode="nearest")
    heights[np.ix_(rows, columns)] = np.where(inside, seen, np.nan)


def _list_pixels(first: float, last: float) -> np.ndarray:
    """Numbers of the pixels between two distances from the tile's edge, degrees."""
    start, end = math.ceil(first * ARC_SECONDS), math.floor(last * ARC_SECONDS)
    return np.arange(max(start, 0), min(end, ARC_SECONDS - 1) + 1)
