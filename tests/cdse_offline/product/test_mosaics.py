"""Items of the mosaics: CDSE's form, with its mistakes, computed anew."""

from typing import Any

import pystac
import pytest
from pyproj import Transformer

from cdse_offline.product import archive, mosaics
from cdse_offline.product.regions import REGIONS
from cdse_offline.server.matching import match_records
from cdse_offline.simulation.derived import MOSAIC_SIDE, Month, Quarter
from cdse_offline.simulation.files import DerivedFile
from cdse_offline.simulation.places import PLACES, RED_RIVER, Place, Tile, find_box

HOLDINGS = archive.simulate_holdings()
TILES = [(place, tile) for place in PLACES for tile in place.tiles]
QUARTER, MONTH = Quarter(RED_RIVER, RED_RIVER.tiles[0], 2023, 1), Month(RED_RIVER, RED_RIVER.tiles[0], 2023, 2)
ITEMS = {mosaic.id: mosaics.build_item(mosaic, "http://x/") for mosaic in (QUARTER, MONTH)}


@pytest.fixture(params=ITEMS.values(), ids=lambda item: item["collection"])
def item(request: pytest.FixtureRequest) -> dict[str, Any]:
    return request.param


@pytest.mark.parametrize(("place", "tile"), TILES, ids=lambda one: one.name)
def test_what_is_known_of_a_tile_is_what_pyproj_computes(place: Place, tile: Tile):
    known = mosaics._TILES[tile.name]
    west, south, east, north = tile.west, tile.north - MOSAIC_SIDE, tile.west + MOSAIC_SIDE, tile.north
    to_degrees = Transformer.from_crs(tile.epsg, 4326, always_xy=True)
    for corner, at in zip(((west, south), (west, north), (east, north), (east, south)), known.corners, strict=True):
        assert to_degrees.transform(*corner) == pytest.approx(at, abs=1e-10)
    longitudes, latitudes = zip(*known.corners, strict=True)
    box = [(x, y) for x in (min(longitudes), max(longitudes)) for y in (min(latitudes), max(latitudes))]
    back = Transformer.from_crs(4326, tile.epsg, always_xy=True)
    x, y = zip(*(back.transform(*corner) for corner in box), strict=True)
    assert known.told == pytest.approx([min(x), min(y), max(x), max(y)], abs=1e-3)
    left, bottom, right, top = find_box(place, tile)
    seen = left, max(bottom, south), min(right, east), top
    assert known.window == pytest.approx(to_degrees.transform_bounds(*seen, densify_pts=21), abs=1e-6)


def test_items_are_valid_stac(item: dict[str, Any]):
    link = {"rel": "collection", "href": "http://x/"}  # which the server adds
    assert pystac.Item.from_dict(item | {"stac_extensions": [], "links": [link]}).validate()


def test_a_quarter_has_the_form_of_cdses_item():
    item = ITEMS["Sentinel-2_mosaic_2023_Q1_48QWJ_0_0"]
    properties = item["properties"]
    assert properties["datetime"] == properties["start_datetime"] == "2023-01-01T00:00:00Z"
    assert properties["end_datetime"] == "2023-03-31T23:59:59Z"
    assert (properties["proj:code"], properties["grid:code"]) == ("EPSG:32648", "MGRS-48QWJ")
    assert list(item["assets"]) == ["userdata", "B02", "B03", "B04", "B08", "observations", "Product"]
    band, count = item["assets"]["B04"], item["assets"]["observations"]
    folder = "s3://eodata/Global-Mosaics/Sentinel-2/S2MSI_L3__MCQ/2023/01/01/Sentinel-2_mosaic_2023_Q1_48QWJ_0_0"
    assert band["href"] == f"{folder}/B04.tif"
    assert (band["data_type"], band["nodata"], count["data_type"], count["nodata"]) == ("int16", -32768, "uint16", 0)
    assert band["proj:shape"] == [10008, 10008] and band["bands"][0]["eo:common_name"] == "red"
    assert not {"proj:transform", "proj:code", "raster:offset", "file:size"} & band.keys()
    assert not [url for url in item["stac_extensions"] if "projection" in url]


def test_a_month_has_the_form_of_cdses_item():
    item = ITEMS["Sentinel-1_IW_mosaic_2023_M02_48QWJ_0_0"]
    properties = item["properties"]
    assert properties["end_datetime"] == "2023-02-28T23:59:59.000000Z" and "proj:code" not in properties
    assert list(item["assets"]) == ["userdata", "VV", "VH", "Product"]
    image = item["assets"]["VH"]
    assert image["href"].endswith("/S1SAR_L3_IW_MCM/2023/02/01/Sentinel-1_IW_mosaic_2023_M02_48QWJ_0_0/VH.tif")
    assert image["proj:transform"] == [499980, 20, 0, 2400000, 0, -20] and image["proj:code"] == "EPSG:32648"
    assert (image["data_type"], image["nodata"], image["proj:shape"]) == ("float32", -32768, [5004, 5004])
    assert not {"proj:bbox", "bands", "file:size"} & image.keys()


def test_every_image_is_in_the_store():
    for mosaic in mosaics.list_mosaics():
        objects = mosaics.list_objects(mosaic)
        assert objects.items() <= HOLDINGS.objects.items()
        assert set(objects.values()) == {DerivedFile(mosaic, asset) for asset in ("userdata", *mosaic.images)}


def test_regions_are_of_whole_quarters_and_months():
    quarters, months = (HOLDINGS.collections[name][REGIONS] for name in (mosaics.OPTICAL, mosaics.RADAR))
    assert quarters[0]["interval"] == ["2023-07-01T00:00:00Z", "2023-09-30T23:59:59Z"]
    assert months[0]["interval"] == ["2023-05-01T00:00:00.000000Z", "2023-09-30T23:59:59.000000Z"]
    assert quarters[1]["bbox"][2] < 105.962  # the tile of the mosaic ends there


def test_a_search_finds_the_mosaics_that_overlap_its_time():
    records = [mosaics.build_record(mosaic) for mosaic in mosaics.list_mosaics() if mosaic.place is RED_RIVER]
    found = match_records(records, collections=[mosaics.OPTICAL], datetime="2023-03-31T00:00:00Z/2023-04-01T00:00:00Z")
    assert [record.id.split("_")[3] for record in found] == ["Q1", "Q2"]
