"""Files of the size and structure of ESA's: 121 tiles of 1024 pixels, about 110 MB, no index.

Each tile-part has the length that the offline CDSE simulates for this date and band. It holds as much noise as fits, so
that decoding takes as long as it does for land; the rest, a few per cent, is filled up. Tiles that nobody will decode
can be left empty: they have the same length, but are a hole on disk.
"""

import struct
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np

from cdse_access.jp2.codestream import SOT
from cdse_offline.simulation import codestream, images, lengths
from cdse_offline.simulation.codestream import EmptyTiles
from cdse_offline.simulation.files import pixel_size
from cdse_offline.simulation.places import GRID_SHAPE, JP2_TILE, MUNICH, Acquisition

SIDE, TILE = GRID_SHAPE[10], JP2_TILE[10]
ACROSS = -(-SIDE // TILE)
STEPS = 2  # levels of noise to a bit per pixel
OVERHEAD = 2.65  # bits per pixel that noise of standard deviation 1 takes


def noise(shape: tuple[int, int], level: int) -> np.ndarray:
    """Hills of 500 around DN 2000, and noise of so many half bits; never 0, which means no data."""
    generator = np.random.default_rng(level)
    y, x = np.mgrid[: shape[0], : shape[1]]
    land = 2000 + 500 * np.sin(x / 60) * np.cos(y / 45) + generator.normal(0, 2 ** (level / STEPS), shape)
    return land.clip(1, 32767).astype(np.uint16)[np.newaxis]


def classes(side: int) -> np.ndarray:
    """A map of scene classes: vegetation (4), and clouds (9) over a seventh of it."""
    y, x = np.mgrid[:side, :side]
    cloudy = np.sin(x / 90) * np.cos(y / 70) > 0.6
    return np.where(cloudy, 9, 4).astype(np.uint8)[np.newaxis]


@cache
def tile_part(level: int | None, last_row: bool, last_column: bool) -> bytes:
    """The tile-part of a 10 m tile with noise of this level, or of zeros (`None`)."""
    shape = (SIDE % TILE if last_row else TILE), (SIDE % TILE if last_column else TILE)
    pixels = np.zeros((1, 1, 1), np.uint16) if level is None else noise(shape, level)
    _, parts = codestream.split(images.encode(shape, pixels, (0, 0), tile=TILE, grid=MUNICH.tiles[0], resolution=10))
    return parts[0]


@cache
def header() -> bytes:
    """Boxes and main header of a 10 m file."""
    nothing, side = np.zeros((1, 1, 1), np.uint16), 2 * TILE
    file = images.encode((side, side), nothing, (0, 0), tile=TILE, grid=MUNICH.tiles[0], resolution=10)
    small, _ = codestream.split(file)
    return codestream.resize(small, SIDE)


@cache
def empty_tiles() -> EmptyTiles:
    return EmptyTiles(
        inner=tile_part(None, False, False),
        right=tile_part(None, False, True),
        bottom=tile_part(None, True, False),
        corner=tile_part(None, True, True),
    )


def level(length: int, pixels: int) -> int:
    """The most noise that fits in so many bytes."""
    return max(int(STEPS * (8 * length / pixels - OVERHEAD)), 0)


def write(path: Path, acquisition: Acquisition, asset: str, filled: Collection[int] | None = None) -> None:
    """Write the file of a band: all of its 10 m tiles, or those of these numbers, with noise, the others empty."""
    if pixel_size(asset) != 10:
        _write_whole(path, asset)
        return
    wanted, parts = lengths.tile_parts(acquisition, asset), {}
    for number in range(ACROSS**2) if filled is None else filled:
        row, column = divmod(number, ACROSS)
        pixels = min(TILE, SIDE - row * TILE) * min(TILE, SIDE - column * TILE)
        parts[number] = tile_part(level(wanted[number], pixels), row == ACROSS - 1, column == ACROSS - 1)
    join(path, parts, wanted)


def _write_whole(path: Path, asset: str) -> None:
    """At 20 and 60 m the tiles do not begin where precincts do: the image is encoded as a whole."""
    metres = pixel_size(asset)
    side, tile = GRID_SHAPE[metres], JP2_TILE[metres]
    is_map = asset.startswith("SCL")
    pixels = classes(side) if is_map else noise((side, side), level(lengths.MEAN, TILE**2))
    path.write_bytes(images.encode((side, side), pixels, (0, 0), tile=tile, grid=MUNICH.tiles[0], resolution=metres))


def join(path: Path, parts: Mapping[int, bytes], wanted: Sequence[int] | None = None) -> None:
    """Write a 10 m file with these tile-parts, the others empty; `wanted`: how long each shall be at least."""
    codestream.write(path, header(), empty_tiles().fill_grid(parts, ACROSS), wanted)


def index(path: Path) -> dict[int, tuple[int, int]]:
    """Begin and end of each tile-part of a 10 m file that `write` has made."""
    found: dict[int, tuple[int, int]] = {}
    at = len(header())
    with path.open("rb") as file:
        while len(found) < ACROSS**2:
            file.seek(at)
            marker, _, number, length = struct.unpack(">2sHHI", file.read(10))
            if marker != SOT:
                raise ValueError(f"{path} was not made here: no tile-part at byte {at}")
            found[number] = at, at + length
            at += length
    return found
