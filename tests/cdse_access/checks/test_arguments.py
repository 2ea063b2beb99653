"""cdse_access.checks.arguments: what odc-stac would load wrongly without a word is refused before."""

from datetime import timedelta

import odc.stac
import pytest
from odc.geo.geobox import GeoBox

from cdse_access.checks.arguments import check_load, select_area
from tests.cdse_access.checks.example import AREA, BBOX, FIRST, TRIANGLE, make_item, refuse


def test_good_items_come_back_in_their_order(capsys):
    items = [make_item("a"), make_item("b", when=FIRST - timedelta(days=3))]
    assert check_load(iter(items), ["B04_10m", "SCL_20m"], **AREA) == items
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "area",
    [
        {"lon": BBOX[::2], "lat": BBOX[1::2], "resolution": 10},
        {"x": (682540, 685230), "y": (5298490, 5300540), "crs": "EPSG:32632", "resolution": 10},
        {"geobox": GeoBox.from_bbox((682540, 5298490, 682550, 5298500), "EPSG:32632", resolution=10)},  # one pixel
        {"intersects": TRIANGLE, "crs": "EPSG:32632"},
        {"bbox": BBOX, "crs": None, "chunks": {}, "resampling": {"*": "cubic", "SCL_20m": "mode"}, "groupby": "id"},
        {"bbox": (11.9, 47.8, 12.1, 47.9)},  # reaches beyond the item
    ],
)
def test_every_way_to_name_an_area_passes(area):
    assert (
        len(
            check_load(
                [make_item()], ["B04_10m", "SCL_20m"], **{"resolution": 10} | area if "geobox" not in area else area
            )
        )
        == 1
    )


def test_areas_away_from_an_item():
    far = make_item("S2A_y", west=13.0, **{"grid:code": "MGRS-32UUP"})
    message = f"bbox {BBOX} nằm ngoài S2A_y, vốn phủ [13.0, 47.7, 14.0, 48.7]: hãy xem lại bbox."
    assert refuse([make_item(), far]) == message
    swapped = (47.81, 11.44, 47.83, 11.48)
    assert "nằm ngoài S2B_x" in refuse([make_item()], bbox=swapped, resolution=10)
    away = {"type": "Polygon", "coordinates": [[[12.5, 47.8], [12.6, 47.8], [12.6, 47.9], [12.5, 47.8]]]}
    assert "Vùng (12.4999, 47.7969, 12.607, 47.903) nằm ngoài S2B_x" in refuse(
        [make_item()], geopolygon=away, crs="EPSG:32632", resolution=10
    )
    assert "nằm ngoài" in refuse([make_item()], bbox=(12.0, 47.8, 12.1, 47.9), resolution=10)  # touches the edge only


def test_area_and_groupby_are_looked_at_beside_other_faults():
    items = [make_item(), make_item("S2A_y", when=FIRST + timedelta(days=2))]
    told = refuse(items, bands=["B04"], bbox=(12.5, 47.8, 12.6, 47.9), resolution=10, groupby="day")
    assert [line.partition(":")[0] for line in told.splitlines()] == [
        "groupby là 'day', không có trong thuộc tính của S2B_x, S2A_y",
        "S2B_x không có band 'B04'",
        "bbox (12.5, 47.8, 12.6, 47.9) nằm ngoài S2B_x, vốn phủ [11.0, 47.7, 12.0, 48.7]",
    ]


def test_areas_without_simulated_pixels():
    item = make_item(**{"cdse_offline:window": [11.5, 47.9, 11.6, 48.0]})
    assert "nằm ngoài khung [11.5, 47.9, 11.6, 48.0], nơi duy nhất" in refuse([item])
    assert "nằm ngoài khung [11.5, 47.9, 11.6, 48.0], nơi duy nhất" in refuse(
        [item], bbox=(105.9, 20.8, 106.0, 20.9), resolution=10
    )
    assert check_load([item], ["B04_10m"], bbox=(11.45, 47.85, 11.55, 47.95), resolution=10)


def test_neighbours_without_simulated_pixels_are_left_out_and_told(capsys):
    here = make_item(**{"cdse_offline:window": [11.4, 47.8, 11.5, 47.9]})
    neighbour = make_item("S2A_y", **{"cdse_offline:window": [11.5, 47.9, 11.6, 48.0], "grid:code": "MGRS-32UQU"})
    assert [item.id for item in check_load([neighbour, here], ["B04_10m"], **AREA)] == [here.id]
    assert capsys.readouterr().out.startswith("Bỏ 1 item của ô lưới bên cạnh")
    assert "nơi duy nhất" not in refuse([neighbour, here], bands=["B04"])  # nor is it one of several faults
    far = make_item("S2A_z", west=13.0, **{"cdse_offline:window": [13.5, 47.9, 13.6, 48.0]})
    assert "S2A_z" in refuse([far, here])  # of a tile that is nowhere near: a mistake


@pytest.mark.parametrize(
    ("area", "message"),
    [
        ({"resolution": 10}, "Cần biết vùng"),
        ({"bbox": None, "resolution": 10}, "Cần biết vùng"),
        ({"bbox": BBOX, "resolutoin": 10}, "'resolutoin': có phải resolution không?"),
        ({"bbox": BBOX, "fail_on_error": False}, "'fail_on_error': hãy bỏ nó ra."),
        ({"bbox": BBOX, "patch_url": str}, "'patch_url': hãy bỏ nó ra."),
        ({"bbox": BBOX[::-1], "resolution": 10}, "sai thứ tự"),
        ({"lon": (11.48, 11.44), "lat": (47.81, 47.83), "resolution": 10}, "lon là (11.48, 11.44): cần hai số"),
        ({"x": (685230, 682540), "y": (5298490, 5300540), "crs": "EPSG:32632"}, "x là (685230, 682540): cần hai số"),
        ({"bbox": (11.44, 47.81, 11.44005, 47.83), "resolution": 10}, "nhỏ hơn một pixel"),
        ({"bbox": (11.44, 47.81, 11.48, 47.81005), "resolution": 10}, "nhỏ hơn một pixel"),
        ({"geopolygon": TRIANGLE, "crs": "EPSG:4326", "resolution": 10}, "nhỏ hơn một pixel"),  # of 10 degrees
        ({"bbox": BBOX, "crs": "EPSG:0"}, "crs là 'EPSG:0': cần một hệ tọa độ"),
    ],
)
def test_areas_that_cannot_be_meant(area, message):
    assert message in refuse([make_item()], **area)


def test_more_than_one_thread_of_gdal_is_refuse(monkeypatch):
    monkeypatch.setenv("GDAL_NUM_THREADS", "ALL_CPUS")
    assert "hãy gọi lại connect()" in refuse([make_item()])
    monkeypatch.delenv("GDAL_NUM_THREADS")
    assert "hãy gọi lại connect()" in refuse([make_item()])


def test_two_zones_need_a_choice():
    items = [make_item(), make_item("S2A_y", zone=32633, **{"grid:code": "MGRS-33UUP"})]
    message = refuse(items)
    assert "EPSG:32632 (S2B_x), EPSG:32633 (S2A_y)" in message and 'crs="EPSG:32632"' in message
    assert check_load(items, ["B04_10m"], crs="EPSG:32633", **AREA) == items


def test_what_is_refused_was_not_read_rightly(capsys):
    """It said "đã đọc đúng chỗ", and then that it needs a zone."""
    items = [make_item(), make_item("S2A_y", zone=32633, **{"grid:code": "MGRS-33UUP"})]
    for item in items:
        fields = item.assets["B04_10m"].extra_fields
        across, turn, west, other, down, north, *_ = fields["proj:transform"]
        fields["proj:transform"] = [west, across, turn, north, other, down]
    assert "nhiều múi UTM" in refuse(items) and capsys.readouterr().out == ""
    check_load(items, ["B04_10m"], crs="EPSG:32633", **AREA)
    assert "đã đọc đúng chỗ" in capsys.readouterr().out


def test_place_is_what_output_geobox_takes():
    area = select_area({"intersects": TRIANGLE, "resolution": 10, "crs": "utm", "groupby": "id", "chunks": {}})
    assert area == {"geopolygon": TRIANGLE, "resolution": 10, "crs": "utm"}
    assert odc.stac.output_geobox([odc.stac.parse_item(make_item())], ["B04_10m"], **area).crs.epsg == 32632


def test_of_a_lazy_array_the_share_is_what_the_items_promise(capsys):
    item = make_item(**{"cdse_offline:window": [11.45, 47.8, 11.6, 48.0]})
    lazy = {"resolution": 10, "chunks": {}}
    check_load([item], ["B04_10m"], bbox=BBOX, **lazy)
    assert (
        capsys.readouterr().out
        == "Theo các item, chỉ chừng 75% vùng có dữ liệu, nằm trong bbox (11.45, 47.81, 11.48, 47.83).\n"
    )
    check_load([item], ["B04_10m"], bbox=BBOX, resolution=10)  # the pixels will tell
    check_load([make_item()], ["B04_10m"], bbox=BBOX, **lazy)
    other = make_item("other", **{"cdse_offline:window": [11.4, 47.8, 11.45, 48.0]}, when=FIRST + timedelta(days=1))
    check_load([item, other], ["B04_10m"], bbox=BBOX, **lazy)
    assert capsys.readouterr().out == ""
