"""How much a recording will be, before it begins."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cdse_offline.messages import say
from cdse_offline.packs.loads import Box, WantedItem
from cdse_offline.simulation.places import JP2_TILE

if TYPE_CHECKING:
    from odc.geo.geobox import GeoBox

MARGIN = 0.003  # degrees, about 300 m: coarse grids and other projections reach a little beyond the area
SMALL = ("product_metadata", "thumbnail")  # assets that each item of a pack has, if it had them
_SMALL_BYTES = 1e5  # both of them together
_HEADER_BYTES = 1e6  # fetched of each image beside its tiles


@dataclass(frozen=True)
class Estimate:
    """How much a recording will be, about."""

    items: int
    days: int
    files: int
    requests: int
    kept: float  # bytes on disk
    fetched: float  # bytes through the network

    def __str__(self) -> str:
        return say(
            "record-estimate",
            items=self.items,
            days=self.days,
            files=self.files,
            kept=self.kept / 1e6,
            fetched=self.fetched / 1e6,
            requests=self.requests,
        )


def widen(bbox: Box) -> Box:
    """The area with its margin."""
    west, south, east, north = bbox
    return west - MARGIN, south - MARGIN, east + MARGIN, north + MARGIN


def estimate(wanted: Sequence[WantedItem]) -> Estimate:
    """From the tiles under the areas: by `file:size` where the item tells it, else one byte a pixel."""
    files, requests, kept = 0, 0.0, 0.0
    for item in wanted:
        requests += len(SMALL)
        kept += _SMALL_BYTES
        for tiles, size in _estimate_images(item):
            files += 1
            kept += tiles * size
            requests += 2 + 1.5 * tiles  # measured: 3.5 for one tile, 8 for four
    days = {item.time[:10] for item in wanted}
    return Estimate(len(wanted), len(days), files, round(requests), kept, kept + _HEADER_BYTES * files)


def _estimate_images(wanted: WantedItem) -> Iterator[tuple[int, float]]:
    """Of each image: the number of tiles under the area, and the bytes of one."""
    import odc.stac

    from cdse_access.checks.grids import mend_grid

    if not wanted.bands:
        return
    item = mend_grid(wanted.parse(), list(wanted.bands))
    parsed = odc.stac.parse_item(item)
    sources: dict[str, Any] = dict(parsed.resolve_bands(list(wanted.bands)))
    for band, source in sources.items():
        image = source.geobox
        area = odc.stac.output_geobox([parsed], [band], bbox=widen(wanted.bands[band]))
        height, width = image.shape
        tile = JP2_TILE.get(round(abs(image.resolution.x)), 1024)
        all_tiles = -(-height // tile) * -(-width // tile)
        size = item.assets[band].extra_fields.get("file:size", all_tiles * tile**2)
        yield _count_tiles(area, image, tile), size / all_tiles


def _count_tiles(area: "GeoBox | None", image: "GeoBox", tile: int) -> int:
    """How many tiles of an image lie under the area."""
    from cdse_access.jp2.wanted import find_frame

    frame = find_frame(area, image) if area is not None else None
    if frame is None:
        return 0
    left, top, right, bottom = frame[:4]
    columns = _last_tile(right, image.width, tile) - int(max(left, 0) // tile) + 1
    rows = _last_tile(bottom, image.height, tile) - int(max(top, 0) // tile) + 1
    return columns * rows


def _last_tile(edge: float, size: int, tile: int) -> int:
    return int(min(edge, size - 1) // tile)
