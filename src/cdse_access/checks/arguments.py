"""The arguments of `load` before it reads: values, items, grid, and whether area and items meet."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import odc.stac
from odc.geo import geom
from odc.geo.geobox import GeoBox
from odc.stac import ParsedItem
from pystac import Item
from shapely import box
from shapely.geometry.base import BaseGeometry

from cdse_access import gdal
from cdse_access.assets import select_assets
from cdse_access.checks.coverage import tell_promised_share
from cdse_access.checks.grids import find_unplaced, mend_grids, tell_mended
from cdse_access.checks.items import (
    WINDOW,
    Allowed,
    Bands,
    choose_newest,
    complete_nodata,
    find_footprint,
    find_outline,
    find_wrong_items,
    find_wrong_ways,
    find_zones,
    has_outline,
    leave_out,
    list_items,
    list_wrong,
    parse_item,
    read_bands,
    set_instant,
    tell_dropped,
)
from cdse_access.checks.layers import check_layers, find_unknown_property
from cdse_access.checks.memory import check_memory
from cdse_access.checks.values import GRID, PLACES, Area, read_values
from cdse_access.messages import say
from cdse_access.problems import BadInput
from cdse_access.telling import tell

Parsed = Sequence[ParsedItem]

# Arguments of `odc.stac.load` that say which area, on which grid.
AREA = set().union(*PLACES) | GRID
FAR = 179.0  # degrees of longitude; beyond, outlines break at the 180th meridian
MOST = 0.95  # of an area; what is beside a polygon of that share is its rim
POLAR = 85.0  # degrees of latitude; Sentinel-2's tiles end at 84


def check_load(
    items: Iterable[Item], bands: Bands, *, on_bad: str = "raise", colours: bool = False, **area: Any
) -> list[Item]:
    """Look at all that `odc.stac.load(items, bands, **area)` does not, and give back the items to be loaded.

    Of the versions of one acquisition only the newest stays, grids that contradict themselves are mended; a line is
    printed about either. on_bad: "drop" leaves out the items that cannot be read, and names them.
    colours: True where files are copied and not loaded, so that pictures of several channels are no fault.
    Errors: BadInput that says all that is wrong and what to do.
    """
    values, wrong = read_values(area)
    wrong += _find_wrong_settings(on_bad)
    items, names = list_items(items), read_bands(bands)
    wrong += find_wrong_ways(items, names, values)
    odd = find_wrong_items(items, names, Allowed(colours=colours))
    if wrong or (odd and on_bad != "drop"):
        wrong += find_unknown_property(items, values.get("groupby"))
        raise BadInput("\n".join(wrong + list_wrong(items, odd) + _find_away(items, odd, values, on_bad)))
    readable = [set_instant(item) for item in leave_out(items, odd)]
    newest = choose_newest(readable)
    mended = mend_grids(newest, names)
    items = complete_nodata(mended, names)
    parsed = _parse(items, names)
    _check_zones(parsed, names, values)
    geobox = _find_geobox(parsed, names, values)
    items = _choose_meeting(items, values, geobox, on_bad)
    parsed = _parse(items, names)
    tell_dropped(readable, newest)
    tell_mended(newest, mended, names)
    _tell_outside(values, geobox)
    layers = check_layers(items, parsed, geobox, values.get("groupby", "time"))
    if "chunks" in values:
        tell_promised_share(items, _find_wanted(values, geobox))
    else:
        check_memory(parsed, names, geobox, layers, values.get("dtype"))
    return items


def select_area(area: Area) -> Area:
    """Only the arguments that say which area on which grid, under the names that `odc.stac.output_geobox` knows."""
    selected = {name: value for name, value in area.items() if name in AREA}
    if "intersects" in selected:
        selected["geopolygon"] = selected.pop("intersects")
    return selected


def check_fetch(items: Iterable[Item], bands: Bands, **area: Any) -> tuple[list[Item], list[str], Area]:
    """Items, bands and area of a `fetch`, which has the same arguments as `load`, as they will be read.

    Errors: BadInput that says all that is wrong.
    """
    values, wrong = read_values(area)
    items, names = list_items(items), read_bands(bands)
    odd = find_wrong_items(items, names, Allowed(colours=True, elsewhere=True))
    if wrong or odd:
        raise BadInput("\n".join(wrong + list_wrong(items, odd)))
    if unplaced := find_unplaced(items, names):
        raise BadInput(say("fetch-unplaced", number=len(unplaced), item=unplaced[0]))
    overviews = {name: values[name] for name in ("use_overviews",) if name in values}
    mended = mend_grids(items, names)
    tell_mended(items, mended, names)
    return complete_nodata(mended, names), names, select_area(values) | overviews


def _find_wrong_settings(on_bad: object) -> list[str]:
    wrong: list[str] = []
    if on_bad not in ("raise", "drop"):
        wrong.append(say("argument-value", name="on_bad", value=repr(on_bad), wanted=say("wanted-on-bad")))
    if gdal.get_option("GDAL_NUM_THREADS") != "1":
        wrong.append(say("gdal-threads"))
    return wrong


def _parse(items: Iterable[Item], bands: Bands) -> Parsed:
    return [parse_item(select_assets(item, bands)) for item in items]


def _check_zones(parsed: Parsed, bands: Bands, area: Area) -> None:
    zones = find_zones(parsed, bands)
    is_chosen = area.keys() & {"crs", "geobox", "like"}
    if len(zones) > 1 and not is_chosen:
        listed = ", ".join(f"{crs} ({item})" for crs, item in sorted(zones.items()))
        raise BadInput(say("zones-differ", zones=listed, first=min(zones)))


def _find_geobox(parsed: Parsed, bands: Bands, area: Area) -> GeoBox:
    try:
        geobox = odc.stac.output_geobox(parsed, bands, **select_area(area))
    except Exception as error:  # of odc-geo, pyproj, affine, shapely: each has its own
        raise BadInput(say("grid-invalid", error=error)) from error
    if geobox is None:
        raise BadInput(say("grid-unknown"))
    _check_place(geobox)
    return geobox


def _check_place(geobox: GeoBox) -> None:
    """Where longitudes jump or end, outlines break: libraries raise, or give zeros without a word."""
    try:
        west, south, east, north = geobox.geographic_extent.boundingbox.bbox
    except Exception as error:  # of pyproj and shapely: places that the projection does not know
        raise BadInput(say("grid-invalid", error=error)) from error
    if not (-FAR <= west < east <= FAR and -POLAR <= south < north <= POLAR):
        raise BadInput(say("area-edge", bounds=tuple(np.round([west, south, east, north], 3).tolist())))


def _choose_meeting(items: Sequence[Item], area: Area, geobox: GeoBox, on_bad: str) -> list[Item]:
    """Every item must cover some of the area, else it is left out where that is asked for; the area some pixels."""
    wanted = _find_wanted(area, geobox)
    bounds = np.round(wanted.bounds, 4)
    name = f"bbox {tuple(area['bbox'])}" if "bbox" in area else f"Vùng {tuple(bounds.tolist())}"
    items = _leave_neighbours(items, wanted)
    apart = _find_apart(items, wanted, name)
    wrong: list[str] = [say("area-small", area=name)] if _is_below_a_pixel(area, geobox) else []
    if wrong or (apart and on_bad != "drop"):
        raise BadInput("\n".join(list_wrong(items, apart) + wrong))
    return leave_out(items, apart)


def _leave_neighbours(items: Sequence[Item], wanted: BaseGeometry) -> Sequence[Item]:
    """The items without neighbours, which are told."""
    kept = _drop_neighbours(items, wanted)
    if len(kept) < len(items):
        tell(say("items-neighbours", number=len(items) - len(kept)))
    return kept


def _drop_neighbours(items: Sequence[Item], wanted: BaseGeometry) -> Sequence[Item]:
    """Where others have pixels, not the simulated scenes that have none: a search finds them, real ones had some."""
    neighbours = [number for number, item in enumerate(items) if _is_neighbour(item, wanted)]
    kept = [item for number, item in enumerate(items) if number not in neighbours]
    return kept if any(_meets(find_outline(item), wanted) for item in kept) else items


def _is_neighbour(item: Item, wanted: BaseGeometry) -> bool:
    """Does its tile meet the area, but not the window of it that was simulated?"""
    return _meets(find_footprint(item), wanted) and not _meets(find_outline(item), wanted)


def _meets(outline: BaseGeometry, wanted: BaseGeometry) -> bool:
    return bool(outline.intersection(wanted).area)


def _find_wanted(area: Area, geobox: GeoBox) -> BaseGeometry:
    """The area in degrees: the box that was asked for, else the outline of the grid."""
    wanted: BaseGeometry = box(*area["bbox"]) if "bbox" in area else geobox.geographic_extent.geom
    return wanted


def _find_away(items: Sequence[Item], odd: Mapping[int, Sequence[str]], area: Area, on_bad: object) -> list[str]:
    """The items beside a bbox, where another fault ends the checks before there is a grid."""
    if "bbox" not in area:
        return []
    readable = [item for number, item in enumerate(items) if number not in odd or has_outline(item)]
    wanted = box(*area["bbox"])
    readable = list(_drop_neighbours(readable, wanted))
    apart = _find_apart(readable, wanted, f"bbox {tuple(area['bbox'])}")
    is_left_out = on_bad == "drop" and len(apart) < len(readable)
    return [] if is_left_out else list_wrong(readable, apart)


def _find_apart(items: Sequence[Item], wanted: BaseGeometry, name: str) -> dict[int, list[str]]:
    """The items that promise no pixel of the area, by their place."""
    apart: dict[int, list[str]] = {}
    for number, item in enumerate(items):
        if not _meets(find_outline(item), wanted):
            window = item.properties.get(WINDOW)
            slot = "area-outside-window" if window else "area-outside"
            apart[number] = [say(slot, area=name, item=item.id, covered=window or item.bbox)]
    return apart


def _tell_outside(area: Area, geobox: GeoBox) -> None:
    """odc-stac takes of a polygon its box only, without a word."""
    polygon = area.get("geopolygon", area.get("intersects"))
    if polygon is None:
        return
    inside = polygon.to_crs(geobox.crs).area / geobox.extent.area
    if inside < MOST:
        tell(say("pixels-outside", share=1 - inside))


def _is_below_a_pixel(area: Area, geobox: GeoBox) -> bool:
    if area.keys() & {"geobox", "like"}:
        return False  # the user made this grid
    if "bbox" not in area:
        return 1 in tuple(geobox.shape)
    assert geobox.crs is not None
    west, south, east, north = area["bbox"]
    outline = geom.box(west, south, east, north, "EPSG:4326").to_crs(geobox.crs)  # somewhat turned against the grid
    bounds = outline.boundingbox
    width = outline.area / max(bounds.span_x, bounds.span_y)
    return bool(width < abs(geobox.resolution.y))
