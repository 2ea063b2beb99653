"""JPEG 2000 files of ESA's structure: the whole Sentinel-2 grid, of which only a window has pixels.

A tile without pixels is always the same few bytes. They are encoded once, not a hundred times, and put together with
the tiles that have pixels by `codestream.write`, which can make the tile-parts as long as ESA's (a simulation, see
`lengths`).
"""

import warnings
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from rasterio import Affine
from rasterio.errors import NotGeoreferencedWarning
from rasterio.io import MemoryFile
from rasterio.windows import Window

from cdse_offline.simulation import codestream
from cdse_offline.simulation.codestream import resized, split
from cdse_offline.simulation.places import GRID_SHAPE, JP2_TILE, Place


def encode(
    shape: tuple[int, int], pixels: np.ndarray, corner: tuple[int, int], *, tile: int, place: Place, resolution: int
) -> bytes:
    """A lossless JP2 file of zeros, but for `pixels` (band, row, column) whose upper left one lies at `corner`."""
    bands, height, width = pixels.shape
    options = {
        "driver": "JP2OpenJPEG", "codec": "JP2", "dtype": pixels.dtype,
        "count": bands, "height": shape[0], "width": shape[1],
        "crs": f"EPSG:{place.epsg}", "transform": Affine(resolution, 0, place.west, 0, -resolution, place.north),
        "blockxsize": tile, "blockysize": tile, "resolutions": 5, "precincts": ",".join(["{256,256}"] * 5),
        "quality": "100", "reversible": "YES", "ycbcr420": "NO",
        "gmljp2": "NO",  # it names the image's size; the GeoJP2 box, which stays, does not
    }  # fmt: skip
    if pixels.dtype == np.uint16:
        options["nbits"] = 15
    with MemoryFile() as memory:
        with memory.open(**options) as file:
            file.write(pixels, window=Window(corner[1], corner[0], width, height))
        return bytes(memory.getbuffer())


@cache
def _frame(bands: int, dtype: str, place: Place, resolution: int) -> tuple[bytes, dict[tuple[bool, bool], bytes]]:
    """Header of a full-grid file and its four kinds of empty tile-parts: inner, right, bottom, corner."""
    side, tile = GRID_SHAPE[resolution], JP2_TILE[resolution]
    small = tile + side % tile  # two by two tiles: one of each kind
    nothing = np.zeros((bands, 1, 1), dtype)
    header, parts = split(encode((small, small), nothing, (0, 0), tile=tile, place=place, resolution=resolution))
    kinds = [(False, False), (False, True), (True, False), (True, True)]
    return resized(header, side), {kind: parts[number] for number, kind in enumerate(kinds)}


def _tile_parts(pixels: np.ndarray, place: Place, resolution: int) -> dict[int, bytes]:
    """The tile-parts that hold the window, each encoded as a small image of its own."""
    side, tile = GRID_SHAPE[resolution], JP2_TILE[resolution]
    top, left, size = place.window(resolution)
    across = -(-side // tile)
    parts = {}
    for row in range(top // tile, (top + size - 1) // tile + 1):
        for column in range(left // tile, (left + size - 1) // tile + 1):
            shape = min(tile, side - row * tile), min(tile, side - column * tile)
            y, x = top - row * tile, left - column * tile  # of the window in this tile
            inside = pixels[:, max(-y, 0) : shape[0] - y, max(-x, 0) : shape[1] - x]
            corner = max(y, 0), max(x, 0)
            _, encoded = split(encode(shape, inside, corner, tile=tile, place=place, resolution=resolution))
            parts[row * across + column] = encoded[0]
    return parts


def write(
    path: Path, pixels: np.ndarray, *, place: Place, resolution: int, lengths: Sequence[int] | None = None
) -> None:
    """Write a file of the whole grid with these pixels, (row, column) or (band, row, column), in the place's window.

    `lengths`, at 10 m: how long each tile-part shall be at least.
    """
    pixels = pixels if pixels.ndim == 3 else pixels[np.newaxis]
    side, tile = GRID_SHAPE[resolution], JP2_TILE[resolution]
    top, left, size = place.window(resolution)
    if pixels.shape[1:] != (size, size):
        raise ValueError(f"pixels of shape {pixels.shape} do not fill the window of {size} x {size} at {resolution} m")
    if resolution == 10:
        header, empty = _frame(len(pixels), pixels.dtype.name, place, resolution)
        codestream.write(path, header, _tile_parts(pixels, place, resolution), empty, -(-side // tile), lengths)
    else:
        # Precincts (256) and code blocks (64) are counted from the image's corner. A tile of 1024 pixels begins
        # where they begin, so that all are alike; one of 640 or 192 does not: it is encoded where it lies.
        path.write_bytes(encode((side, side), pixels, (top, left), tile=tile, place=place, resolution=resolution))


def write_jpeg(path: Path, picture: np.ndarray) -> None:
    """Write a picture (row, column, 3) of uint8 as JPEG."""
    height, width, bands = picture.shape
    with MemoryFile() as memory, warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)  # it is a picture, not a map
        with memory.open(driver="JPEG", height=height, width=width, count=bands, dtype="uint8", quality=90) as file:
            file.write(np.moveaxis(picture, -1, 0))
        path.write_bytes(memory.getbuffer())
