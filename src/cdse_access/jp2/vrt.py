"""Virtual rasters: a few lines of XML that GDAL reads as an image of pieces of other files.

Source: GDAL, Virtual File Format (https://gdal.org/en/stable/drivers/raster/vrt.html).
"""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape, unescape

from rasterio import Affine

from cdse_access.jp2.codestream import Rectangle

TYPES = {  # by the names that numpy and STAC share
    "uint8": "Byte",
    "int8": "Int8",
    "uint16": "UInt16",
    "int16": "Int16",
    "uint32": "UInt32",
    "int32": "Int32",
    "float32": "Float32",
    "float64": "Float64",
}


class Raster(NamedTuple):
    """What a virtual raster is, apart from its pixels; `nodata` None: every value is data."""

    width: int
    height: int
    bands: int
    dtype: str
    crs: str
    transform: Affine
    nodata: float | None


class Piece(NamedTuple):
    """The pixels `source` of a file, and where they go; `level`: those of the file's image reduced so many times."""

    path: str
    source: Rectangle
    target: Rectangle
    level: int = 0
    beside: bool = False  # the path begins where the virtual raster lies


def write_vrt(raster: Raster, pieces: Iterable[Piece], overviews: Sequence[str] = ()) -> str:
    """A virtual raster of these pieces, 0 elsewhere; `overviews`: files beside it, each reduced by two once more."""
    pieces = list(pieces)
    bands = "".join(_write_band(raster, band, pieces, overviews) for band in range(1, raster.bands + 1))
    geotransform = ", ".join(repr(number) for number in raster.transform.to_gdal())
    return (
        f'<VRTDataset rasterXSize="{raster.width}" rasterYSize="{raster.height}">\n'
        f"<SRS>{escape(raster.crs)}</SRS>\n<GeoTransform>{geotransform}</GeoTransform>\n{bands}</VRTDataset>\n"
    )


def find_sources(vrt: str) -> list[str]:
    """The files that a virtual raster refers to, each once: names beside it."""
    names = re.findall(r'<SourceFilename relativeToVRT="1">([^<]*)<', vrt)
    return [unescape(name) for name in dict.fromkeys(names)]


def _write_band(raster: Raster, band: int, pieces: Sequence[Piece], overviews: Sequence[str]) -> str:
    nodata = "" if raster.nodata is None else f"<NoDataValue>{raster.nodata:.17g}</NoDataValue>\n"
    sources = "".join(_write_source(raster, band, piece) for piece in pieces)
    levels = "".join(
        f"<Overview>{_write_path(path, beside=True)}<SourceBand>{band}</SourceBand></Overview>\n" for path in overviews
    )
    dtype = TYPES[raster.dtype]
    return f'<VRTRasterBand dataType="{dtype}" band="{band}">\n{nodata}{sources}{levels}</VRTRasterBand>\n'


def _write_source(raster: Raster, band: int, piece: Piece) -> str:
    level = f'<OpenOptions><OOI key="OVERVIEW_LEVEL">{piece.level - 1}</OOI></OpenOptions>' if piece.level else ""
    # The properties of a kept tile spare GDAL opening it where no pixel of it is asked for.
    size = f'RasterXSize="{piece.source.right}" RasterYSize="{piece.source.bottom}"'
    properties = f'<SourceProperties {size} DataType="{TYPES[raster.dtype]}" BlockXSize="256" BlockYSize="256"/>'
    return (
        f"<SimpleSource>{_write_path(piece.path, piece.beside)}{level}<SourceBand>{band}</SourceBand>"
        f"{properties if piece.beside else ''}"
        f"{_write_rectangle('SrcRect', piece.source)}{_write_rectangle('DstRect', piece.target)}</SimpleSource>\n"
    )


def _write_path(path: str, beside: bool) -> str:
    return f'<SourceFilename relativeToVRT="{int(beside)}">{escape(path)}</SourceFilename>'


def _write_rectangle(name: str, pixels: Rectangle) -> str:
    width, height = pixels.right - pixels.left, pixels.bottom - pixels.top
    return f'<{name} xOff="{pixels.left}" yOff="{pixels.top}" xSize="{width}" ySize="{height}"/>'
