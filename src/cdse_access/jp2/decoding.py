"""Decoding: a tile of a JPEG 2000 file becomes a small GeoTIFF, at full size or at one of the file's reduced levels.

The decoder gets a file of the whole grid that holds this one tile: the reduced levels are those that GDAL gives of the
whole file, bit for bit.
"""

from typing import NamedTuple

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

from cdse_access.jp2.codestream import Layout, Rectangle
from cdse_access.jp2.vrt import Piece, Raster, write_vrt
from cdse_access.messages import say
from cdse_access.problems import BadData

# One thread: with more, GDAL can turn what it does not decode into zeros, without an error; and tiles of several files
# are decoded side by side already.
ONE_THREAD = {"GDAL_NUM_THREADS": "1"}
GEOTIFF = {"driver": "GTiff", "tiled": True, "blockxsize": 256, "blockysize": 256, "compress": "ZSTD", "zstd_level": 1}
DECODING_ERRORS = (RasterioError, CPLE_BaseError)


class Image(NamedTuple):
    """What a file is: its pixels, how often it can be reduced by two, where it lies."""

    layout: Layout
    levels: int
    crs: str
    transform: Affine

    def raster(self, level: int, nodata: float | None, part: Rectangle | None = None) -> Raster:
        """The image reduced `level` times, or a part of it (in its reduced pixels)."""
        layout = self.layout
        whole = Rectangle(0, 0, layout.width, layout.height).reduce(level)
        left, top, right, bottom = part or whole
        scale = Affine.scale(layout.width / whole.right, layout.height / whole.bottom)
        transform = self.transform * scale * Affine.translation(left, top)
        return Raster(right - left, bottom - top, layout.bands, layout.dtype, self.crs, transform, nodata)


def describe(data: bytes, layout: Layout, expected: GeoBox, name: str) -> Image:
    """What GDAL makes of a file's header, from the file itself or from one of a few of its tiles.

    BadData when it cannot be opened, or does not lie where the item says, by half a pixel or more: one damaged bit in
    the coordinates moves an image, and nobody would tell.
    """
    try:
        with rasterio.Env(DummySession(), **ONE_THREAD), MemoryFile(data, ext=".jp2") as memory, memory.open() as file:
            levels, found = len(file.overviews(1)), rio_geobox(file)
            wrong = _compare(found, expected)
    except (*DECODING_ERRORS, ProjError, ValueError) as error:
        wrong = str(error)
    if wrong:
        raise BadData(say("image-misplaced", name=name, what=wrong))
    assert isinstance(found, GeoBox) and expected.crs
    crs = f"EPSG:{expected.crs.epsg}" if expected.crs.epsg else expected.crs.to_wkt()
    return Image(layout, levels, crs, found.affine)


def check_place(image: Image, expected: GeoBox, name: str) -> None:
    """BadData where an image that was kept does not lie where this item says: another may have said so before."""
    shape = (image.layout.height, image.layout.width)
    told = tuple(expected.shape)
    if told != shape:
        raise BadData(say("image-changed", name=name, told=told, found=shape))
    wrong = _compare(GeoBox(shape, image.transform, image.crs), expected)
    if wrong:
        raise BadData(say("image-misplaced", name=name, what=wrong))


def _compare(found: object, expected: GeoBox) -> str:
    """What is wrong with the place of a file."""
    if not isinstance(found, GeoBox) or found.crs is None:
        return say("place-none")
    if found.crs != expected.crs:
        return say("place-other-crs", epsg=found.crs.epsg)
    shift = ~expected.affine * found.affine
    corners = ((0, 0), (expected.width, expected.height))
    apart = max(abs(a - b) for corner in corners for a, b in zip(shift * corner, corner, strict=True))
    return say("place-shifted", pixels=apart) if apart >= 0.5 else ""


def decode_tile(data: bytes, image: Image, number: int, level: int, nodata: float | None, name: str) -> bytes:
    """A GeoTIFF of one tile of this file, reduced `level` times. BadData where it cannot be decoded."""
    part = image.layout.bounds(number).reduce(level)
    raster = image.raster(level, nodata, part)
    target = Rectangle(0, 0, raster.width, raster.height)
    predictor = 2 if raster.dtype == "uint16" else 1
    try:
        with (
            rasterio.Env(DummySession(), **ONE_THREAD),
            MemoryFile(data, ext=".jp2") as source,
            MemoryFile(ext=".tif") as geotiff,
        ):
            vrt = write_vrt(raster, [Piece(source.name, part, target, level)])
            rasterio.shutil.copy(vrt, geotiff.name, predictor=predictor, **GEOTIFF)
            return bytes(geotiff.read())
    except DECODING_ERRORS as error:
        raise BadData(say("tile-broken", name=name, tile=number, error=error)) from error
