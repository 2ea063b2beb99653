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
from rasterio import Affine, windows
from rasterio.errors import DriverRegistrationError, NotGeoreferencedWarning
from rasterio.io import MemoryFile

from cdse_offline.messages import say
from cdse_offline.simulation import codestream
from cdse_offline.simulation.places import GRID_SHAPE, JP2_TILE, Tile, Window

_DRIVER = "JP2OpenJPEG"
_LEVELS = 5  # resolutions


def encode(
    shape: tuple[int, int], pixels: np.ndarray, corner: tuple[int, int], *, tile: int, grid: Tile, resolution: int
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
        "crs": f"EPSG:{grid.epsg}",
        "transform": Affine(resolution, 0, grid.west, 0, -resolution, grid.north),
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
            file.write(pixels, window=windows.Window(column, row, width, height))
        return bytes(memory.getbuffer())


def check_driver() -> None:
    """DriverRegistrationError that says which package lacks: GDAL's own, at the first image, would not."""
    with rasterio.Env() as environment:
        if _DRIVER not in environment.drivers():
            raise DriverRegistrationError(say("no-jp2-driver", driver=_DRIVER))


@cache
def _encode_frame(bands: int, dtype: str, grid: Tile, resolution: int) -> tuple[bytes, codestream.EmptyTiles]:
    """Header of a full-grid file and its four kinds of empty tile-parts."""
    side, tile = GRID_SHAPE[resolution], JP2_TILE[resolution]
    small = tile + side % tile  # two by two tiles: one of each kind
    nothing = np.zeros((bands, 1, 1), dtype)
    file = encode((small, small), nothing, (0, 0), tile=tile, grid=grid, resolution=resolution)
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


def _find_tiles(window: Window, resolution: int) -> Iterator[_Tile]:
    side, size = GRID_SHAPE[resolution], JP2_TILE[resolution]
    across = -(-side // size)
    bottom, right = window.row + window.height - 1, window.column + window.width - 1
    for row in range(window.row // size, bottom // size + 1):
        for column in range(window.column // size, right // size + 1):
            height = min(size, side - row * size)
            width = min(size, side - column * size)
            yield _Tile(row * across + column, row * size, column * size, height, width)


def _encode_tile_parts(pixels: np.ndarray, grid: Tile, window: Window, resolution: int) -> dict[int, bytes]:
    """The tile-parts that hold the window, each encoded as a small image of its own."""
    parts = {}
    for tile in _find_tiles(window, resolution):
        row, column = window.row - tile.top, window.column - tile.left  # of the window in this tile
        rows = slice(max(-row, 0), tile.height - row)
        columns = slice(max(-column, 0), tile.width - column)
        file = encode(
            (tile.height, tile.width),
            pixels[:, rows, columns],
            (max(row, 0), max(column, 0)),
            tile=JP2_TILE[resolution],
            grid=grid,
            resolution=resolution,
        )
        _, encoded = codestream.split(file)
        parts[tile.number] = encoded[0]
    return parts


def write(
    path: Path,
    pixels: np.ndarray,
    *,
    grid: Tile,
    window: Window,
    resolution: int,
    lengths: Sequence[int] | None = None,
) -> None:
    """Write a file of the whole grid with these pixels, (row, column) or (band, row, column), in the window.

    `lengths`, at 10 m: how long each tile-part shall be at least.
    """
    if pixels.ndim == 2:
        pixels = pixels[np.newaxis]
    side, tile = GRID_SHAPE[resolution], JP2_TILE[resolution]
    if pixels.shape[1:] != (window.height, window.width):
        raise ValueError(f"pixels of shape {pixels.shape} do not fill the window at {resolution} m: {window}")
    if resolution != 10:
        # Precincts (256) and code blocks (64) are counted from the image's corner. A tile of 1024 pixels begins
        # where they begin, so that all are alike; one of 640 or 192 does not: it is encoded where it lies.
        corner = window.row, window.column
        path.write_bytes(encode((side, side), pixels, corner, tile=tile, grid=grid, resolution=resolution))
        return
    header, empty = _encode_frame(len(pixels), pixels.dtype.name, grid, resolution)
    parts = _encode_tile_parts(pixels, grid, window, resolution)
    codestream.write(path, header, empty.fill_grid(parts, -(-side // tile)), lengths)


def write_jpeg(path: Path, picture: np.ndarray) -> None:
    """Write a picture (row, column, 3) of uint8 as JPEG."""
    height, width, bands = picture.shape
    with MemoryFile() as memory, warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)  # it is a picture, not a map
        with memory.open(driver="JPEG", height=height, width=width, count=bands, dtype="uint8", quality=90) as file:
            file.write(np.moveaxis(picture, -1, 0))
        path.write_bytes(memory.getbuffer())
