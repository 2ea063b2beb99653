"""JPEG 2000 files of ESA's structure: the whole Sentinel-2 grid, of which only a window has pixels.

A tile without pixels is always the same few bytes. They are encoded once, not a hundred times, and put together with
the tiles that have pixels by `codestream.write`, which can make the tile-parts as long as ESA's (a simulation, see
`lengths`).
"""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import rasterio
from rasterio import Affine
from rasterio.errors import DriverRegistrationError, NotGeoreferencedWarning
from rasterio.io import MemoryFile
from rasterio.windows import Window

from cdse_offline.messages import say
from cdse_offline.simulation import codestream
from cdse_offline.simulation.places import GRID_SHAPE, JP2_TILE, Place

_DRIVER = "JP2OpenJPEG"
_LEVELS = 5  # resolutions


def encode(
    shape: tuple[int, int], pixels: np.ndarray, corner: tuple[int, int], *, tile: int, place: Place, resolution: int
) -> bytes:
    """A lossless JP2 file of zeros, but for `pixels` (band, row, column) whose upper left one lies at `corner`."""
    bands, height, width = pixels.shape
    options = {
        "driver": _DRIVER,
        "codec": "JP2",
        "dtype": pixels.dtype,
        "count": bands,
        "height": shape[0],
        "width": shape[1],
        "crs": f"EPSG:{place.epsg}",
        "transform": Affine(resolution, 0, place.west, 0, -resolution, place.north),
        "blockxsize": tile,
        "blockysize": tile,
        "resolutions": _LEVELS,
        "precincts": ",".join(["{256,256}"] * _LEVELS),
        "quality": "100",
        "reversible": "YES",
        "ycbcr420": "NO",
        "gmljp2": "NO",  # it names the image's size; the GeoJP2 box, which stays, does not
    }
    if pixels.dtype == np.uint16:
        options["nbits"] = 15
    row, column = corner
    with MemoryFile() as memory:
        with memory.open(**options) as file:
            file.write(pixels, window=Window(column, row, width, height))
        return bytes(memory.getbuffer())


def check_driver() -> None:
    """DriverRegistrationError that says which package lacks: GDAL's own, at the first image, would not."""
    with rasterio.Env() as environment:
        if _DRIVER not in environment.drivers():
            raise DriverRegistrationError(say("no-jp2-driver", driver=_DRIVER))


@cache
def _encode_frame(bands: int, dtype: str, place: Place, resolution: int) -> tuple[bytes, codestream.EmptyTiles]:
    """Header of a full-grid file and its four kinds of empty tile-parts."""
    side, tile = GRID_SHAPE[resolution], JP2_TILE[resolution]
    small = tile + side % tile  # two by two tiles: one of each kind
    nothing = np.zeros((bands, 1, 1), dtype)
    file = encode((small, small), nothing, (0, 0), tile=tile, place=place, resolution=resolution)
    header, parts = codestream.split(file)
    empty = codestream.EmptyTiles(inner=parts[0], right=parts[1], bottom=parts[2], corner=parts[3])
    return codestream.resize(header, side), empty


@dataclass(frozen=True)
class _Tile:
    """A tile of the codestream that the window reaches into, in pixels of the grid."""

    number: int
    top: int
    left: int
    height: int
    width: int


def _find_tiles(place: Place, resolution: int) -> Iterator[_Tile]:
    side, size = GRID_SHAPE[resolution], JP2_TILE[resolution]
    across = -(-side // size)
    top, left, window = place.window(resolution)
    for row in range(top // size, (top + window - 1) // size + 1):
        for column in range(left // size, (left + window - 1) // size + 1):
            height = min(size, side - row * size)
            width = min(size, side - column * size)
            yield _Tile(row * across + column, row * size, column * size, height, width)


def _encode_tile_parts(pixels: np.ndarray, place: Place, resolution: int) -> dict[int, bytes]:
    """The tile-parts that hold the window, each encoded as a small image of its own."""
    top, left, _ = place.window(resolution)
    parts = {}
    for tile in _find_tiles(place, resolution):
        row, column = top - tile.top, left - tile.left  # of the window in this tile
        rows = slice(max(-row, 0), tile.height - row)
        columns = slice(max(-column, 0), tile.width - column)
        file = encode(
            (tile.height, tile.width),
            pixels[:, rows, columns],
            (max(row, 0), max(column, 0)),
            tile=JP2_TILE[resolution],
            place=place,
            resolution=resolution,
        )
        _, encoded = codestream.split(file)
        parts[tile.number] = encoded[0]
    return parts


def write(
    path: Path, pixels: np.ndarray, *, place: Place, resolution: int, lengths: Sequence[int] | None = None
) -> None:
    """Write a file of the whole grid with these pixels, (row, column) or (band, row, column), in the place's window.

    `lengths`, at 10 m: how long each tile-part shall be at least.
    """
    if pixels.ndim == 2:
        pixels = pixels[np.newaxis]
    side, tile = GRID_SHAPE[resolution], JP2_TILE[resolution]
    top, left, size = place.window(resolution)
    if pixels.shape[1:] != (size, size):
        raise ValueError(f"pixels of shape {pixels.shape} do not fill the window of {size} x {size} at {resolution} m")
    if resolution != 10:
        # Precincts (256) and code blocks (64) are counted from the image's corner. A tile of 1024 pixels begins
        # where they begin, so that all are alike; one of 640 or 192 does not: it is encoded where it lies.
        path.write_bytes(encode((side, side), pixels, (top, left), tile=tile, place=place, resolution=resolution))
        return
    header, empty = _encode_frame(len(pixels), pixels.dtype.name, place, resolution)
    parts = _encode_tile_parts(pixels, place, resolution)
    codestream.write(path, header, empty.fill_grid(parts, -(-side // tile)), lengths)


def write_jpeg(path: Path, picture: np.ndarray) -> None:
    """Write a picture (row, column, 3) of uint8 as JPEG."""
    height, width, bands = picture.shape
    with MemoryFile() as memory, warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)  # it is a picture, not a map
        with memory.open(driver="JPEG", height=height, width=width, count=bands, dtype="uint8", quality=90) as file:
            file.write(np.moveaxis(picture, -1, 0))
        path.write_bytes(memory.getbuffer())
