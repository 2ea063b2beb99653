"""cdse_access.checks.grids: what an item says of a grid is one thing, is mended and told, or is refused."""

from typing import Any

import odc.stac
import pytest
from pystac import Item

from cdse_access.checks.arguments import check_fetch, check_load
from cdse_access.checks.grids import mend_grid
from tests.cdse_access.checks.example import AREA, make_item, refuse

BOX = [600000, 5290200, 709800, 5400000]


def declare(band: str = "B07_60m", **fields: Any) -> Item:
    """An item whose band declares this, beside what is right of 60 m pixels."""
    item = make_item()
    asset = item.assets["B04_10m"].clone()
    right = {"proj:shape": [1830, 1830], "proj:transform": [60, 0, 600000, 0, -60, 5400000], "proj:bbox": BOX}
    asset.extra_fields |= right | {name.replace("_", ":", 1): value for name, value in fields.items()}
    item.add_asset(band, asset)
    return item


def read_grid(item: Item) -> Any:
    source: Any = odc.stac.parse_item(item)["B07_60m"]
    return source.geobox


RIGHT = read_grid(declare())


@pytest.mark.parametrize(
    "fields",
    [
        {"proj_transform": [20, 0, 600000, 0, -20, 5400000]},  # of CDSE, 2023 and 2024
        {"proj_transform": [10, 0, 600000, 0, -10, 5400000, 0, 0, 1]},
        {"proj_transform": [60, 0, 600000, 0, -20, 5400000]},
        {"proj_transform": [60, 5, 600000, 0, -60, 5400000]},
        {"proj_transform": [60, 0, 600000, 0, 60, 5400000]},
        {"proj_transform": [20, 0, 600000, 0, -20, 5400000], "proj_bbox": [600000, 5290200, 0, 709800, 5400000, 9]},
        {"proj_transform": [20, 0, 600000, 0, -20, 5400000], "proj_shape": [1830.0, 1830.0]},
    ],
)
def test_a_transform_that_contradicts_the_box_is_mended_and_told(fields, capsys):
    items = check_load([declare(**fields), declare(**fields)], ["B07_60m"], groupby="id", **AREA)
    assert [read_grid(item) for item in items] == [RIGHT]  # of two versions one stays
    said = capsys.readouterr().out
    assert "B07_60m của 1 item (S2B_x …) ghi sai proj:transform: đã lấy lưới theo proj:bbox.\n" in said
    (item,), _, _ = check_fetch([declare(**fields)], ["B07_60m"], **AREA)
    assert read_grid(item) == RIGHT and "đã lấy lưới theo proj:bbox" in capsys.readouterr().out


def test_who_is_mended_stays_as_it_was():
    item = declare(proj_transform=[20, 0, 600000, 0, -20, 5400000])
    assert read_grid(mend_grid(item, ["B07_60m"])) == RIGHT
    assert item.assets["B07_60m"].extra_fields["proj:transform"][0] == 20
    good = declare()
    assert mend_grid(good, ["B07_60m", "B04_10m", "B99"]) is good


@pytest.mark.parametrize(
    "fields",
    [
        {"proj_shape": [5490, 5490]},
        {"proj_shape": [1830, 1831]},
        {"proj_bbox": [600000, 5290200, 709800, 5400060]},
        {"proj_bbox": [0, 0, 1, 1]},
        {"proj_transform": [60, 0, 600060, 0, -60, 5400000]},
        {"proj_transform": [600000, 30, 0, 5400000, 0, -60]},
        {"proj_transform": [600060, 60, 0, 5400000, 0, -60]},  # in GDAL's order, and elsewhere than the box
        {"proj_transform": [20, 0, 600000, 0, -20, 5400000], "proj_bbox": None},
        {"proj_transform": [20, 0, 600000, 0, -20, 5400000], "proj_shape": [5490, 5490]},  # a file of 20 m
    ],
)
def test_what_nobody_can_settle_is_refused(fields):
    assert "S2B_x ghi lưới của B07_60m mâu thuẫn (proj:shape [" in refuse([declare(**fields)], ["B07_60m"])


@pytest.mark.parametrize(
    ("code", "tile", "fits"),
    [
        ("EPSG:32633", "MGRS-32UPU", False),
        ("EPSG:32732", "MGRS-32UPU", False),
        ("EPSG:32632", "MGRS-32KPU", False),
        ("EPSG:32732", "MGRS-32KPU", True),
        ("EPSG:32601", "MGRS-1UPU", True),
        ("EPSG:3035", "MGRS-32UPU", True),
        ("EPSG:32633", "x", True),
    ],
)
def test_a_band_lies_in_the_zone_of_its_tile(code, tile, fits):
    item = declare(proj_code=code)
    item.properties["grid:code"] = tile
    if fits:
        assert mend_grid(item, ["B07_60m"]) is item
    else:
        assert f"S2B_x ghi B07_60m ở {code}, không phải múi của ô {tile}" in refuse([item], ["B07_60m"])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("proj_shape", [1830]),
        ("proj_shape", [1830.5, 1830]),
        ("proj_shape", [0, 1830]),
        ("proj_shape", ["1830", 1830]),
        ("proj_shape", [10**9, 1830]),
        ("proj_transform", [60, 0, None, 0, -60, 5400000]),
        ("proj_transform", [60, 0, float("nan"), 0, -60, 5400000]),
        ("proj_transform", [60, 0, 600000, 0, -60, 5400000, 0, 1, 1]),
        ("proj_transform", "60"),
        ("proj_code", 32632),
        ("proj_bbox", [1, 2, 3]),
    ],
)
def test_fields_of_another_type_are_named(field, value):
    message = refuse([declare(**{field: value})], ["B07_60m"])
    assert f"S2B_x: assets.B07_60m.{field.replace('_', ':')}" in message


@pytest.mark.parametrize("code", ["EPSG:0", "x", "EPSG:4978"])
def test_a_code_that_is_no_projection_is_refused(code):
    item = declare(proj_code=code)
    assert f"S2B_x ghi hệ tọa độ của B07_60m là '{code}'" in refuse([item], ["B07_60m"])
