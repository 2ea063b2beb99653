"""Items before a load: bands, addresses and grids that can be read, and of each acquisition the newest version."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from itertools import chain
from typing import Any

import odc.stac
from odc.stac import ParsedItem
from pystac import Asset, Item
from shapely import Point, box, make_valid, union_all
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from cdse_access.messages import say
from cdse_access.problems import BadInput
from cdse_access.telling import tell

Bands = Sequence[str]
Resampling = str | dict[str, str] | None  # one for all bands, or one each
Version = tuple[str, str, str]
Overpass = tuple[Any, ...]

ARCHIVE = "s3://eodata/"
GRID = ("proj:code", "proj:shape", "proj:transform")
WINDOW = "cdse_offline:window"  # the only place where a simulated scene has pixels
SLIVER = 0.05  # of an item's area; less than that is no part of its own
FOR_CLASSES = (None, "nearest", "mode")  # resampling that makes no new classes


def check_items(items: Sequence[Item], bands: Bands, resampling: Resampling = None) -> None:
    """Look at what odc-stac would leave out or read wrongly. Errors: BadInput that names the item and the cure."""
    if not items:
        raise BadInput(say("no-items"))
    collections = sorted({str(item.collection_id) for item in items})
    if len(collections) > 1:
        raise BadInput(say("items-collections", collections=", ".join(collections)))
    for item in items:
        if find_footprint(item).is_empty:
            raise BadInput(say("item-geometry", item=item.id))
        for band in bands:
            check_band(item, band)
            _check_resampling(item, band, resampling)


def check_band(item: Item, band: str) -> None:
    """Does this item have this band, at an address and on a grid that can be read?"""
    if band not in item.assets:
        offered = ", ".join(suggest_bands(item, band))
        raise BadInput(say("band-missing", item=item.id, band=band, offered=offered))
    href = item.assets[band].href
    if not _is_safe(href):
        raise BadInput(say("band-address", item=item.id, band=band, href=href))
    fields = item.properties | item.assets[band].extra_fields
    lacking = [name for name in GRID if not fields.get(name)]
    if lacking:
        raise BadInput(say("band-grid", item=item.id, band=band, lacking=", ".join(lacking)))


def _is_safe(href: str) -> bool:
    """An image of the archive; with others GDAL may read files of this machine, any page, or a VRT that leads on."""
    is_image = href.startswith(ARCHIVE) and href.endswith(".jp2")
    is_plain = href.isprintable() and not set(href) & set("?#%\\ ")
    return is_image and is_plain and ".." not in href


def suggest_bands(item: Item, band: str) -> list[str]:
    """Names like the one that was written: `B04` and `red` are `B04_10m`, …; all of them where none is alike."""
    images = [name for name, asset in item.assets.items() if asset.href.endswith(".jp2")]
    wanted = band.lower()
    same = [name for name in images if _is_resolution_of(wanted, name)]
    called = [name for name in images if _list_common_names(item.assets[name]) == {wanted}]
    alike = get_close_matches(band, images, 3, 0.7)
    return same or called or alike or images


def _is_resolution_of(wanted: str, band: str) -> bool:
    """Are both one band, whatever is said of its resolution?"""
    name, other = wanted.split("_")[0], band.lower().split("_")[0]
    return name == other


def _list_common_names(asset: Asset) -> set[str]:
    """What a band's colours are called: `red`."""
    names = {band.get("eo:common_name") for band in asset.extra_fields.get("bands", [])}
    return names - {None}


def _check_resampling(item: Item, band: str, resampling: Resampling) -> None:
    has_classes = "classification:classes" in item.assets[band].extra_fields
    chosen = choose_for_band(resampling, band)
    if has_classes and chosen not in FOR_CLASSES:
        raise BadInput(say("band-classes", band=band, resampling=chosen))


def choose_for_band(setting: Any, band: str) -> Any:
    """What an argument of `odc.stac.load` says of a band: one value for all, or a dict where `*` means the others."""
    if isinstance(setting, dict):
        return setting.get(band, setting.get("*"))
    return setting


# -- versions of one acquisition ---------------------------------------------


def choose_newest(items: Sequence[Item]) -> list[Item]:
    """Leave out items that a newer version of the same acquisition covers, and print their names; the order stays."""
    kept: dict[Overpass, list[Item]] = {}
    for item in sorted(items, key=_read_version, reverse=True):
        newer = kept.setdefault(_find_overpass(item), [])
        if not newer or not _is_covered(item, newer):
            newer.append(item)
    chosen = {id(item) for item in chain(*kept.values())}
    dropped = [item.id for item in items if id(item) not in chosen]
    if dropped:
        names = ", ".join(dropped)
        tell(say("items-dropped", number=len(dropped), items=names))
    return [item for item in items if id(item) in chosen]


def _is_covered(item: Item, others: Iterable[Item]) -> bool:
    """An acquisition is sometimes delivered in two, each a part of the tile: neither covers the other."""
    outline = find_footprint(item)
    covered = union_all([find_footprint(other) for other in others])
    rest = outline.difference(covered)
    return bool(rest.area <= SLIVER * outline.area)


def _read_version(item: Item) -> Version:
    baseline = item.properties.get("processing:version", "")
    made = item.properties.get("processing:datetime", "")
    return baseline, made, item.id


def _find_overpass(item: Item) -> Overpass:
    """Items are of one acquisition where tile, satellite and second are the same."""
    tile = item.properties.get("grid:code", item.id)
    satellite = item.properties.get("platform")
    second = item.datetime and item.datetime.replace(microsecond=0)
    return tile, satellite, second


# -- what odc-stac makes of them ---------------------------------------------


def parse_item(item: Item) -> ParsedItem:
    """As `odc.stac.parse_item`. Errors: BadInput that names the item."""
    try:
        return odc.stac.parse_item(item)
    except (ValueError, KeyError, TypeError, RuntimeError) as error:
        raise BadInput(say("item-unreadable", item=item.id, error=error)) from error


def find_zones(parsed: Sequence[ParsedItem], bands: Bands) -> dict[str, str]:
    """The projections of the items' grids, each with the first item that has it. Errors: BadInput without a grid."""
    found: dict[str, str] = {}
    for item in parsed:
        sources = item.resolve_bands(bands)
        for band in bands:
            geobox = getattr(sources.get(band), "geobox", None)
            if geobox is None:
                raise BadInput(say("item-projection", item=item.id))
            found.setdefault(str(geobox.crs), item.id)
    return found


def find_footprint(item: Item) -> BaseGeometry:
    """The item's geometry in degrees, valid; empty where it has none."""
    return make_valid(shape(item.geometry)) if item.geometry else Point()


def find_outline(item: Item) -> BaseGeometry:
    """Where an item promises pixels, in degrees."""
    footprint = find_footprint(item)
    window = item.properties.get(WINDOW)
    return footprint.intersection(box(*window)) if window else footprint
