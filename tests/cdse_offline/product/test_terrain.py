"""Items of the terrain: CDSE's form, `proj:transform` in GDAL's order included."""

import pystac
import pytest

from cdse_offline.product import archive, terrain
from cdse_offline.product.regions import REGIONS
from cdse_offline.simulation.derived import Degree, list_degrees
from cdse_offline.simulation.terrain import find_transform

HOLDINGS = archive.simulate_holdings()


def test_an_item_has_the_form_of_cdses():
    item = terrain.build_item(Degree(13, 108), "http://x/")
    assert item["id"] == "Copernicus_DSM_COG_10_N13_00_E108_00_DEM" and item["bbox"] == [108, 13, 109, 14]
    assert item["properties"]["proj:code"] == "EPSG:4326"
    data = item["assets"]["data"]
    assert data["href"] == f"s3://eodata/auxdata/CopDEM_COG/copernicus-dem-30m/{item['id']}/{item['id']}.tif"
    assert data["proj:shape"] == [3600, 3600] and data["data_type"] == "float32" and "nodata" not in data
    assert data["proj:transform"] == pytest.approx(find_transform(Degree(13, 108)).to_gdal(), abs=1e-12)
    link = {"rel": "collection", "href": "http://x/"}  # which the server adds
    assert pystac.Item.from_dict(item | {"stac_extensions": [], "links": [link]}).validate()


def test_windows_of_two_tiles_meet_at_their_border():
    west, east = (
        terrain.build_item(Degree(13, longitude), "")["properties"]["cdse_offline:window"] for longitude in (107, 108)
    )
    assert west == [107.96421, 13.806011, 108, 13.899272] and east == [108, 13.806011, 108.059659, 13.899272]


def test_every_degree_is_in_the_store_and_every_region_is_listed():
    objects = {key: file for degree in list_degrees() for key, file in terrain.list_objects(degree).items()}
    assert objects.items() <= HOLDINGS.objects.items() and len(objects) == len(list_degrees())
    regions = HOLDINGS.collections[terrain.TERRAIN][REGIONS]
    assert {region["interval"][0] for region in regions} == {"2010-12-12T00:00:00Z"}
