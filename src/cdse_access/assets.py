"""Items with fewer assets: odc-stac parses all fifty of them, each time it is asked."""

from collections.abc import Collection, Mapping
from copy import copy
from typing import Any

from pystac import Item

ZERO_IS_MEANT = ("AOT", "WVP", "CLD", "SNW")  # aerosol and water vapour, probabilities of cloud and snow


def count_channels(fields: Mapping[str, Any]) -> int:
    """How many bands an asset says that its file has; of several odc-stac reads the first, without a word."""
    counts = []
    for name in ("bands", "eo:bands", "raster:bands"):
        listed = fields.get(name) or []
        counts.append(len(listed))
    return max(counts)


def select_assets(item: Item, names: Collection[str]) -> Item:
    """The same item with these assets only; the item itself where it has not all of them."""
    if not all(name in item.assets for name in names):
        return item
    selected = copy(item)
    selected.assets = {name: item.assets[name] for name in names}
    return selected
