"""Items before a load: bands, addresses and grids that can be read, and of each acquisition the newest version."""

import re
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from datetime import UTC, date, datetime
from difflib import get_close_matches
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import odc.stac
import shapely
from odc.geo.geobox import GeoBox
from odc.stac import ParsedItem
from pystac import Asset, Item
from pystac.utils import str_to_datetime
from pystac_client import ItemSearch
from shapely import Point, box, make_valid, union_all
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from cdse_access import features
from cdse_access.assets import IMAGES, count_channels, is_cog, read_numbers, select_assets
from cdse_access.checks.grids import find_wrong_grid, mend_grid
from cdse_access.checks.values import NUMBERS
from cdse_access.messages import say
from cdse_access.problems import BadInput
from cdse_access.telling import tell

Bands = Sequence[str]
Version = tuple[str, str, str]
Overpass = tuple[Any, ...]
Places = np.ndarray[Any, Any]  # longitudes and latitudes, in two columns

ARCHIVE = "s3://eodata/"
WINDOW = "cdse_offline:window"  # the only place where a simulated scene has pixels
FILE = re.compile(r"T\d\d[A-Z]{3}_(\d{8}T\d{6})_(\w+)\.jp2")
# A GeoTIFF lies in the folder of its item, under the name of the band or of the item.
FOLDER = re.compile(r"/((?:Sentinel-\d|Copernicus)_\w+)/([^/]+)\.tiff?$")
SURFACE = re.compile(r"(B\d\d|B8A|SCL)(_|$)")  # bands in which Sentinel-2 writes 0 where it saw none
PRODUCT = re.compile(r"S2._MSIL\w\w_(\d{8}T\d{6})_")
SLIVER = 0.05  # of an item's area; less than that is no part of its own
FOR_CLASSES = (None, "nearest", "mode")  # resampling that makes no new classes


def list_items(items: Any) -> list[Item]:
    """The items of a list, a search, an ItemCollection or a generator. Errors: BadInput where they are none."""
    if isinstance(items, ItemSearch):
        items = items.items()
    is_one = isinstance(items, Item | str | bytes | dict)
    if is_one or not isinstance(items, Iterable):
        raise BadInput(say("items-list", kind=type(items).__name__))
    listed = list(items)
    for item in listed:
        if not isinstance(item, Item):
            raise BadInput(say("items-strange", kind=type(item).__name__))
        if not _has_parts(item):
            raise BadInput(say("item-unreadable", item=item.id, error="properties, assets, datetime"))
    if not listed:
        raise BadInput(say("no-items"))
    return listed


def _has_parts(item: Item) -> bool:
    """Are the parts of the item those that pystac makes? People put in others; what is in them is looked at later."""
    mappings: list[Any] = [item.properties, item.assets]
    if not all(isinstance(one, dict) for one in mappings):
        return False
    is_whole = all(isinstance(one, Asset) and isinstance(one.extra_fields, dict) for one in item.assets.values())
    return is_whole and isinstance(item.datetime, date | None)


def read_bands(bands: Any) -> list[str]:
    """The names of bands, each once. Errors: BadInput where it is no list of names."""
    is_text = isinstance(bands, str | bytes)
    is_list = isinstance(bands, Sequence | np.ndarray)
    if is_text or not is_list or not len(bands):
        raise BadInput(say("bands-list", bands=bands))
    if not all(isinstance(band, str) for band in bands):
        raise BadInput(say("bands-list", bands=bands))
    return list(dict.fromkeys(map(str, bands)))


class Allowed(NamedTuple):
    """What is no fault where files are only fetched or copied."""

    colours: bool = False  # pictures of several channels
    elsewhere: bool = False  # files that are no images of the archive


def find_wrong_items(items: Sequence[Item], bands: Bands, allowed: Allowed) -> dict[int, list[str]]:
    """What odc-stac would leave out or read wrongly: of items that cannot be loaded, by their place, all faults."""
    collections = sorted({str(item.collection_id) for item in items})
    if len(collections) > 1:
        raise BadInput(say("items-collections", collections=", ".join(collections)))
    found: dict[int, list[str]] = {}
    for number, item in enumerate(items):
        faults = _find_faults(item, bands, allowed)
        if faults:
            found[number] = faults
    return found


def list_wrong(items: Sequence[Item], found: Mapping[int, Iterable[str]]) -> list[str]:
    """Each fault once: of the first item that has it, with the names of the others where it is not that of all."""
    names: dict[str, list[str]] = {}
    first: dict[str, str] = {}
    for number, faults in found.items():
        name = str(items[number].id)
        for fault in faults:
            kind = fault.replace(name, "")
            first.setdefault(kind, fault)
            names.setdefault(kind, []).append(name)
    return [_name_others(fault, names[kind][1:], len(items)) for kind, fault in first.items()]


def _name_others(fault: str, others: Sequence[str], total: int) -> str:
    if not others or len(others) == total - 1:
        return fault
    return say("fault-others", fault=fault, items=", ".join(others))


def leave_out(items: Sequence[Item], odd: Mapping[int, Iterable[str]]) -> list[Item]:
    """The items without the odd ones, which are named. Errors: BadInput where none is left."""
    faults = list_wrong(items, odd)
    if len(odd) == len(items):
        raise BadInput("\n".join(faults))
    if odd:
        tell(say("items-odd", number=len(odd), faults=" ".join(faults)))
    return [item for number, item in enumerate(items) if number not in odd]


def _find_faults(item: Item, bands: Bands, allowed: Allowed) -> list[str]:
    faults = features.find_faults(_describe(item, bands))
    if faults:
        return [say("item-faults", item=item.id, faults=features.list_faults(faults))]
    if not (item.datetime or item.properties.get("start_datetime")):
        return [say("item-time", item=item.id)]
    if find_footprint(item).is_empty:
        return [say("item-geometry", item=item.id)]
    wrong: list[str] = []
    for band in bands:
        wrong += _find_band_faults(item, band, allowed)
    return wrong or _find_reading_fault(item, bands)


def _find_reading_fault(item: Item, bands: Bands) -> list[str]:
    try:
        parsed = parse_item(select_assets(mend_grid(item, bands), bands))
    except BadInput as error:
        return [str(error)]
    sources = parsed.resolve_bands(bands)
    wrong: list[str] = []
    for band in bands:
        geobox = getattr(sources.get(band), "geobox", None)
        if isinstance(geobox, GeoBox) and not _is_on_earth(geobox):
            wrong.append(say("band-nowhere", item=item.id, band=band, code=geobox.crs))
    return wrong


@lru_cache(1000)
def _is_on_earth(geobox: GeoBox) -> bool:
    """Can it be said where the grid lies, in degrees? Beyond their projection grids raise errors of many kinds."""
    try:
        extent = geobox.extent.to_crs("EPSG:4326")
        west, south, east, north = extent.boundingbox
    except Exception:  # noqa: BLE001 - of pyproj, shapely and odc-geo
        return False
    return -360 <= west < east <= 360 and -90 <= south < north <= 90


def _describe(item: Item, bands: Bands) -> dict[str, Any]:
    """What of an item will be read, as JSON has it."""
    properties = dict(item.properties)
    when = item.datetime or properties.get("start_datetime")
    properties["datetime"] = when.isoformat() if isinstance(when, datetime) else when
    assets = {}
    for band in item.assets.keys() & set(bands):
        assets[band] = _describe_asset(item.assets[band])
    return {
        "id": item.id,
        "collection": item.collection_id,
        "geometry": item.geometry,
        "bbox": item.bbox,
        "properties": properties,
        "assets": assets,
    }


def _describe_asset(asset: Asset) -> dict[str, Any]:
    return {
        **asset.extra_fields,
        "href": asset.href,
        "type": asset.media_type,
        "roles": asset.roles,
    }


def _find_band_faults(item: Item, band: str, allowed: Allowed) -> list[str]:
    """Does this item have this band, at an address and on a grid that can be read?"""
    if band not in item.assets:
        offered = ", ".join(suggest_bands(item, band))
        return [say("band-missing", item=item.id, band=band, offered=offered)]
    asset = item.assets[band]
    if not allowed.elsewhere and not _is_safe(asset.href):
        return [say("band-address", item=item.id, band=band, href=asset.href)]
    faults = _find_wrong_file(item, band)
    channels = count_channels(asset.extra_fields)
    if not allowed.colours and channels > 1:
        faults.append(say("band-colours", item=item.id, band=band, channels=channels))
    if is_cog(asset.href):
        told = read_numbers(item, band)
        unsaid = "float64"  # it is taken from the file
    else:
        told = item.properties | asset.extra_fields
        unsaid = "uint16"
    kind = told.get("data_type")
    nodata = told.get("nodata")
    if not _is_number_type(kind, nodata, unsaid):
        faults.append(say("band-type", item=item.id, band=band, kind=kind, nodata=nodata))
    return faults + find_wrong_grid(item, band)


def _find_wrong_file(item: Item, band: str) -> list[str]:
    """Files are named by tile, acquisition and band, or lie in their item's folder: is this the file of another one?"""
    href = item.assets[band].href
    name = href.rpartition("/")[2]
    if lies := FOLDER.search(href):
        folder, stem = lies.groups()
        if folder == item.id and stem in (band, item.id):
            return []
        return [say("band-file", item=item.id, band=band, name=f"{folder}/{name}")]
    told, product = FILE.fullmatch(name), PRODUCT.match(item.id)
    if not told:
        return []
    when, of_band = told.groups()
    is_own = of_band.split("_")[0] == band.split("_")[0] and (not product or product[1] == when)
    return [] if is_own else [say("band-file", item=item.id, band=band, name=name)]


def _is_number_type(name: str | None, nodata: float | str | None, unsaid: str) -> bool:
    """Is this a type of numbers that files may have, and has it the number that says no data?"""
    if name not in (None, *NUMBERS):
        return False
    kind = np.dtype(name or unsaid)
    missing = 0.0 if nodata is None else float(nodata)
    return kind.kind == "f" or bool(np.iinfo(kind).min <= missing <= np.iinfo(kind).max)


def _is_safe(href: str) -> bool:
    """An image of the archive; with others GDAL may read files of this machine, any page, or a VRT that leads on."""
    is_image = href.startswith(ARCHIVE) and href.endswith(IMAGES)
    is_plain = href.isprintable() and not set(href) & set("?#%\\ ")
    steps = href.removeprefix(ARCHIVE).split("/")
    return is_image and is_plain and not {"", ".", ".."} & set(steps)


def suggest_bands(item: Item, band: str) -> list[str]:
    """Names like the one that was written: `B04` and `red` are `B04_10m`, …; all of them where none is alike."""
    images = [name for name, asset in item.assets.items() if asset.href.endswith(IMAGES)]
    wanted = band.lower()
    same = [name for name in images if _is_resolution_of(wanted, name)]
    called = [name for name in images if _list_common_names(item.assets[name]) == {wanted}]
    alike = get_close_matches(band, images, 3, 0.7)
    return same or called or alike or images


def _is_resolution_of(wanted: str, band: str) -> bool:
    """Are both one band, whatever is said of its resolution?"""
    name, other = wanted.split("_")[0], band.lower().split("_")[0]
    return name == other or name == other.replace("b0", "b")  # B4, as Landsat's are called


def _list_common_names(asset: Asset) -> set[str]:
    """What a band's colours are called: `red`."""
    names = {band.get("eo:common_name") for band in asset.extra_fields.get("bands", [])}
    return names - {None}


def find_wrong_ways(items: Sequence[Item], bands: Bands, area: Mapping[str, Any]) -> list[str]:
    """What cannot be meant of `resampling` and `dtype`, for these bands."""
    ways, kinds = area.get("resampling"), area.get("dtype")
    wrong = _find_unknown_bands(items, bands, resampling=ways, dtype=kinds)
    for band in bands:
        way, kind = choose_for_band(ways, band), choose_for_band(kinds, band)
        if way not in FOR_CLASSES and _has_field(items, band, "classification:classes"):
            wrong.append(say("band-classes", band=band, resampling=way))
        if kind and not all(_can_hold(kind, stored) for stored in _list_types(items, band)):
            wrong.append(say("dtype-small", band=band, dtype=kind))
    return wrong


def _find_unknown_bands(items: Sequence[Item], bands: Bands, **settings: Any) -> list[str]:
    """Keys of an argument that no item has: misspelt, they would be left out without a word."""
    known = {"*"}.union(*(item.assets for item in items))
    wrong: list[str] = []
    for name, setting in settings.items():
        if isinstance(setting, dict):
            for band in sorted(setting.keys() - known):
                wrong.append(say("argument-band", name=name, band=band, bands=", ".join(bands)))
    return wrong


def _has_field(items: Iterable[Item], band: str, field: str) -> bool:
    assets = [item.assets.get(band) for item in items]
    return any(asset and field in asset.extra_fields for asset in assets)


def _list_types(items: Iterable[Item], band: str) -> set[str]:
    """What the items say of the numbers in this band's files."""
    assets = [item.assets.get(band) for item in items]
    return {str(asset.extra_fields.get("data_type", "uint16")) for asset in assets if asset}


def _can_hold(kind: str, stored: str) -> bool:
    """Can this type hold all values that are in a file of that type? Sentinel-2 writes 15 bits of the 16."""
    least = "int16" if stored == "uint16" else stored
    try:
        return np.can_cast(least, kind) or np.can_cast(stored, kind)
    except TypeError:
        return True  # no type of numbers: told where the item is looked at


def choose_for_band(setting: Any, band: str) -> Any:
    """What an argument of `odc.stac.load` says of a band: one value for all, or a dict where `*` means the others."""
    if isinstance(setting, dict):
        return setting.get(band, setting.get("*"))
    return setting


# -- versions of one acquisition ---------------------------------------------


def choose_newest(items: Sequence[Item]) -> list[Item]:
    """Leave out items that a newer version of the same acquisition covers; the order stays."""
    kept: dict[Overpass, list[Item]] = {}
    for item in sorted(items, key=_read_version, reverse=True):
        newer = kept.setdefault(_find_overpass(item), [])
        if not newer or not _is_covered(item, newer):
            newer.append(item)
    chosen = {id(item) for item in chain(*kept.values())}
    return [item for item in items if id(item) in chosen]


def tell_dropped(items: Sequence[Item], kept: Sequence[Item]) -> None:
    """Name the items that are older versions of those which are kept."""
    newest = {id(item) for item in kept}
    dropped = [item.id for item in items if id(item) not in newest]
    if dropped:
        names = ", ".join(dropped)
        tell(say("items-dropped", number=len(dropped), items=names))


def _is_covered(item: Item, others: Iterable[Item]) -> bool:
    """An acquisition is sometimes delivered in two, each a part of the tile: neither covers the other."""
    outline = find_footprint(item)
    covered = union_all([find_footprint(other) for other in others])
    rest = outline.difference(covered)
    return bool(rest.area <= SLIVER * outline.area)


def _read_version(item: Item) -> Version:
    baseline = item.properties.get("processing:version") or ""
    made = item.properties.get("processing:datetime") or ""
    return baseline, made, item.id


def _find_overpass(item: Item) -> Overpass:
    """Items are of one acquisition where tile, satellite and second are the same."""
    tile = item.properties.get("grid:code") or item.id
    satellite = item.properties.get("platform")
    second = item.datetime and item.datetime.replace(microsecond=0)
    return tile, satellite, second


def set_instant(item: Item) -> Item:
    """The item, or a copy, with one instant in UTC: odc-stac drops the zone, and of a span of time takes the begin."""
    when = item.datetime or str_to_datetime(item.properties["start_datetime"])
    if item.datetime and not when.utcoffset():
        return item
    changed = copy(item)
    changed.datetime = when.astimezone(UTC)
    return changed


def complete_nodata(items: Sequence[Item], bands: Bands) -> list[Item]:
    """The items, with copies of those that do not say that 0 is no data: of a surface it is, whatever is written.

    Unsaid, resampling would mix it into the rim, and bands without a pixel would pass.
    """
    return [_complete_item(item, bands) for item in items]


def _complete_item(item: Item, bands: Bands) -> Item:
    surfaces = [band for band in bands if band in item.assets and SURFACE.match(band)]
    named = {band: item.assets[band] for band in surfaces if not is_cog(item.assets[band].href)}
    silent = {band: asset for band, asset in named.items() if asset.extra_fields.get("nodata") is None}
    if not silent:
        return item
    changed = copy(item)
    changed.assets = item.assets | {band: _add_nodata(asset) for band, asset in silent.items()}
    return changed


def _add_nodata(asset: Asset) -> Asset:
    """What older items say of the file in `raster:bands` is said beside it: odc-stac reads one of the two."""
    old: dict[str, Any] = next(iter(asset.extra_fields.get("raster:bands") or []), {})
    kind = {name: value for name, value in old.items() if name == "data_type"}
    changed = copy(asset)
    changed.extra_fields = kind | asset.extra_fields | {"nodata": old.get("nodata") or 0}
    return changed


# -- what odc-stac makes of them ---------------------------------------------


def parse_item(item: Item) -> ParsedItem:
    """As `odc.stac.parse_item`. Errors: BadInput that names the item."""
    try:
        return odc.stac.parse_item(item)
    except Exception as error:  # whatever a field does to a library
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
    """The item's geometry in degrees, valid; empty where it has none. Across the 180th meridian it goes on to 181."""
    if not item.geometry:
        return Point()
    outline = shapely.force_2d(shape(item.geometry))
    west, _, east, _ = outline.bounds
    if east - west > 180:
        outline = shapely.transform(outline, _continue_eastwards)
    return make_valid(outline)


def _continue_eastwards(places: Places) -> Places:
    moved = places.copy()
    longitudes = moved[:, 0]
    longitudes[longitudes < 0] += 360
    return moved


def has_outline(item: Item) -> bool:
    """Does it say where it lies, whatever else may be wrong with it?"""
    return not features.find_faults(_describe(item, [])) and not find_footprint(item).is_empty


def find_outline(item: Item) -> BaseGeometry:
    """Where an item promises pixels, in degrees."""
    footprint = find_footprint(item)
    window = item.properties.get(WINDOW)
    return footprint.intersection(box(*window)) if window else footprint
