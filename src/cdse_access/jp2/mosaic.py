"""What is kept of an image: its tiles as GeoTIFFs, and virtual rasters of the whole grid over them.

A virtual raster is named by its content and never changes, so that it may be open while another area is fetched. Its
overviews are those of the JPEG 2000 file. A level of which no tile was decoded refers to a file that does not exist:
reading it is an error, not zeros.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from rasterio import Affine

from cdse_access.jp2.cache import Folder
from cdse_access.jp2.codestream import Layout, Rectangle
from cdse_access.jp2.decoding import Image
from cdse_access.jp2.vrt import Piece, find_sources, write_vrt

NOT_DECODED = "not-decoded.tif"
Tiles = Mapping[int, Collection[int]]  # by level, the numbers of the tiles that are wanted


def keep_image(folder: Folder, image: Image, etag: str) -> None:
    """Keep what is known of a file, so that its kept tiles can be used without asking for it again.

    What was known of an older version is dropped, so that its tiles are not used again: else either could be found.
    """
    for older in folder.find_all("image."):
        folder.remove(older)
    document = image._replace(transform=tuple(image.transform)[:6])
    folder.keep(f"image.{etag}", ".json", json.dumps(document).encode())


def find_images(folder: Folder) -> dict[str, Image]:
    """What is known of the file, by ETag; two versions only where two processes have met them at one time."""
    found = {}
    for path in folder.find_all("image."):
        try:
            layout, levels, crs, transform, overviews, nodata = json.loads(path.read_bytes())
            reduced = tuple(Layout(*overview) for overview in overviews)
            image = Image(Layout(*layout), levels, crs, Affine(*transform), reduced, nodata)
        except (ValueError, TypeError):  # changed since it was checked: with its time set back, that is not seen
            folder.remove(path)
            continue
        etag = path.name.removeprefix("image.").partition("-")[0]
        found[etag] = image
    return found


def keep_tile(folder: Folder, etag: str, level: int, number: int, geotiff: bytes) -> None:
    """Keep a decoded tile."""
    folder.keep(_name_tile(etag, level, number), ".tif", geotiff)


def find_tile(folder: Folder, etag: str, level: int, number: int) -> Path | None:
    """A kept tile; None if there is none, or if it was damaged."""
    return folder.find(_name_tile(etag, level, number))


def _name_tile(etag: str, level: int, number: int) -> str:
    return f"tile.{etag}.{level}.{number}"


def keep_mosaic(folder: Folder, image: Image, etag: str, tiles: Tiles, nodata: float | None) -> Path:
    """The virtual raster of the whole grid that has these tiles, which must be kept, at these levels."""
    overviews: list[str] = []
    for level in range(image.levels, 0, -1):
        overviews.insert(0, _keep_level(folder, image, etag, tiles, level, nodata, []).name)
    return _keep_level(folder, image, etag, tiles, 0, nodata, overviews)


def _keep_level(
    folder: Folder, image: Image, etag: str, tiles: Tiles, level: int, nodata: float | None, overviews: list[str]
) -> Path:
    raster = image.raster(level, nodata)
    whole = Rectangle(0, 0, raster.width, raster.height)
    pieces = [Piece(NOT_DECODED, whole, whole, beside=True)]
    if level in tiles:
        pieces = [_place_tile(folder, image, etag, level, number) for number in sorted(tiles[level])]
        if nodata is None:
            pieces += _place_holes(image, level, tiles[level])
    vrt = write_vrt(raster, pieces, overviews)
    return folder.keep(f"level{level}", ".vrt", vrt.encode())


def _place_tile(folder: Folder, image: Image, etag: str, level: int, number: int) -> Piece:
    path = find_tile(folder, etag, level, number)
    if path is None:
        raise FileNotFoundError(f"tile {number} of level {level} is not kept in {folder.path}")
    target = image.bounds(number, level)
    source = Rectangle(0, 0, target.right - target.left, target.bottom - target.top)
    return Piece(path.name, source, target, beside=True)


def _place_holes(image: Image, level: int, kept: Collection[int]) -> Iterator[Piece]:
    """The tiles that are not kept, where no number says so: reading them is an error, for 0 would be a value."""
    for number in range(image.layout_at(level).tile_count):
        if number not in kept:
            target = image.bounds(number, level)
            source = Rectangle(0, 0, target.right - target.left, target.bottom - target.top)
            yield Piece(NOT_DECODED, source, target, beside=True)


def list_files(path: Path) -> Iterator[Path]:
    """A virtual raster, the tiles in it, and those of its overviews; read as they are asked for."""
    yield path
    for name in find_sources(path.read_text(encoding="utf-8")):
        if name == NOT_DECODED:
            continue
        beside = path.with_name(name)
        if beside.suffix == path.suffix:
            yield from list_files(beside)
        else:
            yield beside
