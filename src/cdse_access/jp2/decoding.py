"""Decoding: a tile of an image becomes a small GeoTIFF, at full size or at one of the file's reduced levels.

Of JPEG 2000 the decoder gets a file of the whole grid that holds this one tile: the reduced levels are those that GDAL
gives of the whole file, bit for bit.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import rasterio
import rasterio.shutil
from odc.geo.converters import rio_geobox
from odc.geo.geobox import GeoBox
from pyproj.exceptions import ProjError
from rasterio import Affine
from rasterio._err import CPLE_BaseError  # GDAL's own errors have no public name in rasterio
from rasterio.errors import RasterioError
from rasterio.io import MemoryFile
from rasterio.session import DummySession
from scipy.ndimage import minimum_filter

from cdse_access.jp2.agreement import compare_places
from cdse_access.jp2.codestream import Layout, Rectangle
from cdse_access.jp2.vrt import Piece, Raster, write_vrt
from cdse_access.messages import say
from cdse_access.problems import BadData

# One thread: with more, GDAL can turn what it does not decode into zeros, without an error; and tiles of several files
# are decoded side by side already.
ONE_THREAD = {"GDAL_NUM_THREADS": "1"}
GEOTIFF = {"driver": "GTiff", "tiled": True, "blockxsize": 256, "blockysize": 256, "compress": "ZSTD", "zstd_level": 1}
PREDICTORS = {"uint16": 2, "int16": 2, "float32": 3}  # by the type of numbers; others are kept as they are
DARK = 1000  # DN of a surface that reflects nothing; where a mixture with 0 weighs, it is darker
REACH = 2  # pixels to each side that the filter of lossless files, 5-3, mixes
DECODING_ERRORS = (RasterioError, CPLE_BaseError)


Pixels = np.ndarray[Any, Any]  # (band, y, x)


class Image(NamedTuple):
    """What a file is: its pixels, how often it can be reduced by two, where it lies.

    overviews: the reduced levels of a file that has tiles of its own for each; nodata: what the file says of itself.
    """

    layout: Layout
    levels: int
    crs: str
    transform: Affine
    overviews: tuple[Layout, ...] = ()
    nodata: float | None = None

    @property
    def geobox(self) -> GeoBox:
        return GeoBox((self.layout.height, self.layout.width), self.transform, self.crs)

    def layout_at(self, level: int) -> Layout:
        """How the tiles of this level lie: those of the whole image, where it is these that are reduced."""
        return self.overviews[level - 1] if self.overviews and level else self.layout

    def whole(self, level: int) -> Rectangle:
        """All pixels of the image reduced `level` times."""
        layout = self.layout_at(level)
        whole = Rectangle(0, 0, layout.width, layout.height)
        return whole if self.overviews else whole.reduce(level)

    def bounds(self, number: int, level: int) -> Rectangle:
        """The pixels of a tile in the image reduced `level` times."""
        bounds = self.layout_at(level).bounds(number)
        return bounds if self.overviews else bounds.reduce(level)

    def tiles_under(self, frame: Sequence[float], level: int) -> set[int]:
        """Numbers of the tiles at this level that lie under a frame, in pixels of the whole image."""
        layout = self.layout_at(level)
        across = layout.width / self.layout.width
        down = layout.height / self.layout.height
        left, top, right, bottom = frame
        return layout.tiles_under(left * across, top * down, right * across, bottom * down)

    def raster(self, level: int, nodata: float | None, part: Rectangle | None = None) -> Raster:
        """The image reduced `level` times, or a part of it (in its reduced pixels)."""
        layout = self.layout
        whole = self.whole(level)
        left, top, right, bottom = part or whole
        scale = Affine.scale(layout.width / whole.right, layout.height / whole.bottom)
        transform = self.transform * scale * Affine.translation(left, top)
        return Raster(right - left, bottom - top, layout.bands, layout.dtype, self.crs, transform, nodata)


def describe(data: bytes, layout: Layout, expected: GeoBox, name: str) -> Image:
    """What GDAL makes of a file's header, from the file itself or from one of a few of its tiles.

    BadData when it cannot be opened, or does not lie where the item says: one damaged bit in the coordinates moves an
    image, and nobody would tell.
    """
    try:
        with rasterio.Env(DummySession(), **ONE_THREAD), MemoryFile(data, ext=".jp2") as memory, memory.open() as file:
            levels, found = len(file.overviews(1)), rio_geobox(file)
            wrong = compare_places(found, expected)
    except (*DECODING_ERRORS, ProjError, ValueError) as error:
        wrong = str(error)
    if wrong:
        raise BadData(say("image-misplaced", name=name, what=wrong))
    assert isinstance(found, GeoBox)
    return Image(layout, levels, name_projection(expected), found.affine)


def name_projection(grid: GeoBox) -> str:
    """The projection of a grid as virtual rasters take it."""
    assert grid.crs is not None
    code = grid.crs.epsg
    return f"EPSG:{code}" if code else grid.crs.to_wkt()


def decode_tile(data: bytes, image: Image, number: int, level: int, nodata: float | None, name: str) -> bytes:
    """A GeoTIFF of one tile of this file, reduced `level` times. BadData where it cannot be decoded."""
    with MemoryFile(data, ext=".jp2") as source:
        return copy_tile(source.name, image, number, level, nodata, name)


def copy_tile(source: str, image: Image, number: int, level: int, nodata: float | None, name: str) -> bytes:
    """A GeoTIFF of one tile of what GDAL finds under `source`. BadData where it cannot be decoded."""
    part = image.bounds(number, level)
    raster = image.raster(level, nodata, part)
    target = Rectangle(0, 0, raster.width, raster.height)
    try:
        with rasterio.Env(DummySession(), **ONE_THREAD), MemoryFile(ext=".tif") as geotiff:
            vrt = write_vrt(raster, [Piece(source, part, target, level)])
            rasterio.shutil.copy(vrt, geotiff.name, predictor=PREDICTORS.get(raster.dtype, 1), **GEOTIFF)
            return bytes(geotiff.read())
    except DECODING_ERRORS as error:
        raise BadData(say("tile-broken", name=name, tile=number, error=error)) from error


def mask_rim(geotiff: bytes, data: bytes, image: Image, number: int, level: int, name: str) -> bytes:
    """The same reduced tile, with 0 where a pixel is made of data and of no data: no file holds what it shows."""
    pixels = _read(geotiff)
    if pixels.min() >= DARK or not pixels.any():
        return geotiff
    full = decode_tile(data, image, number, 0, None, name)
    bounds = image.layout.bounds(number)
    whole = _reduce_mask(_read(full) > 0, bounds, level)
    masked = np.where(whole, pixels, 0)
    return _replace_pixels(geotiff, masked)


def _replace_pixels(geotiff: bytes, pixels: Pixels) -> bytes:
    """Written anew: bytes that are opened to be changed cannot grow, and GDAL keeps the old ones without an error."""
    with rasterio.Env(DummySession(), **ONE_THREAD):
        with MemoryFile(geotiff, ext=".tif") as memory, memory.open() as tile:
            profile = tile.profile | GEOTIFF
        predictor = PREDICTORS.get(profile["dtype"], 1)
        with MemoryFile(ext=".tif") as memory:
            with memory.open(**profile, predictor=predictor) as changed:
                changed.write(pixels)
            return bytes(memory.read())


def _read(geotiff: bytes) -> Pixels:
    with MemoryFile(geotiff, ext=".tif") as memory, memory.open() as file:
        pixels: Pixels = file.read()
        return pixels


def _reduce_mask(mask: Pixels, bounds: Rectangle, level: int) -> Pixels:
    """Where all is True that the filter of the levels mixes into a reduced pixel; it mirrors what it lacks at an edge.

    Each level takes two pixels to each side, of those of the level before.
    """
    reach = REACH * (2**level - 1)
    whole: Pixels = minimum_filter(mask, size=(1, 2 * reach + 1, 2 * reach + 1), mode="mirror")
    step = 2**level
    return whole[:, -bounds.top % step :: step, -bounds.left % step :: step]
