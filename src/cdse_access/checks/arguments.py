"""The arguments of `load` before it reads: names, area, grid, and whether area and items meet."""

import inspect
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any

import numpy as np
import odc.stac
from odc.geo import geom
from odc.geo.geobox import GeoBox
from odc.stac import ParsedItem
from pystac import Item
from shapely import box

from cdse_access import gdal
from cdse_access.assets import select_assets
from cdse_access.checks.bbox import check_bbox
from cdse_access.checks.items import (
    WINDOW,
    Bands,
    check_items,
    choose_newest,
    find_outline,
    find_zones,
    parse_item,
)
from cdse_access.checks.memory import check_memory
from cdse_access.messages import say
from cdse_access.problems import BadInput

Area = dict[str, Any]  # arguments of `odc.stac.load`
Parsed = Sequence[ParsedItem]

# Arguments of `odc.stac.load` that say which area, and those that say on which grid.
PLACES = {"bbox", "lon", "lat", "x", "y", "geobox", "like", "geopolygon", "intersects"}
AREA = PLACES | {"crs", "resolution", "anchor"}
# `load` sets the first two itself; the others can turn an error into zeros, or read in another way.
OWN = {"patch_url", "progress", "fail_on_error", "driver"}
KNOWN = set(inspect.signature(odc.stac.load).parameters) | {"use_overviews"}
SETTINGS = KNOWN - OWN - {"items", "bands", "kw"}


def check_load(items: Iterable[Item], bands: Bands, **area: Any) -> list[Item]:
    """Look at all that `odc.stac.load(items, bands, **area)` does not, and give back the items to be loaded.

    Of the versions of one acquisition only the newest stays; a line is printed about those that are left out.
    Errors: BadInput that says what is wrong and what to do.
    """
    items = list(items)
    area = {name: value for name, value in area.items() if value is not None}
    _check_names(area)
    _check_bands(bands)
    _check_threads()
    check_items(items, bands, area.get("resampling"))
    items = choose_newest(items)
    parsed = [parse_item(select_assets(item, bands)) for item in items]
    _check_zones(parsed, bands, area)
    _check_spans(area)
    geobox = _find_geobox(parsed, bands, area)
    _check_overlap(items, area, geobox)
    if "chunks" not in area:
        check_memory(parsed, bands, geobox, area)
    return items


def select_area(area: Area) -> Area:
    """Only the arguments that say which area on which grid, under the names that `odc.stac.output_geobox` knows."""
    selected = {name: value for name, value in area.items() if name in AREA}
    if "intersects" in selected:
        selected["geopolygon"] = selected.pop("intersects")
    return selected


def _check_names(area: Area) -> None:
    for name in area.keys() - SETTINGS:
        alike = get_close_matches(name, SETTINGS, 1)
        if alike and name not in OWN:
            raise BadInput(say("argument-misspelt", name=name, alike=alike[0]))
        raise BadInput(say("argument-unknown", name=name))
    if not area.keys() & PLACES:
        raise BadInput(say("area-missing"))


def _check_bands(bands: Bands) -> None:
    is_list = isinstance(bands, Sequence) and not isinstance(bands, str)
    if not is_list or not bands:
        raise BadInput(say("bands-list", bands=bands))


def _check_threads() -> None:
    if gdal.get_option("GDAL_NUM_THREADS") != "1":
        raise BadInput(say("gdal-threads"))


def _check_zones(parsed: Parsed, bands: Bands, area: Area) -> None:
    zones = find_zones(parsed, bands)
    is_chosen = area.keys() & {"crs", "geobox", "like"}
    if len(zones) > 1 and not is_chosen:
        listed = ", ".join(f"{crs} ({item})" for crs, item in sorted(zones.items()))
        raise BadInput(say("zones-differ", zones=listed, first=min(zones)))


def _check_spans(area: Area) -> None:
    """odc-stac exchanges ends that stand in the wrong order without a word."""
    if "bbox" in area:
        check_bbox(area["bbox"])
    if {"lon", "lat"} <= area.keys():
        west, east = area["lon"]
        south, north = area["lat"]
        check_bbox([west, south, east, north])
    for name in {"x", "y"} & area.keys():
        low, high = area[name]
        if not low < high:
            raise BadInput(say("span-order", name=name, span=area[name]))


def _find_geobox(parsed: Parsed, bands: Bands, area: Area) -> GeoBox:
    try:
        geobox = odc.stac.output_geobox(parsed, bands, **select_area(area))
    except (ValueError, TypeError, AssertionError, RuntimeError) as error:
        raise BadInput(say("grid-invalid", error=error)) from error
    if geobox is None:
        raise BadInput(say("grid-unknown"))
    return geobox


def _check_overlap(items: Sequence[Item], area: Area, geobox: GeoBox) -> None:
    """Every item must cover some of the area, and the area some pixels."""
    if "bbox" in area:
        wanted = box(*area["bbox"])
        name = f"bbox {tuple(area['bbox'])}"
    else:
        wanted = geobox.geographic_extent.geom
        bounds = np.round(wanted.bounds, 4)
        name = f"Vùng {tuple(bounds.tolist())}"
    for item in items:
        if not find_outline(item).intersection(wanted).area:
            covered = item.properties.get(WINDOW) or item.bbox
            raise BadInput(say("area-outside", area=name, item=item.id, covered=covered))
    if _is_below_a_pixel(area, geobox):
        raise BadInput(say("area-small", area=name))


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
