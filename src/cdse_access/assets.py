"""Items with fewer assets: odc-stac parses all fifty of them, each time it is asked."""

from collections.abc import Collection, Mapping
from copy import copy
from typing import Any

from pystac import Item

NUMBERS = ("data_type", "nodata")
LISTS = ("raster:bands", "bands")  # of a file's bands: what stands there holds against what stands beside it
COGS = (".tif", ".tiff")
IMAGES = (".jp2", *COGS)  # the files that are read, by the end of their names
ZERO_IS_MEANT = ("AOT", "WVP", "CLD", "SNW")  # aerosol and water vapour, probabilities of cloud and snow


def count_channels(fields: Mapping[str, Any]) -> int:
    """How many bands an asset says that its file has; of several odc-stac reads the first, without a word."""
    counts = []
    for name in ("bands", "eo:bands", "raster:bands"):
        listed = fields.get(name) or []
        counts.append(len(listed))
    return max(counts)


def is_cog(href: str) -> bool:
    """Is it a GeoTIFF? Else it is one of Sentinel-2's own files, JPEG 2000."""
    return href.endswith(COGS)


def read_numbers(item: Item, band: str) -> dict[str, Any]:
    """`data_type` and `nodata` of a band's file, as far as the item says them, wherever it does."""
    fields = item.assets[band].extra_fields
    places = [item.properties, fields]
    for name in LISTS:
        places.extend((fields.get(name) or [])[:1])
    told: dict[str, Any] = {}
    for place in places:
        told |= {name: place[name] for name in NUMBERS if place.get(name) is not None}
    return told


def select_assets(item: Item, names: Collection[str]) -> Item:
    """The same item with these assets only; the item itself where it has not all of them."""
    if not all(name in item.assets for name in names):
        return item
    selected = copy(item)
    selected.assets = {name: item.assets[name] for name in names}
    return selected
