"""The regions that collections list: where pixels are, and on which days."""

from typing import Any

import numpy as np
import pystac
import pytest
from pyproj import Transformer

from cdse_offline.product import archive
from cdse_offline.product.items import SENTINEL, TRUTH, find_window_box
from cdse_offline.product.regions import REGIONS, compute_inner_box
from cdse_offline.simulation.places import PLACES, Place, acquisitions

HOLDINGS = archive.simulate_holdings()
ALONG = np.linspace(0, 1, 50)


def find_edges(box: list[float]) -> tuple[np.ndarray, np.ndarray]:
    """Longitudes and latitudes along the four edges."""
    west, south, east, north = box
    across, up = west + (east - west) * ALONG, south + (north - south) * ALONG
    longitudes = np.concatenate([across, across, np.full(50, west), np.full(50, east)])
    return longitudes, np.concatenate([np.full(50, south), np.full(50, north), up, up])


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_all_of_a_regions_box_has_pixels_and_little_is_left_out(place: Place):
    longitudes, latitudes = find_edges(compute_inner_box(place))
    x, y = Transformer.from_crs(4326, place.epsg, always_xy=True).transform(longitudes, latitudes)
    west, south, east, north = place.box
    left_out = [x.min() - west, y.min() - south, east - x.max(), north - y.max()]
    assert min(left_out) >= 0 and max(left_out) < 60


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
