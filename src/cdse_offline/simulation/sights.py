"""What a tile sees of a place: a part of it where both lie in one UTM zone, the place turned a little where not.

Everything is drawn once, on the place's own grid, so that neighbouring tiles of one overpass show the same.
"""

from functools import cached_property

import numpy as np
from rasterio.warp import transform
from scipy import ndimage

from cdse_offline.simulation.places import Place, Tile, find_box


class Sight:
    """The way from the place's grid to the tile's window."""

    def __init__(self, place: Place, tile: Tile) -> None:
        self._place = place
        self._tile = tile
        self._box = find_box(place, tile)

    def cut(self, drawn: np.ndarray, step: int, *, is_class: bool) -> np.ndarray:
        """Pixels of the tile's window, (row, column) or (band, row, column), of `step` times 10 m; 0 off the place.

        Where it is turned, classes are taken from the nearest pixel, others are interpolated linearly.
        """
        if self._tile.epsg == self._place.epsg:
            return self._slice(drawn, step)
        if drawn.ndim == 3:
            return np.stack([self.cut(layer, step, is_class=is_class) for layer in drawn])
        return self._turn(drawn, step, is_class)

    def _slice(self, drawn: np.ndarray, step: int) -> np.ndarray:
        west, south, east, north = self._box
        pixel = 10 * step
        top = (self._place.north - north) // pixel
        bottom = (self._place.north - south) // pixel
        left = (west - self._place.west) // pixel
        right = (east - self._place.west) // pixel
        return drawn[..., top:bottom, left:right]

    def _turn(self, drawn: np.ndarray, step: int, is_class: bool) -> np.ndarray:
        first = self._centres[:, ::step, ::step]
        last = self._centres[:, step - 1 :: step, step - 1 :: step]
        places = (first + last) / 2
        row, column = (places + 0.5) / step - 0.5
        rows, columns = drawn.shape
        inside = (row >= -0.5) & (row < rows - 0.5)
        inside &= (column >= -0.5) & (column < columns - 0.5)
        order = 0 if is_class else 1
        seen = ndimage.map_coordinates(drawn.astype(float), (row, column), order=order, mode="nearest")
        if np.issubdtype(drawn.dtype, np.integer):
            seen = np.rint(seen)
        return np.where(inside, seen, 0).astype(drawn.dtype)

    @cached_property
    def _centres(self) -> np.ndarray:
        """Row and column of the place where the centre of each 10 m pixel of the window lies, (2, row, column)."""
        west, south, east, north = self._box
        columns = np.arange(west + 5, east, 10.0)
        rows = np.arange(north - 5, south, -10.0)
        x, y = np.meshgrid(columns, rows)
        crs = f"EPSG:{self._tile.epsg}", f"EPSG:{self._place.epsg}"
        flat = transform(*crs, x.ravel(), y.ravel())
        easting, northing = (np.reshape(axis, x.shape) for axis in flat)
        row = (self._place.north - northing) / 10 - 0.5
        column = (easting - self._place.west) / 10 - 0.5
        return np.stack([row, column])
