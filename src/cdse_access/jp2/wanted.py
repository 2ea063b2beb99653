"""Which files, and which pixels of them at which level, `odc.stac.load` will read."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import odc.stac
from odc.geo.geobox import GeoBox
from odc.geo.overlap import compute_reproject_roi
from odc.loader.types import RasterSource
from pystac import Item

from cdse_access.assets import IMAGES, ZERO_IS_MEANT, count_channels, is_cog, read_numbers, select_assets
from cdse_access.messages import say
from cdse_access.problems import BadInput

MARGIN = 4  # pixels of the level that is read: as far as resampling looks beyond the area
PASTED = 0.05  # pixels by which two grids may differ and yet be the same for odc-stac


class Frame(NamedTuple):
    """A part of an image in its pixels, and by how much each of these levels may be shrunk for it."""

    left: float
    top: float
    right: float
    bottom: float
    shrinks: tuple[int, ...]

    def choose_levels(self, levels: int) -> set[int]:
        """The levels that odc-stac reads of an image that has so many: reduced as far as the result allows."""
        return {min(shrink.bit_length() - 1, levels) for shrink in self.shrinks}


class Wanted(NamedTuple):
    """A file that will be read, as its item describes it."""

    href: str
    grid: GeoBox
    nodata: float | None
    size: int | None  # bytes, where the item tells
    version: str  # changes with the file; "" where the item tells nothing of it
    date: str
    band: str
    frame: Frame
    dtype: str | None = None  # of the numbers that odc-stac will make of it
    bands: int | None = None  # in the file
    has_classes: bool = False  # its numbers are names: a mean of them is nonsense
    scaling: tuple[float, float] = (1, 0)  # scale and offset that the item tells

    @property
    def is_cog(self) -> bool:
        return is_cog(self.href)

    @property
    def has_rim(self) -> bool:
        """Does it show a surface that ends, where 0 begins? Reduced levels mix the two there."""
        is_surface = self.dtype != "uint8" and not self.band.startswith(ZERO_IS_MEANT)
        return is_surface and self.nodata is not None and not self.is_cog

    def name_kept(self, version: str) -> str:
        """The version of the file and what is made of it: without its rim, with classes, it is kept apart.

        Of what was kept as "rim" some tiles still have theirs.
        """
        made = {"no-rim": self.has_rim, "classes": self.has_classes}
        return " ".join([version, *(name for name, is_so in made.items() if is_so)])


def find_wanted(items: Iterable[Item], bands: Sequence[str], **area: Any) -> list[Wanted]:
    """The images on S3 under this area, band by band: what is learned of one helps with the next.

    area: as for `odc.stac.output_geobox`; with `use_overviews=False` only full pixels are read. BadInput without one.
    """
    items = [select_assets(item, bands) for item in items]
    use_overviews = area.pop("use_overviews", True)
    parsed = [odc.stac.parse_item(item) for item in items]
    geobox = odc.stac.output_geobox(parsed, bands, **area) if area else None
    if geobox is None:
        raise BadInput(say("fetch-area"))
    frames: dict[GeoBox, Frame | None] = {}
    found: dict[str, Wanted] = {}
    for band in bands:
        for item, one in zip(items, parsed, strict=True):
            source = one.resolve_bands([band])[band]
            if not isinstance(source, RasterSource) or not _is_image_on_s3(source):
                continue
            grid = source.geobox
            if not isinstance(grid, GeoBox):
                continue
            if grid not in frames:
                frames[grid] = find_frame(geobox, grid, use_overviews)
            if frame := frames[grid]:
                found[source.uri] = _describe(item, band, source, grid, frame)
    return list(found.values())


def _is_image_on_s3(source: RasterSource) -> bool:
    return source.uri.startswith("s3://") and source.uri.endswith(IMAGES)


def _describe(item: Item, band: str, source: RasterSource, grid: GeoBox, frame: Frame) -> Wanted:
    told = _find_fields(item, source.uri)
    size = told.get("file:size")
    known = [str(value) for value in (size, told.get("file:checksum"), told.get("updated")) if value is not None]
    nodata = source.meta.nodata if source.meta else None
    dtype = source.meta.data_type if source.meta else None
    version = " ".join(known)
    has_classes = "classification:classes" in told or band.startswith("SCL")
    bands = max(1, count_channels(told))
    wanted = Wanted(source.uri, grid, nodata, size, version, str(item.datetime), band, frame, dtype, bands, has_classes)
    if not wanted.is_cog:
        return wanted
    scale = told.get("raster:scale", 1)
    offset = told.get("raster:offset", 0)
    numbers = read_numbers(item, band)  # odc-stac takes a type for granted
    return wanted._replace(
        dtype=numbers.get("data_type"),
        scaling=(scale, offset),
    )


def _find_fields(item: Item, href: str) -> dict[str, Any]:
    """What the item says of a file, or of itself."""
    asset = next((asset.extra_fields for asset in item.assets.values() if asset.href == href), {})
    return {"updated": item.properties.get("updated")} | asset


def find_frame(area: GeoBox, image: GeoBox, use_overviews: bool = True) -> Frame | None:
    """What will be read of this image for this area; None if they do not meet."""
    shrinks = _find_shrinks(area, image)
    window = compute_reproject_roi(image, area, ttol=PASTED)
    if window.paste_ok and window.read_shrink == 1:
        rows, columns = window.roi_src
        frame = Frame(columns.start, rows.start, columns.stop - 1, rows.stop - 1, (1,))
    else:
        margin = MARGIN * max(shrinks)
        assert image.crs
        bounds = image.project(area.footprint(image.crs, buffer=MARGIN)).boundingbox.buffered(margin)
        levels = tuple(sorted(shrinks)) if use_overviews else (1,)
        frame = Frame(bounds.left, bounds.bottom, bounds.right, bounds.top, levels)
    meets = frame.left < image.width and frame.top < image.height and min(frame.right, frame.bottom) >= 0
    return frame if meets and frame.left <= frame.right and frame.top <= frame.bottom else None


def _find_shrinks(area: GeoBox, image: GeoBox) -> set[int]:
    """By how much pixels are shrunk, somewhere in the area: in another projection not everywhere alike."""
    height, width = area.shape
    rows, columns = {0, height // 2, height - 1}, {0, width // 2, width - 1}
    corners = [area[row : row + 1, column : column + 1] for row in rows for column in columns]
    parts = [area] if area.crs == image.crs else [area, *corners]
    found = {compute_reproject_roi(image, part).read_shrink for part in parts}
    return set(range(min(found), max(found) + 1))
