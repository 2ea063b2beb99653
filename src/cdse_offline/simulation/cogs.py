"""Cloud-optimised GeoTIFFs in the form of CDSE's: tiles of 1024 pixels, overviews, DEFLATE with a predictor."""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import rasterio
from rasterio import Affine, windows
from rasterio.io import MemoryFile
from rasterio.shutil import copy

_BLOCK = 1024
_SMALLEST = 512  # pixels of the last overview's side, at most
_TYPES = {"int16": "Int16", "uint16": "UInt16", "float32": "Float32"}  # by numpy's names, GDAL's


@dataclass(frozen=True)
class Grid:
    """Of a whole file."""

    epsg: int
    side: int  # pixels
    transform: Affine
    nodata: float | None = None
    is_point: bool = False  # the values are of the pixels' middles, and so says the file


class _Level(NamedTuple):
    """The image at one resolution: the pixels that there are, and where the first one lies."""

    side: int
    corner: tuple[int, int]
    pixels: np.ndarray


def write(path: Path, pixels: np.ndarray, corner: tuple[int, int], grid: Grid) -> None:
    """Write these pixels, (row, column), where their upper left one lies at `corner`; the rest has no data.

    What has none takes no room in the file. A file without a number for no data must be given all its pixels.
    """
    levels = _build_levels(pixels, corner, grid)
    with ExitStack() as open_files:
        names = [open_files.enter_context(_hold(level, grid)).name for level in levels]
        with rasterio.open(_describe(names, pixels.dtype.name, grid)) as image:
            copy(
                image,
                path,
                driver="COG",
                blocksize=_BLOCK,
                compress="DEFLATE",
                predictor="YES",
                sparse_ok=grid.nodata is not None,
                overviews="FORCE_USE_EXISTING",
            )


def _build_levels(pixels: np.ndarray, corner: tuple[int, int], grid: Grid) -> list[_Level]:
    """The image and its overviews, each of half the resolution. GDAL would average a hundred million empty pixels."""
    levels = [_Level(grid.side, corner, pixels)]
    while levels[-1].side > _SMALLEST:
        levels.append(_halve(levels[-1], grid))
    return levels


def _halve(level: _Level, grid: Grid) -> _Level:
    row, column = level.corner
    height, width = level.pixels.shape
    nothing = np.nan if grid.nodata is None else grid.nodata
    margins = (row % 2, (row + height) % 2), (column % 2, (column + width) % 2)
    even = np.pad(level.pixels.astype(float), margins, constant_values=nothing)
    four = even.reshape(even.shape[0] // 2, 2, even.shape[1] // 2, 2)
    is_valid = ~np.isnan(four) & (four != nothing)
    count = is_valid.sum(axis=(1, 3))
    total = np.where(is_valid, four, 0).sum(axis=(1, 3))
    mean = total / np.maximum(count, 1)
    if np.issubdtype(level.pixels.dtype, np.integer):
        mean = np.rint(mean)
    fewer = np.where(count > 0, mean, nothing).astype(level.pixels.dtype)
    return _Level(-(-level.side // 2), (row // 2, column // 2), fewer)


def _hold(level: _Level, grid: Grid) -> MemoryFile:
    """One resolution as a file in memory; what is not written into it takes no room."""
    options = {
        "driver": "GTiff",
        "dtype": level.pixels.dtype,
        "count": 1,
        "height": level.side,
        "width": level.side,
        "nodata": grid.nodata,
        "tiled": True,
        "blockxsize": _BLOCK,
        "blockysize": _BLOCK,
        "sparse_ok": True,
        "crs": f"EPSG:{grid.epsg}",
        "transform": grid.transform,
    }
    memory = MemoryFile()
    row, column = level.corner
    height, width = level.pixels.shape
    with memory.open(**options) as file:
        file.write(level.pixels, 1, window=windows.Window(column, row, width, height))
    return memory


def _describe(names: list[str], data_type: str, grid: Grid) -> str:
    """A virtual image (GDAL's VRT) of these files: the first one, and its overviews."""
    image, *overviews = (f"<SourceFilename>{name}</SourceFilename><SourceBand>1</SourceBand>" for name in names)
    nodata = "" if grid.nodata is None else f"<NoDataValue>{grid.nodata}</NoDataValue>"
    smaller = "".join(f"<Overview>{source}</Overview>" for source in overviews)
    kind = "Point" if grid.is_point else "Area"
    return (
        f'<VRTDataset rasterXSize="{grid.side}" rasterYSize="{grid.side}"><SRS>EPSG:{grid.epsg}</SRS>'
        f"<GeoTransform>{', '.join(map(repr, grid.transform.to_gdal()))}</GeoTransform>"
        f'<Metadata><MDI key="AREA_OR_POINT">{kind}</MDI></Metadata>'
        f'<VRTRasterBand dataType="{_TYPES[data_type]}" band="1">{nodata}'
        f"<SimpleSource>{image}</SimpleSource>{smaller}</VRTRasterBand></VRTDataset>"
    )
