"""cdse_access.checks.items: items that cannot be read are named; of an acquisition only the newest version stays."""

from datetime import timedelta

import pytest

from cdse_access.checks.arguments import check_load
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
        (["red"], "S2B_x không có band 'red': hãy chọn trong B04_10m, B04_20m."),
        (["b08_10M"], "'b08_10M': hãy chọn trong B08_10m."),
        (["B99"], "'B99': hãy chọn trong B04_10m, B04_20m, B08_10m, SCL_20m, TCI_10m."),
        (["TCI10m"], "'TCI10m': hãy chọn trong TCI_10m."),
        ("B04_10m", 'bands là \'B04_10m\': hãy ghi một danh sách, ví dụ ["B04_10m", "B08_10m"].'),
        ([], "hãy ghi một danh sách"),
        (iter(["B04_10m"]), "hãy ghi một danh sách"),
        (["thumbnail"], "không phải ảnh .jp2 dưới s3://eodata/"),
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
    assert "không phải ảnh .jp2 dưới s3://eodata/" in refuse([item])
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
    assert "odc-stac không đọc được S2B_x" in refuse([item])


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
