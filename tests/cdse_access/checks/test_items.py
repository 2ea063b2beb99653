"""cdse_access.checks.items: items that cannot be read are named; of an acquisition only the newest version stays."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from pystac import ItemCollection
from pystac_client import ItemSearch
from shapely import MultiPolygon, Polygon, box
from shapely.geometry import mapping

from cdse_access.checks.arguments import check_fetch, check_load
from cdse_access.checks.items import find_footprint
from cdse_access.problems import BadInput, Reason
from tests.cdse_access.checks.example import AREA, FIRST, make_item, refuse


def test_no_items():
    with pytest.raises(BadInput, match="Không có item nào: hãy nới thời gian") as caught:
        check_load([], ["B04_10m"], **AREA)
    assert caught.value.reason == Reason.EMPTY


@pytest.mark.parametrize(
    ("bands", "message"),
    [
        (["B04_10m", "B04"], "S2B_x không có band 'B04': hãy chọn trong B04_10m, B04_20m."),
        (["B4"], "'B4': hãy chọn trong B04_10m, B04_20m."),
        (["red"], "S2B_x không có band 'red': hãy chọn trong B04_10m, B04_20m."),
        (["b08_10M"], "'b08_10M': hãy chọn trong B08_10m."),
        (["B99"], "'B99': hãy chọn trong B04_10m, B04_20m, B08_10m, SCL_20m, TCI_10m."),
        (["TCI10m"], "'TCI10m': hãy chọn trong TCI_10m."),
        ("B04_10m", 'bands là \'B04_10m\': hãy ghi một danh sách, ví dụ ["B04_10m", "B08_10m"].'),
        ([], "hãy ghi một danh sách"),
        (iter(["B04_10m"]), "hãy ghi một danh sách"),
        (["thumbnail"], "không phải ảnh .jp2 hay .tif dưới s3://eodata/"),
    ],
)
def test_bands_that_are_not_there(bands, message):
    assert message in refuse([make_item()], bands)


def test_bands_none_names_the_cure():
    with pytest.raises(BadInput, match="bands là None: hãy ghi một danh sách"):
        check_load([make_item()], None, **AREA)


def test_every_item_must_have_the_band():
    lacking = make_item("S2A_y", when=FIRST + timedelta(days=5))
    del lacking.assets["B08_10m"]
    assert "S2A_y không có band 'B08_10m'" in refuse([make_item(), lacking], ["B08_10m"])


@pytest.mark.parametrize(
    "href",
    [
        "/etc/passwd",
        "file:///tmp/a.jp2",
        "/vsicurl/http://host/a.jp2",
        "https://host/eodata/a.jp2",
        "s3://other/a.jp2",
        "s3://eodata-evil/a.jp2",
        "s3://eodata/../other/a.jp2",
        "s3://eodata/%2e%2e/a.jp2",
        "s3://eodata//a.jp2",
        "s3://eodata/./a.jp2",
        "s3://eodata/a.jp2?x=.jp2",
        "s3://eodata/a\n.jp2",
        "s3://eodata/a .jp2",
        "s3://eodata/a.vrt",
        "vrt:<VRTDataset/>.jp2",
    ],
)
def test_only_images_of_the_archive_are_read(href):
    item = make_item()
    item.assets["B04_10m"].href = href
    assert "không phải ảnh .jp2 hay .tif dưới s3://eodata/" in refuse([item])
    assert check_load([item], ["B08_10m"], **AREA)  # what is not read does not matter


@pytest.mark.parametrize("name", ["proj:code", "proj:shape", "proj:transform"])
def test_items_without_a_grid_are_named(name):
    item = make_item()
    del item.assets["B04_10m"].extra_fields[name]
    assert f"S2B_x thiếu {name} của B04_10m" in refuse([item], ["B08_10m", "B04_10m"])


def test_items_that_odc_stac_cannot_read_are_named():
    item = make_item()
    item.stac_extensions = []
    assert "S2B_x không khai phần mở rộng projection" in refuse([item])
    item = make_item()
    item.assets["B04_10m"].extra_fields["proj:transform"] = [10, 0]
    assert "S2B_x: assets.B04_10m.proj:transform là [10, 0], cần 6 hoặc 9 số" in refuse([item])


def test_items_without_a_place_are_named():
    item = make_item()
    item.geometry = None
    assert "S2B_x không ghi nó phủ nơi nào" in refuse([item])


def test_items_of_two_collections_are_not_mixed():
    other = make_item("y", when=FIRST + timedelta(days=5))
    other.collection_id = "sentinel-2-l1c"
    assert "sentinel-2-l1c, sentinel-2-l2a" in refuse([make_item(), other])


@pytest.mark.parametrize("resampling", ["bilinear", {"*": "cubic"}, {"SCL_20m": "average", "*": "nearest"}])
def test_classes_are_not_interpolated(resampling):
    message = refuse([make_item()], ["B04_10m", "SCL_20m"], resampling=resampling, **AREA)
    assert "SCL_20m là bảng phân lớp" in message and '"SCL_20m": "nearest"' in message
    assert check_load([make_item()], ["B04_10m"], resampling=resampling, **AREA)


# -- duplicates --------------------------------------------------------------


def test_the_newest_baseline_of_an_acquisition_stays(capsys):
    old = make_item("old", **{"processing:version": "03.01"})
    newer = make_item("newer", when=FIRST.replace(microsecond=0))
    other_day = make_item("day", when=FIRST + timedelta(days=3), **{"processing:version": "03.01"})
    other_tile = make_item("tile", **{"grid:code": "MGRS-32UQU"})
    assert check_load([old, newer, other_day, other_tile], ["B04_10m"], **AREA) == [newer, other_day, other_tile]
    assert capsys.readouterr().out == "Bỏ 1 item trùng hoặc cũ hơn của cùng lần chụp: old.\n"


def test_of_one_baseline_the_last_processed_stays(capsys):
    first = make_item("first", **{"processing:datetime": "2024-01-01T00:00:00Z"})
    again = make_item("again", **{"processing:datetime": "2024-02-01T00:00:00Z"})
    assert check_load([again, first, again.clone()], ["B04_10m"], **AREA) == [again]
    assert capsys.readouterr().out.count("\n") == 1


def test_two_parts_of_one_acquisition_both_stay(capsys):
    part = make_item("part", west=11.45)
    assert len(check_load([make_item(), part], ["B04_10m"], **AREA)) == 2
    assert capsys.readouterr().out == ""


# -- of any form -------------------------------------------------------------


def test_a_list_of_any_form_is_taken_and_bands_of_any_form(monkeypatch):
    items = [make_item()]
    search = ItemSearch("https://host/search")
    monkeypatch.setattr(search, "items", lambda: iter(items))
    for given in (items, tuple(items), iter(items), ItemCollection(items), search):
        assert [item.id for item in check_load(given, ["B04_10m"], **AREA)] == ["S2B_x"]
    for bands in (("B04_10m",), np.array(["B04_10m"]), ["B04_10m", "B04_10m"]):
        assert [item.id for item in check_load(items, bands, **AREA)] == ["S2B_x"]


@pytest.mark.parametrize(
    ("items", "message"),
    [
        (make_item(), "items là Item: hãy đưa một danh sách"),
        ("S2B_x", "items là str"),
        (None, "items là NoneType"),
        (make_item().to_dict(), "items là dict"),
        ([make_item().to_dict()], "items có một dict"),
        ([make_item(), None], "items có một NoneType"),
        (["S2B_x"], "items có một str"),
        (5, "items là int"),
    ],
)
def test_what_is_no_list_of_items_is_refused(items, message):
    with pytest.raises(BadInput, match=message):
        check_load(items, ["B04_10m"], **AREA)


@pytest.mark.parametrize("bands", [[5], [None], {"B04_10m"}, {"B04_10m": 1}, np.array([1]), b"B04", [["B04_10m"]]])
def test_bands_that_are_no_names_are_refused(bands):
    assert "hãy ghi một danh sách" in refuse([make_item()], bands)


def test_all_odd_items_are_named_at_once():
    items = [make_item(f"day{number}", when=FIRST + timedelta(days=number)) for number in range(5)]
    for number in (1, 3):
        del items[number].assets["SCL_20m"]
    items[4].geometry = {"type": "Point", "coordinates": [11, 48]}
    message = refuse(items, ["B04_10m", "SCL_20m"])
    lacking, odd = message.splitlines()
    assert lacking.startswith("day1 không có band 'SCL_20m': ") and lacking.endswith(" Cũng thế: day3.")
    assert odd.startswith("day4: geometry")
    assert refuse(items[:3:2], ["B99"]).count("day") == 1  # of all of them: it is the name that is wrong
    assert "geometry là {'coordinates': [11, 48], 'type': 'Point'}" in message


def test_odd_items_are_left_out_on_demand_and_named(capsys):
    items = [make_item(f"day{number}", when=FIRST + timedelta(days=number)) for number in range(3)]
    del items[1].assets["SCL_20m"]
    kept = check_load(items, ["B04_10m", "SCL_20m"], on_bad="drop", **AREA)
    assert kept == [items[0], items[2]]
    assert capsys.readouterr().out.startswith("Bỏ 1 item hỏng: day1 không có band 'SCL_20m'")
    with pytest.raises(BadInput, match="day1 không có"):
        check_load(items[1:2], ["SCL_20m"], on_bad="drop", **AREA)
    with pytest.raises(BadInput, match="on_bad là 'ignore': cần"):
        check_load(items, ["B04_10m"], on_bad="ignore", **AREA)


def test_an_item_with_a_span_of_time_only_is_read():
    item = make_item(start_datetime="2023-09-28T10:00:00Z", end_datetime="2023-09-28T11:00:00Z")
    item.datetime = None
    (read,) = check_load([item], ["B04_10m"], **AREA)
    assert read.datetime == datetime(2023, 9, 28, 10, tzinfo=UTC) and item.datetime is None


def test_of_another_zone_the_instant_is_read():
    """odc-stac drops the zone: 17:17 in Hà Nội would become 17:17 UTC."""
    item = make_item(when=FIRST.astimezone(timezone(timedelta(hours=7))))
    (read,) = check_load([item], ["B04_10m"], **AREA)
    assert (read.datetime.hour, read.datetime) == (10, FIRST)


@pytest.mark.parametrize(
    ("when", "message"),
    [
        (datetime(2023, 9, 28), "có múi giờ"),
        (datetime(1500, 1, 1, tzinfo=UTC), "năm từ 1678"),
        (None, "không ghi thời gian"),
    ],
)
def test_times_that_cannot_be_compared_are_named(when, message):
    item = make_item()
    item.datetime = when
    assert message in refuse([item, make_item("other")])


def test_pictures_in_colours_are_refused_with_the_way_out():
    """Of several channels odc-stac reads the first, without a word."""
    assert "'TCI_10m' là ảnh 2 kênh" in refuse([make_item()], ["TCI_10m"])
    item = make_item()
    item.assets["B04_10m"].extra_fields["raster:bands"] = [{}, {}, {}]
    assert "B04_10m, B03_10m, B02_10m" in refuse([item], ["B04_10m"])
    assert check_fetch([item], ["TCI_10m", "B04_10m"], **AREA)[1] == ["TCI_10m", "B04_10m"]


@pytest.mark.parametrize("split", [False, True])
def test_footprints_across_the_180th_meridian_are_where_they_are(split):
    east, west = box(179, -17, 180, -16), box(-180, -17, -179.9, -16)
    ring = Polygon([(179, -17), (-179.9, -17), (-179.9, -16), (179, -16)])
    item = make_item()
    item.geometry = mapping(MultiPolygon([east, west]) if split else ring)
    footprint = find_footprint(item)
    assert footprint.bounds == pytest.approx((179, -17, 180.1, -16)) and footprint.area == pytest.approx(1.1)


@pytest.mark.parametrize("value", [None, 5, "x", "", 10**40, [], {}, [None], {"a": 1}, float("nan"), 10**400, True])
def test_whatever_a_field_holds_load_names_the_item(value):
    """Each field that is read, one at a time."""
    fields = make_item().assets["B04_10m"].extra_fields.keys() | {"proj:bbox", "raster:bands", "eo:bands", "gsd"}
    for name in fields:
        item = make_item()
        item.assets["B04_10m"].extra_fields[name] = value
        with suppress(BadInput):
            check_load([item], ["B04_10m"], **AREA)
    for name in ("geometry", "bbox", "id", "collection_id"):
        item = make_item()
        setattr(item, name, value)
        with suppress(BadInput):
            check_load([item], ["B04_10m"], **AREA)
    for name in item.properties.keys() | {"start_datetime", "end_datetime", "proj:code", "cdse_offline:window"}:
        item = make_item(**{name: value})
        with suppress(BadInput):
            check_load([item, make_item("other")], ["B04_10m"], **AREA)


# -- parts, grids and files of another -----------------------------------------


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("datetime", "2023-09-28T10:17:19Z"),
        ("properties", None),
        ("assets", None),
        ("assets", {"B04_10m": "s3://eodata/a.jp2"}),
        ("assets", {"B04_10m": make_item().assets["B04_10m"].to_dict()}),
    ],
)
def test_parts_that_pystac_does_not_make_are_refused(part, value):
    item = make_item()
    setattr(item, part, value)
    assert "không đọc được S2B_x" in refuse([item])


@pytest.mark.parametrize("code", ["EPSG:4326", "EPSG:9518", "IAU_2015:30100", "EPSG:32632+5773"])
def test_a_grid_that_is_nowhere_on_earth_is_refused(code):
    item = make_item()
    item.assets["B04_10m"].extra_fields["proj:code"] = code
    assert refuse([item]).startswith("S2B_x ")


def test_a_corner_beyond_the_projection_is_refused():
    item = make_item()
    item.assets["B04_10m"].extra_fields["proj:transform"] = [10, 0, 1e20, 0, -10, 5400000]
    assert "đặt B04_10m ngoài phạm vi của EPSG:32632" in refuse([item])


@pytest.mark.parametrize("kind", [">u2", "u2", "longdouble", "float16", "u2,u2"])
def test_only_types_that_images_have_are_read(kind):
    """`>u2` was read, its bytes exchanged."""
    item = make_item()
    item.assets["B04_10m"].extra_fields["data_type"] = kind
    assert f"kiểu số của B04_10m là {kind!r}" in refuse([item])


@pytest.mark.parametrize(
    ("name", "is_own"),
    [
        ("T32UPU_20230928T101719_B04_10m.jp2", True),
        ("T32UPU_20230928T101719_B08_10m.jp2", False),
        ("T32UPU_20230925T100649_B04_10m.jp2", False),
    ],
)
def test_the_file_of_another_band_or_date_is_refused(name, is_own):
    """Pixels that are right, under a name or a date that is wrong."""
    item = make_item("S2B_MSIL2A_20230928T101719_N0510_R065_T32UPU_20241026T142623")
    item.assets["B04_10m"].href = f"s3://eodata/Sentinel-2/{name}"
    if is_own:
        assert check_load([item], ["B04_10m"], **AREA)
    else:
        assert f"để {name} làm B04_10m" in refuse([item])


@pytest.mark.parametrize("old", [[], [{"data_type": "uint16"}]])
def test_where_nothing_says_so_0_is_no_data_all_the_same(old):
    """K18: else resampling mixes it into the rim, and an empty band passes."""
    item = make_item()
    fields = item.assets["B04_10m"].extra_fields
    del fields["nodata"]
    fields |= {"raster:bands": old}
    (read,) = check_load([item], ["B04_10m"], **AREA)
    told = read.assets["B04_10m"].extra_fields
    assert (told["nodata"], told["data_type"]) == (0, "uint16") and "nodata" not in fields


def test_an_item_beside_the_area_is_left_out_on_demand(capsys):
    other = make_item("S2A_y", when=FIRST + timedelta(days=5), west=20.0)
    items = [make_item(), other]
    assert "nằm ngoài S2A_y" in refuse(items)
    assert [item.id for item in check_load(items, ["B04_10m"], on_bad="drop", **AREA)] == ["S2B_x"]
    assert "S2A_y" in capsys.readouterr().out
