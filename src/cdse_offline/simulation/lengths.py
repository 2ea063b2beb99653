"""How long the tile-parts of the 10 m images are: a simulation, after those of ESA's files.

Only one tile of a simulated image has pixels; the others would be 50 bytes each, and a reader would find its tile in
the first kilobytes of the file. In ESA's files it lies behind a hundred megabytes. So every tile-part is given a length
as ESA's have, about 0.95 MB, and is filled up with zeros, which no decoder looks at. On disk they are a hole: a file of
110 MB takes 2 MB.

Standard library and plain sums only, so that the lengths are the same on every machine.
"""

import os
import tempfile
from functools import cache
from pathlib import Path
from random import Random

from cdse_offline.simulation.places import GRID_SHAPE, JP2_TILE, Acquisition

MEAN = 950_000  # bytes of a whole tile of reflectance
_BANDS = {"B02": 0.85, "B03": 0.92, "B04": 1.0, "B08": 1.15, "TCI": 1.2, "AOT": 0.05, "WVP": 0.3}
_KNOTS = 5  # values along a side of the grid, between which lengths go straight


def tile_parts(acquisition: Acquisition, asset: str) -> list[int]:
    """Lengths of an image's tile-parts: the land's own, shorter under its clouds, as large as the tile is.

    Land is the same at all dates, clouds are the same in all bands, and a little belongs to the one image.
    """
    mean = MEAN * _BANDS[asset.split("_")[0]]
    land = _draw_field(f"{acquisition.place.name} land")
    sky = _draw_field(f"{acquisition.id} sky")
    own = Random(f"{acquisition.id} {asset}")
    lengths = []
    for share, rough, cloud in zip(_list_shares(), land, sky, strict=True):
        opaque = min(max(4 * (cloud + acquisition.cloud_cover / 100 - 1), 0), 1)
        of_land = mean * share * (0.7 + 0.6 * rough)
        of_sky = of_land * (1 - 0.5 * opaque)
        lengths.append(int(of_sky * (0.97 + 0.06 * own.random())))
    return lengths


def _list_sides() -> list[float]:
    """Width of each column of tiles, as a share of a whole tile's; rows are as high."""
    side, tile = GRID_SHAPE[10], JP2_TILE[10]
    return [min(tile, side - start) / tile for start in range(0, side, tile)]


def _list_shares() -> list[float]:
    return [high * wide for high in _list_sides() for wide in _list_sides()]


def _draw_field(seed: str) -> list[float]:
    """A number between 0 and 1 for each tile, changing smoothly from neighbour to neighbour."""
    dice = Random(seed)
    across = len(_list_sides())
    values = [[dice.random() for _ in range(_KNOTS + 1)] for _ in range(_KNOTS + 1)]
    steps = [divmod(step * (_KNOTS - 1) / (across - 1), 1) for step in range(across)]
    return [_interpolate(values, int(row), int(column), y, x) for row, y in steps for column, x in steps]


def _interpolate(values: list[list[float]], row: int, column: int, y: float, x: float) -> float:
    above, below = ((1 - x) * line[column] + x * line[column + 1] for line in values[row : row + 2])
    return (1 - y) * above + y * below


@cache
def holes_are_free(folder: Path) -> bool:
    """Does a hole in a file of this folder take no space? If not (NTFS, FAT), simulated lengths would fill the disk."""
    with tempfile.TemporaryFile(dir=folder) as file:
        file.seek(MEAN)
        file.write(b"x")
        file.flush()
        return allocated(os.fstat(file.fileno())) < MEAN


def allocated(status: os.stat_result) -> int:
    """Bytes that a file takes on disk; its length where the system does not tell."""
    return 512 * status.st_blocks if hasattr(status, "st_blocks") else status.st_size
