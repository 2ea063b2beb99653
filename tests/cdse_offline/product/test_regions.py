"""The regions that collections list: where pixels are, and on which days."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pystac
import pytest
from odc.geo.geobox import GeoBox
from odc.geo.geom import BoundingBox
from pyproj import Transformer
from rasterio import Affine

from cdse_access.jp2.codestream import Rectangle
from cdse_access.jp2.decoding import _reduce_mask
from cdse_access.jp2.wanted import find_frame
from cdse_offline.product import archive
from cdse_offline.product.items import SENTINEL, TRUTH, find_window_box
from cdse_offline.product.mosaics import OPTICAL, RADAR
from cdse_offline.product.regions import REGIONS, RIM, compute_inner_box
from cdse_offline.simulation.derived import list_months, list_quarters
from cdse_offline.simulation.places import PLACES, Place, Tile, Window, acquisitions

HOLDINGS = archive.simulate_holdings()
Box = tuple[float, float, float, float]
ALONG = np.linspace(0, 1, 50)


def find_edges(box: list[float]) -> tuple[np.ndarray, np.ndarray]:
    """Longitudes and latitudes along the four edges."""
    west, south, east, north = box
    across, up = west + (east - west) * ALONG, south + (north - south) * ALONG
    longitudes = np.concatenate([across, across, np.full(50, west), np.full(50, east)])
    return longitudes, np.concatenate([np.full(50, south), np.full(50, north), up, up])


def project(box: list[float], place: Place, asked: int | None = None) -> Box:
    """West, south, east, north, in the place's zone, of what is read for a box in degrees in the zone asked."""
    x, y = Transformer.from_crs(4326, asked or place.epsg, always_xy=True).transform(*find_edges(box))
    edges = find_edges([x.min(), y.min(), x.max(), y.max()])
    x, y = Transformer.from_crs(asked or place.epsg, place.epsg, always_xy=True).transform(*edges)
    return x.min(), y.min(), x.max(), y.max()


def measure_margins(box: Box, inner: Box) -> list[float]:
    return [inner[0] - box[0], inner[1] - box[1], box[2] - inner[2], box[3] - inner[3]]


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_a_regions_box_lies_within_the_rim_in_every_zone_and_little_is_left_out(place: Place):
    inner = compute_inner_box(place)
    zones = {tile.epsg for tile in place.tiles}
    margins = [measure_margins(place.box, project(inner, place, zone)) for zone in zones]
    assert min(map(min, margins)) >= RIM and min(map(max, margins)) < 2 * RIM


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
@pytest.mark.parametrize(("name", "list_all"), [(OPTICAL, list_quarters), (RADAR, list_months)])
def test_a_mosaics_box_lies_within_what_its_tiles_have(name: str, list_all: Callable[..., list[Any]], place: Place):
    """A tile of a mosaic ends before one of the scenes does."""
    own = [one for one in list_all(place) if one.tile.epsg == place.epsg]
    boxes = [locate(one.tile, one.window, one.resolution) for one in own]
    wests, souths, easts, norths = zip(*boxes, strict=True)
    [region] = [region for region in HOLDINGS.collections[name][REGIONS] if region["id"] == place.name]
    inner = project(region["bbox"], place)
    assert min(measure_margins((min(wests), min(souths), max(easts), max(norths)), inner)) >= RIM


def locate(tile: Tile, window: Window, resolution: int) -> Box:
    west, north = tile.west + resolution * window.column, tile.north - resolution * window.row
    return west, north - resolution * window.height, west + resolution * window.width, north


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
@pytest.mark.parametrize(("band", "resolution"), [(10, 10), (10, 20), (10, 60), (20, 20), (20, 60), (60, 60)])
def test_whoever_loads_a_regions_box_gets_pixels_everywhere(place: Place, band: int, resolution: int):
    """Of reduced levels the client leaves out what is mixed with no data: there was a ring of zeros."""
    west, south, east, north = compute_inner_box(place)
    box = BoundingBox(west, south, east, north, "EPSG:4326").to_crs(f"EPSG:{place.epsg}")
    area = GeoBox.from_bbox(box, resolution=resolution)
    mask, grid = draw_window(place, band)
    frame = find_frame(area, grid)
    assert frame is not None
    [level] = frame.choose_levels(4)
    whole = _reduce_mask(mask[np.newaxis], Rectangle(0, 0, grid.width, grid.height), level)[0]
    x, y = (area.coordinates[axis].values for axis in ("x", "y"))
    columns, rows = ((x - grid.affine.c) // band).astype(int), ((grid.affine.f - y) // band).astype(int)
    assert whole[np.ix_(rows // 2**level, columns // 2**level)].all() and not whole.all()


def draw_window(place: Place, resolution: int) -> tuple[np.ndarray, GeoBox]:
    """Where the images of the place's first tile have data, were it large enough, and no data around it."""
    tile, around = place.tiles[0], 16 * resolution  # 16 pixels are one of the highest level
    west, south, east, north = place.box
    left = west - (west - tile.west) % around - around
    top = north + (tile.north - north) % around + around
    inside = np.s_[
        (top - north) // resolution : (top - south) // resolution,
        (west - left) // resolution : (east - left) // resolution,
    ]
    mask = np.zeros([index.stop + 16 for index in inside], bool)
    mask[inside] = True
    return mask, GeoBox(mask.shape, Affine(resolution, 0, left, 0, -resolution, top), f"EPSG:{place.epsg}")


@pytest.mark.parametrize("name", HOLDINGS.collections)
def test_every_collection_lists_every_region(name: str):
    regions = HOLDINGS.collections[name][REGIONS]
    assert [region["id"] for region in regions] == [place.name for place in PLACES]


@pytest.mark.parametrize("name", [SENTINEL, TRUTH])
def test_scenes_are_of_the_days_between_the_first_and_the_last_overpass(name: str):
    regions = HOLDINGS.collections[name][REGIONS]
    for region, place in zip(regions, PLACES, strict=True):
        times = sorted(a.start for a in acquisitions(place))
        assert region["title"] == place.title and region["tiles"] == [tile.name for tile in place.tiles]
        assert region["interval"] == [f"{when:%Y-%m-%dT%H:%M:%SZ}" for when in (times[0], times[-1])]


@pytest.mark.parametrize("name", [SENTINEL, TRUTH])
def test_the_extent_encloses_every_window_and_overpass(name: str):
    extent = pystac.Collection.from_dict(HOLDINGS.collections[name]).extent
    whole, *boxes = extent.spatial.bboxes
    spans: list[Any] = extent.temporal.intervals
    assert len(boxes) == len(spans) - 1 == len(PLACES)
    for place, box, (first, last) in zip(PLACES, boxes, spans[1:], strict=True):
        inner = compute_inner_box(place)
        for west, south, east, north in (box, inner, *map(find_window_box, place.tiles[:1])):
            assert whole[0] <= west < east <= whole[2] and whole[1] <= south < north <= whole[3]
        assert box[0] < inner[0] and box[1] < inner[1] and box[2] > inner[2] and box[3] > inner[3]
        assert spans[0][0] <= first < last <= spans[0][1]
